"""Section 2.2-12: what an answer means, and what it never may."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from coord_service.domain.itip import (
    Attendee,
    Authentication,
    Cutype,
    Kind,
    Method,
    Policy,
    Strangers,
    Verdict,
    accept_counter,
    decline_counter,
    diff,
)
from coord_service.errors import ChangedMeanwhile
from integrations.itip import read_mail
from tests.invitations import (
    ACCEPTED,
    DECLINED,
    DELEGATED,
    HEAD,
    NEEDS_ACTION,
    NOW,
    SHAH,
    START,
    STRANGER,
    TENTATIVE,
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

LEE, KHAN, TEAM = "lee@nhs.example", "khan@nhs.example", "team@nhs.example"
HOUR, SECOND = timedelta(hours=1), START + timedelta(weeks=6)
CORPUS = Path(__file__).parents[1] / "corpus" / "itip"


@pytest.mark.itip("2.2")
def test_order_is_kept_per_attendee() -> None:
    """RFC 5546 §2.1.5; Apple's server says in a comment that it can't: a late colleague is not an older answer."""
    late = hear(meeting(), reply(SHAH, at=9), reply(HEAD, DECLINED, at=2))
    assert (late.verdict, answers(late.event)) == ("applied", {SHAH: ACCEPTED, HEAD: DECLINED})


@pytest.mark.itip("2.2")
def test_order_is_kept_per_instance() -> None:
    """RFC 5546 §2.1.5, §3.2.3."""
    first = hear(series(), reply(SHAH, at=9)).event
    assert hear(first, reply(SHAH, DECLINED, at=2, recurrence_id=SECOND)).verdict == "applied"


@pytest.mark.itip("2.2")
@pytest.mark.parametrize(("first", "second", "verdict"), [
    ((0, 5), (0, 2), "older"), ((0, 5), (0, 5), "duplicate"), ((0, 5), (0, 6), "applied"), ((1, 2), (0, 9), "older"),
    ((0, 9), (1, 2), "applied"),
])  # fmt: skip
def test_sequence_first_then_dtstamp(first: tuple[int, int], second: tuple[int, int], verdict: str) -> None:
    """RFC 5546 §2.1.5."""
    event = replace(meeting(), sequence=1, time_sequence=0)
    said = [reply(SHAH, word, sequence=n, at=at) for word, (n, at) in ((DECLINED, first), (ACCEPTED, second))]
    applied = hear(event, *said)
    assert applied.verdict == verdict
    assert answers(applied.event)[SHAH] is (ACCEPTED if verdict == "applied" else DECLINED)


@pytest.mark.itip("2.2")
def test_an_answer_to_the_time_before_a_move_is_never_one_to_the_new_time() -> None:
    """RFC 5546 §2.1.5."""
    late = hear(moved(), reply(SHAH, sequence=0, at=900))
    assert (late.verdict, answers(late.event)[SHAH]) == ("older", NEEDS_ACTION)
    assert "before the last move" in late.why


@pytest.mark.itip("2.2")
def test_the_same_mail_twice_changes_nothing() -> None:
    """RFC 5546 §2.1.5; mail servers deliver twice."""
    once = hear(meeting(), reply(SHAH))
    again = hear(once.event, reply(SHAH))
    assert (again.verdict, again.event, again.outgoing) == ("duplicate", once.event, ())


@pytest.mark.itip("2.3")
@pytest.mark.parametrize("written", ["20260814T133000Z", ";TZID=Europe/London:20260814T143000", ";VALUE=DATE:20260814",
                                     ";TZID=Tokyo Standard Time:20260814T223000"])  # fmt: skip
def test_recurrence_id_matches_by_the_instant(written: str) -> None:
    """RFC 5545 §3.8.4.4; senders use UTC, their own zone, a date."""
    line = f"RECURRENCE-ID{written if written[0] == ';' else ':' + written}"
    raw = (
        f"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:m1@coord.example\r\n{line}\r\nDTSTAMP:20260301T100000Z\r\n"
        f"ATTENDEE;PARTSTAT=DECLINED:mailto:{SHAH}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    applied = hear(series(), read_mail(raw.encode()))
    assert {each.recurrence_id: answers(each)[SHAH] for each in applied.event.overrides} == {SECOND: DECLINED}


@pytest.mark.itip("2.3")
def test_a_reply_to_the_series_leaves_an_explicit_reply_to_one_date() -> None:
    """RFC 5546 §3.2.3."""
    event = hear(series(), reply(SHAH, DECLINED, recurrence_id=SECOND), reply(SHAH, ACCEPTED, at=9)).event
    assert (answers(event)[SHAH], answers(event.overrides[0])[SHAH]) == (ACCEPTED, DECLINED)


@pytest.mark.itip("2.3")
def test_a_date_that_does_not_exist_is_refused() -> None:
    """RFC 5546 §3.2.3."""
    applied = hear(series(), reply(SHAH, recurrence_id=START + timedelta(days=1)))
    assert (applied.verdict, applied.event) == ("refused", series())


@pytest.mark.itip("2.3")
def test_several_dates_in_one_mail_and_dates_of_rdate() -> None:
    """RFC 5546 §3.2.3, RFC 5545 §3.8.5.2."""
    extra = START + timedelta(days=2)
    said = reply(SHAH, DECLINED, recurrence_id=SECOND)
    both = replace(said, answers=(*said.answers, replace(said.answers[0], recurrence_id=extra)))
    applied = hear(series(rdates=(extra,)), both)
    assert {each.recurrence_id for each in applied.event.overrides} == {SECOND, extra}


@pytest.mark.itip("2.4")
@pytest.mark.parametrize(("more", "verdict"), [
    ({}, "applied"), ({"sender": STRANGER}, "held"), ({"sender": HEAD}, "held"), ({"sender": ""}, "held"),
    ({"sender": "pa@nhs.example", "sent_by": "pa@nhs.example"}, "applied"),
    ({"sender": "pa@evil.example", "sent_by": "pa@evil.example"}, "held"),
    ({"sender": "shah@gp.example"}, "applied"), ({"authentication": Authentication.FAILED}, "held"),
    ({"authentication": Authentication.PASSED}, "applied"),
], ids=["the attendee", "a stranger", "another attendee", "nobody", "their assistant", "an assistant from elsewhere",
        "their other address", "the mail server says no", "the mail server says yes"])  # fmt: skip
def test_the_sender_must_be_the_attendee_or_stand_for_them(more: dict[str, object], verdict: str) -> None:
    """RFC 6047 §3, RFC 5545 §3.2.18, RFC 8601: otherwise it is held, and never applied in silence."""
    applied = hear(meeting(), reply(SHAH, **more), policy=Policy(known_addresses={"shah@gp.example": SHAH}))
    assert (applied.verdict, answers(applied.event)[SHAH]) == (
        verdict,
        ACCEPTED if verdict == "applied" else NEEDS_ACTION,
    )
    assert verdict == "applied" or (SHAH in applied.why and str(more.get("sender", SHAH)) in applied.why)


@pytest.mark.itip("2.5")
@pytest.mark.parametrize(("policy", "verdict"), [
    (Policy(), "held"), (Policy(Strangers.ALLOW), "applied"), (Policy(Strangers.DENY), "refused"),
    (Policy(Strangers.ALLOW, is_shielded=True), "held"),
], ids=["ask is the default", "allow", "deny", "a shielded team always asks"])  # fmt: skip
def test_somebody_not_invited_answers(policy: Policy, verdict: str) -> None:
    """RFC 5546 §3.2.3; sabre/vobject adds them in silence: for a child's meeting it is a safety matter."""
    applied = hear(meeting(), reply(STRANGER), policy=policy)
    assert (applied.verdict, STRANGER in answers(applied.event)) == (verdict, verdict == "applied")
    assert ("forwarded" in applied.why) == (verdict == "held")


