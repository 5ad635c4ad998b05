"""Posted forms: read with a sentence for everything that can be wrong, shown again exactly as typed.

The idiom of every page with a form::

    async def add_child(request: web.Request) -> web.Response:
        form = await read_form(request)
        try:
            child_id = await operations.add_child(request.app[TOOLS], actor_of(request), _read_child(form))
        except InvalidForm as error:  # from form.check() or from the operation: shown the same way
            return redisplay(request, "children/add.html", form, error, settings_on_offer=...)
        return see_other(request, "child", say="Child added", child_id=child_id)

    def _read_child(form: Form) -> AddChild:
        asked = AddChild(
            name=form.text("name", "Enter the child’s name", limit=200),
            born_on=form.date("born_on", "Date of birth"),
        )
        form.check()  # raises InvalidForm with everything that is wrong at once
        return asked

A field that is wrong yields a stand-in of its type; ``check`` makes sure that nobody sees it. The page that shows the
form first passes ``form=Form()`` (or ``Form.of(name=child.name, ...)`` to edit), and the template writes
``{{ text_field(form, "name", "Name") }}`` from ``parts/fields.html``.
"""

import datetime as dt
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from aiohttp import web
from multidict import MultiDict

from coord_service.domain.mail_addresses import SHAPE_SENTENCE, has_address_shape
from coord_service.domain.people import normal_address
from coord_service.errors import InvalidForm
from coord_service.web.rendering import render

Choice = TypeVar("Choice", bound=StrEnum)

LINE_LIMIT = 200
TEXT_LIMIT = 10_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SPAN_MARKS = re.compile(r"[,;&]|\band\b", re.IGNORECASE)
_UNTIL = re.compile(r"\s*(?:[-–—]|\bto\b|\buntil\b)\s*", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.]?(\d{2}))?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE)


