"""Understanding an action typed as one line: "Dr Shah: send OT report by 12 June".

A guess is only ever offered for checking. Who is not in the room or the team is never made an owner, and what can be
read in two ways comes with a question.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coord_service.domain.likeness import name_words
from coord_service.domain.wall_time import say_day

LONGEST_LINE = 500
SELF = frozenset({"me", "i", "myself"})
_LONGEST_NAME = 60

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NUMBERS = {
    **dict.fromkeys(("a", "an"), 1),
    **{
        word: n
        for n, word in enumerate(
            ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), start=1
        )
    },
}
_DAY = "|".join(f"{day[:3]}(?:{day[3:]})?" for day in _DAYS) + "|tues|weds|thur|thurs"
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" for month in _MONTHS) + "|sept"
_COUNT = r"\d{1,3}|" + "|".join(_NUMBERS)
_WHEN = (
    rf"(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})"
    rf"|(?:(?P<on_a>{_DAY})\.?,?\s+)?(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<month>{_MONTH})\.?(?:,?\s+(?P<year>\d{{4}}))?"
    rf"|(?P<us_month>{_MONTH})\.?\s+(?P<us_day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<us_year>\d{{4}}))?"
    r"|(?P<n_day>\d{1,2})[/.](?P<n_month>\d{1,2})(?:[/.](?P<n_year>\d{4}|\d{2}))?"
    r"|(?P<spoken>today|tomorrow)"
    rf"|(?P<next>next\s+|this\s+)?(?P<weekday>{_DAY})"
    rf"|(?:in|within)\s+(?P<count>{_COUNT})\s+(?P<unit>days?|weeks?|months?)(?:[’']s?\s+time)?"
    r"|(?P<vague>next\s+week|next\s+month|end\s+of\s+(?:the\s+)?(?:term|week|month|year)|half\s+term|asap|soon)"
)
_AT_END = re.compile(
    rf"(?:^|[\s,(–-])\s*(?:(?:by|before|until|on|due|for)\s+)?(?:the\s+)?(?:{_WHEN})\s*[.)!]*\s*$", re.IGNORECASE
)
_INSIDE = re.compile(rf"\b(?:by|before|due)\s+(?:the\s+)?(?:{_WHEN})(?![\w/])", re.IGNORECASE)
_OWNER = re.compile(rf"^\s*(?P<who>[^:–—]{{1,{_LONGEST_NAME}}}?)\s*(?::|\s[-–—]\s|[–—])\s*(?P<rest>.+)$", re.DOTALL)
_OWNER_TO = re.compile(
    rf"^\s*(?P<who>[^:–—]{{1,{_LONGEST_NAME}}}?)\s+(?:to|will|is going to)\s+(?P<rest>.+)$", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody who can own an action; ``is_self``: whoever is typing, who may write "me"."""

    person_id: int
    name: str
    role: str = ""
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class ActionLine:
    """What a line was understood to say. ``owner_ids``: exactly one when it is clear. ``questions`` want a look."""

    what: str
    owner_ids: tuple[int, ...] = ()
    due_on: date | None = None
    questions: tuple[str, ...] = ()

    @property
    def owner_id(self) -> int | None:
        """The owner, when there is no doubt who is meant."""
        return self.owner_ids[0] if len(self.owner_ids) == 1 else None


@dataclass(frozen=True, slots=True)
class _Found:
    """A day in the words: which, what to ask about it, and where it stands."""

    on: date | None
    question: str | None
    span: tuple[int, int]


def read_action_line(line: str, people: Sequence[Namesake], today: date) -> ActionLine:
    """What the line says, read on ``today``. Nothing typed is lost: what is not understood stays in ``what``."""
    text = " ".join(line[:LONGEST_LINE].split())
    owners, who, text = _split_owner(text, people)
    found = _find_day(text, today)
    questions = [*_ask_about_owner(owners, who, people), *([found.question] if found and found.question else [])]
    if found is None:
        questions.append("By when? No day was found in the line.")
    what = _without(text, found.span) if found and found.on else text
    return ActionLine(what, tuple(owners), found.on if found else None, tuple(questions))


def _split_owner(text: str, people: Sequence[Namesake]) -> tuple[list[int], str, str]:
    """Whom the beginning names, the name as typed, and the rest; all of the text where nobody is named."""
    marked = _OWNER.match(text)
    for named in (marked, _OWNER_TO.match(text)):
        if named is not None and (owners := find_owners(named["who"], people)):
            return owners, named["who"], named["rest"]
    return [], marked["who"] if marked else "", text


def find_owners(who: str, people: Iterable[Namesake]) -> list[int]:
    """Everybody whom these words can mean: by name, by part of a name, by initial and surname, by role, or "me"."""
    everybody = list(people)
    words = name_words(who)
    if not words:
        return []
    if len(words) == 1 and words[0] in SELF:
        return [each.person_id for each in everybody if each.is_self]
    rules: tuple[Callable[[Namesake], bool], ...] = (
        lambda each: name_words(each.name) == words and _plain(each.name) == _plain(who),
        lambda each: name_words(each.name) == words,
        lambda each: set(words) <= set(name_words(each.name)),
        lambda each: _fits_initial(words, name_words(each.name)),
        lambda each: bool(each.role) and _plain(each.role) == _plain(who),
        lambda each: bool(each.role) and "".join(word[0] for word in name_words(each.role)) == "".join(words),
    )
    for rule in rules:
        found = [each for each in everybody if rule(each)]
        if found:
            return list(dict.fromkeys(each.person_id for each in _of_same_title(who, found)))
    return []


