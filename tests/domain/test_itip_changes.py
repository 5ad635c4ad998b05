"""What a change sends, and to whom (ITIP.md §1.8-9; DESIGN §5 diff)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coord_service.domain.itip import Attendee, Cutype, Event, Method, PartStat, Role, Show, Status, diff
from tests.invitations import (
    ACCEPTED,
    DECLINED,
    DELEGATED,
    HEAD,
    NEEDS_ACTION,
    NOW,
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

LATER = NOW + timedelta(hours=1)


def sent(old: Event | None, new: Event | None) -> list[tuple[str, Method, int, bool]]:
    changes = diff(old, new, LATER)
    return [(each.recipient, each.method, each.event.sequence, each.significant) for each in changes.outgoing]


def moved(event: Event) -> Event:
    return replace(event, start=event.start + timedelta(days=1), end=event.end + timedelta(days=1))


def test_a_new_meeting_is_a_request_to_each_person() -> None:
    """RFC 5546 §3.2.2."""
    assert sent(None, meeting()) == [(SHAH, Method.REQUEST, 0, True), (HEAD, Method.REQUEST, 0, True)]


def test_moving_a_meeting_asks_everyone_again() -> None:
    """RFC 5546 §2.1.4, §3.2.2.1: SEQUENCE rises and nobody's old answer stands."""
    old = meeting(Attendee(SHAH, partstat=ACCEPTED), Attendee(HEAD, partstat=DECLINED))
    assert sent(old, moved(old)) == [(SHAH, Method.REQUEST, 1, True), (HEAD, Method.REQUEST, 1, True)]
    after = diff(old, moved(old), LATER).event
    assert after
    assert answers(after) == {SHAH: NEEDS_ACTION, HEAD: NEEDS_ACTION}


@pytest.mark.parametrize("change", [{"end": START + timedelta(hours=2)}, {"rrule": "FREQ=WEEKLY;COUNT=3"},
                                    {"exdates": (START,)}, {"rdates": (START + timedelta(days=9),)},
                                    {"status": Status.TENTATIVE}])  # fmt: skip
def test_each_significant_property_raises_sequence(change: dict[str, object]) -> None:
    """DESIGN §5: DTSTART, DTEND, DURATION, RRULE, RDATE, EXDATE, STATUS."""
    assert {line[2:] for line in sent(series(), replace(series(), **change))} == {(1, True)}


@pytest.mark.parametrize("field", ["summary", "description", "location"])
def test_a_text_edit_is_sent_again_and_keeps_sequence_and_answers(field: str) -> None:
    """ITIP.md §1.8."""
    old = meeting(Attendee(SHAH, partstat=ACCEPTED))
    changes = diff(old, replace(old, **{field: "something else"}), LATER)
    (line,) = changes.outgoing
    assert (line.event.sequence, line.significant, line.event.dtstamp) == (0, False, LATER)
    assert line.event.attendees[0].partstat is ACCEPTED


def test_a_higher_sequence_in_the_new_copy_is_kept() -> None:
    assert {line[2] for line in sent(meeting(), replace(moved(meeting()), sequence=7))} == {7}


def test_a_clock_that_went_back_does_not_take_dtstamp_with_it() -> None:
    old = meeting()
    changes = diff(old, replace(old, summary="x"), NOW - timedelta(days=1))
    assert changes.outgoing[0].event.dtstamp == NOW + timedelta(seconds=1)


def test_a_change_of_partstat_alone_sends_nothing() -> None:
    """DESIGN §5."""
    assert sent(meeting(), meeting(Attendee(SHAH, partstat=ACCEPTED), HEAD)) == []


def test_the_same_moment_in_another_zone_is_no_change() -> None:
    assert sent(meeting(), replace(meeting(), start=START.astimezone(NOW.tzinfo))) == []


def test_added_people_are_asked_removed_people_are_cancelled_the_others_hear_nothing() -> None:
    """RFC 5546 §3.2.2.4, §3.2.5; ITIP.md §1.9: CANCEL has SEQUENCE + 1."""
    lines = sent(meeting(SHAH, HEAD), meeting(SHAH, PARENT))
    assert sorted(lines) == [(HEAD, Method.CANCEL, 1, True), (PARENT, Method.REQUEST, 0, True)]


