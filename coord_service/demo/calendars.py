"""The county's own calendars: most of the health trust and the psychologists on one system, one of them not to be read.

They live in this process alone, so they are opened at every start of the demo; what is connected is on record.
"""

from datetime import datetime, time, timedelta

import structlog

from coord_service.clock import LONDON, day_in_london
from coord_service.demo.county import County
from coord_service.demo.story import actor_of
from coord_service.domain import itip
from coord_service.domain.people import Actor, PersonKind
from coord_service.domain.searching import PersonFilter
from coord_service.operations.connections import TryCalendar, connect_calendar, test_calendar
from coord_service.operations.tools import Tools
from coord_service.storage.people import list_people
from coord_service.storage.tables import Person
from integrations.calendars.memory import SERVERS, MemoryServer

SERVER = "county"
DOMAINS = ("rivermead-health.example", "learning.meadowshire.example")
EVERYBODY = 1000
NOT_READ = 9  # every ninth of them: "no mailbox with this address"

log = structlog.get_logger()


async def open_calendars(tools: Tools) -> None:
    """The calendar system of the demo, with a few fixed hours a week in everybody's calendar."""
    async with tools.database.read() as db:
        wanted = PersonFilter(kinds=(PersonKind.PROFESSIONAL, PersonKind.STAFF))
        people = await list_people(db, wanted, (EVERYBODY, 0))
    server = SERVERS[SERVER] = MemoryServer()
    for person in people:
        if person.email and _is_there(person):
            for event in _week_of(person, tools.clock.now()):
                server.add(person.email, event)
    log.info("demo_calendars_open", mailboxes=len(server.diaries))


async def connect_calendars(tools: Tools, county: County) -> None:
    """Two lead workers connect their own, the administrator the whole system."""
    await open_calendars(tools)
    values = {"server": SERVER}
    for short in ("rowan", "priya"):
        actor = actor_of(county.users[short])
        await _connect(tools, actor, TryCalendar(actor.person_id, "memory", values))
    await _connect(tools, actor_of(county.users["sam"]), TryCalendar(None, "memory", values, DOMAINS))


async def _connect(tools: Tools, actor: Actor, asked: TryCalendar) -> None:
    await connect_calendar(tools, actor, await test_calendar(tools, actor, asked))


def _is_there(person: Person) -> bool:
    if person.kind is PersonKind.STAFF:
        return True
    return (person.email or "").endswith(DOMAINS) and person.id % NOT_READ != 0


def _week_of(person: Person, now: datetime) -> list[itip.Event]:
    """A morning, an afternoon and a tentative hour a week, another for each, from last month on for a year."""
    today = day_in_london(now)
    monday = today - timedelta(days=today.weekday() + 28)
    hours = (
        (person.id % 5, 9, 12, itip.Status.CONFIRMED),
        ((person.id + 2) % 5, 13, 15, itip.Status.CONFIRMED),
        ((person.id + 3) % 5, 11, 12, itip.Status.TENTATIVE),
    )
    return [
        itip.Event(
            uid=f"{number}-{person.id}@calendars.meadowshire.example",
            start=datetime.combine(monday + timedelta(days=weekday), time(opens), LONDON),
            end=datetime.combine(monday + timedelta(days=weekday), time(closes), LONDON),
            organizer=itip.Organizer(person.email or ""),
            summary="Clinic",
            status=status,
            dtstamp=now,
            rrule="FREQ=WEEKLY;COUNT=60",
        )
        for number, (weekday, opens, closes, status) in enumerate(hours)
    ]
