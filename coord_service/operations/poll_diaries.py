"""What polls say of people's time: times held for another meeting, and what they answered about this one."""

from collections import defaultdict
from dataclasses import replace

from coord_service.domain.diaries import Block, BlockStatus, Diary
from coord_service.domain.polls import AskedTime, Ballot, with_ballots
from coord_service.domain.wall_time import day_span, midnight_in_london
from coord_service.operations.diaries import DaySpan
from coord_service.storage.database import Session
from coord_service.storage.polls import list_held_times, load_latest_poll
from coord_service.storage.tables import Poll


async def add_polls(db: Session, diaries: tuple[Diary, ...], span: DaySpan, draft_id: int | None) -> tuple[Diary, ...]:
    """The diaries with times held for other bookings as tentative, and with the answers given for this one."""
    starts_at, ends_at = midnight_in_london(span.first_on), day_span(span.last_on)[1]
    held: dict[str, list[Block]] = defaultdict(list)
    for person_id, start, end in await list_held_times(
        db, [int(diary.id) for diary in diaries], starts_at, ends_at, draft_id
    ):
        held[str(person_id)].append(Block(start, end, BlockStatus.TENTATIVE))
    diaries = tuple(replace(diary, busy=(*diary.busy, *held[diary.id])) for diary in diaries)
    poll = await load_latest_poll(db, draft_id) if draft_id is not None else None
    return with_ballots(diaries, ballots_of(poll), times_of(poll)) if poll else diaries


def times_of(poll: Poll) -> list[AskedTime]:
    """The times of a poll as the rules see them."""
    return [AskedTime(each.id, each.starts_at, each.ends_at) for each in poll.times]


def ballots_of(poll: Poll) -> list[Ballot]:
    """What everybody said, as the rules see it."""
    return [
        Ballot(str(voter.person_id), {choice.time_id: choice.answer for choice in voter.choices})
        for voter in poll.voters
    ]
