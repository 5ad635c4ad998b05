"""Gathering busy times: every calendar at once, outside any transaction, each by itself; kept with their age.

A page waits a moment for quick calendars and then shows what is known; the rest arrives while it is being read.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import structlog

from coord_service.domain.connections import reads_address
from coord_service.domain.diaries import Block, BlockStatus
from coord_service.domain.outside import Outside, Reading, judge, needs_asking
from coord_service.errors import CalendarTrouble
from coord_service.operations.reaching import note_success, note_trouble, reached, way_of
from coord_service.operations.tools import Tools
from coord_service.ports import Busy
from coord_service.storage import calendars
from coord_service.storage.database import Session
from coord_service.storage.tables import BusyReading, CalendarConnection

STATUSES = {each.value: each for each in BlockStatus}
DIARIES_AT_HAND = 128  # of which the blocks stay in memory: a few MB, of full diaries some 40
AHEAD = timedelta(weeks=12)  # read at least so far: looking "later" then needs no new question
MOMENT = 0.4  # seconds that a page waits for quick calendars

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose time is wanted (their mail addresses by person id) between two instants.

    ``again``: these are asked even if they were asked a moment ago.
    """

    addresses: Mapping[int, str]
    start_at: datetime
    end_at: datetime
    again: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Question:
    """One call: a connection, the people it is asked about (person ids by address), and the time."""

    connection: CalendarConnection
    owner_address: str
    people: Mapping[str, tuple[int, ...]]
    start_at: datetime
    end_at: datetime

    @property
    def person_ids(self) -> list[int]:
        return [person_id for ids in self.people.values() for person_id in ids]


async def gather_busy(tools: Tools, wanted: Wanted, patience: float = MOMENT) -> frozenset[int]:
    """Ask every calendar that wants asking, all at once; who had not answered after ``patience`` seconds.

    Call it with no transaction open. What comes later is kept all the same.
    """
    now = tools.clock.now()
    async with tools.database.read() as db:
        ways = await _connections_by_person(db, wanted.addresses)
        readings = _by_person(await calendars.list_ages(db, list(ways)), ways)
    pending = tools.asking.still_asked(ways)
    open_ids = [
        person_id
        for person_id, connection in ways.items()
        if person_id not in pending
        and _wants_asking(connection, _reading(readings.get(person_id)), wanted, person_id, now)
    ]
    for question in _questions(ways, open_ids, wanted):
        tools.asking.ask(question.person_ids, _ask(tools, question))
    await tools.asking.wait(ways, patience)
    return tools.asking.still_asked(ways)


async def load_outside(
    db: Session, addresses: Mapping[int, str], span: tuple[datetime, datetime], now: datetime
) -> dict[int, Outside]:
    """What is known of each person's own calendar, by person id: two statements, and nobody is asked."""
    ways = await _connections_by_person(db, addresses)
    read = await calendars.list_readings(db, list(ways))
    blocks = {(row.connection_id, row.person_id): text for row, text in read}
    readings = _by_person((row for row, _ in read), ways)
    return {
        person_id: _judge(readings.get(person_id), blocks, span, now) if person_id in ways else Outside()
        for person_id in addresses
    }


def _judge(
    row: BusyReading | None, blocks: Mapping[tuple[int, int], str], span: tuple[datetime, datetime], now: datetime
) -> Outside:
    read = _read_blocks(blocks[row.connection_id, row.person_id]) if row else ()
    return judge(_reading(row, read), *span, now)


def _wants_asking(
    connection: CalendarConnection, reading: Reading | None, wanted: Wanted, person_id: int, now: datetime
) -> bool:
    if connection.ask_after is not None and now < connection.ask_after:
        return False
    return person_id in wanted.again or needs_asking(reading, wanted.start_at, wanted.end_at, now)


def _questions(
    ways: Mapping[int, CalendarConnection], person_ids: Iterable[int], wanted: Wanted
) -> Iterable[_Question]:
    """One a connection: however many people it knows, it is called once."""
    groups: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for person_id in person_ids:
        groups[ways[person_id].id][wanted.addresses[person_id]].append(person_id)
    connections = {connection.id: connection for connection in ways.values()}
    for connection_id, people in groups.items():
        connection = connections[connection_id]
        yield _Question(
            connection=connection,
            owner_address=next(iter(people)) if connection.person_id is not None else "",
            people={address: tuple(ids) for address, ids in people.items()},
            start_at=wanted.start_at,
            end_at=max(wanted.end_at, wanted.start_at + AHEAD),
        )


