"""Invitations written, answers read and applied, beside plain icalendar on the same messages (issue 3).

Writing means the bytes of a REQUEST to twelve people with its VTIMEZONE, every line of it; icalendar is given the same
event and makes its zone itself. Reading means all that an answer says, against icalendar's bare parse of it.
"""

from collections.abc import Iterator
from datetime import UTC

import icalendar

from coord_service.domain.itip import Attendee, Event, Message, Method, Outgoing, Policy, apply
from integrations.itip import read_calendar, write_calendar
from tests.benchmarks.measuring import Figure, compare
from tests.invitations import SHAH, meeting, minutes, reply

AT_ONCE = 50
PEOPLE = tuple(Attendee(f"person{n}@agency{n}.example", name=f"Person Number {n}, Service {n}") for n in range(11))
EVENT = meeting(*PEOPLE, Attendee(SHAH, name="Shah, Dr"), description="Bring the reports.\nQuestions: 01234 567890")
INVITATION = write_calendar(Outgoing(SHAH, Method.REQUEST, True, EVENT))
ANSWER = write_calendar(Outgoing(SHAH, Method.REPLY, True, meeting(Attendee(SHAH, name="Shah, Dr"))))
ZONE = EVENT.start.tzinfo


def figures() -> Iterator[Figure]:
    """Written, read (an invitation as long as ours, and a short answer), applied."""
    same = icalendar.Calendar.from_ical(write_with_icalendar(EVENT)).walk("VEVENT")[0]
    assert len(same["ATTENDEE"]) == len(EVENT.attendees)
    outgoing = Outgoing(SHAH, Method.REQUEST, True, EVENT)
    yield compare(
        "write a REQUEST to 12 with its VTIMEZONE, beside icalendar",
        lambda: [write_calendar(outgoing) for _ in range(AT_ONCE)],
        lambda: [write_with_icalendar(EVENT) for _ in range(AT_ONCE)],
        at_least_times_as_fast=5,
        operations=AT_ONCE,
    )
    for name, raw in (("a calendar of 12 attendees", INVITATION), ("an answer", ANSWER)):
        yield compare(
            f"read {name}, beside icalendar's bare parse",
            lambda raw=raw: [read_calendar(raw) for _ in range(AT_ONCE)],
            lambda raw=raw: [icalendar.Calendar.from_ical(raw) for _ in range(AT_ONCE)],
            at_most=1.3,
            operations=AT_ONCE,
        )
    yield compare(
        "apply an answer to the organizer's copy, beside icalendar's bare parse of it",
        lambda: [judge(each) for each in ANSWERS],
        lambda: [icalendar.Calendar.from_ical(ANSWER) for _ in ANSWERS],
        at_most=1.3,
        operations=len(ANSWERS),
    )


ANSWERS = [reply(each.address, at=n + 1) for n, each in enumerate(EVENT.attendees)]


def judge(message: Message) -> Event:
    """One answer to a fresh copy."""
    return apply(EVENT, message, Policy(), minutes(99)).event


def write_with_icalendar(event: Event) -> bytes:
    """The same invitation by plain icalendar, its own VTIMEZONE included."""
    calendar, inner = icalendar.Calendar(), icalendar.Event()
    for name, value in (("prodid", "-//coord-service//Meetings//EN"), ("version", "2.0"), ("method", "REQUEST")):
        calendar.add(name, value)
    for name, value in (
        ("uid", event.uid), ("dtstamp", (event.dtstamp or minutes(0)).astimezone(UTC)), ("dtstart", event.start),
        ("dtend", event.end), ("sequence", event.sequence), ("summary", event.summary), ("status", str(event.status)),
        ("description", event.description), ("class", event.classification), ("transp", event.transparency),
    ):  # fmt: skip
        inner.add(name, value)
    organizer = icalendar.vCalAddress(f"mailto:{event.organizer.address}")
    organizer.params["CN"] = event.organizer.name
    inner.add("organizer", organizer, encode=False)
    for each in event.attendees:
        line = icalendar.vCalAddress(f"mailto:{each.address}")
        line.params.update(
            {"CN": each.name, "CUTYPE": str(each.cutype), "ROLE": str(each.role), "PARTSTAT": str(each.partstat),
             "RSVP": "TRUE"}
        )  # fmt: skip
        inner.add("attendee", line, encode=False)
    calendar.add_component(inner)
    calendar.add_missing_timezones()
    raw: bytes = calendar.to_ical()
    return raw
