"""Answers to one date of a series and to all of it (ITIP.md §2.3)."""

from dataclasses import replace
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from coord_service.domain.itip import Attendee, PartStat, Status, diff
from tests.invitations import (
    ACCEPTED,
    DECLINED,
    HEAD,
    NEEDS_ACTION,
    NOW,
    SHAH,
    START,
    TENTATIVE,
    answers,
    counter,
    hear,
    meeting,
    minutes,
    refresh,
    reply,
    series,
)

SECOND = START + timedelta(weeks=6)
NOVEMBER = START + timedelta(weeks=18)  # after the clocks went back


def on_date(event, when):
    return next(each for each in event.overrides if each.recurrence_id == when)


def test_an_answer_to_one_date_stands_beside_the_series() -> None:
    applied = hear(series(), reply(SHAH, DECLINED, recurrence_id=SECOND))
    assert applied.verdict == "applied"
    assert answers(applied.event)[SHAH] is NEEDS_ACTION
    override = on_date(applied.event, SECOND)
    assert answers(override) == {SHAH: DECLINED, HEAD: NEEDS_ACTION}
    assert (override.start, override.end, override.rrule) == (SECOND, SECOND + timedelta(hours=1), "")


@pytest.mark.parametrize("when", [NOVEMBER, NOVEMBER.astimezone(UTC), NOVEMBER.astimezone(ZoneInfo("Asia/Tokyo")),
                                  NOVEMBER.date()])  # fmt: skip
def test_a_date_is_matched_by_its_instant(when: date) -> None:
    """RFC 5545 §3.8.4.4: senders write UTC, another zone, or a DATE; here across a clock change."""
    applied = hear(series(), reply(SHAH, recurrence_id=when))
    assert [each.recurrence_id for each in applied.event.overrides] == [NOVEMBER]


def test_a_whole_day_series_is_matched_by_its_day() -> None:
    event = replace(series(), start=date(2026, 7, 3), end=date(2026, 7, 4))
    applied = hear(event, reply(SHAH, recurrence_id=SECOND.replace(hour=0, minute=0).astimezone(UTC)))
    assert [each.recurrence_id for each in applied.event.overrides] == [date(2026, 8, 14)]


def test_a_date_that_the_series_does_not_have_is_refused() -> None:
    for when in (START + timedelta(weeks=1), START + timedelta(weeks=30), START - timedelta(weeks=6)):
        applied = hear(series(), reply(SHAH, recurrence_id=when))
        assert (applied.verdict, applied.event) == ("refused", series())


def test_a_date_of_a_meeting_that_happens_once_is_refused() -> None:
    assert hear(meeting(), reply(SHAH, recurrence_id=SECOND)).verdict == "refused"
    assert hear(meeting(), reply(SHAH, recurrence_id=START)).verdict == "applied"


def test_an_excluded_date_is_refused_and_an_added_one_applied() -> None:
    """RDATE instances exist (ITIP.md §2.3); EXDATE instances don't."""
    extra = START + timedelta(days=2)
    event = series(exdates=(SECOND,), rdates=(extra,))
    assert hear(event, reply(SHAH, recurrence_id=SECOND)).verdict == "refused"
    assert hear(event, reply(SHAH, recurrence_id=extra)).verdict == "applied"


def test_a_cancelled_date_is_noted() -> None:
    event = hear(series(), reply(SHAH, recurrence_id=SECOND)).event
    cancelled = replace(event, overrides=(replace(event.overrides[0], status=Status.CANCELLED),))
    gone = diff(event, cancelled, NOW).event
    assert gone
    assert hear(gone, reply(HEAD, recurrence_id=SECOND, sequence=1)).verdict == "noted"


def test_a_reply_to_the_series_does_not_overwrite_one_to_a_date_but_settles_the_others() -> None:
    event = hear(series(), reply(SHAH, DECLINED, recurrence_id=SECOND), reply(SHAH, ACCEPTED, at=9), reply(HEAD)).event
    assert answers(event) == {SHAH: ACCEPTED, HEAD: ACCEPTED}
    assert answers(on_date(event, SECOND)) == {SHAH: DECLINED, HEAD: ACCEPTED}


def test_a_date_that_was_answered_elsewhere_keeps_its_answer() -> None:
    """A copy from another program has no X-COORD-SEQUENCE; a date that differs from the series was answered."""
    event = hear(series(), reply(SHAH, DECLINED, recurrence_id=SECOND)).event
    foreign = replace(event.overrides[0], attendees=(Attendee(SHAH, partstat=DECLINED), Attendee(HEAD)))
    event = hear(replace(event, overrides=(foreign,)), reply(SHAH, ACCEPTED, at=9), reply(HEAD)).event
    assert answers(on_date(event, SECOND)) == {SHAH: DECLINED, HEAD: ACCEPTED}


def test_the_order_of_each_date_is_its_own() -> None:
    event = hear(series(), reply(SHAH, ACCEPTED, at=9)).event
    applied = hear(event, reply(SHAH, DECLINED, at=2, recurrence_id=SECOND))
    assert applied.verdict == "applied"
    assert hear(applied.event, reply(SHAH, TENTATIVE, at=1, recurrence_id=SECOND)).verdict == "older"


