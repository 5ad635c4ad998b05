"""Connecting a calendar: test it, see what it can do, connect it, test it again, disconnect it.

A test that went well is kept as a row that is not connected yet: the password was typed once, is sealed at once, and is
never shown again. Rows that nobody connects within an hour are forgotten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from coord_service.domain.access import Permission, may, require
from coord_service.domain.connections import cure_of, is_domain
from coord_service.domain.people import Actor, PersonKind
from coord_service.errors import CalendarTrouble, InvalidForm, NotAllowed, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.leaving_calendars import leave_calendar_with_all
from coord_service.operations.people import load_person
from coord_service.operations.reaching import (
    Way,
    address_of,
    end_connection,
    note_success,
    note_trouble,
    reached,
    record_name,
    seal_secrets,
    way_of,
)
from coord_service.operations.routing import may_send
from coord_service.operations.tools import Tools
from coord_service.ports import Ability, CalendarCheck, CalendarKind
from coord_service.storage import calendars
from coord_service.storage.database import Session
from coord_service.storage.event_queue import hand_events_over, has_events_waiting
from coord_service.storage.tables import CalendarConnection, Person

UNTAKEN_LIFE = timedelta(hours=1)
GONE = "There is no such calendar connected. It may have been disconnected."
COUNCIL = None  # in the place of a person: the whole council's


@dataclass(frozen=True, slots=True)
class TryCalendar:
    """What somebody typed: whose calendar, its kind, the form's values (secrets too), the council's mail domains."""

    person_id: int | None
    kind: str
    values: Mapping[str, str] = field(repr=False)
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Owned:
    """An owner's page: who it is (None is the council), what is connected, what could be."""

    person: Person | None
    connections: tuple[CalendarConnection, ...]
    kinds: tuple[CalendarKind, ...]
    is_own: bool


async def list_connections(tools: Tools, actor: Actor, person_id: int | None) -> Owned:
    """What an owner has connected and could connect. Raises NotFound, NotAllowed."""
    async with tools.database.read() as db:
        person = await _load_owner(db, actor, person_id)
        found = await calendars.list_connections_of(db, person_id)
    kinds = tuple(kind for kind in tools.calendars.all() if _is_on_offer(kind, actor, person_id))
    return Owned(person, tuple(found), kinds, is_own=person_id is not None and person_id == actor.person_id)


async def load_connection(tools: Tools, actor: Actor, connection_id: int) -> CalendarConnection:
    """One connection, tested or connected. Raises NotFound."""
    async with tools.database.read() as db:
        return await _check(db, actor, await calendars.load_connection(db, connection_id))


def find_kind(tools: Tools, actor: Actor, person_id: int | None, kind: str) -> CalendarKind:
    """A kind that this person may connect for this owner. Raises NotFound."""
    for each in tools.calendars.all():
        if each.kind == kind and _is_on_offer(each, actor, person_id):
            return each
    raise NotFound("There is no such kind of calendar to connect.")


async def test_calendar(tools: Tools, actor: Actor, asked: TryCalendar) -> int:
    """Sign in to a calendar; the id under which it can be connected within the hour.

    Raises InvalidForm: fields that are missing, or ``test`` with what the calendar said and what to do about it.
    """
    kind = find_kind(tools, actor, asked.person_id, asked.kind)
    values = _read_values(kind, asked)
    async with tools.database.read() as db:
        person = await _load_owner(db, actor, asked.person_id)
        address = address_of(person)
    secrets = {each.name: values.pop(each.name) for each in kind.fields if each.is_secret and each.name in values}
    seal_secrets(tools, 0, secrets)  # refused before anything is sent anywhere
    check = await _try(tools, Way(kind.kind, address, values | secrets), is_councils=person is None)
    now = tools.clock.now()
    connection = CalendarConnection(
        person_id=asked.person_id,
        kind=kind.kind,
        domains=list(asked.domains),
        settings=values,
        abilities=sorted(check.abilities),
        tested_at=now,
        tested_words=check.words,
        worked_at=now,
        added_by_id=actor.user_id,
    )
    async with tools.database.begin() as db:
        await calendars.delete_untaken_connections(db, now - UNTAKEN_LIFE)
        await calendars.add_connection(db, connection)
        connection.secrets = seal_secrets(tools, connection.id, secrets)
        record(db, actor, "test_calendar", ("calendar_connection", connection.id), now, kind=kind.kind)
    return connection.id


