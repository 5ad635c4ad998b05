"""Conversations that went wrong once, found by ``test_conversation`` and told again here step by step.

Each ends as those do: the post is emptied, everything arrives twice, and both sides must agree.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from coord_service.domain.itip import Event
from integrations.itip import read_mail
from tests.integrations.itip.test_conversation import HOUR, STAYING, Conversation
from tests.invitations import DELEGATED, HEAD, NEEDS_ACTION, PARENT, SHAH, answers, meeting, series

LEE = "lee@nhs.example"


@contextmanager
def conversation(event: Event) -> Iterator[Conversation]:
    """A conversation about this meeting, which must end well."""
    told = Conversation()
    told.book(event)
    yield told
    told.teardown()


def deliver(told: Conversation) -> None:
    """All letters that were sent so far arrive, in their order."""
    for who, raw in told.in_the_post:
        told.peers[who].receive(raw)


def methods(told: Conversation, since: int) -> list[tuple[str, str | None]]:
    return [(who, read_mail(raw).method) for who, raw in told.in_the_post[since:]]


def test_a_delegation_stands_when_the_meeting_moves_and_the_delegate_is_asked_anew() -> None:
    """RFC 5546 §3.2.2.3: who passed their place on is kept informed; the delegate answers for the new time."""
    with conversation(meeting(*STAYING)) as told:
        deliver(told)
        told.an_answer_arrives(told.pass_on(HEAD, LEE, None))
        deliver(told)
        told.an_answer_arrives(told.answer(LEE, "ACCEPTED", None))
        so_far = len(told.in_the_post)
        told.move(HOUR)
        assert answers(told.event) == {SHAH: NEEDS_ACTION, HEAD: DELEGATED, LEE: NEEDS_ACTION}
        assert methods(told, so_far) == [(SHAH, "REQUEST"), (HEAD, "REQUEST"), (LEE, "REQUEST")]


def test_who_comes_to_one_date_and_missed_its_cancel_is_told_when_they_ask() -> None:
    """RFC 5546 §3.2.6. The series moved, so the date that they had is in it no more and no override remembers it."""
    with conversation(series(*STAYING)) as told:
        told.add_to_or_remove_from_one(0)
        deliver(told)
        told.move(HOUR)
        (cancel,) = (each for each in told.in_the_post if each[0] == PARENT and read_mail(each[1]).method == "CANCEL")
        told.add_to_or_remove_from_one(0)
        told.a_letter_is_lost(cancel)


def test_who_is_taken_off_the_series_and_missed_its_cancel_keeps_the_one_date_they_come_to() -> None:
    with conversation(series(*STAYING, PARENT)) as told:
        deliver(told)
        told.move_one(1, HOUR)
        so_far = len(told.in_the_post)
        told.add_or_remove()
        assert methods(told, so_far) == [(PARENT, "CANCEL"), (PARENT, "REQUEST")]
        told.a_letter_is_lost(told.in_the_post[so_far])


def test_a_change_that_nobody_is_told_of_leaves_each_date_the_stamp_it_was_sent_under() -> None:
    """The date that is kept goes a second after the CANCEL of the series; the next letter must be later than both."""
    with conversation(series(*STAYING, PARENT)) as told:
        told.move_one(3, HOUR)
        told.add_or_remove()
        dates = told.event.overrides
        told.move_one(4, 0 * HOUR)
        assert told.event.overrides[: len(dates)] == dates
        told.add_or_remove()


def test_a_date_that_comes_back_into_the_series_is_newer_than_when_it_left() -> None:
    """RFC 5546 §2.1.4: its own SEQUENCE had risen above that of the series; whoever held it must be able to see."""
    with conversation(series(*STAYING)) as told:
        told.add_to_or_remove_from_one(0)
        for by in (HOUR, -HOUR, HOUR, -HOUR):
            told.move_one(0, by)
        told.move(HOUR)
        told.move(-HOUR)
        told.add_to_or_remove_from_one(0)


def test_a_date_that_the_series_was_sent_without_is_sent_with_the_series_when_they_are_added_to_it() -> None:
    """RFC 5545 §3.8.5.1: the EXDATE they hold takes the date out, whatever comes about it alone."""
    with conversation(series(*STAYING)) as told:
        told.add_or_remove()
        told.add_or_remove()
        told.move_one(1, -HOUR)
        told.add_or_remove()
        so_far = len(told.in_the_post)
        told.add_to_or_remove_from_one(1)
        ((who, raw),) = told.in_the_post[so_far:]
        assert (who, [each.recurrence_id for each in read_mail(raw).answers]) == (PARENT, [None, told.date(1)])
