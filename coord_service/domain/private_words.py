"""What must not leave the house in an invitation: names, birthdays and numbers of a child or family (DOMAIN §6)."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date

# Names that are everyday words too: they count only with a capital letter.
_EVERYDAY = (
    "angel art april august autumn bill bob brook carol chance chase daisy dawn dean drew earl eve faith frank gene "
    "grace grant guy hall harry heath hill holly hope hunter iris ivy jack jade jean joy june king lane lily lord mark "
    "mason may miles moss nick park pat patience penny peter pierce poppy price rain ray reed rich rob robin rock rose "
    "ruby rush sage sandy skip sky spring star storm summer sunny sue ted to violet wade ward west will winter wood "
    "young an in do so long day page brown black white green gray grey cook baker ford field bank shaw knight"
)
EVERYDAY_WORDS = frozenset(_EVERYDAY.split())
_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "dame", "rev"})
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NHS_NUMBER = re.compile(r"(?<!\d)(\d{3})([ -]?)(\d{3})\2(\d{4})(?!\d)")
_UPN = re.compile(r"(?<![A-Za-z0-9])[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z](?![A-Za-z0-9])")
_NUMERIC_DATE = re.compile(r"(?<!\d)(\d{1,4})\s?[./ -]\s?(\d{1,2})\s?[./ -]\s?(\d{1,4})(?!\d)")
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([a-z]{3,9})\.?,?\s+(\d{4}|\d{2})(?!\d)", re.IGNORECASE
)
_MONTH_FIRST = re.compile(r"\b([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4}|\d{2})(?!\d)", re.IGNORECASE)


def find_private_words(text: str, names: Iterable[str], birthdays: Iterable[date]) -> list[str]:
    """The words in a text that could tell who it is about, as they stand there, each once.

    Every part of a name counts as a whole word, whatever its accents and case; everyday words and names of two letters
    only with a capital. Of numbers: a birthday in any usual spelling, an NHS number, a UPN.
    """
    found = [*_names_in(text, set(names)), *_birthdays_in(text, set(birthdays)), *_numbers_in(text)]
    return list(dict.fromkeys(found))


def _names_in(text: str, names: set[str]) -> Iterator[str]:
    parts = {part for name in names for part in _parts(name)}
    for word in re.finditer(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", text):
        candidates = {word[0], *re.split(r"['’-]", word[0])}
        for candidate in sorted(candidates, key=len, reverse=True):
            plain = _plain(candidate)
            needs_capital = plain in EVERYDAY_WORDS or len(plain) < 3
            if plain in parts and (candidate[0].isupper() or not needs_capital):
                yield candidate
                break


def _parts(name: str) -> Iterator[str]:
    for part in re.split(r"[\s,]+", name):
        plain = _plain(part.strip(".()"))
        if len(plain) >= 2 and plain not in _TITLES:
            yield plain
            yield from (piece for piece in plain.split("-") if len(piece) >= 3)


def _plain(word: str) -> str:
    """Lower case, without accents; a curly apostrophe as a straight one."""
    spread = unicodedata.normalize("NFKD", word.replace("’", "'"))
    return "".join(mark for mark in spread if not unicodedata.combining(mark)).casefold()


def _birthdays_in(text: str, birthdays: set[date]) -> Iterator[str]:
    for found in _NUMERIC_DATE.finditer(text):
        first, second, third = found.groups()
        if _day(first, second, third) in birthdays or _day(third, second, first) in birthdays:
            yield found[0]
    for found in _DAY_FIRST.finditer(text):
        if _day(found[1], _month(found[2]), found[3]) in birthdays:
            yield found[0]
    for found in _MONTH_FIRST.finditer(text):
        if _day(found[2], _month(found[1]), found[3]) in birthdays:
            yield found[0]


def _month(word: str) -> str:
    return str(_MONTHS.index(word[:3].lower()) + 1) if word[:3].lower() in _MONTHS else "0"


def _day(day: str, month: str, year: str) -> date | None:
    full_year = int(year) + 2000 if len(year) <= 2 else int(year)  # nobody we plan for was born before 2000
    try:
        return date(full_year, int(month), int(day))
    except ValueError:
        return None


def _numbers_in(text: str) -> Iterator[str]:
    for found in _NHS_NUMBER.finditer(text):
        if found[2] or _is_nhs_number(found[0]):
            yield found[0]
    yield from _UPN.findall(text)


def _is_nhs_number(digits: str) -> bool:
    """Ten digits whose last is the check digit of the others: weights 10 to 2, modulo 11."""
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return rest % 11 == int(digits[9])
