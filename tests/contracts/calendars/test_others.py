"""Colleagues on the same system, where a kind can read them."""

from coord_service.ports import Ability
from tests.contracts.calendars.events import appointment, at, busy, utc
from tests.contracts.calendars.hand import COLLEAGUE, OWNER, STRANGER

ABILITY = Ability.READ_OTHERS
WEEK = (utc(8, 0), utc(15, 0))


async def test_each_is_told_apart(calendar, hand):
    await hand.add(appointment(at(9, 10), at(9, 11)), OWNER)
    await hand.add(appointment(at(10, 10), at(10, 11)), COLLEAGUE)
    found = await calendar.read_busy([OWNER, COLLEAGUE], *WEEK)
    assert found[OWNER].blocks == (busy(utc(9, 10), utc(9, 11)),)
    assert found[COLLEAGUE].blocks == (busy(utc(10, 10), utc(10, 11)),)


async def test_one_who_is_not_there_spoils_nothing_for_the_others(calendar, hand):
    await hand.add(appointment(at(10, 10), at(10, 11)), COLLEAGUE)
    found = await calendar.read_busy([STRANGER, COLLEAGUE], *WEEK)
    assert found[STRANGER].trouble
    assert found[COLLEAGUE].blocks == (busy(utc(10, 10), utc(10, 11)),)
