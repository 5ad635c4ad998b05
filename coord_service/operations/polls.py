"""Asking people about times: the question, its answers as the lead worker sees them, closing it and taking it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.bookings import Booking, check_start
from coord_service.domain.meetings import AnsweredBy
from coord_service.domain.people import Actor
from coord_service.domain.polls import (
    HELD_FOR,
    PollAnswer,
    PollState,
    TimeStanding,
    check_times,
    closing_instant,
    rank_times,
    reminding_instant,
    usual_closing,
)
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.audit import record
from coord_service.operations.booking import Draft, load_booking
from coord_service.operations.diaries import DaySpan
from coord_service.operations.finding import Sought, plan_search
from coord_service.operations.guests import Guest, load_guests
from coord_service.operations.holds import hold_time
from coord_service.operations.poll_diaries import ballots_of, times_of
from coord_service.operations.poll_letters import ASKING, Question, post_question, question_of, take_back
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import load_children
from coord_service.storage.polls import (
    add_poll,
    has_poll_letter_gone,
    list_latest_letters,
    list_open_polls,
    list_poll_lines,
    load_latest_poll,
    lock_asker,
    lock_poll,
    withdraw_poll_letters,
)
from coord_service.storage.tables import OutboxLetter, Poll, PollChoice, PollTime, PollVoter


@dataclass(frozen=True, slots=True)
class AskPeople:
    """Which times, whom, until when (the whole day), and how. ``is_held``: the convenor keeps them free."""

    starts: tuple[datetime, ...]
    person_ids: tuple[int, ...]
    closes_on: date
    shows_names: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class PollOffer:
    """What the form for asking offers: who can be asked, and when answers would close as a rule."""

    draft: Draft
    guests: tuple[Guest, ...]
    closes_on: date
    is_shielded: bool


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll with its times, the best first; ``names`` by diary id; ``undo_until``: until when it can be taken back.

    ``silent`` have not answered; ``letters`` are the latest that asked each person, by person id.
    """

    draft: Draft
    poll: Poll
    state: PollState
    standings: tuple[TimeStanding, ...]
    names: Mapping[str, str]
    required: frozenset[str]
    undo_until: datetime
    silent: tuple[PollVoter, ...]
    letters: Mapping[int, OutboxLetter]

    @property
    def answered(self) -> int:
        """How many have answered."""
        return len(self.poll.voters) - len(self.silent)


def state_of(poll: Poll) -> PollState:
    """Where a poll stands."""
    if poll.withdrawn_at is not None:
        return PollState.WITHDRAWN
    return PollState.OPEN if poll.closed_at is None else PollState.CLOSED


async def offer_poll(tools: Tools, actor: Actor, draft_id: int, first_time_on: date | None) -> PollOffer:
    """Whom a booking's times can be asked of. Raises NotFound, or Refused while nobody is chosen yet."""
    draft = await load_booking(tools, actor, draft_id)
    today = day_in_london(tools.clock.now())
    async with tools.database.read() as db:
        guests = await _askable(db, draft.booking, today)
        children = await load_children(db, draft.booking.what.child_ids)
    usual = usual_closing(today, first_time_on or today + timedelta(days=14), tools.rulebook.working_days)
    return PollOffer(draft, guests, usual, any(child.is_shielded for child in children))


async def _askable(db: Session, booking: Booking, today: date) -> tuple[Guest, ...]:
    if booking.needs is None:
        raise Refused("Say first who should come: then they can be asked about times.")
    guests = await load_guests(db, booking, today)
    return tuple(each for each in guests if each.is_invited and each.address and not each.is_convenor)


async def ask_people(tools: Tools, actor: Actor, draft_id: int, request: AskPeople) -> int:
    """Ask these people about these times, a mail each with a link of their own; the poll's id.

    Asked twice, it is the first poll. The mails wait for the time in which it can be taken back. Raises InvalidForm,
    NotFound.
    """
    draft = await load_booking(tools, actor, draft_id)
    if draft.meeting_id is not None:
        raise Refused("This meeting is booked. Move it on its own page.")
    now = tools.clock.now()
    async with tools.database.begin() as db:
        await lock_asker(db, draft_id)
        if already := await list_open_polls(db, draft_id):
            return already[0]
        booking = draft.booking
        guests = {each.person_id: each for each in await _askable(db, booking, day_in_london(now))}
        _check(request, booking, guests, now)
        children = await load_children(db, booking.what.child_ids)
        poll = _new_poll(tools, draft_id, booking, request, now)
        poll.shows_names = request.shows_names and not any(child.is_shielded for child in children)
        poll.voters = [
            PollVoter(person_id=each, email=guests[each].address or "", choices=[]) for each in request.person_ids
        ]
        add_poll(db, poll)
        await db.flush()
        poll = await _lock_latest(db, draft_id)  # with the people's names
        question = await question_of(db, poll)
        for voter in poll.voters:
            await post_question(db, tools, question, voter, now)
        if request.is_held:
            for each in poll.times:
                await hold_time(db, tools, question, each, now)
        _record(db, actor, "ask_people", question, now)
    await tools.wake()
    return poll.id


def _check(request: AskPeople, booking: Booking, guests: Mapping[int, Guest], now: datetime) -> None:
    errors: dict[str, str] = {}
    if not request.person_ids or not set(request.person_ids) <= set(guests):
        errors["people"] = "Choose whom to ask: at least one of the people listed"
    try:
        for start in request.starts:
            check_start(start, booking.what.minutes, now)
        check_times(request.starts, request.closes_on, now)
    except Refused as error:
        errors["times"] = str(error)
    if errors:
        raise InvalidForm(errors)


