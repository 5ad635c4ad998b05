"""Reading forms: every sentence, and nothing half-read."""

from datetime import date, time
from enum import StrEnum

import pytest
from multidict import MultiDict

from coord_service.errors import InvalidForm
from coord_service.web.forms import Form


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def posted(**values: str) -> Form:
    return Form(MultiDict({name.replace("__", "-"): value for name, value in values.items()}))


def sentence(form: Form, name: str = "x") -> str:
    """The sentence beside a field, which check brings to the page."""
    with pytest.raises(InvalidForm) as caught:
        form.check()
    return caught.value.fields[name]


def test_a_line_is_trimmed():
    form = posted(x="  Ada Quill ")
    assert form.text("x", "Enter a name") == "Ada Quill"
    form.check()


@pytest.mark.parametrize("form", [posted(), posted(x=""), posted(x="  \t ")])
def test_a_missing_line_says_so(form):
    form.text("x", "Enter a name")
    assert sentence(form) == "Enter a name"


@pytest.mark.parametrize("mark", ["\n", "\r\nBcc: a@example.org", "\x00", "\x1b", "\u2028", "\x85", "\u202e"])
def test_nothing_in_a_line_can_break_a_header(mark):
    form = posted(x=f"Ada{mark}Quill")
    form.text("x", "Enter a name")
    assert sentence(form) == "Use one line of ordinary letters, numbers and signs"


@pytest.mark.parametrize("name", ["Siân O’Neill-Brown", "李雷", "Zoë 👩‍🏫", "محمد"])
def test_names_of_every_script_are_taken(name):
    form = posted(x=name)
    assert form.text("x", "Enter a name") == name
    form.check()


def test_a_line_that_is_too_long_says_how_long():
    form = posted(x="a" * 1201)
    form.text("x", "Enter a name", limit=1000)
    assert sentence(form) == "Use 1,000 characters or fewer: this has 1,201"


def test_what_is_optional_may_be_missing():
    form = posted(a="", b=" ", c="")
    assert form.optional_text("a") is None
    assert form.optional_long_text("b") is None
    assert form.optional_email("c") is None
    assert form.optional_date("d", "Date") is None
    assert form.optional_time("e", "Time") is None
    assert form.optional_choice("f", Colour, "Choose") is None
    assert form.optional_id("g") is None
    form.check()


def test_longer_text_keeps_its_lines():
    form = posted(x=" One\r\nTwo\rThree\tFour ")
    assert form.long_text("x", "Enter notes") == "One\nTwo\nThree\tFour"
    form.check()


def test_longer_text_without_nul_and_other_invisible_things():
    form = posted(x="One\x00Two")
    form.long_text("x", "Enter notes")
    assert sentence(form) == "Use ordinary letters, numbers and signs: something invisible came with the text"


def test_an_address_is_kept_in_lower_case():
    form = posted(x=" Ada.Quill@Example.ORG ")
    assert form.email("x", "Enter an address") == "ada.quill@example.org"
    form.check()


def test_a_faulty_address_says_how_one_looks():
    form = posted(x="ada.quill")
    form.email("x", "Enter an address")
    assert sentence(form) == "Enter an e-mail address in the correct format, like name@example.org"


@pytest.mark.parametrize(
    "form",
    [
        posted(x__day="3", x__month="3", x__year="2026"),
        posted(x__day="03", x__month="03", x__year="2026"),
        posted(x="2026-03-03"),
        posted(x="2026-03-03", x__day="", x__month="", x__year=""),
    ],
)
def test_a_date_comes_in_three_boxes_or_in_one(form):
    assert form.date("x", "Due date") == date(2026, 3, 3)
    form.check()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (posted(), "Enter due date"),
        (posted(x__day="3", x__month="3"), "Due date must include a year"),
        (posted(x__year="2026"), "Due date must include a day and month"),
        (posted(x__day="31", x__month="2", x__year="2026"), "Due date must be a real date"),
        (posted(x__day="3", x__month="March", x__year="2026"), "Due date must be a real date"),
        (posted(x__day="3", x__month="3", x__year="26"), "Due date: the year must have 4 digits"),
        (posted(x__day="٣", x__month="3", x__year="2026"), "Due date must be a real date"),
        (posted(x__day="3", x__month="3", x__year="1066"), "Due date: check the year"),
        (posted(x="tomorrow"), "Due date must be a real date"),
        (posted(x="2026-13-01"), "Due date must be a real date"),
    ],
)
def test_a_date_that_is_none_says_what_is_wrong(form, said):
    form.date("x", "Due date")
    assert sentence(form) == said


