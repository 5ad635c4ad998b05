"""What somebody who types into the search box means: parts of names, a reference, a day."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from coord_service.domain.children import PlanStatus, is_reference
from coord_service.domain.people import PersonKind

MOST_WORDS = 8  # each is looked for in every column: a pasted page must not become a heavy statement
LONGEST_WORD = 100

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAY_MONTH = re.compile(r"(?:[a-z]+day\s+)?(\d{1,2})(?:st|nd|rd|th)?\s+([a-z]{3,9})(?:\s+(\d{4}))?")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\s+(\d{1,2})(?:st|nd|rd|th)?(?:\s+(\d{4}))?")
_NUMBERS = re.compile(r"(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}|\d{2}))?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_REFERENCE = re.compile(r"([A-Z]{2})[\s-]?(\d{4})([A-Z])")


@dataclass(frozen=True, slots=True)
class ChildFilter:
    """Which children to list; what is None or empty does not narrow. ``words`` are parts of names or references."""

    lead_worker_id: int | None = None
    plan_status: PlanStatus | None = None
    is_open: bool | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonFilter:
    """Which people to list; what is None or empty does not narrow. ``words`` are parts of names, places, addresses."""

    kinds: tuple[PersonKind, ...] = tuple(PersonKind)
    service_id: int | None = None
    has_no_address: bool = False
    words: tuple[str, ...] = ()


def search_words(text: str) -> tuple[str, ...]:
    """The words to look for; NUL, which PostgreSQL refuses, is none of them."""
    return tuple(word[:LONGEST_WORD] for word in text.replace("\0", " ").split()[:MOST_WORDS])


def reference_meant(text: str) -> str | None:
    """The reference that was typed, with or without its hyphen and capitals; None for anything else."""
    found = _REFERENCE.fullmatch(text.strip().upper())
    return f"{found.group(1)}-{found.group(2)}{found.group(3)}" if found else None


def is_misread_reference(reference: str) -> bool:
    """Whether a reference's check letter does not fit: a slip of the pen."""
    return not is_reference(reference)


def days_meant(text: str, today: date) -> tuple[date, ...]:
    """The days that "3 March", "3/3/2026", "tomorrow" can mean; without a year the last, this and the next one."""
    words = " ".join(text.replace(",", " ").lower().split())
    spoken = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if words in spoken:
        return (today + timedelta(days=spoken[words]),)
    day, month, year = _read(words)
    if not day or not month:
        return ()
    years = (year,) if year else (today.year - 1, today.year, today.year + 1)
    return tuple(found for each in years if (found := _real(each, month, day)))


def _read(words: str) -> tuple[int, int, int]:
    """Day, month and year; 0 for what was not said."""
    if found := _ISO.fullmatch(words):
        return int(found[3]), int(found[2]), int(found[1])
    if found := _NUMBERS.fullmatch(words):
        year = int(found[3] or 0)
        return int(found[1]), int(found[2]), year + 2000 if 0 < year < 100 else year
    if found := _DAY_MONTH.fullmatch(words):
        return int(found[1]), _month(found[2]), int(found[3] or 0)
    if found := _MONTH_DAY.fullmatch(words):
        return int(found[2]), _month(found[1]), int(found[3] or 0)
    return 0, 0, 0


def _month(word: str) -> int:
    """The number of a month by its name or the first letters of it; 0 for any other word."""
    return next((number for number, name in enumerate(_MONTHS, start=1) if name.startswith(word)), 0)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
