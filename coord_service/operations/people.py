"""People: add somebody once, correct them, when they work and when they are away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, may, require
from coord_service.domain.addressing import can_be_written_to
from coord_service.domain.finding_rules import check_load
from coord_service.domain.likeness import name_words, near_same_name
from coord_service.domain.people import Actor, PersonKind, normal_address
from coord_service.domain.searching import PersonFilter
from coord_service.errors import InvalidForm, NotFound
from coord_service.operations.audit import record
from coord_service.operations.cases import refuse_stale
from coord_service.operations.tools import Tools
from coord_service.storage import cases, people
from coord_service.storage.database import Session
from coord_service.storage.places import load_place
from coord_service.storage.tables import Leave, Membership, Person

PAGE = 50
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")  # as RFC 5545 writes them


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What can be corrected about somebody."""

    name: str
    email: str | None = None
    phone: str | None = None
    job_title: str | None = None
    service_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to be entered. ``is_somebody_else``: the people of nearly the same name were seen, and are others."""

    kind: PersonKind
    facts: PersonFacts
    is_somebody_else: bool = False


@dataclass(frozen=True, slots=True)
class PersonCard:
    """One person, when they are away from today on, and the teams they are in, as far as the reader may know."""

    person: Person
    leave: tuple[Leave, ...]
    teams: tuple[Membership, ...]


def kinds_seen_by(actor: Actor) -> tuple[PersonKind, ...]:
    """Families are case content: whoever may not see cases doesn't see them either."""
    if may(actor, Permission.SEE_CASES):
        return tuple(PersonKind)
    return (PersonKind.PROFESSIONAL, PersonKind.STAFF)


async def load_person(db: Session, actor: Actor, person_id: int) -> Person:
    """Somebody with where they work. Raises NotFound, also for a family's member whom the actor may not know of."""
    person = await people.load_person(db, person_id)
    if person is None or person.kind not in kinds_seen_by(actor):
        raise NotFound("There is nobody on our records at this address.")
    return person


async def list_people(tools: Tools, actor: Actor, wanted: PersonFilter, page: int) -> tuple[Sequence[Person], int]:
    """A page of people by name with where they work; and how many there are."""
    require(actor, Permission.EDIT_PEOPLE)
    seen = PersonFilter(
        kinds=tuple(kind for kind in wanted.kinds if kind in kinds_seen_by(actor)),
        service_id=wanted.service_id,
        has_no_address=wanted.has_no_address,
        words=wanted.words,
    )
    async with tools.database.read() as db:
        rows = await people.list_people(db, seen, (PAGE, (page - 1) * PAGE))
        return rows, await people.count_people(db, seen)


async def list_teams(tools: Tools, actor: Actor, person_ids: Sequence[int]) -> Mapping[int, Sequence[Membership]]:
    """By person, the teams they are in now: how two people of one name are told apart."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        return await teams_of(db, person_ids)


async def teams_of(db: Session, person_ids: Sequence[int]) -> Mapping[int, Sequence[Membership]]:
    """``list_teams`` within the caller's transaction."""
    teams: dict[int, list[Membership]] = {}
    for each in await cases.list_teams(db, person_ids):
        teams.setdefault(each.person_id, []).append(each)
    return teams


async def load_person_card(tools: Tools, actor: Actor, person_id: int) -> PersonCard:
    """Everything about one person. Raises NotFound."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        person = await load_person(db, actor, person_id)
        leave = await people.list_leave(db, person.id, day_in_london(tools.clock.now()))
        teams = await cases.list_teams(db, [person.id]) if may(actor, Permission.SEE_CASES) else ()
        return PersonCard(person, tuple(leave), tuple(teams))


async def list_likely_same(tools: Tools, actor: Actor, new: NewPerson) -> Sequence[Person]:
    """Who of those on our records may be the person about to be entered, the same address first."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        same_address = await _at_address(db, new.kind, new.facts.email)
        found = {each.id: each for each in [*same_address, *await _namesakes(db, new)]}
    return [each for each in found.values() if each.kind in kinds_seen_by(actor)]


