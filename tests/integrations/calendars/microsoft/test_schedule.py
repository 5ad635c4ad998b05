"""Busy times of many people over a long time, each with what they share and nothing more."""

from datetime import datetime, timedelta

import pytest

from coord_service.domain.diaries import Block, BlockStatus
from integrations.calendars.microsoft.calendar import GraphCalendar
from tests.contracts.calendars.events import WORDS, appointment, at, busy, utc
from tests.contracts.calendars.hand import COLLEAGUE, OWNER
from tests.contracts.calendars.microsoft_case import MicrosoftHand
from tests.servers.graph import GraphServer
from tests.servers.graph.mailboxes import Mailbox, Shown

DAY = (utc(9, 0), utc(10, 0))


def asked(server: GraphServer) -> list[tuple[int, timedelta]]:
    """How many people each request asked for, and for how long a time."""
    bodies = [each.body for each in server.seen if each.path == "/calendar/getSchedule"]
    return [
        (len(body["schedules"]), at_utc(body["endTime"]["dateTime"]) - at_utc(body["startTime"]["dateTime"]))
        for body in bodies
    ]


def at_utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


async def test_people_are_asked_for_twenty_at_a_time_and_42_days_at_a_time(
    calendar: GraphCalendar, server: GraphServer
):
    people = [f"p{number}@example.org" for number in range(45)]
    found = await calendar.read_busy(people, utc(1, 0), utc(1, 0) + timedelta(days=100))
    assert list(found) == people
    days = [timedelta(days=42), timedelta(days=42), timedelta(days=16)]
    assert sorted(asked(server)) == sorted((count, each) for count in (20, 20, 5) for each in days)


async def test_who_is_named_twice_is_asked_for_once(calendar: GraphCalendar, server: GraphServer):
    assert list(await calendar.read_busy([OWNER, OWNER], *DAY)) == [OWNER]
    assert asked(server) == [(1, timedelta(days=1))]


async def test_nobody_and_no_time_are_not_asked_for(calendar: GraphCalendar, server: GraphServer):
    assert await calendar.read_busy([], *DAY) == {}
    assert (await calendar.read_busy([OWNER], utc(9, 0), utc(9, 0)))[OWNER].blocks == ()
    assert server.seen == []


async def test_an_address_is_answered_for_as_it_was_written(calendar: GraphCalendar, hand: MicrosoftHand):
    await hand.add(appointment(at(9, 10), at(9, 11)), COLLEAGUE)
    found = await calendar.read_busy([COLLEAGUE.upper()], *DAY)
    assert found[COLLEAGUE.upper()].blocks == (busy(utc(9, 10), utc(9, 11)),)


async def test_each_status_is_what_it_says(calendar: GraphCalendar, owner: Mailbox):
    statuses = ["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"]
    owner.blocks = [Shown(utc(9, 8 + n), utc(9, 9 + n), status) for n, status in enumerate(statuses)]
    assert (await calendar.read_busy([OWNER], *DAY))[OWNER].blocks == (
        Block(utc(9, 9), utc(9, 10), BlockStatus.TENTATIVE),
        Block(utc(9, 10), utc(9, 11), BlockStatus.BUSY),
        Block(utc(9, 11), utc(9, 12), BlockStatus.OOF),
        Block(utc(9, 12), utc(9, 13), BlockStatus.ELSEWHERE),
        Block(utc(9, 13), utc(9, 14), BlockStatus.BUSY),
    )


async def test_where_details_are_withheld_the_quarter_hours_are_used(calendar: GraphCalendar, server: GraphServer):
    colleague = server.mailboxes[COLLEAGUE]
    colleague.shares = "view"
    colleague.blocks = [
        Shown(utc(9, 9), utc(9, 10, 20), "tentative"),
        Shown(utc(9, 13), utc(9, 14), "busy"),
        Shown(utc(9, 13, 30), utc(9, 15), "oof"),
    ]
    assert (await calendar.read_busy([COLLEAGUE], *DAY))[COLLEAGUE].blocks == (
        Block(utc(9, 9), utc(9, 10, 30), BlockStatus.TENTATIVE),
        Block(utc(9, 13), utc(9, 13, 30), BlockStatus.BUSY),
        Block(utc(9, 13, 30), utc(9, 15), BlockStatus.OOF),
    )


async def test_a_view_ends_with_the_time_asked_for(calendar: GraphCalendar, server: GraphServer):
    colleague = server.mailboxes[COLLEAGUE]
    colleague.shares, colleague.blocks = "view", [Shown(utc(9, 9), utc(9, 12), "busy")]
    found = await calendar.read_busy([COLLEAGUE], utc(9, 10, 5), utc(9, 10, 25))
    assert found[COLLEAGUE].blocks == (Block(utc(9, 10, 5), utc(9, 10, 25)),)


async def test_who_shares_nothing_is_unknown_and_says_why(calendar: GraphCalendar, server: GraphServer):
    server.mailboxes[COLLEAGUE].shares = "nothing"
    found = (await calendar.read_busy([COLLEAGUE], *DAY))[COLLEAGUE]
    assert found.blocks == ()
    assert found.trouble == (
        "Microsoft 365 does not show us this calendar: its owner, or their organisation, does not share it."
    )


async def test_who_can_be_read_on_some_of_the_days_alone_is_unknown(calendar: GraphCalendar, server: GraphServer):
    server.mailboxes[COLLEAGUE].blocks = [Shown(utc(9, 9), utc(9, 10), "busy")]
    server.unreadable_from = utc(1, 0, month=4)
    found = (await calendar.read_busy([COLLEAGUE], utc(1, 0), utc(1, 0) + timedelta(days=80)))[COLLEAGUE]
    assert found.trouble == "Microsoft 365 can’t read this calendar (ErrorServerBusy)."
    assert found.blocks == ()


async def test_subjects_and_places_are_shown_to_us_and_go_no_further(calendar: GraphCalendar, hand: MicrosoftHand):
    await hand.add(appointment(at(9, 10), at(9, 11)), COLLEAGUE)
    [shown] = hand.server.mailboxes[COLLEAGUE].shown(*DAY)
    assert WORDS in shown.subject
    assert WORDS not in repr(await calendar.read_busy([COLLEAGUE], *DAY))


@pytest.mark.parametrize("zone", ["GMT Standard Time", "Europe/London"])
async def test_a_server_that_answers_in_another_zone_is_understood(
    calendar: GraphCalendar, server: GraphServer, hand: MicrosoftHand, zone: str
):
    server.zone_always = zone
    await hand.add(appointment(at(6, 10, month=7), at(6, 11, month=7)))
    found = await calendar.read_busy([OWNER], utc(6, 0, month=7), utc(7, 0, month=7))
    assert found[OWNER].blocks == (busy(utc(6, 9, month=7), utc(6, 10, month=7)),)