async def _ask(tools: Tools, question: _Question) -> None:
    """One question, and its answer kept. Never raises: it runs by itself."""
    asked_at = tools.clock.now()
    answers: Mapping[str, Busy] = {}
    trouble: CalendarTrouble | None = None
    try:
        async with reached(tools, way_of(tools, question.connection, question.owner_address)) as calendar:
            answers = await calendar.read_busy(list(question.people), question.start_at, question.end_at)
    except CalendarTrouble as error:
        trouble = error
    try:
        await _keep(tools, question, answers if trouble is None else trouble, asked_at)
    except Exception:  # nobody waits for this task's result: the next page asks again
        log.exception("busy_times_not_kept", connection=question.connection.id)


async def _keep(
    tools: Tools, question: _Question, outcome: Mapping[str, Busy] | CalendarTrouble, asked_at: datetime
) -> None:
    async with tools.database.begin() as db:
        connection = await calendars.lock_connection(db, question.connection.id)
        if connection is None or connection.disconnected_at is not None:
            return  # disconnected meanwhile: what it said is not kept
        rows = {row.person_id: row for row in await calendars.list_ages_of(db, connection.id, question.person_ids)}
        if isinstance(outcome, CalendarTrouble):
            note_trouble(connection, outcome, asked_at)
        else:
            note_success(connection, asked_at)
        for address, person_ids in question.people.items():
            for person_id in person_ids:
                row = rows.get(person_id) or _new_reading(db, connection.id, person_id)
                _write(row, question, _answer(outcome, address), asked_at)


def _answer(outcome: Mapping[str, Busy] | CalendarTrouble, address: str) -> Busy:
    if isinstance(outcome, CalendarTrouble):
        return Busy(trouble=str(outcome))
    return outcome.get(address) or Busy(trouble="The calendar said nothing about this address.")


def _new_reading(db: Session, connection_id: int, person_id: int) -> BusyReading:
    row = BusyReading(connection_id=connection_id, person_id=person_id, blocks=[])
    calendars.add_reading(db, row)
    return row


def _write(row: BusyReading, question: _Question, busy: Busy, asked_at: datetime) -> None:
    """The newer question wins, whichever answer came last."""
    latest = max((at for at in (row.read_at, row.failed_at) if at), default=None)
    if latest is not None and asked_at < latest:
        return
    if busy.trouble is not None:
        row.failed_at, row.trouble = asked_at, busy.trouble
        return
    row.start_at, row.end_at, row.read_at = question.start_at, question.end_at, asked_at
    # the same time twice says no more than once
    row.blocks = [[_written(each.start_at), _written(each.end_at), each.status] for each in dict.fromkeys(busy.blocks)]
    row.failed_at = row.trouble = None


async def _connections_by_person(db: Session, addresses: Mapping[int, str]) -> dict[int, CalendarConnection]:
    """Which connection knows each person: their own, else the first of the council's for their mail domain."""
    found = await calendars.list_connections_for(db, addresses)
    own = {each.person_id: each for each in found if each.person_id is not None}
    councils = [each for each in found if each.person_id is None]
    ways: dict[int, CalendarConnection] = {}
    for person_id, address in addresses.items():
        way = own.get(person_id) or next((each for each in councils if reads_address(each.domains, address)), None)
        if way is not None and address:
            ways[person_id] = way
    return ways


def _by_person(rows: Iterable[BusyReading], ways: Mapping[int, CalendarConnection]) -> dict[int, BusyReading]:
    return {row.person_id: row for row in rows if row.connection_id == ways[row.person_id].id}


def _reading(row: BusyReading | None, blocks: tuple[Block, ...] = ()) -> Reading | None:
    if row is None:
        return None
    return Reading(
        start_at=row.start_at,
        end_at=row.end_at,
        read_at=row.read_at,
        blocks=blocks,
        failed_at=row.failed_at,
        trouble=row.trouble,
    )


@lru_cache(maxsize=DIARIES_AT_HAND)
def _read_blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a reading as it is kept: the same ones, page after page, until they are read anew."""
    read = datetime.fromisoformat
    return tuple(Block(read(start), read(end), STATUSES[status]) for start, end, status in json.loads(text))


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
