"""What a change to a series sends to whom: by the rules, and the same by ``coord itip diff`` on files (issue 3).

A team meets every six weeks, five times. RECURRENCE-ID, SEQUENCE and who hears of it are right for a change to one
date, to the rest, to all; whoever comes to one date sees that date alone (RFC 5546 §3.2.2, §3.2.5, §4.4).
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from coord_service.__main__ import main
from coord_service.domain.itip import Event, PartStat, Status, diff
from coord_service.domain.itip.recurrence import occurrence
from coord_service.domain.itip.series import cancel_date, cancel_from, move_date, move_from
from integrations.itip import write_calendar, write_copy
from tests.invitations import (
    ACCEPTED,
    HEAD,
    NEEDS_ACTION,
    PARENT,
    SHAH,
    START,
    answers,
    hear,
    meeting,
    minutes,
    reply,
    series,
)

HOUR, ROUND = timedelta(hours=1), timedelta(weeks=6)
SECOND, THIRD, FOURTH, FIFTH = (START + n * ROUND for n in range(1, 5))
LATER = minutes(60)
Told = Callable[[Event, Event | None], tuple[list[tuple[Any, ...]], Event]]


@pytest.fixture
def told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Told:
    """(recipient, method, RECURRENCE-IDs, SEQUENCEs) of each message, by rule and by command; and the copy after it."""

    def tell(old: Event, new: Event | None) -> tuple[list[tuple[Any, ...]], Event]:
        changes = diff(old, new, LATER)
        names = []
        for name, event in (("old.ics", old), ("new.ics", new)):
            names.append(str(tmp_path / name) if event else "-")
            if event:
                (tmp_path / name).write_bytes(write_copy(event))
        capfd.readouterr()
        assert main(["itip", "diff", "--now", LATER.isoformat(), *names]) == 0
        lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
        assert [each["ics"].encode() for each in lines] == [write_calendar(each) for each in changes.outgoing]
        assert changes.event
        found = [
            (
                each.recipient,
                each.method,
                tuple(one.recurrence_id for one in (each.event, *each.event.overrides)),
                tuple(one.sequence for one in (each.event, *each.event.overrides)),
            )
            for each in changes.outgoing
        ]
        return found, changes.event

    return tell


def with_people(event: Event, date: Any, *people: str) -> Event:
    """The series with other people on one date."""
    one = occurrence(event, date)
    kept = tuple(each for each in event.overrides if each.recurrence_id != date)
    shown = next((each for each in event.overrides if each.recurrence_id == date), one)
    known = {each.address: each for each in (*meeting(*people).attendees, *shown.attendees)}
    return replace(event, overrides=(*kept, replace(shown, attendees=tuple(known[each] for each in people))))


# One date


def test_one_date_is_moved_for_everybody_and_the_series_hears_nothing(told: Told) -> None:
    found, after = told(series(), move_date(series(), SECOND, SECOND + HOUR))
    assert found == [(who, "REQUEST", (SECOND,), (1,)) for who in (SHAH, HEAD)]
    assert (after.sequence, after.overrides[0].start, after.overrides[0].end) == (0, SECOND + HOUR, SECOND + 2 * HOUR)


def test_a_date_that_was_moved_is_moved_again_and_back(told: Told) -> None:
    event = series()
    for sequence, by in ((1, HOUR), (2, 2 * HOUR), (3, 0 * HOUR)):
        found, event = told(event, move_date(event, SECOND, SECOND + by))
        assert {each[2:] for each in found} == {((SECOND,), (sequence,))}


def test_a_moved_date_taken_out_of_the_copy_is_back_at_its_time_with_a_higher_sequence(told: Told) -> None:
    """An override that is simply gone from NEW.ics: its readers still hold SEQUENCE 1 of it."""
    _, moved = told(series(), move_date(series(), SECOND, SECOND + HOUR))
    found, after = told(moved, replace(moved, overrides=()))
    assert found == [(who, "REQUEST", (SECOND,), (2,)) for who in (SHAH, HEAD)]
    assert [(each.start, each.sequence) for each in after.overrides] == [(SECOND, 2)]


def test_one_date_is_cancelled_for_everybody(told: Told) -> None:
    found, after = told(series(), cancel_date(series(), SECOND))
    assert found == [(who, "CANCEL", (SECOND,), (1,)) for who in (SHAH, HEAD)]
    assert after.overrides[0].status is Status.CANCELLED
    assert told(after, replace(after, summary="x"))[0] == [(who, "REQUEST", (None,), (0,)) for who in (SHAH, HEAD)]


def test_a_cancelled_date_that_is_on_again_comes_with_the_series_and_is_newer_than_its_cancel(told: Told) -> None:
    """A calendar that took the date out keeps an EXDATE, which no message about that date alone takes back."""
    _, gone = told(series(), cancel_date(series(), SECOND))
    back = replace(gone, overrides=(replace(gone.overrides[0], status=Status.CONFIRMED),))
    found, _ = told(gone, back)
    assert found == [(who, "REQUEST", (None, SECOND), (0, 2)) for who in (SHAH, HEAD)]


def test_a_date_left_out_by_exdate_asks_again_about_the_whole(told: Told) -> None:
    """DESIGN §5: EXDATE raises the SEQUENCE of the whole."""
    found, after = told(series(), replace(series(), exdates=(SECOND,)))
    assert found == [(who, "REQUEST", (None,), (1,)) for who in (SHAH, HEAD)]
    assert after.exdates == (SECOND,)


def test_a_past_date_is_cancelled_without_a_word(told: Told) -> None:
    """ITIP.md §1.9."""
    event = series(start=START - 4 * ROUND, end=START - 4 * ROUND + HOUR)
    past = START - 4 * ROUND
    assert told(event, cancel_date(event, past))[0] == []


# The rest


def test_the_rest_is_cancelled_by_ending_the_series_earlier(told: Told) -> None:
    """Outlook shows no RANGE=THISANDFUTURE: the series ends before that date (RFC 5546 §3.2.2.1)."""
    found, after = told(series(), cancel_from(series(), THIRD))
    assert found == [(who, "REQUEST", (None,), (1,)) for who in (SHAH, HEAD)]
    assert after.rrule == "FREQ=WEEKLY;INTERVAL=6;UNTIL=20260814T133000Z"


def test_changed_dates_of_the_rest_go_with_it(told: Told) -> None:
    _, moved = told(series(), move_date(series(), FOURTH, FOURTH + HOUR))
    guest = with_people(moved, FOURTH, SHAH, HEAD, PARENT)
    _, invited = told(moved, guest)
    found, after = told(invited, cancel_from(invited, THIRD))
    assert found == [
        (SHAH, "REQUEST", (None,), (1,)),
        (HEAD, "REQUEST", (None,), (1,)),
        (PARENT, "CANCEL", (FOURTH,), (2,)),
    ]
    assert after.overrides == ()


def test_cancelling_from_the_first_date_on_cancels_all(told: Told) -> None:
    found, after = told(series(), cancel_from(series(), START))
    assert found == [(who, "CANCEL", (None,), (1,)) for who in (SHAH, HEAD)]
    assert after.status is Status.CANCELLED


def test_the_rest_is_moved_as_a_series_of_its_own(told: Told) -> None:
    ended, begun = move_from(series(), THIRD, THIRD + HOUR, "m2@coord.example")
    assert {each[1:] for each in told(series(), ended)[0]} == {("REQUEST", (None,), (1,))}
    assert (begun.uid, begun.start, begun.end, begun.rrule) == (
        "m2@coord.example", THIRD + HOUR, THIRD + 2 * HOUR, "FREQ=WEEKLY;INTERVAL=6;COUNT=3",
    )  # fmt: skip
    assert {each.partstat for each in begun.attendees} == {NEEDS_ACTION}
    assert [(each.recipient, each.event.sequence) for each in diff(None, begun, LATER).outgoing] == [
        (SHAH, 0),
        (HEAD, 0),
    ]


# All


def test_moving_all_takes_back_what_was_changed_on_single_dates(told: Told) -> None:
    """A date of the old pattern is none of the new one; its RECURRENCE-ID would be an orphan in every calendar."""
    _, moved = told(series(), move_date(series(), SECOND, SECOND + HOUR))
    later = replace(moved, start=START + HOUR * 2, end=START + HOUR * 3)
    found, after = told(moved, later)
    assert found == [(who, "REQUEST", (None,), (1,)) for who in (SHAH, HEAD)]
    assert after.overrides == ()


def test_all_is_cancelled_with_one_message_each(told: Told) -> None:
    _, event = told(series(), move_date(series(), SECOND, SECOND + HOUR))
    assert told(event, None)[0] == [(who, "CANCEL", (None,), (1,)) for who in (SHAH, HEAD)]


def test_somebody_who_comes_to_one_date_alone_is_told_of_the_end_of_that_date(told: Told) -> None:
    _, event = told(series(), with_people(series(), SECOND, SHAH, HEAD, PARENT))
    assert told(event, None)[0][-1] == (PARENT, "CANCEL", (SECOND,), (1,))


# Somebody on one date only


def test_somebody_added_to_one_date_hears_of_that_date_and_nobody_else_of_anything(told: Told) -> None:
    found, after = told(series(), with_people(series(), SECOND, SHAH, HEAD, PARENT))
    assert found == [(PARENT, "REQUEST", (SECOND,), (0,))]
    assert answers(hear(after, reply(PARENT, recurrence_id=SECOND)).event.overrides[0])[PARENT] is ACCEPTED


def test_whoever_comes_to_one_date_hears_nothing_of_the_others(told: Told) -> None:
    _, event = told(series(), with_people(series(), SECOND, SHAH, HEAD, PARENT))
    assert PARENT not in {each[0] for each in told(event, move_date(event, THIRD, THIRD + HOUR))[0]}
    assert (PARENT, "REQUEST", (SECOND,), (1,)) in told(event, move_date(event, SECOND, SECOND + HOUR))[0]


def test_somebody_taken_off_one_date_and_put_back_is_sent_no_lower_sequence(told: Told) -> None:
    """RFC 5546 §2.1.5: their calendar holds the CANCEL of SEQUENCE 1."""
    found, without = told(series(), with_people(series(), SECOND, SHAH))
    assert found == [(HEAD, "CANCEL", (SECOND,), (1,))]
    found, back = told(without, with_people(without, SECOND, SHAH, HEAD))
    assert found == [(HEAD, "REQUEST", (None, SECOND), (0, 1))]
    assert hear(back, reply(SHAH, recurrence_id=SECOND)).verdict == "applied"


def test_somebody_taken_off_the_series_but_not_off_one_date_is_sent_that_date_again(told: Told) -> None:
    """The CANCEL of the series takes every date out of their calendar."""
    _, event = told(series(), move_date(series(), SECOND, SECOND + HOUR))
    found, _ = told(event, replace(event, attendees=tuple(each for each in event.attendees if each.address == SHAH)))
    assert found == [(HEAD, "CANCEL", (None,), (1,)), (HEAD, "REQUEST", (SECOND,), (1,))]


def test_a_date_somebody_was_left_out_of_is_not_shown_when_the_series_is_sent_again(told: Told) -> None:
    _, event = told(series(), with_people(series(), SECOND, SHAH))
    changes = diff(event, replace(event, summary="x"), minutes(90))
    seen = {each.recipient: each.event for each in changes.outgoing}
    assert SECOND in seen[HEAD].exdates
    assert SECOND not in seen[SHAH].exdates


def test_a_date_answered_alone_keeps_its_answer_when_another_date_moves(told: Told) -> None:
    event = hear(series(), reply(SHAH, PartStat.DECLINED, recurrence_id=SECOND)).event
    _, after = told(event, move_date(event, THIRD, THIRD + HOUR))
    assert {each.recurrence_id: answers(each)[SHAH] for each in after.overrides} == {
        SECOND: PartStat.DECLINED,
        THIRD: NEEDS_ACTION,
    }


# What doesn't count as a change


@pytest.mark.parametrize(("first", "second"), [
    ("FREQ=WEEKLY;BYDAY=MO,FR;COUNT=5", "COUNT=5;BYDAY=FR,MO;FREQ=WEEKLY"),
    ("FREQ=WEEKLY;INTERVAL=1;COUNT=5;WKST=MO", "FREQ=WEEKLY;COUNT=5"),
    ("FREQ=WEEKLY;UNTIL=20260901T143000", "FREQ=WEEKLY;UNTIL=20260901T133000Z"),
])  # fmt: skip
def test_the_same_rule_in_another_order_sends_nothing(told: Told, first: str, second: str) -> None:
    """ITIP.md §1.8."""
    assert told(series(rrule=first), series(rrule=second))[0] == []