class Form:
    """What somebody typed, what was wrong with it, and typed values out of it."""

    def __init__(self, values: MultiDict[Any] | None = None) -> None:
        self.values: MultiDict[Any] = values if values is not None else MultiDict()
        self.errors: dict[str, str] = {}
        self._dates: set[str] = set()

    @classmethod
    def of(cls, **facts: object) -> "Form":
        """A form filled with what is known, to be changed: text, dates, numbers, choices, lists of them."""
        values: MultiDict[Any] = MultiDict()
        for name, fact in facts.items():
            for one in fact if isinstance(fact, list | tuple | set | frozenset) else [fact]:
                values.add(name, "" if one is None else str(one))
        return cls(values)

    def typed(self, name: str) -> str:
        """What stands in a field, untouched; empty for a file or a field that did not come."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def all_typed(self, name: str) -> list[str]:
        """Every value of a field that may come several times."""
        return [value for value in self.values.getall(name, []) if isinstance(value, str)]

    def part(self, name: str, part: str) -> str:
        """The day, month or year of a date, as typed into three boxes or as it stands in one."""
        typed = self.typed(f"{name}-{part}")
        if typed or not (whole := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", self.typed(name))):
            return typed
        return str(int(whole.group({"year": 1, "month": 2, "day": 3}[part])))

    def anchor(self, name: str) -> str:
        """Where the error summary leads: the id of the field, the first box of a date."""
        return f"{name}-day" if name in self._dates else name

    def summary(self) -> list[dict[str, str]]:
        """Everything wrong, for the error summary: each sentence leads to its field."""
        return [{"text": sentence, "href": f"#{self.anchor(name)}"} for name, sentence in self.errors.items()]

    def options(self, name: str, choices: Iterable[tuple[object, str]]) -> list[dict[str, object]]:
        """Pairs of value and text as the options of a select, the one typed being chosen."""
        typed = self.typed(name)
        return [{"value": str(value), "text": text, "selected": str(value) == typed} for value, text in choices]

    def boxes(self, name: str, choices: Iterable[tuple[object, ...]]) -> list[dict[str, object]]:
        """(value, text) or (value, text, hint) as radios or checkboxes, the ones typed being ticked."""
        typed = self.all_typed(name)
        return [
            {
                "value": str(value),
                "text": text,
                "hint": {"text": hint[0]} if hint and hint[0] else None,
                "checked": str(value) in typed,
            }
            for value, text, *hint in choices
        ]

    def refuse(self, name: str, sentence: str) -> None:
        """Note what is wrong with a field; the first thing noted stays."""
        self.errors.setdefault(name, sentence)

    def check(self) -> None:
        """Raise InvalidForm with everything that is wrong, if anything is."""
        if self.errors:
            raise InvalidForm(self.errors)

    def text(self, name: str, missing: str, *, limit: int = LINE_LIMIT) -> str:
        """One line that must be there; ``missing`` is the sentence when it isn't."""
        value = self.optional_text(name, limit=limit)
        if not value:
            self.refuse(name, missing)
        return value or ""

    def optional_text(self, name: str, *, limit: int = LINE_LIMIT) -> str | None:
        """One line, or None."""
        value = self.typed(name).strip()
        if _CONTROL.search(value):
            self.refuse(name, "Use one line of ordinary letters, numbers and signs")
        return self._within(name, value, limit)

    def long_text(self, name: str, missing: str, *, limit: int = TEXT_LIMIT) -> str:
        """Several lines that must be there."""
        value = self.optional_long_text(name, limit=limit)
        if not value:
            self.refuse(name, missing)
        return value or ""

    def optional_long_text(self, name: str, *, limit: int = TEXT_LIMIT) -> str | None:
        """Several lines, or None."""
        value = self.typed(name).replace("\r\n", "\n").replace("\r", "\n").strip()
        if _NOT_IN_TEXT.search(value):
            self.refuse(name, "Use ordinary letters, numbers and signs: something invisible came with the text")
        return self._within(name, value, limit)

    def _within(self, name: str, value: str, limit: int) -> str | None:
        if len(value) > limit:
            self.refuse(name, f"Use {limit:,} characters or fewer: this has {len(value):,}")
        return value if value and name not in self.errors else None

    def email(self, name: str, missing: str) -> str:
        """A mail address that must be there, in lower case."""
        return self._address(name, self.text(name, missing, limit=254))

    def optional_email(self, name: str) -> str | None:
        """A mail address in lower case, or None."""
        return self._address(name, self.optional_text(name, limit=254) or "") or None

    def _address(self, name: str, value: str) -> str:
        if value and not has_address_shape(value):
            self.refuse(name, SHAPE_SENTENCE)
        return normal_address(value)

    def date(self, name: str, what: str) -> dt.date:
        """A day that must be there, from three boxes (``name-day`` …) or one ISO value; ``what`` as in “Due date”."""
        found = self.optional_date(name, what)
        if found is None:
            self.refuse(name, f"Enter {_lower_first(what)}")
        return found or dt.date.min

    def optional_date(self, name: str, what: str) -> dt.date | None:
        """A day, or None when nothing was typed."""
        self._dates.add(name)
        if not self.typed(f"{name}-day") and (whole := self.typed(name).strip()):
            return self._real_date(name, what, whole)
        parts = {part: self.typed(f"{name}-{part}").strip() for part in ("day", "month", "year")}
        absent = [part for part, value in parts.items() if not value]
        if len(absent) == 3:
            return None
        if absent:
            self.refuse(name, f"{what} must include a {' and '.join(absent)}")
            return None
        if len(parts["year"]) != 4:
            self.refuse(name, f"{what}: the year must have 4 digits")
        return self._real_date(name, what, f"{parts['year']}-{parts['month']:0>2}-{parts['day']:0>2}")

    def _real_date(self, name: str, what: str, value: str) -> dt.date | None:
        try:
            found = dt.date.fromisoformat(value) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) else None
        except ValueError:
            found = None
        if found is None:
            self.refuse(name, f"{what} must be a real date")
        elif not 1900 <= found.year <= 2199:
            self.refuse(name, f"{what}: check the year")
        return found

    def time(self, name: str, what: str) -> dt.time:
        """A time of day that must be there: 2:30pm, 2.30 pm, 14:30, 1430 or 2pm; ``what`` as in “Start time”."""
        found = self.optional_time(name, what)
        if found is None:
            self.refuse(name, f"Enter {_lower_first(what)}")
        return found or dt.time.min

    def optional_time(self, name: str, what: str) -> dt.time | None:
        """A time of day, or None when nothing was typed."""
        value = self.typed(name).strip()
        if not value:
            return None
        clock = _clock_of(value)
        if clock is None:
            self.refuse(name, f"{what} must be a real time, like 2:30pm or 14:30")
        return clock

    def time_spans(self, name: str, what: str) -> list[tuple[dt.time, dt.time]]:
        """Several stretches of a day in one line: 9am to 12:30pm, 1:30pm to 5pm; none is an empty list."""
        spans = []
        for typed in _SPAN_MARKS.split(self.typed(name)[:LINE_LIMIT]):
            ends = [_clock_of(part) for part in _UNTIL.split(typed)]
            if not typed.strip():
                continue
            if len(ends) != 2 or ends[0] is None or ends[1] is None:
                self.refuse(name, f"{what}: write from when until when, like 9am to 12:30pm, 1:30pm to 5pm")
                return []
            spans.append((ends[0], ends[1]))
        if any(until <= since for since, until in spans):
            self.refuse(name, f"{what}: the end must be after the start")
        return spans

    def choice(self, name: str, choices: type[Choice], missing: str) -> Choice:
        """One of an enumeration that must be chosen."""
        found = self.optional_choice(name, choices, missing)
        if found is None:
            self.refuse(name, missing)
        return found or next(iter(choices))

    def optional_choice(self, name: str, choices: type[Choice], wrong: str) -> Choice | None:
        """One of an enumeration, or None when nothing was chosen."""
        value = self.typed(name)
        if not value:
            return None
        try:
            return choices(value)
        except ValueError:
            self.refuse(name, wrong)
            return None

    def whole_number(self, name: str, missing: str, *, least: int = 0, most: int = 1_000_000) -> int:
        """A whole number that must be there and lie between two others."""
        value = self.typed(name).strip().replace(",", "")
        if not value:
            self.refuse(name, missing)
            return least
        if not re.fullmatch(r"-?\d{1,12}", value, re.ASCII):
            self.refuse(name, "Enter a whole number, like 12")
            return least
        if not least <= int(value) <= most:
            self.refuse(name, f"Enter a number from {least:,} to {most:,}")
        return int(value)

    def optional_id(self, name: str) -> int | None:
        """The id of a record chosen from a list, or None; anything else is refused."""
        found = self.ids(name)
        return found[0] if found else None

    def id(self, name: str, missing: str) -> int:
        """The id of a record that must be chosen from a list."""
        found = self.optional_id(name)
        if found is None:
            self.refuse(name, missing)
        return found or 0

    def ids(self, name: str) -> list[int]:
        """The ids of the records ticked, each once, in their order; none is an empty list."""
        values = [value for value in self.all_typed(name) if value]
        if not all(re.fullmatch(r"\d{1,9}", value, re.ASCII) for value in values):
            self.refuse(name, "Choose from the list")
            return []
        return list(dict.fromkeys(int(value) for value in values))

    def flag(self, name: str) -> bool:
        """Whether a single box is ticked."""
        return bool(self.typed(name))

    def password(self, name: str, missing: str) -> str:
        """A password exactly as typed, spaces and all."""
        value = self.typed(name)
        if not value:
            self.refuse(name, missing)
        elif len(value) > 1000:
            self.refuse(name, "Use 1,000 characters or fewer")
        return value

    def file(self, name: str) -> web.FileField | None:
        """The file chosen, or None."""
        value = self.values.get(name)
        return value if isinstance(value, web.FileField) and value.filename else None


def _clock_of(typed: str) -> dt.time | None:
    value = typed.strip().lower()
    if value in {"midday", "noon"}:
        return dt.time(12)
    found = _CLOCK.fullmatch(value)
    return _read_clock(found.groups()) if found else None


def _read_clock(words: tuple[str | None, ...]) -> dt.time | None:
    hour, minute, half = int(words[0] or 0), int(words[1] or 0), words[2]
    if words[1] is None and half is None:
        return None  # a bare 2 may be morning or afternoon
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None


def _lower_first(words: str) -> str:
    return words[:1].lower() + words[1:]


async def read_form(request: web.Request) -> Form:
    """The form that was posted."""
    return Form(MultiDict(await request.post()))


def redisplay(request: web.Request, template: str, form: Form, error: InvalidForm, **facts: Any) -> web.Response:
    """The form again (422) as it was typed, with what is wrong in a summary and beside each field."""
    for name, sentence in error.fields.items():
        form.refuse(name, sentence)
    return render(request, template, status=422, form=form, **facts)
