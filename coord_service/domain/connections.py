"""Connected calendars in words: what one can do and can't, what to do when it fails, whose addresses it reads."""

from collections.abc import Iterable, Sequence

from coord_service.errors import (
    CalendarNonsense,
    CalendarTimedOut,
    CalendarTrouble,
    ConnectionLost,
    SecretsUnreadable,
    Throttled,
)

# What to do where the sentence itself doesn't say it: errors that are missing here have many causes, and each says.
CURES: dict[type[CalendarTrouble], str] = {
    CalendarTimedOut: "This often passes by itself. If it goes on, ask whoever runs that calendar system.",
    ConnectionLost: "Check the address. If it is right, their system is down: it is tried again by itself.",
    Throttled: "Nothing needs doing: it is asked again when it allows it.",
    CalendarNonsense: "Check that the address is that of a calendar, and not of a web page or a sign-in.",
    SecretsUnreadable: "Ask whoever runs this service to set COORD_SECRETS_KEY again, or enter the password again.",
}

OTHERS = "read_others"
CAN = {
    "read_busy": "see when the owner is busy: never what it is about, where, or with whom",
    OTHERS: "see when colleagues on the same system are busy",
    "write": "put meetings into it, and let it invite the people on the same system",
    "follow": "notice what is answered, moved or deleted there",
}


def cure_of(trouble_kind: str | None) -> str:
    """What to do about a trouble, by the name of its class; "" where its own sentence says so."""
    return next((cure for trouble, cure in CURES.items() if trouble.__name__ == trouble_kind), "")


def say_abilities(abilities: Iterable[str], *, is_councils: bool) -> tuple[list[str], list[str]]:
    """What a connection can do, and what it can't, each a phrase that goes on after "It can" or "It can't".

    Colleagues are asked about through the council's own connection alone, whatever a person's could do.
    """
    able = set(abilities)
    asked = [each for each in CAN if is_councils or each != OTHERS]
    return [CAN[each] for each in asked if each in able], [CAN[each] for each in asked if each not in able]


def read_domains(text: str) -> tuple[str, ...]:
    """The mail domains that somebody typed, bare and lower-case, each once: "@Example.gov.uk, x.nhs.uk"."""
    words = (word.strip().lstrip("@").lower() for word in text.replace(",", " ").replace(";", " ").split())
    return tuple(dict.fromkeys(word for word in words if word))


def is_domain(text: str) -> bool:
    """Whether this can be the part of a mail address after its @."""
    parts = text.split(".")
    return len(parts) > 1 and len(text) <= 253 and all(part.replace("-", "").isalnum() for part in parts)


def reads_address(domains: Sequence[str], address: str) -> bool:
    """Whether a council's connection for these domains is the one to ask about an address."""
    return address.rpartition("@")[2].lower() in domains