async def connect_calendar(tools: Tools, actor: Actor, connection_id: int) -> CalendarConnection:
    """Connect what was tested; a person's former calendar is disconnected. Raises NotFound, Refused after an hour.

    Connecting what is connected already changes nothing.
    """
    now = tools.clock.now()
    async with tools.database.begin() as db:
        tested = await _check(db, actor, await calendars.load_connection(db, connection_id))
        present = await calendars.lock_connections_of(db, tested.person_id)
        if tested not in present:  # another was connected a moment ago, and this one forgotten
            raise NotFound(GONE)
        if tested.connected_at is not None:
            return tested
        if now - tested.tested_at > UNTAKEN_LIFE:
            raise Refused("This calendar was tested more than an hour ago. Test it again before you connect it.")
        for former in present:
            if former.id != tested.id and tested.person_id is not None:
                await _give_way(db, tools, former, tested)
        await db.flush()  # the former one first: a person has one calendar
        tested.connected_at = now
        record(db, actor, "connect_calendar", ("calendar_connection", tested.id), now, kind=tested.kind)
        return tested


async def check_connection(tools: Tools, actor: Actor, connection_id: int) -> CalendarConnection:
    """Test a connected calendar again, and keep what came of it. Raises NotFound.

    Where it works, meetings that could not be written into it are tried again.
    """
    async with tools.database.read() as db:
        connection = await _check(db, actor, await calendars.load_connection(db, connection_id))
    trouble, check = None, None
    try:
        way = way_of(tools, connection, address_of(connection.person))
        async with reached(tools, way) as calendar:
            check = await calendar.check()
    except CalendarTrouble as error:
        trouble = error
    now = tools.clock.now()
    async with tools.database.begin() as db:
        connection = await _check(db, actor, await calendars.lock_connection(db, connection_id))
        connection.tested_at = now
        if check:
            connection.abilities, connection.tested_words = sorted(check.abilities), check.words
            note_success(connection, now)
            await hand_events_over(db, connection.id, connection.id, now)  # what failed in it is tried again
        elif trouble:
            note_trouble(connection, trouble, now)
        record(db, actor, "check_connection", ("calendar_connection", connection.id), now, works=trouble is None)
    return connection


async def disconnect_calendar(tools: Tools, actor: Actor, connection_id: int) -> CalendarConnection:
    """End a connection: its secrets are erased, and so is what was read through it. Raises NotFound.

    Meetings to come that live in it are taken out first, and sent by our mail from then on; while that lasts, the
    secrets are kept for it, and for nothing else.
    """
    now = tools.clock.now()
    async with tools.database.begin() as db:
        connection = await _check(db, actor, await calendars.lock_connection(db, connection_id))
        await _leave(db, tools, connection)
        record(db, actor, "disconnect_calendar", ("calendar_connection", connection.id), now, kind=connection.kind)
    await tools.wake()
    return connection


async def choose_sending(tools: Tools, actor: Actor, connection_id: int, *, sends: bool) -> CalendarConnection:
    """Let the owner's new meetings go out through their own calendar, or by mail again; booked ones stay as they are.

    Raises NotFound, or Refused for a calendar that can't.
    """
    now = tools.clock.now()
    async with tools.database.begin() as db:
        connection = await _check(db, actor, await calendars.lock_connection(db, connection_id))
        if sends and not may_send(connection):
            raise Refused(
                "Meetings can’t be sent through this calendar: it does not invite people, or tells no answers."
            )
        if connection.sends_meetings != sends:
            connection.sends_meetings = sends
            record(db, actor, "choose_sending", ("calendar_connection", connection.id), now, sends=sends)
    return connection


async def _give_way(db: Session, tools: Tools, former: CalendarConnection, present: CalendarConnection) -> None:
    """Another connection takes a former one's place. To the same calendar, meetings stay in it: a new password."""
    now = tools.clock.now()
    if former.connected_at is None or not is_same_calendar(former, present):
        await _leave(db, tools, former)
        return
    present.sends_meetings, present.news_token = former.sends_meetings and may_send(present), former.news_token
    await calendars.hand_meetings_over(db, former.id, present.id)
    await hand_events_over(db, former.id, present.id, now)
    await _end(db, former, now)


def is_same_calendar(one: CalendarConnection, other: CalendarConnection) -> bool:
    """Whether two connections of one person lead into the same calendar, by what their forms say."""
    names = ("server", "user", "calendar")  # elsewhere the owner's address alone says which mailbox it is
    return one.kind == other.kind and all(one.settings.get(each) == other.settings.get(each) for each in names)


