"""Passing one's place on (RFC 5546 §3.2.2.3, §4.2.5; ITIP.md §2.6)."""

from datetime import timedelta
from itertools import permutations

import pytest

from coord_service.domain.itip import Attendee, Method, Role
from coord_service.domain.itip.recurrence import occurrence, override_at
from tests.invitations import (
    ACCEPTED,
    DECLINED,
    DELEGATED,
    HEAD,
    NEEDS_ACTION,
    SHAH,
    START,
    answers,
    hear,
    meeting,
    minutes,
    reply,
    series,
)

LEE, KHAN = "lee@nhs.example", "khan@nhs.example"
SECOND = START + timedelta(weeks=6)


def pass_on(who, *to, at=1, **more):
    return reply(who, DELEGATED, at=at, delegated_to=to, **more)


def stand_in(who, owner, partstat=ACCEPTED, at=2, **more):
    return reply(who, partstat, at=at, delegated_from=(owner,), **more)


def test_a_delegate_is_added_asked_and_answers() -> None:
    event = meeting(Attendee(SHAH, role=Role.OPTIONAL), HEAD)
    applied = hear(event, pass_on(SHAH, LEE))
    (line,) = applied.outgoing
    assert (line.recipient, line.method, line.event.sequence) == (LEE, Method.REQUEST, 0)
    assert [each.address for each in line.event.attendees] == [LEE]
    delegate, delegator = applied.event.attendee(LEE), applied.event.attendee(SHAH)
    assert delegate
    assert delegator
    assert (delegate.delegated_from, delegate.role) == ((SHAH,), Role.OPTIONAL)
    assert (delegator.partstat, delegator.delegated_to) == (DELEGATED, (LEE,))
    assert answers(hear(applied.event, stand_in(LEE, SHAH)).event)[LEE] is ACCEPTED


def test_a_delegate_who_answers_before_the_delegation_arrives_is_held_and_then_counted() -> None:
    early = hear(meeting(), stand_in(LEE, SHAH))
    assert (early.verdict, LEE in answers(early.event)) == ("held", False)
    assert answers(hear(early.event, pass_on(SHAH, LEE)).event)[LEE] is ACCEPTED


def test_any_order_of_a_chain_of_delegations_ends_the_same() -> None:
    messages = [pass_on(SHAH, LEE), pass_on(LEE, KHAN, at=2, delegated_from=(SHAH,)), stand_in(KHAN, LEE, at=3)]
    ends = [answers(hear(meeting(), *order).event) for order in permutations(messages)]
    assert all(end == {SHAH: DELEGATED, HEAD: "NEEDS-ACTION", LEE: DELEGATED, KHAN: ACCEPTED} for end in ends)


def test_taking_one_s_place_back_cancels_the_delegate() -> None:
    event = hear(meeting(), pass_on(SHAH, LEE)).event
    applied = hear(event, reply(SHAH, ACCEPTED, at=5))
    assert [(each.recipient, each.method) for each in applied.outgoing] == [(LEE, Method.CANCEL)]
    assert answers(applied.event) == {SHAH: ACCEPTED, HEAD: "NEEDS-ACTION"}


def test_passing_it_to_somebody_else_cancels_the_first_and_asks_the_second() -> None:
    event = hear(meeting(), pass_on(SHAH, LEE)).event
    applied = hear(event, pass_on(SHAH, KHAN, at=5))
    assert {(each.recipient, each.method) for each in applied.outgoing} == {
        (LEE, Method.CANCEL),
        (KHAN, Method.REQUEST),
    }


def test_a_place_passed_to_somebody_already_invited_invites_nobody() -> None:
    applied = hear(meeting(), pass_on(SHAH, HEAD))
    assert (applied.verdict, applied.outgoing) == ("applied", ())
    assert answers(hear(applied.event, reply(SHAH, DECLINED, at=9)).event) == {SHAH: DECLINED, HEAD: "NEEDS-ACTION"}


@pytest.mark.parametrize("to", [(SHAH,), (LEE, SHAH), ("meetings@coord.example",), (), ("not an address",)])
def test_a_delegation_that_leads_nowhere_is_refused(to: tuple[str, ...]) -> None:
    applied = hear(meeting(), pass_on(SHAH, *to))
    assert (applied.verdict, applied.event) == ("refused", meeting())


def test_a_circle_of_delegations_is_refused() -> None:
    event = hear(meeting(), pass_on(SHAH, LEE), pass_on(LEE, KHAN, at=2)).event
    applied = hear(event, pass_on(KHAN, SHAH, at=3))
    assert applied.verdict == "refused"
    assert "circle" in applied.why


def test_a_delegate_for_one_date_is_invited_to_that_date_alone() -> None:
    applied = hear(series(), pass_on(SHAH, LEE, recurrence_id=START))
    (line,) = applied.outgoing
    assert (line.recipient, line.event.recurrence_id, line.event.rrule) == (LEE, START, "")
    assert applied.event.attendee(LEE) is None