def test_the_cancel_for_a_removed_person_names_them_alone_and_says_cancelled() -> None:
    """ITIP.md §1.9, also when everyone is shown."""
    for show in Show:
        (line,) = diff(meeting(SHAH, HEAD), meeting(SHAH), LATER, show).outgoing
        assert [each.address for each in line.event.attendees] == [HEAD]
        assert line.event.status is Status.CANCELLED
        assert line.event.organizer == meeting().organizer


def test_somebody_invited_again_gets_an_invitation_that_is_newer_than_their_cancel() -> None:
    """RFC 5546 §2.1.5: a calendar ignores a REQUEST with a lower SEQUENCE than the CANCEL it has seen."""
    without = diff(meeting(SHAH, HEAD), meeting(SHAH), LATER).event
    assert without
    back = diff(without, replace(without, attendees=meeting().attendees), LATER)
    (line,) = back.outgoing
    assert (line.recipient, line.event.sequence) == (HEAD, 1)
    assert back.event
    assert hear(back.event, reply(SHAH, sequence=0)).verdict == "applied"


def test_cancelling_tells_all_but_those_who_declined() -> None:
    """ITIP.md §1.9."""
    old = meeting(SHAH, Attendee(HEAD, partstat=DECLINED))
    assert sent(old, None) == [(SHAH, Method.CANCEL, 1, True)]
    assert sent(old, replace(old, status=Status.CANCELLED)) == [(SHAH, Method.CANCEL, 1, True)]


def test_a_meeting_that_is_past_is_not_cancelled_by_mail() -> None:
    """ITIP.md §1.9."""
    old = meeting(start=START - timedelta(days=200))
    assert diff(old, None, LATER).outgoing == ()
    assert diff(old, replace(old, attendees=()), LATER).outgoing == ()


def test_cancelling_twice_sends_nothing() -> None:
    gone = diff(meeting(), None, LATER).event
    assert gone
    assert diff(gone, None, LATER).outgoing == ()


def test_a_cancelled_meeting_that_is_on_again_asks_everyone() -> None:
    gone = diff(meeting(Attendee(SHAH, partstat=ACCEPTED)), None, LATER).event
    assert gone
    back = diff(gone, replace(gone, status=Status.CONFIRMED), LATER)
    assert [(each.method, each.event.sequence) for each in back.outgoing] == [(Method.REQUEST, 2)]
    assert back.outgoing[0].event.attendees[0].partstat is NEEDS_ACTION


def test_a_change_of_role_reaches_that_person_alone() -> None:
    assert sent(meeting(), meeting(Attendee(SHAH, role=Role.OPTIONAL), HEAD)) == [(SHAH, Method.REQUEST, 0, False)]


def test_people_whom_another_server_tells_get_nothing_from_us() -> None:
    """RFC 6638 §7.1: SCHEDULE-AGENT."""
    assert sent(None, meeting(Attendee(SHAH, extras=(("SCHEDULE-AGENT", "CLIENT"),)))) == []


def test_an_attendee_without_a_mail_address_gets_nothing() -> None:
    assert sent(None, meeting("urn:uuid:1234", Attendee(SHAH, cutype=Cutype.ROOM))) == [(SHAH, Method.REQUEST, 0, True)]


def test_different_uids_are_two_meetings() -> None:
    with pytest.raises(ValueError, match="UIDs differ"):
        diff(meeting(), meeting(uid="other"), NOW)
    with pytest.raises(ValueError, match="no meeting"):
        diff(None, None, NOW)


def test_everyone_is_shown_when_asked_for() -> None:
    (first, _) = diff(None, meeting(), NOW, Show.EVERYONE).outgoing
    assert [each.address for each in first.event.attendees] == [SHAH, HEAD]


def test_nothing_of_our_bookkeeping_is_sent() -> None:
    """DESIGN §5: X-COORD-SEQUENCE and X-COORD-DTSTAMP live in the organizer's copy and are never sent."""
    answered = hear(meeting(), reply(SHAH)).event
    for each in diff(answered, replace(answered, summary="x"), LATER).outgoing:
        (person,) = each.event.attendees
        assert (person.answered_sequence, person.answered_dtstamp, person.comment) == (None, None, "")
        assert each.event.time_sequence is None


def test_answers_order_survives_callers_that_rebuild_the_people() -> None:
    answered = hear(meeting(), reply(SHAH, DECLINED, at=5)).event
    rebuilt = diff(answered, replace(answered, attendees=meeting().attendees), LATER).event
    assert rebuilt
    assert hear(rebuilt, reply(SHAH, ACCEPTED, at=2)).verdict == "older"


