"""A booking while it is being filled in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from coord_service.domain.bookings import (
    Booking,
    Candidate,
    Need,
    Plan,
    Step,
    What,
    as_answers,
    check_start,
    concerns,
    counts_for,
    from_answers,
    missing_invitees,
    unmet_quorum,
)
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.people import Sector
from coord_service.domain.quorum import DEFAULT_QUORUM
from coord_service.errors import Refused

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
WHAT = What((1, 2), Purpose.TAC, 7, 90, MeetingMode.BOTH, "Room 2", "https://meet.example/x", "Bring\nforms")
FULL = Booking(WHAT, {3: Need.REQUIRED, 4: Need.NOT_INVITED}, NOW + timedelta(days=9), is_agreed=True)


@pytest.mark.parametrize("booking", [FULL, Booking(WHAT), replace(FULL, needs={}, starts_at=None, is_agreed=False)])
def test_a_booking_comes_back_as_it_was_kept(booking: Booking) -> None:
    assert from_answers(as_answers(booking)) == booking


def test_the_next_step_is_the_first_unanswered() -> None:
    assert Booking(WHAT).next_step is Step.WHO
    assert Booking(WHAT, starts_at=NOW).next_step is Step.WHO
    assert replace(FULL, starts_at=None).next_step is Step.WHEN
    assert FULL.next_step is Step.CHECK


def test_it_ends_when_its_minutes_are_over() -> None:
    assert FULL.ends_at == NOW + timedelta(days=9, minutes=90)
    assert Booking(WHAT).ends_at is None


@pytest.mark.parametrize(
    ("starts_at", "minutes", "sentence"),
    [
        (NOW, 60, "is in the past"),
        (NOW + timedelta(days=731), 60, "more than two years away"),
        (datetime(2026, 3, 12, 6, 59, tzinfo=UTC), 60, "outside 7am to 9pm"),
        (datetime(2026, 3, 12, 20, 30, tzinfo=UTC), 31, "from 8:30pm to 9:01pm is outside"),
        (datetime(2026, 3, 12, 22, 0, tzinfo=UTC), 180, "from 10pm to 1am is outside"),
        (datetime(2026, 7, 12, 19, 30, tzinfo=UTC), 60, "from 8:30pm to 9:30pm is outside"),
        (datetime.max.replace(tzinfo=UTC), 60, "Check the year"),
    ],
)
def test_a_start_that_cannot_be_meant_is_refused(starts_at: datetime, minutes: int, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        check_start(starts_at, minutes, NOW)


@pytest.mark.parametrize(
    ("starts_at", "minutes"),
    [
        (NOW + timedelta(minutes=1), 60),
        (datetime(2026, 3, 12, 7, 0, tzinfo=UTC), 60),
        (datetime(2026, 3, 12, 20, 0, tzinfo=UTC), 60),
        (datetime(2026, 7, 12, 6, 0, tzinfo=UTC), 840),
    ],
)
def test_any_time_of_the_day_can_be_meant(starts_at: datetime, minutes: int) -> None:
    check_start(starts_at, minutes, NOW)


def of(*sectors: Sector, need: Need = Need.OPTIONAL) -> list[Candidate]:
    return [Candidate("Somebody", sector, need) for sector in sectors]


def test_a_review_wants_the_five_of_reg_20() -> None:
    assert len(missing_invitees(Purpose.REVIEW, [])) == 5
    five = of(Sector.FAMILY, Sector.EDUCATION, Sector.COUNCIL, Sector.HEALTH, Sector.SOCIAL_CARE)
    assert missing_invitees(Purpose.REVIEW, five) == []
    assert missing_invitees(Purpose.REVIEW, five[:4]) == ["an officer of social services"]
    assert missing_invitees(Purpose.TAC, []) == []


def test_who_is_not_invited_counts_for_nothing() -> None:
    assert unmet_quorum(DEFAULT_QUORUM[Purpose.TAC], of(Sector.FAMILY, Sector.HEALTH)) == []
    assert unmet_quorum(DEFAULT_QUORUM[Purpose.TAC], of(Sector.FAMILY, Sector.HEALTH, need=Need.NOT_INVITED)) == [
        "somebody of the family",
        "at least one professional",
    ]


def test_each_person_is_told_apart_by_what_they_count_for() -> None:
    def said(purpose: Purpose, sector: Sector) -> str:
        [somebody] = of(sector)
        return counts_for(purpose, DEFAULT_QUORUM[purpose], somebody)

    assert said(Purpose.TAC, Sector.VOLUNTARY) == "For the quorum: at least one professional"
    assert said(Purpose.REVIEW, Sector.HEALTH) == "Reg 20(2): a health professional named by the NHS body"
    assert said(Purpose.REVIEW, Sector.VOLUNTARY) == ""


def plan(purpose: Purpose, table: list[Candidate], days: int, limit_on: date | None = None) -> Plan:
    return Plan(purpose, DEFAULT_QUORUM[purpose], tuple(table), NOW + timedelta(days=days), limit_on)


def test_a_sound_meeting_raises_no_concern() -> None:
    table = of(Sector.FAMILY, Sector.HEALTH)
    assert concerns(plan(Purpose.TAC, table, 1), NOW) == []


def test_notice_quorum_and_limit_are_each_a_sentence() -> None:
    said = concerns(plan(Purpose.REVIEW, of(Sector.FAMILY), 13, date(2026, 3, 15)), NOW)
    assert said[0].startswith("Nobody invited counts as the school")
    assert sum("reg 20(2)" in sentence for sentence in said) == 3
    assert "This gives 13 days’ notice. A review needs at least two weeks (reg 20(3))." in said
    assert said[-1].startswith("This is after Sunday 15 March 2026")


def test_a_fortnight_and_the_last_day_are_in_time() -> None:
    five = of(Sector.FAMILY, Sector.EDUCATION, Sector.COUNCIL, Sector.HEALTH, Sector.SOCIAL_CARE)
    assert concerns(plan(Purpose.REVIEW, five, 14, date(2026, 3, 17)), NOW) == []