@pytest.mark.itip("2.6")
def test_a_delegate_is_added_asked_and_answers() -> None:
    """RFC 5546 §3.2.2.3, §4.2.5."""
    applied = hear(meeting(), reply(SHAH, DELEGATED, delegated_to=(LEE,)))
    (sent,) = applied.outgoing
    assert (sent.recipient, sent.method, sent.event.attendees[0].delegated_from) == (LEE, Method.REQUEST, (SHAH,))
    after = hear(applied.event, reply(LEE, delegated_from=(SHAH,), at=3)).event
    assert answers(after) == {SHAH: DELEGATED, HEAD: NEEDS_ACTION, LEE: ACCEPTED}


@pytest.mark.itip("2.6")
@pytest.mark.parametrize("to", [SHAH, "meetings@coord.example"])
def test_loops_are_refused(to: str) -> None:
    """RFC 5546 §3.2.2.3."""
    assert hear(meeting(), reply(SHAH, DELEGATED, delegated_to=(to,))).verdict == "refused"
    round_trip = hear(
        meeting(), reply(SHAH, DELEGATED, delegated_to=(LEE,)), reply(LEE, DELEGATED, delegated_to=(SHAH,))
    )
    assert round_trip.verdict == "refused"


@pytest.mark.itip("2.6")
def test_chains_are_bounded() -> None:
    """RFC 5546 §3.2.2.3 sets no bound; ours is four."""
    people = [SHAH, *(f"d{n}@nhs.example" for n in range(9))]
    said = [reply(who, DELEGATED, at=n + 1, delegated_to=(to,)) for n, (who, to) in enumerate(pairwise(people))]
    event, verdicts = meeting(SHAH), []
    for each in said:
        applied = hear(event, each)
        event = applied.event
        verdicts.append(applied.verdict)
    assert (len(event.attendees), verdicts[:4], {*verdicts[4:]}) == (5, ["applied"] * 4, {"refused", "held"})