def _new_poll(tools: Tools, draft_id: int, booking: Booking, request: AskPeople, now: datetime) -> Poll:
    closes_at = closing_instant(request.closes_on)
    length = timedelta(minutes=booking.what.minutes)
    return Poll(
        draft_id=draft_id,
        created_at=now,
        closes_at=closes_at,
        remind_at=reminding_instant(request.closes_on, tools.rulebook.working_days),
        times=[
            PollTime(starts_at=start, ends_at=start + length, held_until=closes_at + HELD_FOR)
            for start in sorted(set(request.starts))
        ],
    )


async def has_poll(tools: Tools, draft_id: int) -> bool:
    """Whether people were asked about times for a booking, and that was not taken back."""
    async with tools.database.read() as db:
        return draft_id in await list_poll_lines(db, [draft_id])


async def view_poll(tools: Tools, actor: Actor, draft_id: int) -> PollView:
    """The latest poll of a booking. Raises NotFound where there is none."""
    draft = await load_booking(tools, actor, draft_id)
    async with tools.database.read() as db:
        poll = await load_latest_poll(db, draft_id)
        if poll is None:
            raise NotFound("Nobody has been asked about times for this booking.")
        booking = draft.booking
        guests = tuple(
            each for each in await load_guests(db, booking, day_in_london(tools.clock.now())) if each.is_invited
        )
        children = await load_children(db, booking.what.child_ids)
        sought = Sought(booking.what.purpose, booking.what.minutes, guests, children, draft_id=draft_id)
        span = DaySpan(day_in_london(poll.times[0].starts_at), day_in_london(poll.times[-1].ends_at))
        search = (await plan_search(tools, db, sought, span)).search
        letters = await list_latest_letters(db, poll.id)
    standings = rank_times(search, times_of(poll), ballots_of(poll))
    return PollView(
        draft=draft,
        poll=poll,
        state=state_of(poll),
        standings=tuple(standings),
        names={diary.id: diary.name for diary in search.diaries},
        required=frozenset(diary.id for diary in search.diaries if diary.is_required),
        undo_until=poll.created_at + timedelta(seconds=tools.settings.undo_seconds),
        silent=tuple(voter for voter in poll.voters if voter.answered_at is None),
        letters=letters,
    )


async def log_poll_answer(
    tools: Tools, actor: Actor, draft_id: int, voter_id: int, answers: Mapping[int, PollAnswer]
) -> None:
    """Put on record what somebody said on the telephone. Raises InvalidForm, NotFound."""
    await load_booking(tools, actor, draft_id)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        poll = await _lock_latest(db, draft_id)
        voter = next((each for each in poll.voters if each.id == voter_id), None)
        if voter is None:
            raise NotFound("This person was not asked.")
        put_answers(poll, voter, answers, AnsweredBy.PHONE, now)
        _record(db, actor, "log_poll_answer", await question_of(db, poll), now, person=voter.person_id)


def put_answers(poll: Poll, voter: PollVoter, answers: Mapping[int, PollAnswer], by: AnsweredBy, now: datetime) -> None:
    """Replace what somebody said; an answer for every time, or none at all. Raises InvalidForm with a field a time."""
    missing = [each for each in poll.times if each.id not in answers]
    if missing:
        raise InvalidForm({f"time-{each.id}": "Say yes, if need be or no" for each in missing})
    known = {choice.time_id: choice for choice in voter.choices}
    for each in poll.times:
        if each.id in known:
            known[each.id].answer = answers[each.id]
        else:
            voter.choices.append(PollChoice(time_id=each.id, answer=answers[each.id]))
    voter.answered_at, voter.answered_by = now, by


async def close_poll(tools: Tools, actor: Actor, draft_id: int) -> None:
    """End the asking now: nobody is written to, and later answers are not taken. Quiet when it is closed already."""
    await load_booking(tools, actor, draft_id)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        poll = await _lock_latest(db, draft_id)
        if poll.closed_at is None:
            poll.closed_at = now
            await withdraw_poll_letters(db, poll.id, ASKING, now)
            _record(db, actor, "close_poll", await question_of(db, poll), now)


async def withdraw_poll(tools: Tools, actor: Actor, draft_id: int) -> bool:
    """Take the question back; whether nobody had been written to yet. Links that went out say so."""
    require(actor, Permission.BOOK_MEETINGS)
    await load_booking(tools, actor, draft_id)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        poll = await _lock_latest(db, draft_id)
        question = await question_of(db, poll)
        has_gone = await has_poll_letter_gone(db, poll.id, now)
        await take_back(db, poll, now)
        _record(db, actor, "withdraw_poll", question, now)
    await tools.wake()
    return not has_gone


async def _lock_latest(db: Session, draft_id: int) -> Poll:
    latest = await load_latest_poll(db, draft_id)
    poll = await lock_poll(db, latest.id) if latest else None
    if poll is None or poll.withdrawn_at is not None:
        raise NotFound("Nobody is being asked about times for this booking.")
    return poll


def _record(db: Session, actor: Actor, verb: str, question: Question, now: datetime, **details: int) -> None:
    poll = question.poll
    for child_id in question.child_ids:
        record(db, actor, verb, ("poll", poll.id), now, child_id=child_id, draft=poll.draft_id, **details)
