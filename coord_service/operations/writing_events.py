"""Writing the outbox's events into organizers' calendars, and recording what became of them.

At least once: whoever is killed between the write and its record leaves a lease behind, and the event is put again;
every kind of calendar finds it by its UID and keeps one.
"""

import asyncio
from dataclasses import replace

import structlog

from coord_service.domain.connections import cure_of
from coord_service.domain.delivery import LEAST_LEFT, GiveUp, LetterState, TryAgain, after_failure
from coord_service.domain.routes import PUT, REMOVE
from coord_service.errors import (
    CalendarNonsense,
    CalendarTimedOut,
    CalendarTrouble,
    ConnectionLost,
    SignInRefused,
    Throttled,
)
from coord_service.operations.outbox import Delivered
from coord_service.operations.reaching import address_of, end_connection, note_success, note_trouble, reached, way_of
from coord_service.operations.routing import Writing, put_event
from coord_service.operations.tools import Tools
from coord_service.storage.calendars import delete_readings, load_connection, lock_connection
from coord_service.storage.database import Session
from coord_service.storage.event_queue import (
    LeasedEvent,
    has_events_waiting,
    lease_due_events,
    load_latest_written,
)
from coord_service.storage.meetings import load_meeting
from coord_service.storage.post import load_letter
from coord_service.storage.tables import CalendarConnection, OutboxLetter

log = structlog.get_logger()

AT_ONCE = 8  # calendars that are written to side by side
SECONDS = 20.0  # for one write: an event is looked for, written, and sometimes looked at again
PASSING = (CalendarTimedOut, ConnectionLost, Throttled, CalendarNonsense)
NOT_CONNECTED = "This calendar is not connected any more."


async def write_events(tools: Tools) -> Delivered:
    """Write every event that is due, one at a time in each calendar. A calendar that is slow holds up only its own."""
    states: list[LetterState] = []
    while True:
        now = tools.clock.now()
        async with tools.database.begin() as db:
            leased = await lease_due_events(db, now, AT_ONCE)
        if not leased:
            break
        states += await asyncio.gather(*(_write(tools, each) for each in leased))
    counted = {state: states.count(state) for state in LetterState}
    return Delivered(counted[LetterState.SENT], counted[LetterState.WAITING], counted[LetterState.FAILED])


async def _write(tools: Tools, leased: LeasedEvent) -> LetterState:
    trouble: CalendarTrouble | None = None
    try:
        await _do(tools, leased)
    except CalendarTrouble as error:
        trouble = error
    return await _record(tools, leased, trouble)


async def _do(tools: Tools, leased: LeasedEvent) -> None:
    """Put the event, or take it out. Raises CalendarTrouble."""
    async with tools.database.read() as db:
        connection = await load_connection(db, leased.connection_id)
        meeting = await load_meeting(db, leased.meeting_id) if leased.meeting_id else None
    if connection is None or connection.disconnected_at is not None:
        raise SignInRefused(NOT_CONNECTED)
    event = tools.codec.read_copy(leased.content)
    if meeting is not None:
        event = replace(event, is_online=meeting.wants_link)  # no calendar line carries it
    way = way_of(tools, connection, address_of(connection.person))
    if leased.leased_until - tools.clock.now() < LEAST_LEFT:
        raise CalendarTimedOut("We were too slow to begin; it is tried again.")
    async with reached(tools, way, SECONDS) as calendar:
        if leased.letter == REMOVE:
            await calendar.remove(event.uid)
        else:
            await calendar.put(event)


async def _record(tools: Tools, leased: LeasedEvent, trouble: CalendarTrouble | None) -> LetterState:
    now = tools.clock.now()
    async with tools.database.begin() as db:
        connection = await lock_connection(db, leased.connection_id)
        row = await load_letter(db, leased.id)
        if row is None or connection is None:
            raise LookupError(f"event {leased.id} vanished while it was being written")
        if row.state is not LetterState.WAITING or row.leased_until != leased.leased_until:
            await _mend_late_put(db, tools, leased)
            return row.state
        row.leased_until = None
        row.attempts += 1
        if trouble is None:
            row.state, row.sent_at, row.error = LetterState.SENT, now, None
            note_success(connection, now)
        else:
            _note_failure(tools, row, connection, trouble)
        await db.flush()
        await end_if_left(db, connection, tools)
        log.info("event_written" if trouble is None else "event_not_written", letter_id=row.id, letter=row.letter)
        return row.state


def _note_failure(tools: Tools, row: OutboxLetter, connection: CalendarConnection, trouble: CalendarTrouble) -> None:
    now = tools.clock.now()
    if connection.disconnected_at is None:
        note_trouble(connection, trouble, now)
    words = f"{trouble} {cure_of(type(trouble).__name__)}".strip()
    row.error = words
    match after_failure(row.attempts, now, words, passes_by_itself=isinstance(trouble, PASSING)):
        case TryAgain(at=at):
            row.not_before = max(at, connection.ask_after or at)
        case GiveUp(why=why):
            row.state, row.error = LetterState.FAILED, why


async def _mend_late_put(db: Session, tools: Tools, leased: LeasedEvent) -> None:
    """Our lease was over before the write was: what another has done since may be undone by it.

    An older state is refused by the calendar itself. But one that was put after the event had been taken out has made
    it anew, and the calendars have nothing to know that by (decision 22): so it is taken out once more.
    """
    latest = await load_latest_written(db, leased.event_uid)
    if leased.letter != PUT or latest is None or latest.letter != REMOVE:
        return
    # Another connection to the same calendar may have taken the place of ours meanwhile.
    if connection := await load_connection(db, latest.connection_id or 0):
        event = tools.codec.read_copy(latest.content)
        again = Writing(connection, event, meeting_id=latest.meeting_id, attendee_id=latest.attendee_id)
        put_event(db, tools, again, tools.clock.now())
        log.warning("event_put_too_late", letter_id=leased.id)


async def end_if_left(db: Session, connection: CalendarConnection, tools: Tools) -> None:
    """End a connection that is being disconnected, once nothing is left to be taken out through it."""
    if connection.leaving_at is None or await has_events_waiting(db, connection.id):
        return
    await delete_readings(db, connection.id)
    end_connection(connection, tools.clock.now())
