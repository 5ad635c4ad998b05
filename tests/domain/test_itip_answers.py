"""What an answer means (ITIP.md §2.2-5, §2.7-12)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coord_service.domain.itip import (
    Attendee,
    Authentication,
    Cutype,
    Kind,
    Message,
    Method,
    Policy,
    Status,
    Strangers,
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
    STRANGER,
    TENTATIVE,
    answers,
    counter,
    hear,
    meeting,
    minutes,
    reply,
    series,
)

PA = "pa@nhs.example"


def moved_once():
    event = diff(meeting(), replace(meeting(), start=START + timedelta(days=1), end=START + timedelta(days=1, hours=1)),
                 NOW).event  # fmt: skip
    assert event
    return event


# Order: RFC 5546 §2.1.5, ITIP.md §2.2


def test_an_answer_is_applied_and_its_order_kept() -> None:
    applied = hear(meeting(), reply(SHAH, DECLINED, comment="on leave"))
    person = applied.event.attendee(SHAH)
    assert (applied.verdict, applied.outgoing) == ("applied", ())
    assert person
    assert (person.partstat, person.answered_sequence, person.answered_dtstamp) == (DECLINED, 0, minutes(1))
    assert person.comment == "on leave"
    assert answers(applied.event)[HEAD] is NEEDS_ACTION


def test_an_older_answer_that_arrives_late_changes_nothing() -> None:
    first = hear(meeting(), reply(SHAH, DECLINED, at=5))
    late = hear(first.event, reply(SHAH, ACCEPTED, at=2))
    assert (late.verdict, late.event) == ("older", first.event)


def test_order_is_kept_per_attendee() -> None:
    """Apple's server admits that it can't; a late colleague is not an older answer."""
    assert hear(meeting(), reply(SHAH, at=5), reply(HEAD, at=2)).verdict == "applied"


def test_a_higher_sequence_wins_over_a_later_dtstamp() -> None:
    event = replace(meeting(), sequence=1, time_sequence=0)
    assert (
        hear(event, reply(SHAH, ACCEPTED, sequence=1, at=1), reply(SHAH, DECLINED, sequence=0, at=9)).verdict == "older"
    )


def test_the_same_mail_twice_changes_nothing() -> None:
    once = hear(meeting(), reply(SHAH))
    again = hear(once.event, reply(SHAH))
    assert (again.verdict, again.event) == ("duplicate", once.event)


def test_an_answer_to_the_time_before_a_move_is_never_accepted_for_the_new_time() -> None:
    late = hear(moved_once(), reply(SHAH, ACCEPTED, sequence=0, at=500))
    assert (late.verdict, answers(late.event)[SHAH]) == ("older", NEEDS_ACTION)
    assert "before the last move" in late.why


def test_an_answer_after_a_text_edit_still_counts() -> None:
    edited = diff(meeting(), replace(meeting(), summary="x"), NOW).event
    assert edited
    assert hear(edited, reply(SHAH)).verdict == "applied"


def test_an_answer_without_sequence_is_to_the_first_invitation() -> None:
    """ITIP.md §2.1: missing = 0."""
    assert hear(meeting(), reply(SHAH, sequence=0)).verdict == "applied"
    assert hear(moved_once(), reply(SHAH, sequence=0)).verdict == "older"


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


def test_an_answer_after_the_cancel_is_noted() -> None:
    """ITIP.md §2.9."""
    gone = diff(meeting(), None, NOW).event
    assert gone
    late = hear(gone, reply(SHAH, sequence=1))
    assert (late.verdict, late.event) == ("noted", gone)


def test_an_answer_that_says_nothing_is_noted() -> None:
    assert hear(meeting(), reply(SHAH, NEEDS_ACTION)).verdict == "noted"


def test_an_unknown_uid_never_makes_a_meeting() -> None:
    """ITIP.md §2.9."""
    other = reply(SHAH)
    other = replace(other, answers=(replace(other.answers[0], uid="someone-elses"),))
    assert hear(meeting(), other).verdict == "refused"


# Identity: RFC 6047 §3, ITIP.md §2.4


def test_somebody_else_s_mailbox_does_not_answer_for_an_attendee() -> None:
    applied = hear(meeting(), reply(SHAH, sender=STRANGER))
    assert (applied.verdict, answers(applied.event)[SHAH]) == ("held", NEEDS_ACTION)
    assert STRANGER in applied.why
    assert SHAH in applied.why


def test_a_mail_without_from_is_held() -> None:
    assert hear(meeting(), reply(SHAH, sender="")).verdict == "held"


def test_an_attendee_may_not_answer_for_another() -> None:
    assert hear(meeting(), reply(SHAH, sender=HEAD)).verdict == "held"


def test_an_assistant_answers_with_sent_by() -> None:
    """RFC 5545 §3.2.18."""
    assert hear(meeting(), reply(SHAH, sender=PA, sent_by=PA)).verdict == "applied"


def test_sent_by_from_another_organisation_is_held() -> None:
    """Anyone can write SENT-BY into a mail."""
    assert hear(meeting(), reply(SHAH, sender=STRANGER, sent_by=STRANGER)).verdict == "held"


def test_a_known_other_address_answers_for_its_owner() -> None:
    policy = Policy(known_addresses={"a.shah@hospital.example": SHAH})
    for said in (reply(SHAH, sender="a.shah@hospital.example"), reply("a.shah@hospital.example")):
        applied = hear(meeting(), said, policy=policy)
        assert (applied.verdict, answers(applied.event)[SHAH]) == ("applied", ACCEPTED)


def test_a_mail_that_fails_its_server_s_check_is_held() -> None:
    """RFC 8601; DMARC fail."""
    applied = hear(meeting(), reply(SHAH, authentication=Authentication.FAILED))
    assert (applied.verdict, answers(applied.event)[SHAH]) == ("held", NEEDS_ACTION)


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


def test_a_stranger_is_held_by_default() -> None:
    applied = hear(meeting(), reply(STRANGER))
    assert (applied.verdict, applied.event) == ("held", meeting())
    assert "forwarded" in applied.why


def test_a_stranger_is_added_where_the_council_allows_it() -> None:
    applied = hear(meeting(), reply(STRANGER, TENTATIVE), policy=Policy(Strangers.ALLOW))
    assert (applied.verdict, answers(applied.event)[STRANGER]) == ("applied", TENTATIVE)


def test_a_stranger_is_refused_where_the_council_denies_it() -> None:
    applied = hear(meeting(), reply(STRANGER), policy=Policy(Strangers.DENY))
    assert (applied.verdict, applied.event) == ("refused", meeting())


def test_a_shielded_team_always_asks() -> None:
    """Issue 3, point 7."""
    assert hear(meeting(), reply(STRANGER), policy=Policy(Strangers.ALLOW, is_shielded=True)).verdict == "held"


def test_somebody_taken_off_the_meeting_is_no_stranger() -> None:
    without = diff(meeting(), meeting(SHAH), NOW).event
    assert without
    assert hear(without, reply(HEAD)).verdict == "noted"


@pytest.mark.parametrize("member", [(), ("team@nhs.example",)])
def test_a_list_s_member_is_held_with_the_list_named(member: tuple[str, ...]) -> None:
    """ITIP.md §2.12."""
    event = meeting(SHAH, Attendee("team@nhs.example", cutype=Cutype.GROUP))
    applied = hear(event, reply(STRANGER, member=member))
    assert applied.verdict == "held"
    assert "team@nhs.example" in applied.why


# COUNTER: RFC 5546 §3.2.7-8, ITIP.md §2.7


def test_a_current_proposal_is_held_and_changes_nothing() -> None:
    applied = hear(meeting(), counter(SHAH, START + timedelta(hours=2)))
    assert (applied.verdict, applied.event) == ("held", meeting())
    assert "3 July 2026 at 4:30pm" in applied.why


def test_a_proposal_for_the_time_before_a_move_is_out_of_date() -> None:
    late = counter(SHAH, START + timedelta(hours=2), sequence=0)
    assert hear(moved_once(), late).verdict == "older"
    with pytest.raises(ChangedMeanwhile):
        accept_counter(moved_once(), late, NOW)


def test_a_proposal_from_somebody_not_invited_is_refused() -> None:
    assert hear(meeting(), counter(STRANGER, START)).verdict == "refused"
    assert hear(meeting(), counter(STRANGER, START), policy=Policy(Strangers.ALLOW)).verdict == "refused"


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
    assert decline_counter(moved_once(), counter(SHAH, START, sequence=0)).event.sequence == 1
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


def refresh(who: str, **more) -> Message:
    return replace(reply(who, NEEDS_ACTION, **more), kind=Kind.REFRESH, method="REFRESH")


def test_a_refresh_is_answered_with_the_present_request_to_that_person_alone() -> None:
    applied = hear(moved_once(), refresh(SHAH))
    (line,) = applied.outgoing
    assert (applied.verdict, line.recipient, line.method, line.event.sequence) == ("applied", SHAH, Method.REQUEST, 1)
    assert [each.address for each in line.event.attendees] == [SHAH]
    assert applied.event == moved_once()


def test_a_refresh_from_somebody_not_invited_shows_them_nothing() -> None:
    applied = hear(meeting(), refresh(STRANGER), policy=Policy(Strangers.ALLOW))
    assert (applied.verdict, applied.outgoing) == ("refused", ())
    assert hear(meeting(), refresh(SHAH, sender=STRANGER)).outgoing == ()


def test_a_refresh_of_a_cancelled_meeting_is_answered_with_the_cancel() -> None:
    gone = diff(meeting(), None, NOW).event
    assert gone
    (line,) = hear(gone, refresh(SHAH)).outgoing
    assert (line.method, line.event.status) == (Method.CANCEL, Status.CANCELLED)


@pytest.mark.parametrize("kind", [Kind.REQUEST, Kind.CANCEL, Kind.ADD, Kind.PUBLISH, Kind.DECLINECOUNTER])
def test_what_only_the_organizer_sends_is_refused(kind: Kind) -> None:
    """ITIP.md §2.8: a forged CANCEL must not cancel."""
    applied = hear(meeting(), replace(reply(SHAH), kind=kind))
    assert (applied.verdict, applied.event) == ("refused", meeting())


@pytest.mark.parametrize("kind", [Kind.BOUNCE, Kind.AUTO_REPLY, Kind.OTHER])
def test_bounces_and_automatic_replies_never_change_an_answer_and_are_never_answered(kind: Kind) -> None:
    """RFC 3464, RFC 3834; ITIP.md §2.10."""
    applied = hear(meeting(), Message(kind, sender=SHAH))
    assert (applied.verdict, applied.event, applied.outgoing) == ("noted", meeting(), ())