def test_an_answer_to_the_series_is_no_answer_to_a_date_that_was_moved_since() -> None:
    event = hear(series(), reply(SHAH, TENTATIVE, recurrence_id=SECOND)).event
    one = event.overrides[0]
    later = replace(one, start=one.start + timedelta(hours=1), end=one.end + timedelta(hours=1))
    moved = diff(event, replace(event, overrides=(later,)), NOW).event
    assert moved
    after = hear(moved, reply(SHAH, ACCEPTED, at=30), reply(HEAD, ACCEPTED, at=30)).event
    assert answers(after)[HEAD] is ACCEPTED
    assert answers(on_date(after, SECOND)) == {SHAH: NEEDS_ACTION, HEAD: NEEDS_ACTION}


def test_several_dates_in_one_mail_are_each_judged() -> None:
    said = reply(SHAH, DECLINED, recurrence_id=SECOND)
    third = replace(said.answers[0], recurrence_id=START + timedelta(weeks=12))
    wrong = replace(said.answers[0], recurrence_id=START + timedelta(days=1))
    applied = hear(series(), replace(said, answers=(*said.answers, third, wrong)))
    assert applied.verdict == "applied"
    assert "no such date" in applied.why
    assert len(applied.event.overrides) == 2


def test_all_later_dates_at_once_are_held() -> None:
    assert hear(series(), reply(SHAH, DECLINED, recurrence_id=SECOND, this_and_future=True)).verdict == "held"


def test_a_rule_that_cannot_be_told_is_held_not_guessed() -> None:
    event = series(rrule="FREQ=YEARLY;BYWEEKNO=20")
    assert hear(event, reply(SHAH, recurrence_id=SECOND)).verdict == "held"


def test_a_recurrence_that_never_ends_is_judged_at_once() -> None:
    """ITIP.md §2.11."""
    event = series(rrule="FREQ=DAILY", start=START.replace(year=1), end=START.replace(year=1, hour=15))
    far = START.replace(year=9999)
    assert hear(event, reply(SHAH, recurrence_id=far)).verdict == "applied"
    counted = replace(event, rrule="FREQ=DAILY;COUNT=999999999")
    assert hear(counted, reply(SHAH, recurrence_id=far)).verdict == "applied"
    uneven = replace(event, rrule="FREQ=MONTHLY;BYMONTHDAY=29,30,31;COUNT=999999999")
    assert hear(uneven, reply(SHAH, recurrence_id=far)).verdict == "held"
    assert hear(replace(event, rrule="FREQ=SECONDLY"), reply(SHAH, recurrence_id=far)).verdict == "held"


def test_a_proposal_for_a_date_is_judged_by_that_date() -> None:
    assert hear(series(), counter(SHAH, SECOND, recurrence_id=SECOND)).verdict == "held"
    assert hear(series(), counter(SHAH, SECOND, recurrence_id=START + timedelta(days=1))).verdict == "refused"


def test_somebody_invited_to_one_date_can_ask_for_it_again_and_sees_no_other() -> None:
    one = hear(series(SHAH), reply(SHAH, recurrence_id=SECOND)).event.overrides[0]
    event = replace(series(SHAH), overrides=(replace(one, attendees=(*one.attendees, *meeting(HEAD).attendees)),))
    (line,) = hear(event, refresh(HEAD)).outgoing
    assert (line.event.recurrence_id, line.event.rrule) == (SECOND, "")
    assert hear(event, reply(HEAD, recurrence_id=SECOND)).verdict == "applied"
    assert hear(event, reply(HEAD)).verdict == "held"


def test_a_delegate_for_the_series_comes_to_its_changed_dates_too() -> None:
    event = hear(series(), reply(HEAD, DECLINED, recurrence_id=SECOND)).event
    applied = hear(event, reply(SHAH, PartStat.DELEGATED, delegated_to=("lee@nhs.example",)))
    (line,) = applied.outgoing
    assert line.event.exdates == ()
    assert answers(on_date(applied.event, SECOND)) == {
        SHAH: PartStat.DELEGATED,
        HEAD: DECLINED,
        "lee@nhs.example": NEEDS_ACTION,
    }
    back = hear(applied.event, reply(SHAH, ACCEPTED, at=9))
    assert answers(on_date(back.event, SECOND)) == {SHAH: ACCEPTED, HEAD: DECLINED}


def test_moving_the_whole_series_asks_again_about_every_date() -> None:
    event = hear(series(), reply(SHAH, ACCEPTED, recurrence_id=SECOND)).event
    hour = timedelta(hours=1)
    one = event.overrides[0]
    overrides = (replace(one, recurrence_id=SECOND + hour, start=SECOND + hour, end=SECOND + hour * 2),)
    new = replace(event, start=START + hour, end=START + hour * 2, overrides=overrides)
    after = diff(event, new, minutes(50)).event
    assert after
    assert (after.sequence, after.overrides[0].sequence) == (1, 1)
    assert answers(after.overrides[0])[SHAH] is NEEDS_ACTION
