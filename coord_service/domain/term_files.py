"""School terms as councils hand them out: a table (CSV), or a calendar (ICS) with a whole-day entry for each term."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from coord_service.domain.terms import SchoolDates, SchoolDatesKind
from coord_service.errors import Refused

MOST_ROWS = 500
LONGEST = timedelta(days=200)
YEARS = range(2000, 2100)
_COLUMNS = {
    "name": ("name", "term", "title", "what"),
    "first": ("first", "first day", "start", "starts", "starts on", "from", "begins"),
    "last": ("last", "last day", "end", "ends", "ends on", "until", "to"),
    "kind": ("kind", "type"),
}
_BREAK = re.compile(r"half[ -]?term|holiday|break|inset|clos(ed|ure)|training|bank", re.IGNORECASE)
_TERM = re.compile(r"\bterm\b", re.IGNORECASE)
_BRITISH = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", re.ASCII)


@dataclass(slots=True)
class TermFile:
    """What a file says, what is wrong with it (a sentence a row), and the entries of a calendar that are left out."""

    dates: list[SchoolDates] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def read_term_file(content: bytes) -> TermFile:
    """Read a CSV file or an ICS file, whichever it is. Raises Refused for anything else, and where no term is in it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")  # what spreadsheets save where nobody says UTF-8
    if "\0" in text:
        raise Refused("This is neither a CSV file nor an ICS file. Save the table as CSV and try again.")
    found = _read_calendar(text) if text.lstrip()[:15].upper() == "BEGIN:VCALENDAR" else _read_table(text)
    if not found.faults and not any(each.kind is SchoolDatesKind.TERM for each in found.dates):
        raise Refused("There is no term in this file: a term’s name has the word “term” in it, or its kind is “term”.")
    return found


def _read_table(text: str) -> TermFile:
    found, rows = TermFile(), csv.reader(io.StringIO(text))
    try:
        places = _places(next(rows, []))
        for number, row in enumerate(rows, 2):
            if number > MOST_ROWS:
                raise Refused(f"The file has more than {MOST_ROWS} rows.")
            cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
            if any(cells.values()):
                _add(found, cells, f"Row {number}")
    except csv.Error as error:
        raise Refused("This is no CSV file. Save the table as CSV and try again.") from error
    return found


def _places(heads: list[str]) -> dict[str, int]:
    """Which column is which. Raises Refused where one is missing."""
    known = [" ".join(head.lower().replace("_", " ").split()) for head in heads]
    places = {
        name: next((place for place, head in enumerate(known) if head in words), -1) for name, words in _COLUMNS.items()
    }
    missing = [name for name in ("name", "first", "last") if places[name] < 0]
    if missing:
        columns = " and ".join({"name": "name", "first": "first day", "last": "last day"}[each] for each in missing)
        raise Refused(f"The first row must name the columns: {columns} is missing.")
    return {name: place for name, place in places.items() if place >= 0}


def _add(found: TermFile, cells: Mapping[str, str], where: str) -> None:
    try:
        found.dates.append(_dates(cells))
    except Refused as error:
        found.faults.append(f"{where} {error}.")


def _dates(cells: Mapping[str, str]) -> SchoolDates:
    first_on = _day(cells["first"])
    last_on = _day(cells["last"]) if cells["last"] else first_on
    if not cells["name"] or len(cells["name"]) > 100:
        raise Refused("has no name, or one of more than 100 letters")
    if not timedelta() <= last_on - first_on <= LONGEST:
        raise Refused(f"ends before it starts, or lasts longer than {LONGEST.days} days")
    return SchoolDates(cells["name"], _kind(cells), first_on, last_on)


def _day(typed: str) -> date:
    british = _BRITISH.fullmatch(typed)
    try:
        day = date(*map(int, british.group(3, 2, 1))) if british else date.fromisoformat(typed)
    except ValueError as error:
        raise Refused(f"has “{typed[:30]}” where a date such as 2026-09-01 or 01/09/2026 should be") from error
    if day.year not in YEARS:
        raise Refused(f"has the year {day.year}")
    return day


def _kind(cells: Mapping[str, str]) -> SchoolDatesKind:
    said = cells.get("kind", "").lower()
    if said:
        if said not in set(SchoolDatesKind):
            raise Refused(f"has the kind “{said[:30]}”: write term or break")
        return SchoolDatesKind(said)
    return SchoolDatesKind.BREAK if _BREAK.search(cells["name"]) else SchoolDatesKind.TERM


def _read_calendar(text: str) -> TermFile:
    found = TermFile()
    for number, entry in enumerate(_entries(text), 1):
        if number > MOST_ROWS:
            raise Refused(f"The calendar has more than {MOST_ROWS} entries.")
        name, first, last = entry.get("SUMMARY", ""), entry.get("DTSTART", ""), entry.get("DTEND", "")
        if not (_BREAK.search(name) or _TERM.search(name)):
            found.left_out.append(name or "an entry without a name")
            continue
        # RFC 5545 §3.6.1: the end of whole days is the day after the last one; none is a day.
        ends = _calendar_day(last)
        until = (date.fromisoformat(ends) - timedelta(days=1)).isoformat() if _is_day(ends) else ""
        _add(found, {"name": name, "first": _calendar_day(first), "last": until}, f"“{name}”")
    return found


def _is_day(typed: str) -> bool:
    try:
        return date.fromisoformat(typed) > date.min
    except ValueError:
        return False


def _calendar_day(value: str) -> str:
    """20260901 or 20260901T000000Z as 2026-09-01."""
    return f"{value[:4]}-{value[4:6]}-{value[6:8]}" if re.match(r"\d{8}", value, re.ASCII) else value


def _entries(text: str) -> Iterator[dict[str, str]]:
    """The properties of each VEVENT, without their parameters (RFC 5545 §3.1: folded lines are joined first)."""
    entry: dict[str, str] | None = None
    for line in re.sub(r"\r?\n[ \t]", "", text).splitlines():
        name, _, value = line.partition(":")
        name = name.partition(";")[0].strip().upper()
        if (name, value.strip().upper()) == ("BEGIN", "VEVENT"):
            entry = {}
        elif entry is not None and (name, value.strip().upper()) == ("END", "VEVENT"):
            yield entry
            entry = None
        elif entry is not None:
            entry.setdefault(name, re.sub(r"\\([,;\\])", r"\1", value.strip()))
