"""The nightly import: children, professionals and teams from the council's other systems, repeated as often as wanted.

Each record carries that system's own key; the same file twice changes nothing the second time. What a file doesn't
name stays as it is: nothing is ever deleted. All of it is kept, or, where anything is wrong, none.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.case_steps import CaseStep
from coord_service.domain.children import PlanStatus, Sharing, new_reference
from coord_service.domain.people import Actor, PersonKind, Sector
from coord_service.errors import InvalidForm
from coord_service.operations.audit import record
from coord_service.operations.cases import ChildFacts, check_facts
from coord_service.operations.import_rows import Fault, ImportRow, Layout, read_rows
from coord_service.operations.sectors import sector_of
from coord_service.operations.tools import Tools
from coord_service.storage import imports as rows
from coord_service.storage.database import Session
from coord_service.storage.date_corrections import list_wrong_days
from coord_service.storage.tables import Agency, Child, Membership, Person, Service, User

ACTOR = Actor.job("import")

PROFESSIONALS = Layout(
    ("key", "name", "agency", "sector", "service"),
    ("email", "phone", "job_title", "service_mailbox", "service_phone"),
)
CHILDREN = Layout(
    ("key", "given_name", "family_name", "born_on", "lead_worker"),
    ("setting", "plan_status", "assessment_requested_on", "last_review_on", "interpreter"),
)
TEAMS = Layout(("key", "child", "person", "role"), ("required", "sharing", "sharing_on", "started_on", "ended_on"))
LAYOUTS: Mapping[str, Layout] = {"professionals": PROFESSIONALS, "children": CHILDREN, "teams": TEAMS}

# The steps whose day stands in a column of the file: a day that was found wrong for one of them is not taken again.
STEPS_OF_COLUMN: Mapping[str, frozenset[CaseStep]] = {
    "assessment_requested_on": frozenset({CaseStep.ASSESSMENT_REQUESTED}),
    "last_review_on": frozenset({CaseStep.REVIEWED, CaseStep.PLAN_ISSUED, CaseStep.REVIEW_HELD}),
}

Progress = Callable[[str, Sequence[ImportRow]], Iterable[ImportRow]]


@dataclass(frozen=True, slots=True)
class ImportFile:
    """One file: what it is called, and its bytes."""

    name: str
    content: bytes


@dataclass(slots=True)
class Tally:
    """What became of a file's rows."""

    new: int = 0
    changed: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or would do; with faults it did nothing."""

    tallies: Mapping[str, Tally]
    faults: Sequence[Fault]
    is_kept: bool


@dataclass(slots=True)
class _Known:
    """What is there already, by the keys that files use."""

    today: date
    now: datetime
    agencies: dict[str, Agency]
    services: dict[tuple[str, str], Service]
    people: dict[str, Person]
    by_address: dict[str, Person]
    children: dict[str, Child]
    memberships: dict[str, Membership]
    references: set[str]
    lead_workers: dict[str, User]
    wrong_days: set[tuple[int, CaseStep, date]]
    seen: set[tuple[str, str]] = field(default_factory=set)
    touched: list[tuple[str, Any, list[str]]] = field(default_factory=list)


class _NothingIsKept(Exception):
    """Ends the transaction of a dry run, or of an import with faults."""


async def import_records(
    tools: Tools, files: Mapping[str, ImportFile], progress: Progress, *, is_dry_run: bool
) -> Outcome:
    """Import ``professionals``, ``children`` and ``teams``, those that are given, in one transaction.

    Raises UnreadableFile for a file that can't be read as a whole; faults of rows are in the outcome.
    """
    faults: list[Fault] = []
    read = {
        kind: read_rows(files[kind].name, files[kind].content, layout, faults)
        for kind, layout in LAYOUTS.items()
        if kind in files
    }
    tallies = {kind: Tally() for kind in read}
    try:
        async with tools.database.begin() as db:
            known = await _load_known(db, tools.clock.now())
            for kind, found in read.items():
                for row in progress(kind, found):
                    _take(db, known, kind, row, tallies[kind])
            _end_here(is_unkept=is_dry_run or bool(faults))
            await db.flush()
            _put_on_record(db, known)
    except _NothingIsKept:
        return Outcome(tallies, sorted(faults, key=lambda fault: (fault.file, fault.line)), is_kept=False)
    return Outcome(tallies, (), is_kept=True)


def _end_here(*, is_unkept: bool) -> None:
    if is_unkept:
        raise _NothingIsKept


async def _load_known(db: Session, now: datetime) -> _Known:
    people = await rows.list_professionals(db)
    services = await rows.list_services(db)
    agencies = {agency.id: agency for agency in await rows.list_agencies(db)}
    return _Known(
        today=day_in_london(now),
        now=now,
        agencies={agency.name.lower(): agency for agency in agencies.values()},
        services={(agencies[each.agency_id].name.lower(), each.name.lower()): each for each in services},
        people={person.external_key: person for person in people if person.external_key},
        by_address={person.email: person for person in people if person.email},
        children={child.external_key or "": child for child in await rows.list_imported_children(db)},
        memberships={each.external_key or "": each for each in await rows.list_imported_memberships(db)},
        references=await rows.list_references(db),
        lead_workers=await rows.list_lead_workers_by_address(db),
        wrong_days=await list_wrong_days(db),
    )


def _take(db: Session, known: _Known, kind: str, row: ImportRow, tally: Tally) -> None:
    """One row: checked, then entered or brought up to date."""
    key = row.text("key")
    if (kind, key) in known.seen:
        row.refuse(f"key “{key}” stands in this file twice")
    known.seen.add((kind, key))
    take = {"professionals": _take_professional, "children": _take_child, "teams": _take_membership}[kind]
    verb, found, changed = take(db, known, key, row)
    if found is None or not row.is_good:
        return
    if "key" in changed:
        tally.new += 1
    elif changed:
        tally.changed += 1
    else:
        tally.same += 1
    if changed:
        known.touched.append((verb, found, changed))


Taken = tuple[str, Any, list[str]]


def _take_professional(db: Session, known: _Known, key: str, row: ImportRow) -> Taken:
    facts: dict[str, Any] = {"name": row.text("name"), "email": row.address("email")}
    facts |= {column: row.optional(column) for column in ("phone", "job_title")}
    names = row.text("agency"), row.text("service")
    sector = row.choice("sector", Sector, Sector.EDUCATION)
    person = known.people.get(key)
    same_address = known.by_address.get(facts["email"] or "")
    if same_address is not None and same_address is not person:
        if person is not None or same_address.external_key:
            row.refuse(f"email “{facts['email']}” is {same_address.external_key or 'somebody else'}’s already")
        else:
            person = same_address  # entered by hand before: from now on it is this record
    if not row.is_good:
        return "", None, []
    service = _service(db, known, names, sector, row)
    changed = [] if person is not None and person.external_key == key else ["key"]
    if person is None:
        person = rows.keep(db, Person(kind=PersonKind.PROFESSIONAL, **facts, service=service, external_key=key))
    else:
        person.external_key = key
        changed += _put(person, row, facts)
        if person.service is not service:
            person.service = service
            changed.append("service")
    known.people[key] = person
    if person.email:
        known.by_address[person.email] = person
    return "import_professional", person, changed


def _service(db: Session, known: _Known, names: tuple[str, str], sector: Sector, row: ImportRow) -> Service:
    """The service of this agency; both are made where they are new."""
    agency_name, name = names
    agency = known.agencies.get(agency_name.lower())
    if agency is None:
        agency = known.agencies[agency_name.lower()] = rows.keep(db, Agency(name=agency_name, sector=sector))
    place = (agency_name.lower(), name.lower())
    if place not in known.services:
        known.services[place] = rows.keep(db, Service(agency=agency, name=name))
    service = known.services[place]
    mailbox, phone = row.address("service_mailbox"), row.optional("service_phone")
    service.mailbox, service.phone = mailbox or service.mailbox, phone or service.phone
    return service


def _take_child(db: Session, known: _Known, key: str, row: ImportRow) -> Taken:
    facts: dict[str, Any] = {
        "given_name": row.text("given_name"),
        "family_name": row.text("family_name"),
        "born_on": row.day("born_on") if row.text("born_on") else None,
        "setting": row.optional("setting"),
        "plan_status": row.choice("plan_status", PlanStatus, PlanStatus.SUPPORT),
        "assessment_requested_on": row.day("assessment_requested_on"),
        "last_review_on": row.day("last_review_on"),
        "interpreter": row.optional("interpreter"),
    }
    address = row.address("lead_worker") or ""
    lead_worker = known.lead_workers.get(address)
    if lead_worker is None:
        row.refuse(f"lead_worker “{address}” is nobody’s address who can sign in as a lead worker")
    if row.is_good:
        _check_child(known, facts, row)
    if lead_worker is None or not row.is_good:
        return "", None, []
    facts["lead_worker_id"] = lead_worker.id
    child = known.children.get(key)
    if child is not None:
        _keep_our_dates(known, child, facts)
        return "import_child", child, _put(child, row, facts)
    child = Child(reference=_reference(known), created_at=known.now, external_key=key, **facts)
    known.children[key] = rows.keep(db, child)
    return "import_child", child, ["key"]


def _keep_our_dates(known: _Known, child: Child, facts: dict[str, Any]) -> None:
    """A date that was corrected here is not made wrong again by the system it came from; a review is not undone.

    Another day is news: a later request, or a later review.
    """
    for column, steps in STEPS_OF_COLUMN.items():
        ours, theirs = getattr(child, column), facts[column]
        is_wrong = any((child.id, step, theirs) in known.wrong_days for step in steps)
        is_ours = column == "last_review_on" or child.assessment_corrected_on is not None
        is_older = is_ours and ours is not None and (theirs is None or theirs < ours)
        if is_wrong or is_older:
            facts[column] = ours


def _check_child(known: _Known, facts: Mapping[str, Any], row: ImportRow) -> None:
    try:
        check_facts(ChildFacts(**facts), known.today)
    except InvalidForm as error:
        for column, why in error.fields.items():
            row.refuse(f"{column}: {why}")


def _reference(known: _Known) -> str:
    reference = new_reference(secrets.randbelow)
    while reference in known.references:
        reference = new_reference(secrets.randbelow)
    known.references.add(reference)
    return reference


def _take_membership(db: Session, known: _Known, key: str, row: ImportRow) -> Taken:
    child, person = known.children.get(row.text("child")), known.people.get(row.text("person"))
    if child is None:
        row.refuse(f"child “{row.cells['child']}” is no key of a child")
    if person is None:
        row.refuse(f"person “{row.cells['person']}” is no key of a professional")
    facts: dict[str, Any] = {
        "role": row.text("role"),
        "is_required": row.flag("required", otherwise=True),
        "sharing": row.choice("sharing", Sharing, Sharing.NOT_ASKED),
        "sharing_on": row.day("sharing_on"),
        "started_on": row.day("started_on") or known.today,
        "ended_on": row.day("ended_on"),
    }
    if facts["ended_on"] and facts["ended_on"] < facts["started_on"]:
        row.refuse("ended_on is before started_on")
    membership = known.memberships.get(key)
    if membership and child and person and (membership.child_id, membership.person_id) != (child.id, person.id):
        row.refuse("it is somebody’s place in a team already: a new place needs a new key")
    if child is None or person is None or not row.is_good:
        return "", None, []
    if membership is not None:
        if not row.has("started_on"):
            facts.pop("started_on")
        return "import_membership", membership, _put(membership, row, facts)
    membership = Membership(child=child, person=person, sector=sector_of(person), external_key=key, **facts)
    known.memberships[key] = rows.keep(db, membership)
    return "import_membership", membership, ["key"]


_COLUMN_OF = {"is_required": "required", "lead_worker_id": "lead_worker"}


def _put(record: Any, row: ImportRow, facts: Mapping[str, Any]) -> list[str]:
    """Bring a record up to date where the file has the column; the names of what changed."""
    changed = [
        name for name, value in facts.items() if row.has(_COLUMN_OF.get(name, name)) and getattr(record, name) != value
    ]
    for name in changed:
        setattr(record, name, facts[name])
    return changed


def _put_on_record(db: Session, known: _Known) -> None:
    """An audit entry for each record that is new or changed."""
    for verb, found, changed in known.touched:
        child_id = found.id if isinstance(found, Child) else getattr(found, "child_id", None)
        subject = (type(found).__name__.lower(), found.id)
        record(db, ACTOR, verb, subject, known.now, child_id=child_id, fields=changed)