def _of_same_title(who: str, found: list[Namesake]) -> list[Namesake]:
    """Dr Shah is the doctor, where one of two Shahs is."""
    title = _plain(who).partition(" ")[0]
    if title in name_words(who):
        return found
    return [each for each in found if _plain(each.name).partition(" ")[0] == title] or found


def _fits_initial(words: list[str], name: list[str]) -> bool:
    """J Shah is Jaya Shah."""
    return bool(name) and len(words) == 2 and len(words[0]) == 1 and words[1] == name[-1] and name[0][0] == words[0]


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace(".", "").split())


def _ask_about_owner(owners: list[int], who: str, people: Iterable[Namesake]) -> list[str]:
    if len(owners) == 1:
        return []
    if owners:
        names = [each.name for each in people if each.person_id in owners]
        return [f"“{who}” can be {' or '.join(dict.fromkeys(names))}. Choose who."]
    if who:
        return [f"Nobody at this meeting or in the team is called “{who}”. Choose who does it."]
    return ["Who does it? No name was found at the start of the line."]


def _find_day(text: str, today: date) -> _Found | None:
    """The day at the end of the line, else the last one that follows "by"."""
    found = _AT_END.search(text) or next(iter(reversed(list(_INSIDE.finditer(text)))), None)
    if found is None:
        return None
    words = found.groupdict()
    on, question = _read_day(words, today)
    if on is None:
        return _Found(None, question or "There is no such day. Check it.", found.span())
    if words["on_a"] and not f"{on:%A}".lower().startswith(words["on_a"][:3].lower()):
        question = f"{on.day} {on:%B %Y} is a {on:%A}. Check the day."
    if on < today:
        question = f"{say_day(on)} has passed. Give a later day."
    return _Found(on, question, found.span())


def _read_day(words: dict[str, str | None], today: date) -> tuple[date | None, str | None]:
    if words["iso"]:
        year, month, day = words["iso"].split("-")
        return _real(int(year), int(month), int(day)), None
    if words["spoken"]:
        return today + timedelta(days=words["spoken"].lower() == "tomorrow"), None
    if words["weekday"]:
        return _read_weekday(words["weekday"], words["next"] or "", today)
    if words["count"]:
        return _read_distance(words["count"], words["unit"] or "", today), None
    if words["vague"]:
        return None, f"Which day is “{words['vague']}”?"
    return _read_date(words, today)


def _read_date(words: dict[str, str | None], today: date) -> tuple[date | None, str | None]:
    """12 June, June 12, 12/6, each with or without a year; without one the next to come."""
    day = int(words["day"] or words["us_day"] or words["n_day"] or 0)
    name = words["month"] or words["us_month"]
    month = _month(name) if name else int(words["n_month"] or 0)
    year = words["year"] or words["us_year"] or words["n_year"]
    if year:
        return _real(int(year) + (2000 if len(year) == 2 else 0), month, day), None
    this_year = _real(today.year, month, day)
    if this_year is not None and this_year >= today:
        return this_year, None
    following = next((on for n in range(1, 9) if (on := _real(today.year + n, month, day))), None)
    if following is None:
        return None, None
    far = (following - today).days > 183
    return (
        following,
        f"{day} {_MONTHS[month - 1].title()} has passed this year. Is {say_day(following)} meant?" if far else None,
    )


def _read_weekday(name: str, prefix: str, today: date) -> tuple[date, str | None]:
    wanted = next(n for n, day in enumerate(_DAYS) if day.startswith(name[:3].lower()))
    ahead = (wanted - today.weekday()) % 7 or 7
    coming = today + timedelta(days=ahead)
    if prefix.lower().startswith("next") and today.weekday() < wanted:
        later = coming + timedelta(days=7)
        return later, f"“Next {_DAYS[wanted].title()}” can be {say_day(coming)} or {say_day(later)}. Check the day."
    if ahead == 7 and not prefix:
        return coming, f"Today is {_DAYS[wanted].title()}: is {say_day(coming)} meant?"
    return coming, None


def _read_distance(count: str, unit: str, today: date) -> date:
    n = _NUMBERS.get(count.lower()) or int(count)
    if unit.lower().startswith("month"):
        years, month = divmod(today.month - 1 + n, 12)
        last = next(day for day in (31, 30, 29, 28) if _real(today.year + years, month + 1, day))
        return date(today.year + years, month + 1, min(today.day, last))
    return today + timedelta(days=n * (7 if unit.lower().startswith("week") else 1))


def _month(name: str) -> int:
    return next(n for n, month in enumerate(_MONTHS, start=1) if month.startswith(name[:3].lower()))


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _without(text: str, span: tuple[int, int]) -> str:
    before, after = text[: span[0]].rstrip(" ,(–-"), text[span[1] :].lstrip(" ,.)")
    return f"{before} {after}".strip()