async def _at_address(db: Session, kind: PersonKind, email: str | None) -> list[Person]:
    """Families may share an address; among professionals and staff one address is one person."""
    if not email:
        return []
    is_family = kind is PersonKind.FAMILY
    rows = await people.list_people_at_address(db, normal_address(email))
    return [each for each in rows if (each.kind is PersonKind.FAMILY) == is_family]


async def _namesakes(db: Session, new: NewPerson) -> list[Person]:
    words = name_words(new.facts.name)
    if not words:
        return []
    # The first letters of the longest word find the candidates; the comparison itself is no matter for SQL.
    part = max(words, key=len)[:2]
    rows = await people.list_namesakes(db, kind=new.kind, service_id=new.facts.service_id, part=part)
    return [each for each in rows if near_same_name(each.name, new.facts.name)]


async def add_person(tools: Tools, actor: Actor, new: NewPerson) -> int:
    """Enter somebody; their id.

    Raises InvalidForm: for an address that belongs to somebody else (``email``), and for somebody of nearly the same
    name at the same service (``is_somebody_else``) until it was said that this is another person.
    """
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        return (await add_checked_person(db, tools, actor, new)).id


async def add_checked_person(db: Session, tools: Tools, actor: Actor, new: NewPerson) -> Person:
    """``add_person`` within the caller's transaction; the person, with where they work."""
    facts = await _checked(db, new.kind, new.facts)
    if new.kind is not PersonKind.FAMILY and facts.email is None:
        raise InvalidForm({"email": "Enter their e-mail address at work: invitations and requests go there"})
    await _refuse_taken_address(db, new.kind, facts.email)
    likely = await _namesakes(db, new) + await _at_address(db, new.kind, facts.email)
    if likely and not new.is_somebody_else:
        names = " and ".join(sorted({each.name for each in likely}))
        raise InvalidForm({"is_somebody_else": f"{names} may be the same person. Choose them, or say that it isn’t."})
    now = tools.clock.now()
    person = Person(kind=new.kind, **_columns(facts))
    people.add_person(db, person)
    await db.flush()
    record(db, actor, "add_person", ("person", person.id), now)
    return await load_person(db, actor, person.id)


def _columns(facts: PersonFacts) -> dict[str, object]:
    names = ("name", "email", "phone", "job_title", "service_id")
    return {name: getattr(facts, name) for name in names}


async def _checked(db: Session, kind: PersonKind, facts: PersonFacts) -> PersonFacts:
    """The facts as they are kept. Raises InvalidForm."""
    wrong: dict[str, str] = {}
    name = " ".join(facts.name.split())
    if not name or not name.isprintable():
        wrong["name"] = "Enter their name"
    email = normal_address(facts.email or "") or None
    if email and not can_be_written_to(email):
        wrong["email"] = "Enter an e-mail address in the correct format, like name@example.org"
    if kind is PersonKind.PROFESSIONAL and (
        facts.service_id is None or await people.load_service(db, facts.service_id) is None
    ):
        wrong["service_id"] = "Choose the service they work in"
    if wrong:
        raise InvalidForm(wrong)
    service_id = facts.service_id if kind is PersonKind.PROFESSIONAL else None
    return PersonFacts(name, email, facts.phone, facts.job_title, service_id)


async def _refuse_taken_address(db: Session, kind: PersonKind, email: str | None, but: int | None = None) -> None:
    taken = [each for each in await _at_address(db, kind, email) if each.id != but]
    if taken and kind is not PersonKind.FAMILY:
        raise InvalidForm({"email": f"This address belongs to {taken[0].name}, who is on our records already"})


