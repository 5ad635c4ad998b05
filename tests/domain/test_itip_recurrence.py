"""The dates of a series, against dateutil as the oracle (RFC 5545 §3.3.10)."""

from datetime import UTC, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.itip.recurrence import last_end, occurs
from tests.invitations import START, meeting

RULES = [
    "FREQ=DAILY;COUNT=9",
    "FREQ=DAILY;INTERVAL=3;UNTIL=20261001T000000Z",
    "FREQ=DAILY;BYDAY=MO,WE;BYMONTH=7,8",
    "FREQ=WEEKLY;INTERVAL=6;COUNT=5",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,FR;WKST=MO;COUNT=7",
    "FREQ=MONTHLY;COUNT=12",
    "FREQ=MONTHLY;BYMONTHDAY=31",
    "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=20",
    "FREQ=MONTHLY;BYDAY=1FR",
    "FREQ=MONTHLY;BYDAY=-1FR;INTERVAL=2",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYMONTH=3,9;BYDAY=2TU;COUNT=7",
    "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=YEARLY;BYYEARDAY=1,200,-1",
    "FREQ=YEARLY;BYMONTH=1,7",
]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_the_dates_that_dateutil_finds(rule: str) -> None:
    event = meeting(rrule=rule)
    wall = START.replace(tzinfo=None)
    end = wall + timedelta(days=1_200)
    found = set(rrulestr(rule.replace("Z", ""), dtstart=wall).between(wall, end, inc=True)) | {wall}
    days = [wall + timedelta(days=n) for n in range(1_200)]
    assert [day for day in days if occurs(event, day.replace(tzinfo=START.tzinfo))] == sorted(found - {end})


@given(st.sampled_from(RULES), st.integers(0, 4_000))
def test_a_moment_between_dates_is_none(rule: str, minutes: int) -> None:
    moment = START + timedelta(minutes=minutes)
    if moment.time() != START.time():
        assert occurs(meeting(rrule=rule), moment) is False


def test_the_last_end_is_known_for_rules_that_end() -> None:
    assert last_end(meeting()) == (START + timedelta(hours=1)).astimezone(UTC)
    assert last_end(meeting(rrule="FREQ=WEEKLY;COUNT=3")) == (START + timedelta(days=14, hours=1)).astimezone(UTC)
    assert last_end(meeting(rrule="FREQ=WEEKLY;UNTIL=20260901T133000Z")) == datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
    assert last_end(meeting(rrule="FREQ=WEEKLY")) is None
    assert last_end(meeting(rrule="FREQ=DAILY;COUNT=99999999")) is None


@pytest.mark.parametrize("rule", ["", "FREQ=", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;COUNT=x", "FREQ=DAILY;UNTIL=soon",
                                  "FREQ=WEEKLY;WKST=??", "FREQ=DAILY;INTERVAL=0", ";;=;", "FREQ=MINUTELY",
                                  "FREQ=YEARLY;BYMONTHDAY=99;COUNT=3", "FREQ=DAILY;UNTIL=99991332"])  # fmt: skip
def test_a_rule_that_makes_no_sense_is_no_error(rule: str) -> None:
    assert occurs(meeting(rrule=rule), START + timedelta(days=1)) in {None, False, True}
    last_end(meeting(rrule=rule))
