"""Only recurrences that Outlook shows are written (ITIP.md §1.7; MS-OXCICAL §2.1.3.2.2)."""

from dataclasses import replace

import pytest

from coord_service.domain.itip import CannotBeShown, diff
from tests.invitations import DELEGATED, NOW, PARENT, SHAH, START, hear, meeting, reply, series

SHOWN = [
    "FREQ=DAILY;COUNT=5",
    "FREQ=DAILY;INTERVAL=3;UNTIL=20261001T000000Z",
    "FREQ=WEEKLY;INTERVAL=6;COUNT=5",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=9;WKST=MO",
    "FREQ=MONTHLY;COUNT=5",
    "FREQ=MONTHLY;BYMONTHDAY=31;COUNT=5",
    "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=5",
    "FREQ=MONTHLY;BYDAY=1FR;COUNT=5",
    "FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2;UNTIL=20270101",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=5",
    "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=2;COUNT=5",
    "FREQ=YEARLY;COUNT=3",
    "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=3;COUNT=3",
    "FREQ=YEARLY;BYMONTH=7;BYDAY=1FR;COUNT=3",
]
NOT_SHOWN = [
    "FREQ=WEEKLY;INTERVAL=6",
    "FREQ=SECONDLY;COUNT=5",
    "FREQ=HOURLY;COUNT=5",
    "FREQ=DAILY;BYHOUR=9,14;COUNT=5",
    "FREQ=DAILY;BYDAY=MO;COUNT=5",
    "FREQ=WEEKLY;BYMONTH=7;COUNT=5",
    "FREQ=WEEKLY;INTERVAL=1000;COUNT=5",
    "FREQ=MONTHLY;BYDAY=1FR,3FR;COUNT=5",
    "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1;COUNT=5",
    "FREQ=MONTHLY;BYDAY=FR;COUNT=5",
    "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=1,3;COUNT=5",
    "FREQ=MONTHLY;BYDAY=5FR;COUNT=5",
    "FREQ=MONTHLY;BYMONTHDAY=1,15;COUNT=5",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5",
    "FREQ=YEARLY;BYMONTH=1,7;COUNT=5",
    "FREQ=YEARLY;BYWEEKNO=20;COUNT=5",
    "FREQ=YEARLY;BYYEARDAY=100;COUNT=5",
    "FREQ=YEARLY;BYDAY=20MO;COUNT=5",
    "nonsense",
]


@pytest.mark.parametrize("rule", SHOWN)
def test_what_outlook_shows_is_written(rule: str) -> None:
    assert len(diff(None, series(rrule=rule), NOW).outgoing) == 2


@pytest.mark.parametrize("rule", NOT_SHOWN)
def test_what_outlook_cannot_show_is_refused_in_a_sentence(rule: str) -> None:
    with pytest.raises(CannotBeShown, match="choose another rule, or book the dates one by one"):
        diff(None, series(rrule=rule), NOW)
    with pytest.raises(CannotBeShown):
        diff(series(), series(rrule=rule), NOW)


def test_dates_without_a_rule_are_refused_and_beside_one_written() -> None:
    with pytest.raises(CannotBeShown, match="RDATE without RRULE"):
        diff(meeting(), meeting(rdates=(START.replace(day=9),)), NOW)
    assert diff(None, series(rdates=(START.replace(day=9),)), NOW).outgoing


def test_a_series_that_is_there_already_can_still_be_edited_answered_and_cancelled() -> None:
    endless = series(rrule="FREQ=WEEKLY")
    assert len(diff(endless, replace(endless, summary="x"), NOW).outgoing) == 2
    assert len(diff(endless, None, NOW).outgoing) == 2
    passed_on = hear(endless, reply(SHAH, DELEGATED, delegated_to=(PARENT,)))
    assert [each.recipient for each in passed_on.outgoing] == [PARENT]
