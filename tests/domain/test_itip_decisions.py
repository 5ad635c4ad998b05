"""What a held message waits for, and what applying it with the answer does (ITIP.md §2.4-7, §2.12)."""

import pytest

from coord_service.domain.itip import (
    Attendee,
    Authentication,
    Cutype,
    Message,
    Method,
    PartStat,
    Policy,
    Question,
    Strangers,
    Verdict,
)
from tests.invitations import ACCEPTED, DELEGATED, HEAD, SHAH, START, answers, counter, hear, meeting, minutes, reply

LEE, STRANGER, PA = "lee@nhs.example", "stranger@elsewhere.example", "pa@elsewhere.example"
LIST = "therapies@nhs.example"


def delegation() -> Message:
    return reply(SHAH, DELEGATED, delegated_to=(LEE,))


def agreed(*questions: Question, **more: object) -> Policy:
    return Policy(agreed=frozenset(questions), **more)


@pytest.mark.parametrize(
    ("message", "policy", "question"),
    [
        (reply(SHAH, sender=PA), Policy(), Question.SENDER),
        (reply(SHAH, authentication=Authentication.FAILED), Policy(), Question.SENDER),
        (reply(SHAH, authentication=Authentication.MISSING), Policy(), Question.SENDER),
        (counter(SHAH, START, sender=PA), Policy(), Question.SENDER),
        (reply(STRANGER), Policy(), Question.STRANGER),
        (reply(STRANGER, member=(LIST,)), Policy(strangers=Strangers.ALLOW), Question.LIST),
        (delegation(), Policy(is_shielded=True), Question.DELEGATE),
        (delegation(), Policy(delegates=Strangers.ASK), Question.DELEGATE),
        (reply(LEE, delegated_from=(SHAH,)), Policy(), Question.SUBSTITUTE),
        (counter(SHAH, minutes(10_000)), Policy(), Question.PROPOSAL),
        (reply(SHAH, recurrence_id=START, this_and_future=True), Policy(), Question.DATES),
    ],
)
def test_a_held_message_says_what_it_waits_for(message: Message, policy: Policy, question: Question) -> None:
    lists = Attendee(LIST, cutype=Cutype.GROUP)
    applied = hear(
        meeting(SHAH, HEAD, *([lists] if message.answers[0].attendees[0].member else [])), message, policy=policy
    )
    assert (applied.verdict, applied.question) == (Verdict.HELD, question)


def test_a_message_that_is_not_held_asks_nothing() -> None:
    assert hear(meeting(), reply(SHAH)).question is None


def test_a_believed_sender_is_counted_for_whom_they_speak_for() -> None:
    applied = hear(meeting(), reply(SHAH, sender=PA), policy=agreed(Question.SENDER))
    assert answers(applied.event)[SHAH] is ACCEPTED
    assert applied.speaker == SHAH


def test_believing_a_sender_agrees_to_nothing_else() -> None:
    message = reply(SHAH, DELEGATED, delegated_to=(LEE,), sender=PA)
    applied = hear(meeting(), message, policy=agreed(Question.SENDER, is_shielded=True))
    assert (applied.verdict, applied.question) == (Verdict.HELD, Question.DELEGATE)


@pytest.mark.parametrize("question", [Question.STRANGER, Question.LIST])
def test_a_stranger_who_is_let_in_is_added_whatever_the_policy(question: Question) -> None:
    policy = agreed(question, is_shielded=True, strangers=Strangers.DENY)
    applied = hear(meeting(), reply(STRANGER, member=(LIST,)), policy=policy)
    assert answers(applied.event)[STRANGER] is ACCEPTED


def test_a_delegate_who_is_agreed_to_is_invited_in_a_shielded_team_too() -> None:
    applied = hear(meeting(), delegation(), policy=agreed(Question.DELEGATE, is_shielded=True))
    assert answers(applied.event) == {SHAH: DELEGATED, HEAD: PartStat.NEEDS_ACTION, LEE: PartStat.NEEDS_ACTION}
    assert [(each.recipient, each.method) for each in applied.outgoing] == [(LEE, Method.REQUEST)]


def test_where_nobody_else_may_come_a_delegation_is_refused() -> None:
    applied = hear(meeting(), delegation(), policy=Policy(delegates=Strangers.DENY))
    assert applied.verdict is Verdict.REFUSED
    assert answers(applied.event)[SHAH] is PartStat.NEEDS_ACTION


def test_passing_a_place_to_somebody_who_is_invited_lets_nobody_new_in() -> None:
    for policy in (Policy(delegates=Strangers.ASK), Policy(delegates=Strangers.DENY)):
        applied = hear(meeting(), reply(SHAH, DELEGATED, delegated_to=(HEAD,)), policy=policy)
        assert applied.verdict is Verdict.APPLIED