async def correct_person(tools: Tools, actor: Actor, person_id: int, version: int, facts: PersonFacts) -> None:
    """Write down what is right now. Raises NotFound, InvalidForm, ChangedMeanwhile."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        person = await load_person(db, actor, person_id)
        refuse_stale(person.version, version)
        columns = _columns(await _checked(db, person.kind, facts))
        await _refuse_taken_address(db, person.kind, normal_address(facts.email or "") or None, but=person.id)
        changed = [name for name, value in columns.items() if getattr(person, name) != value]
        for name in changed:
            setattr(person, name, columns[name])
        if changed:
            record(db, actor, "correct_person", ("person", person.id), tools.clock.now(), fields=changed)


@dataclass(frozen=True, slots=True)
class DayHours:
    """A stretch of work on one day of the week (``MO`` …), wall time in Europe/London; ``week`` as in ``diaries``."""

    day: str
    starts: time
    ends: time
    week: int | None = None


@dataclass(frozen=True, slots=True)
class WorkingPattern:
    """When somebody works; no hours are the office hours. ``works_in_holidays``: of schools; None is as usual.

    ``most_meetings`` a day, and ``minutes_between`` two of them; None is as the council says.
    ``base_place_id`` is the place of ours that they work from, None where it is not known.
    """

    hours: tuple[DayHours, ...]
    works_in_holidays: bool | None = None
    most_meetings: int | None = None
    minutes_between: int | None = None
    base_place_id: int | None = None


async def set_working_hours(tools: Tools, actor: Actor, person_id: int, version: int, pattern: WorkingPattern) -> None:
    """Say when somebody works. Raises NotFound, InvalidForm, Refused, ChangedMeanwhile."""
    require(actor, Permission.EDIT_PEOPLE)
    check_load(pattern.most_meetings, pattern.minutes_between)
    if wrong := {
        f"hours_{each.day}": "The end must be after the start" for each in pattern.hours if each.ends <= each.starts
    }:
        raise InvalidForm(wrong)
    async with tools.database.begin() as db:
        person = await load_person(db, actor, person_id)
        refuse_stale(person.version, version)
        person.working_hours = _grouped(pattern.hours) or None
        if pattern.base_place_id is not None and await load_place(db, pattern.base_place_id) is None:
            raise InvalidForm({"base_place": "This place is no longer on the list. Choose another"})
        person.base_place_id = pattern.base_place_id
        person.works_in_holidays = pattern.works_in_holidays
        person.most_meetings, person.minutes_between = pattern.most_meetings, pattern.minutes_between
        record(db, actor, "set_working_hours", ("person", person.id), tools.clock.now())


def _grouped(hours: Sequence[DayHours]) -> list[dict[str, object]]:
    """Days of the same hours in one entry, as ``domain.diaries`` reads them."""
    days: dict[tuple[time, time, int | None], list[str]] = {}
    for each in sorted(hours, key=lambda each: WEEKDAYS.index(each.day)):
        days.setdefault((each.starts, each.ends, each.week), []).append(each.day)
    return [
        {"days": of, "start": f"{starts:%H:%M}", "end": f"{ends:%H:%M}"} | ({} if week is None else {"week": week})
        for (starts, ends, week), of in days.items()
    ]


async def add_leave(tools: Tools, actor: Actor, person_id: int, starts_on: date, ends_on: date) -> int:
    """Keep whole days on which somebody is away; the leave's id. Raises NotFound, InvalidForm."""
    require(actor, Permission.EDIT_PEOPLE)
    now = tools.clock.now()
    if ends_on < starts_on:
        raise InvalidForm({"ends_on": "The last day must be the first day or later"})
    if ends_on < day_in_london(now):
        raise InvalidForm({"ends_on": "This is over already: enter leave from today on"})
    async with tools.database.begin() as db:
        person = await load_person(db, actor, person_id)
        known = await people.list_leave(db, person.id, starts_on)
        same = next((each for each in known if (each.starts_on, each.ends_on) == (starts_on, ends_on)), None)
        if same is not None:
            return same.id
        leave = Leave(person_id=person.id, starts_on=starts_on, ends_on=ends_on)
        people.add_leave(db, leave)
        await db.flush()
        record(db, actor, "add_leave", ("leave", leave.id), now, person_id=person.id)
        return leave.id


async def remove_leave(tools: Tools, actor: Actor, leave_id: int) -> int | None:
    """Forget a stretch of leave; whose it was, None when it is gone already."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        leave = await people.load_leave(db, leave_id)
        if leave is None:
            return None
        person = await load_person(db, actor, leave.person_id)
        await people.drop_leave(db, leave)
        record(db, actor, "remove_leave", ("leave", leave_id), tools.clock.now(), person_id=person.id)
        return person.id