def test_the_summary_leads_to_the_first_box_of_a_date():
    form = posted()
    form.date("x", "Due date")
    assert form.summary() == [{"text": "Enter due date", "href": "#x-day"}]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2:30pm", time(14, 30)),
        ("2.30 PM", time(14, 30)),
        ("2:30 p.m.", time(14, 30)),
        ("14:30", time(14, 30)),
        ("1430", time(14, 30)),
        ("930", time(9, 30)),
        ("9am", time(9)),
        ("12pm", time(12)),
        ("12am", time(0)),
        ("midday", time(12)),
        ("00:00", time(0)),
    ],
)
def test_a_time_as_people_write_it(typed, read):
    form = posted(x=typed)
    assert form.time("x", "Start time") == read
    form.check()


@pytest.mark.parametrize("typed", ["2", "25:00", "14:30pm", "13pm", "0am", "2:75", "half past two", "12345", "-1:30"])
def test_a_time_that_is_none_says_what_one_looks_like(typed):
    form = posted(x=typed)
    form.time("x", "Start time")
    assert sentence(form) == "Start time must be a real time, like 2:30pm or 14:30"


def test_a_missing_time_says_so():
    form = posted()
    form.time("x", "Start time")
    assert sentence(form) == "Enter start time"


def test_a_choice_is_one_of_those_offered():
    form = posted(x="blue")
    assert form.choice("x", Colour, "Choose a colour") is Colour.BLUE
    form.check()


@pytest.mark.parametrize("form", [posted(), posted(x="green")])
def test_no_choice_and_an_invented_one_ask_to_choose(form):
    form.choice("x", Colour, "Choose a colour")
    assert sentence(form) == "Choose a colour"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter a length"),
        ("ten", "Enter a whole number, like 12"),
        ("1.5", "Enter a whole number, like 12"),
        ("٣", "Enter a whole number, like 12"),
        ("-1", "Enter a number from 15 to 480"),
        ("481", "Enter a number from 15 to 480"),
        ("9" * 400, "Enter a whole number, like 12"),
    ],
)
def test_a_number_that_will_not_do_says_why(typed, said):
    form = posted(x=typed)
    form.whole_number("x", "Enter a length", least=15, most=480)
    assert sentence(form) == said


def test_a_number_may_have_commas():
    form = posted(x=" 1,200 ")
    assert form.whole_number("x", "Enter a number") == 1200
    form.check()


def test_ids_come_once_each_in_their_order():
    form = Form(MultiDict([("x", "3"), ("x", "1"), ("x", "3"), ("x", "")]))
    assert form.ids("x") == [3, 1]
    form.check()


@pytest.mark.parametrize("typed", ["x", "1 2", "-1", "9999999999", "٣"])
def test_an_id_that_was_not_offered_is_refused(typed):
    form = posted(x=typed)
    form.id("x", "Choose a service")
    assert sentence(form) == "Choose from the list"


def test_a_missing_id_asks_to_choose():
    form = posted()
    form.id("x", "Choose a service")
    assert sentence(form) == "Choose a service"


def test_a_password_keeps_its_spaces_and_has_an_end():
    assert posted(x=" a b ").password("x", "Enter a password") == " a b "
    form = posted(x="a" * 1001)
    form.password("x", "Enter a password")
    assert sentence(form) == "Use 1,000 characters or fewer"


def test_everything_wrong_is_said_at_once_and_in_order():
    form = posted(name="", due="never")
    form.text("name", "Enter a name")
    form.date("due", "Due date")
    form.time("at", "Start time")
    with pytest.raises(InvalidForm) as caught:
        form.check()
    assert list(caught.value.fields) == ["name", "due", "at"]


def test_a_form_filled_with_what_is_known_shows_it():
    form = Form.of(name="Ada", due=date(2026, 3, 9), ids=[1, 2], role=Colour.RED, phone=None)
    assert form.typed("name") == "Ada"
    assert [form.part("due", part) for part in ("day", "month", "year")] == ["9", "3", "2026"]
    assert form.all_typed("ids") == ["1", "2"]
    assert form.typed("phone") == ""
    assert [box["checked"] for box in form.boxes("role", [("red", "Red"), ("blue", "Blue")])] == [True, False]
    assert [option["selected"] for option in form.options("role", [("red", "Red"), ("blue", "Blue")])] == [True, False]