@pytest.mark.itip("2.6")
def test_in_a_shielded_team_a_delegate_is_held() -> None:
    """A child's safety: nobody joins unseen (RFC 5546 §6.1.3)."""
    applied = hear(meeting(), reply(SHAH, DELEGATED, delegated_to=(LEE,)), policy=Policy(is_shielded=True))
    assert (applied.verdict, applied.event, applied.outgoing) == ("held", meeting(), ())
    assert LEE in applied.why


@pytest.mark.itip("2.7")
def test_a_proposed_time_is_held_while_it_is_current_and_else_shown_as_out_of_date() -> None:
    """RFC 5546 §3.2.7."""
    assert hear(meeting(), counter(SHAH, START + HOUR)).verdict == "held"
    late = hear(moved(), counter(SHAH, START + HOUR, sequence=0))
    assert (late.verdict, "moved since" in late.why) == ("older", True)
    with pytest.raises(ChangedMeanwhile):
        accept_counter(moved(), counter(SHAH, START + HOUR, sequence=0), NOW)


@pytest.mark.itip("2.7")
def test_accepting_moves_it_for_all_and_refusing_tells_that_person() -> None:
    """RFC 5546 §3.2.7-8."""
    said = counter(SHAH, START + HOUR)
    sent = accept_counter(meeting(), said, minutes(9)).outgoing
    assert [(each.recipient, each.method, each.event.sequence, each.event.start) for each in sent] == [
        (SHAH, Method.REQUEST, 1, START + HOUR),
        (HEAD, Method.REQUEST, 1, START + HOUR),
    ]
    told = decline_counter(meeting(), said)
    assert (told.recipient, told.method) == (SHAH, Method.DECLINECOUNTER)


@pytest.mark.itip("2.7")
def test_a_proposal_from_somebody_who_is_not_invited_is_refused() -> None:
    """RFC 5546 §3.2.7."""
    for policy in (Policy(), Policy(Strangers.ALLOW)):
        assert hear(meeting(), counter(STRANGER, START), policy=policy).verdict == "refused"


@pytest.mark.itip("2.8")
def test_a_refresh_is_answered_to_that_attendee_alone_under_the_same_sequence() -> None:
    """RFC 5546 §3.2.6."""
    applied = hear(moved(), refresh(SHAH))
    (sent,) = applied.outgoing
    assert (applied.verdict, sent.recipient, sent.method, sent.event.sequence) == ("applied", SHAH, Method.REQUEST, 1)
    assert ([each.address for each in sent.event.attendees], applied.event) == ([SHAH], moved())
    stranger = hear(moved(), refresh(STRANGER), policy=Policy(Strangers.ALLOW))
    assert (stranger.verdict, stranger.outgoing, hear(moved(), refresh(SHAH, sender=STRANGER)).outgoing) == (
        "refused",
        (),
        (),
    )


@pytest.mark.itip("2.8")
@pytest.mark.parametrize("kind", [Kind.REQUEST, Kind.CANCEL, Kind.ADD, Kind.PUBLISH, Kind.DECLINECOUNTER])
def test_what_only_an_organizer_sends_is_refused(kind: Kind) -> None:
    """RFC 5546 §6.1.2: a forged CANCEL cancels nothing."""
    applied = hear(meeting(), replace(reply(SHAH), kind=kind))
    assert (applied.verdict, applied.event) == ("refused", meeting())


