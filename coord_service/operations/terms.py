"""School terms: the one place that knows when schools are closed, filled from the council's own file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor
from coord_service.domain.term_files import read_term_file
from coord_service.domain.terms import SchoolDates, SchoolTerms
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.tools import Tools
from coord_service.storage.council import (
    drop_school_date,
    list_school_dates,
    load_school_date,
    replace_school_dates,
)
from coord_service.storage.database import Session
from coord_service.storage.tables import SchoolDate

LARGEST = 1_000_000  # bytes: a calendar of terms has a few thousand
MOST_FAULTS = 20  # shown at once


@dataclass(frozen=True, slots=True)
class TermLine:
    """A term or a break on the list, with its id."""

    date_id: int
    dates: SchoolDates


@dataclass(frozen=True, slots=True)
class TermList:
    """Everything that is known, in order, and until when."""

    lines: Sequence[TermLine]
    known_until: date | None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file: how many dates were kept, and the entries of a calendar that were left out."""

    kept: int
    left_out: Sequence[str]


async def load_terms(db: Session) -> SchoolTerms:
    """The terms as rules want them."""
    return SchoolTerms(tuple(map(_dates, await list_school_dates(db))))


async def list_terms(tools: Tools, actor: Actor) -> TermList:
    """Every term and break."""
    require(actor, Permission.SET_RULES)
    async with tools.database.read() as db:
        rows = await list_school_dates(db)
    lines = [TermLine(row.id, _dates(row)) for row in rows]
    return TermList(lines, SchoolTerms(tuple(line.dates for line in lines)).known_until)


async def upload_terms(tools: Tools, actor: Actor, content: bytes) -> Uploaded:
    """Keep the dates of a file instead of all that were known from its first day to its last.

    Raises InvalidForm (``file``) with every row that is wrong; then nothing is kept.
    """
    require(actor, Permission.SET_RULES)
    if len(content) > LARGEST:
        raise InvalidForm({"file": "This file is larger than a list of terms can be. Choose a CSV or an ICS file"})
    try:
        found = read_term_file(content)
    except Refused as error:
        raise InvalidForm({"file": str(error)}) from error
    if found.faults:
        raise InvalidForm({"file": " ".join(["Nothing was kept.", *found.faults[:MOST_FAULTS]])})
    first_on, last_on = min(each.first_on for each in found.dates), max(each.last_on for each in found.dates)
    rows = [SchoolDate(name=d.name, kind=d.kind, first_on=d.first_on, last_on=d.last_on) for d in found.dates]
    async with tools.database.begin() as db:
        gone = await replace_school_dates(db, first_on, last_on, rows)
        details = {"first_on": first_on.isoformat(), "last_on": last_on.isoformat(), "kept": len(rows), "gone": gone}
        record(db, actor, "upload_terms", ("school_date", 0), tools.clock.now(), **details)
    return Uploaded(len(rows), tuple(found.left_out))


async def remove_term(tools: Tools, actor: Actor, date_id: int) -> None:
    """Forget a term or a break. Raises NotFound."""
    require(actor, Permission.SET_RULES)
    async with tools.database.begin() as db:
        row = await load_school_date(db, date_id)
        if row is None:
            raise NotFound("These dates are not on the list. Somebody may have removed them.")
        await drop_school_date(db, row)
        days = {"first_on": row.first_on.isoformat(), "last_on": row.last_on.isoformat()}
        record(db, actor, "remove_term", ("school_date", date_id), tools.clock.now(), name=row.name, **days)


def _dates(row: SchoolDate) -> SchoolDates:
    return SchoolDates(row.name, row.kind, row.first_on, row.last_on)
