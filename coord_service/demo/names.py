"""Names that nobody has: given names from the garden, family names from the stage."""

GIVEN_NAMES = (
    "Juniper", "Alder", "Bryony", "Cassia", "Dillon", "Elder", "Fern", "Garnet", "Hazel", "Indigo",
    "Jasmine", "Kestrel", "Linden", "Marigold", "Nettle", "Olive", "Poppy", "Quince", "Rowena", "Sorrel",
    "Tansy", "Umber", "Violet", "Willow", "Yarrow", "Zinnia", "Aspen", "Briar", "Clover", "Damson",
)  # fmt: skip

FAMILY_NAMES = (
    "Testwood", "Samplefield", "Fictonby", "Mockridge", "Inventham", "Placeholt", "Dummerby", "Trialwick",
    "Pretendle", "Fabelworth", "Noveley", "Imaginham", "Draftwell", "Exampleton", "Storyman", "Madeupham",
    "Nonesuch", "Dreamwick", "Papergate", "Inkwell", "Modelby", "Protonham", "Supposeley",
)  # fmt: skip

CHILDREN = (
    "Bluebell", "Cedar", "Daisy", "Ember", "Finch", "Gorse", "Heather", "Ivy", "Jay", "Kale",
    "Lark", "Maple", "Nutmeg", "Oak", "Pepper", "Quill", "Robin", "Sage", "Thyme", "Vetch",
    "Wren", "Yew", "Acorn", "Basil", "Comfrey", "Dunnock", "Elm", "Flax", "Gale", "Holly",
    "Iris", "Jonquil", "Larch", "Mallow", "Nigella", "Orchid", "Plum", "Rush", "Saffron", "Teasel",
)  # fmt: skip
