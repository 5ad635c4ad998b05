"""The part of the search for leaks that asks people about times."""

from datetime import UTC, datetime, time
from typing import Any

from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.polls import PollAnswer
from coord_service.operations.booking import AnswerWhat, save_who, start_booking
from coord_service.operations.poll_answers import answer_poll
from coord_service.operations.poll_rounds import tend_polls
from coord_service.operations.polls import AskPeople, ask_people, view_poll, withdraw_poll


async def play_poll(case: Any, place: str, typed: str) -> None:
    """Asked about times with the times held, answered with names typed in, reminded, taken back."""
    what = What((case.child.id,), Purpose.TAC, case.lead.id, 60, MeetingMode.PLACE, place, None, None)
    draft_id = await start_booking(case.tools, case.actor, AnswerWhat(what))
    people = (case.mother.id, case.shah.id)
    await save_who(case.tools, case.actor, draft_id, dict.fromkeys(people, Need.REQUIRED))
    day = case.tools.rulebook.working_days.add(case.clock.now().date(), 12)
    starts = tuple(datetime.combine(day, time(hour), UTC) for hour in (10, 13))
    closes_on = case.tools.rulebook.working_days.add(case.clock.now().date(), 6)
    asked = AskPeople(starts, people, closes_on, shows_names=True, is_held=True)
    await ask_people(case.tools, case.actor, draft_id, asked)
    await case.deliver()
    times = (await view_poll(case.tools, case.actor, draft_id)).poll.times
    await answer_poll(case.tools, case.token(case.mother), {each.id: PollAnswer.YES for each in times}, typed)
    await case.deliver()
    case.clock.instant = datetime.combine(case.tools.rulebook.working_days.add(closes_on, -1), time(11), UTC)
    await tend_polls(case.tools)
    await case.deliver()
    await withdraw_poll(case.tools, case.actor, draft_id)
    await tend_polls(case.tools)
    await case.deliver()
