"""Asking people which of some times would suit them: what they may answer, until when, and what it says of the times.

An answer is worth more than a diary: whoever said yes can come, whatever their calendar shows; whoever was asked and
has not answered is not known, neither free nor busy.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from coord_service.clock import LONDON, day_in_london
from coord_service.domain.diaries import Block, BlockStatus, Diary
from coord_service.domain.slots import SlotSearch, rank
from coord_service.domain.wall_time import say_day
from coord_service.domain.working_days import WorkingDays
from coord_service.errors import Refused

FEWEST_TIMES, MOST_TIMES = 2, 10
USUAL_DAYS = 5  # working days to answer in, where the first time leaves so many
CLOSES_AT = time(18)  # London; until then the day of closing still counts
REMINDED_AT = time(9)  # London, on the working day before the day of closing
HELD_FOR = timedelta(days=7)  # after closing, so that whoever asked can still choose


class PollAnswer(StrEnum):
    """What somebody says of one time."""

    YES = "yes"
    IF_NEED_BE = "if_need_be"
    NO = "no"


POLL_ANSWER_NAMES = {PollAnswer.YES: "Yes", PollAnswer.IF_NEED_BE: "If need be", PollAnswer.NO: "No"}


class PollState(StrEnum):
    """Where a poll stands."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class AskedTime:
    """A time that people are asked about, in UTC."""

    id: int
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Ballot:
    """Somebody who was asked, by diary id, and what they said of which time; empty: nothing yet."""

    diary_id: str
    answers: Mapping[int, PollAnswer]


@dataclass(frozen=True, slots=True)
class TimeStanding:
    """What is known of a time: diary ids by how they stand, best times first; ``is_possible``: nobody required says no
    and every quorum can hold. ``score`` as in ``slots``."""

    time: AskedTime
    is_possible: bool
    score: int
    free: tuple[str, ...]
    tentative: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[str, ...]


def usual_closing(today: date, first_time_on: date, working_days: WorkingDays) -> date:
    """The day on which a poll closes unless somebody chooses another: five working days on, before the first time."""
    return max(today, min(working_days.add(today, USUAL_DAYS), first_time_on - timedelta(days=1)))


def closing_instant(day: date) -> datetime:
    """Until when an answer counts."""
    return datetime.combine(day, CLOSES_AT, LONDON)


def reminding_instant(closes_on: date, working_days: WorkingDays) -> datetime:
    """When whoever has not answered is reminded, once."""
    return datetime.combine(working_days.add(closes_on, -1), REMINDED_AT, LONDON)


def check_times(starts: Sequence[datetime], closes_on: date, now: datetime) -> None:
    """Refuse a poll that makes no sense. Raises Refused with the sentence."""
    if len(set(starts)) < FEWEST_TIMES:
        raise Refused("Choose at least two times: for one there is nothing to ask, book it")
    if len(set(starts)) > MOST_TIMES:
        raise Refused(f"Choose at most {MOST_TIMES} times: who has to think about more does not answer")
    if closing_instant(closes_on) <= now:
        raise Refused("Answers must be possible for a while: choose a later closing day")
    first_on = day_in_london(min(starts))
    if closes_on >= first_on:
        raise Refused(f"Answers must close before the first time, {say_day(first_on)}")


def rank_times(search: SlotSearch, times: Iterable[AskedTime], ballots: Sequence[Ballot]) -> list[TimeStanding]:
    """The times of a poll, the possible ones first, then the better score, then the earlier.

    ``search`` says whom the meeting needs and what their diaries hold; its window is not looked at.
    """
    standings = [_standing(search, each, ballots) for each in times]
    return sorted(standings, key=lambda each: (not each.is_possible, -each.score, each.time.start_at))


def _standing(search: SlotSearch, at: AskedTime, ballots: Sequence[Ballot]) -> TimeStanding:
    asked = {ballot.diary_id: ballot for ballot in ballots}
    here = replace(
        search,
        window_start_at=at.start_at,
        window_end_at=at.end_at,
        duration=at.end_at - at.start_at,
        diaries=tuple(answered(diary, asked.get(diary.id), at) for diary in search.diaries),
        wishes=tuple(wish for wish in search.wishes if not _has_answered(asked.get(wish.who), at)),
        earliest_at=None,
        latest_at=None,
        limit=1,
    )
    strict = rank(here)
    lenient = tuple(replace(diary, is_required=False) for diary in here.diaries)
    (shown,) = strict or rank(replace(here, diaries=lenient, quorums=()))
    return TimeStanding(at, bool(strict), shown.score, shown.free, shown.tentative, shown.absent, shown.unknown)


def _has_answered(ballot: Ballot | None, at: AskedTime) -> bool:
    return ballot is not None and at.id in ballot.answers


def answered(diary: Diary, ballot: Ballot | None, at: AskedTime) -> Diary:
    """A diary as an answer about one time leaves it: the word of whoever answered holds against their calendar."""
    if ballot is None:
        return diary
    if at.id not in ballot.answers:
        return replace(diary, is_unknown=True)
    return replace(diary, busy=_blocks(ballot.answers[at.id], at), working_hours=(), is_unknown=False, is_unseen=False)


def with_ballots(diaries: Iterable[Diary], ballots: Iterable[Ballot], times: Sequence[AskedTime]) -> tuple[Diary, ...]:
    """Diaries with what people said of the times added, for a search that looks at other times too."""
    asked = {ballot.diary_id: ballot for ballot in ballots}
    return tuple(
        replace(diary, busy=(*diary.busy, *_all_blocks(asked[diary.id], times))) if diary.id in asked else diary
        for diary in diaries
    )


def _all_blocks(ballot: Ballot, times: Sequence[AskedTime]) -> Iterable[Block]:
    return (block for at in times if at.id in ballot.answers for block in _blocks(ballot.answers[at.id], at))


def _blocks(answer: PollAnswer, at: AskedTime) -> tuple[Block, ...]:
    match answer:
        case PollAnswer.YES:
            return ()
        case PollAnswer.IF_NEED_BE:
            return (Block(at.start_at, at.end_at, BlockStatus.TENTATIVE),)
        case PollAnswer.NO:
            return (Block(at.start_at, at.end_at, BlockStatus.BUSY),)