@pytest.mark.itip("2.9")
def test_an_unknown_uid_makes_no_meeting_and_an_answer_after_the_cancel_changes_none() -> None:
    """RFC 5546 §3.2.3."""
    other = reply(SHAH)
    assert hear(meeting(), replace(other, answers=(replace(other.answers[0], uid="x"),))).verdict == "refused"
    gone = diff(meeting(), None, NOW).event
    assert gone
    late = hear(gone, reply(SHAH, sequence=1))
    assert (late.verdict, late.event) == ("noted", gone)


@pytest.mark.itip("2.10")
@pytest.mark.parametrize(("file", "kind"), [
    ("bounce.eml", Kind.BOUNCE), ("bounce-delayed.eml", Kind.BOUNCE), ("bounce-in-words-qmail.eml", Kind.BOUNCE),
    ("out-of-office.eml", Kind.AUTO_REPLY), ("read-receipt.eml", Kind.AUTO_REPLY),
])  # fmt: skip
def test_machines_answers_are_delivery_facts_and_are_never_answered(file: str, kind: Kind) -> None:
    """RFC 3464, RFC 3834 §2."""
    message = read_mail((CORPUS / file).read_bytes())
    applied = hear(meeting(), message)
    assert (message.kind, applied.verdict, applied.event, applied.outgoing) == (kind, "noted", meeting(), ())


@pytest.mark.itip("2.10")
def test_a_delay_is_no_failure() -> None:
    """RFC 3464 §2.3.3."""
    delayed, failed = (read_mail((CORPUS / each).read_bytes()) for each in ("bounce-delayed.eml", "bounce.eml"))
    assert [each.is_final for each in (*delayed.failures, *failed.failures)] == [False, True]


@pytest.mark.itip("2.11")
@pytest.mark.parametrize("raw", [
    b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:m1@coord.example\r\n"
    + b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:shah@nhs.example\r\n" * 100_000,
    b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 50_000,
    b"BEGIN:VCALENDAR\r\nSUMMARY:" + b"x" * 7_000_000,
], ids=["10^5 attendees", "nesting", "size"])  # fmt: skip
def test_hostile_input_gets_a_clear_verdict(raw: bytes) -> None:
    """RFC 5546 §6.1; issue 3, bad input: ``tests/integrations/itip/test_corpus.py`` has many more, each timed."""
    applied = hear(meeting(), read_mail(raw))
    assert (applied.verdict, applied.event) == (Verdict.NOTED, meeting())
    assert "not read" in applied.why or "attendees" in applied.why


@pytest.mark.itip("2.11")
@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=DAILY;COUNT=999999999", "FREQ=YEARLY;BYDAY=53MO", "FREQ=DAILY"]
)
def test_a_recurrence_that_never_ends_is_judged_at_once(rule: str) -> None:
    """RFC 5545 §3.8.5.3."""
    far = datetime(9000, 1, 1, 14, 30, tzinfo=UTC)
    assert hear(series(rrule=rule), reply(SHAH, recurrence_id=far)).verdict in {"held", "refused", "applied"}


@pytest.mark.itip("2.12")
@pytest.mark.parametrize("written", ["mailto:Zoe@M\u00fcller.example", "MAILTO:ZOE@xn--mller-kva.example",
                                     "mailto:zoe%40xn--mller-kva.example", "zoe@m\u00fcller.example"])  # fmt: skip
def test_addresses_compare_without_case_scheme_percent_signs_and_in_one_form_of_idn(written: str) -> None:
    """RFC 6068 §2, RFC 5890."""
    raw = (
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:m1@coord.example\r\n"
        f"ATTENDEE;PARTSTAT=ACCEPTED:{written}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    applied = hear(meeting("zoe@xn--mller-kva.example"), read_mail(raw.encode()))
    assert answers(applied.event) == {"zoe@xn--mller-kva.example": ACCEPTED}


@pytest.mark.itip("2.12")
@pytest.mark.parametrize("member", [(), (TEAM,)])
def test_a_list_s_member_is_held_with_the_list_named(member: tuple[str, ...]) -> None:
    """RFC 5545 §3.2.11."""
    event = meeting(Attendee(TEAM, cutype=Cutype.GROUP))
    applied = hear(event, reply(STRANGER, TENTATIVE, member=member))
    assert (applied.verdict, TEAM in applied.why, applied.event) == ("held", True, event)