def test_the_same_delegation_twice_asks_once() -> None:
    applied = hear(meeting(), pass_on(SHAH, LEE), pass_on(SHAH, LEE))
    assert (applied.verdict, len(applied.outgoing)) == ("duplicate", 1)


def test_the_invitation_to_a_delegate_is_newer_than_anything_sent_before() -> None:
    line = hear(meeting(), pass_on(SHAH, LEE)).outgoing[0]
    assert line.event.dtstamp == minutes(1_000)


def test_a_delegator_who_names_several_delegates_has_all_of_them_asked() -> None:
    applied = hear(meeting(), pass_on(SHAH, LEE, KHAN))
    assert {each.recipient for each in applied.outgoing} == {LEE, KHAN}
    assert answers(hear(applied.event, stand_in(KHAN, SHAH, DECLINED)).event)[KHAN] is DECLINED


def test_somebody_may_stand_in_for_two_and_stays_while_one_of_them_wants_it() -> None:
    event = hear(meeting(), pass_on(SHAH, LEE), pass_on(HEAD, LEE)).event
    delegate = event.attendee(LEE)
    assert delegate
    assert delegate.delegated_from == (HEAD, SHAH)
    applied = hear(event, reply(SHAH, ACCEPTED, at=5))
    delegate = applied.event.attendee(LEE)
    assert delegate
    assert (delegate.delegated_from, applied.outgoing) == ((HEAD,), ())
    assert hear(applied.event, reply(HEAD, ACCEPTED, at=5)).event.attendee(LEE) is None


def every_end(event, *messages):
    """How everybody stands in the end, and for whom, in each order of these messages: for the meeting and its dates."""
    ends = []
    for order in permutations(messages):
        end = hear(event, *order).event
        dates = [override_at(end, each) or occurrence(end, each) for each in (START, SECOND)] if end.is_series else []
        ends.append([{one.address: (one.partstat, one.delegated_from) for one in part.attendees}
                     for part in (end, *dates)])  # fmt: skip
    return ends


def test_somebody_named_by_a_delegator_and_by_their_delegate_stands_in_for_both_in_any_order() -> None:
    ends = every_end(meeting(), pass_on(SHAH, LEE, KHAN), pass_on(LEE, KHAN, at=2, delegated_from=(SHAH,)))
    assert ends == [[{SHAH: (DELEGATED, ()), HEAD: (NEEDS_ACTION, ()), LEE: (DELEGATED, (SHAH,)),
                      KHAN: (NEEDS_ACTION, (LEE, SHAH))}]] * 2  # fmt: skip


def test_a_date_passed_to_one_and_the_series_to_another_end_the_same_in_any_order() -> None:
    """What is said of a date goes before what is said of the series, and a delegate's word of it comes along."""
    ends = every_end(
        series(),
        pass_on(SHAH, LEE),
        stand_in(LEE, SHAH, at=2),
        pass_on(SHAH, KHAN, at=1, recurrence_id=SECOND),
        stand_in(KHAN, SHAH, DECLINED, at=3),
    )
    whole = {SHAH: (DELEGATED, ()), HEAD: (NEEDS_ACTION, ()), LEE: (ACCEPTED, (SHAH,))}
    second = {SHAH: (DELEGATED, ()), HEAD: (NEEDS_ACTION, ()), KHAN: (DECLINED, (SHAH,))}
    assert ends == [[whole, whole, second]] * 24


def test_a_shared_delegate_is_told_of_the_date_that_one_delegator_keeps_for_themselves() -> None:
    messages = [pass_on(SHAH, KHAN), reply(SHAH, DECLINED, at=2, recurrence_id=SECOND), pass_on(HEAD, KHAN, at=3)]
    for end in every_end(series(), *messages):
        assert end[2] == {SHAH: (DECLINED, ()), HEAD: (DELEGATED, ()), KHAN: (NEEDS_ACTION, (HEAD,))}


def test_a_delegate_has_the_most_binding_role_of_those_they_stand_in_for() -> None:
    event = meeting(Attendee(SHAH, role=Role.OPTIONAL), HEAD)
    for order in permutations([pass_on(SHAH, LEE), pass_on(HEAD, LEE)]):
        delegate = hear(event, *order).event.attendee(LEE)
        assert delegate
        assert (delegate.role, delegate.delegated_from) == (Role.REQUIRED, (HEAD, SHAH))


def test_a_delegate_who_names_their_own_delegator_is_refused_before_and_after_the_delegation_arrives() -> None:
    back = pass_on(LEE, SHAH, at=2, delegated_from=(SHAH,))
    assert hear(meeting(), back).verdict == hear(meeting(), pass_on(SHAH, LEE), back).verdict == "refused"


def test_a_delegate_in_a_copy_whose_delegator_says_nothing_of_it_stays() -> None:
    """Other programs leave out DELEGATED-TO; nobody loses their place because of it."""
    event = meeting(SHAH, HEAD, Attendee(LEE, delegated_from=(SHAH,)))
    assert LEE in answers(hear(event, reply(HEAD)).event)
    assert LEE in answers(hear(event, reply(SHAH)).event)
