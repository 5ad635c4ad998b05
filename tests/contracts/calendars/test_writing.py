"""The organizer's event: kept once, in order, taken away quietly."""

from dataclasses import replace

import pytest

from coord_service.errors import ConnectionLost
from coord_service.ports import Ability
from tests.contracts.calendars.events import HER, HIM, at, meeting, utc
from tests.contracts.calendars.hand import OWNER, KeptThere

ABILITY = Ability.WRITE
UID = meeting().uid
AT_TWO = KeptThere(utc(9, 14), utc(9, 15), frozenset({HER, HIM}))
AT_FOUR = KeptThere(utc(9, 16), utc(9, 17), frozenset({HER, HIM}))


async def test_an_event_is_kept_with_its_time_and_its_people(calendar, hand):
    await calendar.put(meeting())
    assert await hand.kept(UID) == [AT_TWO]


async def test_an_event_in_summer_is_kept_at_its_instant(calendar, hand):
    await calendar.put(meeting(start=at(6, 14, month=7), end=at(6, 15, month=7)))
    [kept] = await hand.kept(UID)
    assert (kept.start_at, kept.end_at) == (utc(6, 13, month=7), utc(6, 14, month=7))


async def test_put_twice_is_one_event(calendar, hand):
    await calendar.put(meeting())
    await calendar.put(meeting())
    assert await hand.kept(UID) == [AT_TWO]


async def test_a_move_moves_the_one_event(calendar, hand):
    await calendar.put(meeting())
    await calendar.put(meeting(16, sequence=1))
    assert await hand.kept(UID) == [AT_FOUR]


async def test_an_older_sequence_never_wins(calendar, hand):
    await calendar.put(meeting(16, sequence=1))
    await calendar.put(meeting())
    assert await hand.kept(UID) == [AT_FOUR]


async def test_somebody_taken_off_the_meeting_is_taken_off_the_event(calendar, hand):
    await calendar.put(meeting())
    await calendar.put(replace(meeting(sequence=1), attendees=meeting().attendees[:1]))
    assert await hand.kept(UID) == [replace(AT_TWO, attendees=frozenset({HER}))]


async def test_a_retry_after_a_cut_connection_makes_no_second_event(calendar, hand):
    await hand.cut_after_next_change()
    with pytest.raises(ConnectionLost):
        await calendar.put(meeting())
    await calendar.put(meeting())
    assert await hand.kept(UID) == [AT_TWO]


async def test_remove_twice_is_quiet(calendar, hand):
    await calendar.put(meeting())
    await calendar.remove(UID)
    await calendar.remove(UID)
    assert await hand.kept(UID) == []


async def test_a_removal_that_was_cut_off_can_be_tried_again(calendar, hand):
    await calendar.put(meeting())
    await hand.cut_after_next_change()
    with pytest.raises(ConnectionLost):
        await calendar.remove(UID)
    await calendar.remove(UID)
    assert await hand.kept(UID) == []


async def test_removing_what_was_never_there_is_quiet(calendar, hand):
    await calendar.remove("never-put@coord.example.org")
    assert await hand.kept("never-put@coord.example.org") == []


async def test_removing_one_event_leaves_the_others(calendar, hand):
    await calendar.put(meeting())
    await calendar.put(meeting(uid="another@coord.example.org"))
    await calendar.remove("another@coord.example.org")
    assert await hand.kept(UID) == [AT_TWO]


async def test_our_own_event_takes_the_owners_time(calendar):
    await calendar.put(meeting())
    [block] = (await calendar.read_busy([OWNER], utc(9, 0), utc(10, 0)))[OWNER].blocks
    assert (block.start_at, block.end_at) == (utc(9, 14), utc(9, 15))