async def _leave(db: Session, tools: Tools, connection: CalendarConnection) -> None:
    now = tools.clock.now()
    await leave_calendar_with_all(db, tools, connection, now)
    await db.flush()
    if not await has_events_waiting(db, connection.id):
        await _end(db, connection, now)
        return
    connection.leaving_at, connection.sends_meetings = now, False
    await calendars.delete_readings(db, connection.id)


async def reseal_secrets(tools: Tools) -> int:
    """Encrypt with the newest key whatever is still encrypted with an older one; how many that were.

    Raises SecretsUnreadable for one that no key opens, Refused where no key is set.
    """
    async with tools.database.begin() as db:
        await calendars.delete_untaken_connections(db, tools.clock.now() - UNTAKEN_LIFE)
        old = [
            each
            for each in await calendars.list_connections_with_secrets(db)
            if each.secrets and not tools.vault.is_newest(each.secrets)
        ]
        for connection in old:
            name = record_name(connection.id)
            connection.secrets = tools.vault.seal(tools.vault.open(connection.secrets or b"", name), name)
        return len(old)


async def count_sealed(tools: Tools) -> int:
    """How many connections keep a secret."""
    async with tools.database.read() as db:
        return await calendars.count_connections_with_secrets(db)


async def _try(tools: Tools, way: Way, *, is_councils: bool) -> CalendarCheck:
    try:
        async with reached(tools, way) as calendar:
            check = await calendar.check()
    except CalendarTrouble as trouble:
        raise InvalidForm({"test": f"{trouble} {cure_of(type(trouble).__name__)}".strip()}) from trouble
    if Ability.READ_BUSY not in check.abilities:
        raise InvalidForm({"test": f"{check.words} But it does not let us see when anybody is busy."})
    if is_councils and Ability.READ_OTHERS not in check.abilities:
        alone = "But it does not tell when others are busy: each of them has to connect their own."
        raise InvalidForm({"test": f"{check.words} {alone}"})
    return check


def _read_values(kind: CalendarKind, asked: TryCalendar) -> dict[str, str]:
    """The form's values, those of this kind alone. Raises InvalidForm with everything that is missing."""
    typed = asked.values
    values = {
        each.name: typed.get(each.name, "") if each.is_secret else typed.get(each.name, "").strip()
        for each in kind.fields
    }
    errors = {each.name: f"Enter: {each.label}" for each in kind.fields if each.is_required and not values[each.name]}
    for each in kind.fields:
        if each.choices and values[each.name] and values[each.name] not in dict(each.choices):
            errors[each.name] = "Choose from the list"
    if asked.person_id is COUNCIL:
        if not asked.domains:
            errors["domains"] = "Enter the mail domains whose people have a calendar there"
        elif wrong := [each for each in asked.domains if not is_domain(each)]:
            errors["domains"] = f"{wrong[0]} is not a mail domain. It is what follows the @, such as example.gov.uk"
    if errors:
        raise InvalidForm(errors)
    return {name: value for name, value in values.items() if value}


def _is_on_offer(kind: CalendarKind, actor: Actor, person_id: int | None) -> bool:
    """Nobody types in somebody else's password: for others there is only what they published (it writes nothing)."""
    if person_id is COUNCIL:
        return kind.is_for_council
    return person_id == actor.person_id or Ability.WRITE not in kind.abilities


async def _load_owner(db: Session, actor: Actor, person_id: int | None) -> Person | None:
    """Whose calendar it is; None is the council. Raises NotFound, NotAllowed, Refused without a mail address."""
    if person_id is COUNCIL:
        require(actor, Permission.EDIT_USERS)
        return None
    require(actor, Permission.EDIT_PEOPLE)
    person = await load_person(db, actor, person_id)
    if person.kind is PersonKind.FAMILY:
        raise NotFound("Families are asked for their times; no calendar of theirs is read.")
    return person


async def _check(db: Session, actor: Actor, connection: CalendarConnection | None) -> CalendarConnection:
    """The connection, if it is there still and this person may know of it. Raises NotFound."""
    if connection is None or connection.disconnected_at is not None or connection.leaving_at is not None:
        raise NotFound(GONE)
    if connection.person_id is COUNCIL and not may(actor, Permission.EDIT_USERS):
        raise NotFound(GONE)
    owner = await _load_owner(db, actor, connection.person_id)
    if owner and owner.id != actor.person_id and Ability.WRITE in connection.abilities:
        raise NotAllowed("This calendar is looked after by its owner alone.")
    return connection


async def _end(db: Session, connection: CalendarConnection, now: datetime) -> None:
    await calendars.delete_readings(db, connection.id)
    if connection.connected_at is None:
        await calendars.delete_connection(db, connection)
        return
    end_connection(connection, now)