def test_a_delegator_stays_one_when_the_meeting_moves() -> None:
    delegator = Attendee(SHAH, partstat=DELEGATED, delegated_to=(PARENT,))
    after = diff(meeting(delegator), moved(meeting(delegator)), LATER).event
    assert after
    assert answers(after)[SHAH] is PartStat.DELEGATED


def test_a_moved_date_of_a_series_is_sent_alone_and_asks_about_that_date_alone() -> None:
    """RFC 5546 §3.2.2.1: RECURRENCE-ID; ITIP.md §1.9: in DTSTART's form."""
    old = series(Attendee(SHAH, partstat=ACCEPTED), HEAD)
    date = START + timedelta(weeks=6)
    one = replace(old, rrule="", recurrence_id=date, start=date + timedelta(hours=1), end=date + timedelta(hours=2))
    changes = diff(old, replace(old, overrides=(one,)), LATER)
    assert [(each.method, each.significant) for each in changes.outgoing] == [(Method.REQUEST, True)] * 2
    seen = changes.outgoing[0].event
    assert (seen.recurrence_id, seen.sequence, seen.rrule, seen.overrides) == (date, 1, "", ())
    assert changes.event
    assert answers(changes.event)[SHAH] is ACCEPTED
    assert answers(changes.event.overrides[0])[SHAH] is NEEDS_ACTION


def test_a_cancelled_date_of_a_series_is_a_cancel_for_that_date() -> None:
    """RFC 5546 §3.2.5; ITIP.md §1.9."""
    old = series()
    date = START + timedelta(weeks=6)
    one = replace(old, rrule="", recurrence_id=date, start=date, end=date + timedelta(hours=1), status=Status.CANCELLED)
    lines = diff(old, replace(old, overrides=(one,)), LATER).outgoing
    assert [(each.method, each.event.recurrence_id, each.event.sequence) for each in lines] == [
        (Method.CANCEL, date, 1),
        (Method.CANCEL, date, 1),
    ]


def test_somebody_invited_to_one_date_sees_only_that_date() -> None:
    """Issue 3: nothing of the series, and the others hear nothing."""
    old = series(SHAH)
    date = START + timedelta(weeks=12)
    one = replace(old, rrule="", recurrence_id=date, start=date, end=date + timedelta(hours=1),
                  attendees=(*old.attendees, Attendee(HEAD)))  # fmt: skip
    (line,) = diff(old, replace(old, overrides=(one,)), LATER).outgoing
    assert (line.recipient, line.event.recurrence_id, line.event.rrule) == (HEAD, date, "")
    assert line.event.overrides == ()


def test_somebody_left_out_of_one_date_is_told_of_that_date() -> None:
    old = series()
    date = START + timedelta(weeks=6)
    one = replace(old, rrule="", recurrence_id=date, start=date, end=date + timedelta(hours=1),
                  attendees=(Attendee(SHAH),))  # fmt: skip
    new = diff(old, replace(old, overrides=(one,)), LATER)
    assert [(each.recipient, each.method, each.event.recurrence_id) for each in new.outgoing] == [
        (HEAD, Method.CANCEL, date)
    ]
    assert new.event
    whole = diff(new.event, replace(new.event, summary="x"), LATER)
    seen = next(each.event for each in whole.outgoing if each.recipient == HEAD)
    assert date in seen.exdates


def test_changing_a_series_sends_the_whole_object_with_its_exceptions() -> None:
    """ITIP.md §1.8: the whole object."""
    old = series()
    date = START + timedelta(weeks=6)
    one = replace(old, rrule="", recurrence_id=date, start=date + timedelta(hours=1), end=date + timedelta(hours=2))
    with_one = diff(old, replace(old, overrides=(one,)), LATER).event
    assert with_one
    line = diff(with_one, replace(with_one, summary="x"), minutes(99)).outgoing[0]
    assert line.event.rrule
    assert [each.recurrence_id for each in line.event.overrides] == [date]


def test_the_organizer_s_own_alarms_ring_for_nobody_else() -> None:
    alarm = ("BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM", "CATEGORIES:a")
    assert sent(meeting(extras=alarm), meeting(extras=alarm[3:])) == []
    assert diff(None, meeting(extras=alarm), NOW).outgoing[0].event.extras == ("CATEGORIES:a",)
