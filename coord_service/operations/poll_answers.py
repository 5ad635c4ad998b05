"""Answering a poll behind a personal link: looking changes nothing, a press does, until it closes."""

from collections.abc import Mapping
from dataclasses import dataclass

from coord_service.domain.meetings import AnsweredBy
from coord_service.domain.people import Actor
from coord_service.domain.polls import PollAnswer, PollState
from coord_service.errors import NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.links import OpenedLink, take_link
from coord_service.operations.poll_letters import Question, post_receipt, question_of
from coord_service.operations.polls import put_answers, state_of
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.polls import load_poll, lock_poll
from coord_service.storage.tables import Poll, PollVoter

OVER = "Thank you, no more answers are needed: the time to answer is over."


@dataclass(frozen=True, slots=True)
class OpenPoll:
    """What the page behind a personal link shows. ``others``: who can when, where that may be seen."""

    question: Question
    voter: PollVoter
    state: PollState
    answers: Mapping[int, PollAnswer]
    others: Mapping[int, tuple[str, ...]]


async def view_question(tools: Tools, link: OpenedLink) -> OpenPoll:
    """One person's question. Raises NotFound when they were never asked."""
    async with tools.database.read() as db:
        poll = await load_poll(db, link.about.poll_id or 0)
        if poll is None:
            raise NotFound("This link does not open anything any more.")
        voter = _voter_of(poll, link)
        question = await question_of(db, poll)
    state = PollState.CLOSED if poll.closes_at <= tools.clock.now() else state_of(poll)
    return OpenPoll(
        question=question,
        voter=voter,
        state=state,
        answers={choice.time_id: choice.answer for choice in voter.choices},
        others=_others(poll, voter) if poll.shows_names else {},
    )


def _others(poll: Poll, voter: PollVoter) -> dict[int, tuple[str, ...]]:
    return {
        time.id: tuple(
            each.person.name
            for each in poll.voters
            if each is not voter and any(c.time_id == time.id and c.answer is not PollAnswer.NO for c in each.choices)
        )
        for time in poll.times
    }


async def answer_poll(tools: Tools, token: str, answers: Mapping[int, PollAnswer], comment: str | None) -> None:
    """Put on record which times suit somebody, and send them a receipt; the newest answer counts.

    Raises LinkExpired, NotFound, InvalidForm with a field a time, Refused when the poll is over.
    """
    now = tools.clock.now()
    async with tools.database.begin() as db:
        link = await take_link(db, token, "poll", now)
        poll = await _lock_open(db, tools, link)
        voter = _voter_of(poll, link)
        put_answers(poll, voter, answers, AnsweredBy.LINK, now)
        voter.comment = comment
        question = await question_of(db, poll)
        await post_receipt(db, tools, question, voter, now)
        for child_id in question.child_ids:
            record(db, Actor.link(voter.person_id), "answer_poll", ("poll", poll.id), now, child_id=child_id)
    await tools.wake()


async def _lock_open(db: Session, tools: Tools, link: OpenedLink) -> Poll:
    poll = await lock_poll(db, link.about.poll_id or 0)
    if poll is None:
        raise NotFound("This link does not open anything any more.")
    if state_of(poll) is not PollState.OPEN or poll.closes_at <= tools.clock.now():
        raise Refused(OVER)
    return poll


def _voter_of(poll: Poll, link: OpenedLink) -> PollVoter:
    voter = next((each for each in poll.voters if each.person_id == link.about.person_id), None)
    if voter is None:
        raise NotFound("You were not asked about these times.")
    return voter
