"""What an answer means (ITIP.md §2.2-5, §2.7-12)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coord_service.domain.itip import (
    Attendee,
    Kind,
    Method,
    Policy,
    Status,
    accept_counter,
    decline_counter,
    diff,
)
from coord_service.errors import ChangedMeanwhile
from tests.invitations import (
    ACCEPTED,
    DECLINED,
    HEAD,
    NEEDS_ACTION,
    NOW,
    PARENT,
    SHAH,
    START,
    answers,
    counter,
    hear,
    meeting,
    minutes,
    moved,
    refresh,
    reply,
    series,
)

PA = "pa@nhs.example"


# Order: RFC 5546 §2.1.5, ITIP.md §2.2


def test_an_answer_is_applied_and_its_order_kept() -> None:
    applied = hear(meeting(), reply(SHAH, DECLINED, comment="on leave"))
    person = applied.event.attendee(SHAH)
    assert (applied.verdict, applied.outgoing) == ("applied", ())
    assert person
    assert (person.partstat, person.answered_sequence, person.answered_dtstamp) == (DECLINED, 0, minutes(1))
    assert person.comment == "on leave"
    assert answers(applied.event)[HEAD] is NEEDS_ACTION


def test_an_answer_after_a_text_edit_still_counts() -> None:
    edited = diff(meeting(), replace(meeting(), summary="x"), NOW).event
    assert edited
    assert hear(edited, reply(SHAH)).verdict == "applied"


def test_an_answer_without_sequence_is_to_the_first_invitation() -> None:
    """ITIP.md §2.1: missing = 0."""
    assert hear(meeting(), reply(SHAH, sequence=0)).verdict == "applied"
    assert hear(moved(), reply(SHAH, sequence=0)).verdict == "older"


def test_a_huge_sequence_does_not_shut_its_sender_out() -> None:
    """ITIP.md §2.1: 1407317367304 was seen; the next, sane answer still counts."""
    applied = hear(meeting(), reply(SHAH, ACCEPTED, sequence=1407317367304), reply(SHAH, DECLINED, at=2))
    assert (applied.verdict, answers(applied.event)[SHAH]) == ("applied", DECLINED)


def test_without_dtstamp_the_date_of_the_mail_orders() -> None:
    def undated(partstat, at):
        said = reply(SHAH, partstat)
        return replace(said, sent_at=minutes(at), answers=(replace(said.answers[0], dtstamp=None),))

    assert hear(meeting(), undated(DECLINED, 5), undated(ACCEPTED, 2)).verdict == "older"
    assert hear(meeting(), undated(DECLINED, 5), undated(ACCEPTED, 7)).verdict == "applied"


def test_without_any_date_a_different_answer_counts_and_the_same_is_a_duplicate() -> None:
    said, other = reply(SHAH), reply(SHAH, DECLINED)
    said, other = (replace(each, answers=(replace(each.answers[0], dtstamp=None),)) for each in (said, other))
    assert hear(meeting(), said, said).verdict == "duplicate"
    assert hear(meeting(), said, other).verdict == "applied"


def test_an_answer_that_says_nothing_is_noted() -> None:
    assert hear(meeting(), reply(SHAH, NEEDS_ACTION)).verdict == "noted"


# Identity: RFC 6047 §3, ITIP.md §2.4


def test_a_known_other_address_answers_for_its_owner() -> None:
    policy = Policy(known_addresses={"a.shah@hospital.example": SHAH})
    for said in (reply(SHAH, sender="a.shah@hospital.example"), reply("a.shah@hospital.example")):
        applied = hear(meeting(), said, policy=policy)
        assert (applied.verdict, answers(applied.event)[SHAH]) == ("applied", ACCEPTED)


def test_a_bare_calendar_file_says_that_identity_is_unchecked() -> None:
    """DESIGN §5."""
    applied = hear(meeting(), reply(SHAH, sender=None))
    assert applied.verdict == "applied"
    assert "identity is unchecked" in applied.why


def test_the_line_of_the_sender_is_the_answer_when_a_reply_lists_everybody() -> None:
    said = reply(SHAH, DECLINED)
    lines = (Attendee(HEAD, partstat=ACCEPTED), *said.answers[0].attendees)
    applied = hear(meeting(), replace(said, answers=(replace(said.answers[0], attendees=lines),)))
    assert answers(applied.event) == {SHAH: DECLINED, HEAD: NEEDS_ACTION}


def test_a_reply_that_names_nobody_is_refused() -> None:
    said = reply(SHAH, sender=None)
    assert hear(meeting(), replace(said, answers=(replace(said.answers[0], attendees=()),))).verdict == "refused"


# Strangers: ITIP.md §2.5, §2.12


def test_somebody_taken_off_the_meeting_is_no_stranger() -> None:
    without = diff(meeting(), meeting(SHAH), NOW).event
    assert without
    assert hear(without, reply(HEAD)).verdict == "noted"


# COUNTER: RFC 5546 §3.2.7-8, ITIP.md §2.7


def test_a_current_proposal_is_held_and_changes_nothing() -> None:
    applied = hear(meeting(), counter(SHAH, START + timedelta(hours=2)))
    assert (applied.verdict, applied.event) == ("held", meeting())
    assert "3 July 2026 at 4:30pm" in applied.why


def test_a_proposal_overtaken_by_its_sender_s_own_answer_is_older() -> None:
    assert hear(meeting(), reply(SHAH, at=5), counter(SHAH, START, at=2)).verdict == "older"


def test_a_proposal_after_the_cancel_is_noted_and_one_without_a_time_refused() -> None:
    gone = diff(meeting(), None, NOW).event
    assert gone
    assert hear(gone, counter(SHAH, START, sequence=1)).verdict == "noted"
    timeless = replace(reply(SHAH), kind=Kind.COUNTER)
    assert hear(meeting(), timeless).verdict == "refused"


def test_accepting_a_proposal_moves_the_meeting_for_all() -> None:
    event = hear(meeting(), reply(HEAD)).event
    proposed = (START + timedelta(hours=2)).astimezone(NOW.tzinfo)
    changes = accept_counter(event, counter(SHAH, proposed, at=3), minutes(9))
    assert [(each.recipient, each.method, each.event.sequence) for each in changes.outgoing] == [
        (SHAH, Method.REQUEST, 1),
        (HEAD, Method.REQUEST, 1),
    ]
    assert changes.event
    assert str(changes.event.start) == "2026-07-03 16:30:00+01:00"
    assert answers(changes.event) == {SHAH: NEEDS_ACTION, HEAD: NEEDS_ACTION}


def test_accepting_a_proposal_for_one_date_moves_that_date() -> None:
    date = START + timedelta(weeks=6)
    said = counter(SHAH, date + timedelta(hours=2), recurrence_id=date)
    changes = accept_counter(series(), said, minutes(9))
    assert {each.event.recurrence_id for each in changes.outgoing} == {date}
    assert changes.event
    assert changes.event.start == START


def test_declining_a_proposal_tells_that_person_alone() -> None:
    said = counter(SHAH, START + timedelta(hours=2))
    told = decline_counter(meeting(), said)
    assert (told.recipient, told.method, told.event.sequence) == (SHAH, Method.DECLINECOUNTER, 0)
    assert [each.address for each in told.event.attendees] == [SHAH]


def test_declining_needs_the_meeting_and_its_proposer_but_not_the_same_sequence() -> None:
    """A proposal by link carries no SEQUENCE; a no is right whatever it was."""
    assert decline_counter(moved(), counter(SHAH, START, sequence=0)).event.sequence == 1
    gone = diff(meeting(), None, NOW).event
    assert gone
    for event in (gone, meeting(HEAD)):
        with pytest.raises(ChangedMeanwhile):
            decline_counter(event, counter(SHAH, START))


def test_a_proposal_that_lists_everybody_is_its_sender_s() -> None:
    """Outlook copies all attendee lines into a COUNTER."""
    said = counter(HEAD, START + timedelta(hours=2))
    everybody = (Attendee(SHAH), Attendee(HEAD), Attendee(PARENT))
    said = replace(said, answers=(replace(said.answers[0], attendees=everybody),))
    assert hear(meeting(), said).verdict == "held"
    assert decline_counter(meeting(), said).recipient == HEAD


# REFRESH and what attendees never send: RFC 5546 §3.2.6, ITIP.md §2.8


def test_a_refresh_of_a_cancelled_meeting_is_answered_with_the_cancel() -> None:
    gone = diff(meeting(), None, NOW).event
    assert gone
    (line,) = hear(gone, refresh(SHAH)).outgoing
    assert (line.method, line.event.status) == (Method.CANCEL, Status.CANCELLED)
