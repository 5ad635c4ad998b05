"""What polls do by themselves: remind once, close at the end of their day, let held times go."""

from coord_service.domain.people import Actor
from coord_service.operations.audit import record
from coord_service.operations.holds import release_time
from coord_service.operations.poll_letters import ASKING, post_reminder, question_of
from coord_service.operations.tools import Tools
from coord_service.storage.polls import (
    list_polls_to_close,
    list_polls_to_release,
    list_polls_to_remind,
    lock_poll,
    withdraw_poll_letters,
)

ACTOR = Actor.job("tend_polls")


async def tend_polls(tools: Tools) -> None:
    """Close, remind and release what is due, each poll in a transaction of its own. May run beside itself."""
    now = tools.clock.now()
    async with tools.database.read() as db:
        closing, reminding = await list_polls_to_close(db, now), await list_polls_to_remind(db, now)
        releasing = await list_polls_to_release(db, now)
    for poll_id in closing:
        await _close(tools, poll_id)
    for poll_id in reminding:
        await _remind(tools, poll_id)
    for poll_id in releasing:
        await _release(tools, poll_id)


async def _close(tools: Tools, poll_id: int) -> None:
    now = tools.clock.now()
    async with tools.database.begin() as db:
        poll = await lock_poll(db, poll_id)
        if poll is None or poll.closed_at is not None or poll.withdrawn_at is not None:
            return
        poll.closed_at = now
        await withdraw_poll_letters(db, poll.id, ASKING, now)
        for child_id in (await question_of(db, poll)).child_ids:
            record(db, ACTOR, "close_poll", ("poll", poll.id), now, child_id=child_id)


async def _remind(tools: Tools, poll_id: int) -> None:
    """Families too, this once: who still says nothing is a call for the lead worker, not a ladder (DOMAIN §7)."""
    now = tools.clock.now()
    if not tools.rulebook.working_days.within_hours(now):
        return
    async with tools.database.begin() as db:
        poll = await lock_poll(db, poll_id)
        if poll is None or poll.reminded_at is not None or poll.closed_at is not None or poll.withdrawn_at is not None:
            return
        poll.reminded_at = now
        question = await question_of(db, poll)
        for voter in poll.voters:
            if voter.answered_at is None:
                await post_reminder(db, tools, question, voter, now)
    await tools.wake()


async def _release(tools: Tools, poll_id: int) -> None:
    now = tools.clock.now()
    async with tools.database.begin() as db:
        poll = await lock_poll(db, poll_id)
        if poll is None:
            return
        question = await question_of(db, poll)
        for time in poll.times:
            if time.released_at is None:
                await release_time(db, tools, question, time, now)
    await tools.wake()
