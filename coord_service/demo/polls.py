"""A booking whose times people are being asked about: somebody has answered, somebody has not."""

from datetime import timedelta
from functools import partial

from coord_service.demo.story import Story, actor_of, link_in
from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.people import Sector
from coord_service.domain.polls import PollAnswer
from coord_service.operations.booking import AnswerWhat, save_who, start_booking
from coord_service.operations.finding import View, find_slots
from coord_service.operations.poll_answers import answer_poll
from coord_service.operations.polls import AskPeople, ask_people, view_poll

CHILD = 9
SAID = (PollAnswer.NO, PollAnswer.YES, PollAnswer.IF_NEED_BE)


def tell_polls(story: Story) -> None:
    """Put the question and one answer into the story."""
    story.at(story.days_ago(2, 11, 20), partial(_ask, story))


async def _ask(story: Story) -> None:
    team = story.scene.teams[CHILD]
    worker = team.child.lead_worker
    actor = actor_of(worker)
    what = What((team.child.id,), Purpose.TAC, worker.id, 60, MeetingMode.PLACE, "County Hall, Room 14", None, None)
    draft_id = await start_booking(story.tools, actor, AnswerWhat(what))
    invited = [each for each in team.members if each.person.email]
    await save_who(story.tools, actor, draft_id, {each.person_id: Need.REQUIRED for each in invited})
    view = View(from_on=story.workdays_ahead(7, 9).date())
    starts = tuple(offer.start_at for offer in (await find_slots(story.tools, actor, draft_id, view)).best[:3])
    closes_on = story.workdays_ahead(4, 9).date()
    family_first = sorted(invited, key=lambda each: each.sector is not Sector.FAMILY)
    people = tuple(each.person_id for each in family_first[:3])
    await ask_people(story.tools, actor, draft_id, AskPeople(starts, people, closes_on, is_held=True))
    await story.deliver()
    story.clock.at += timedelta(hours=4)
    token = link_in(story.last_letter_to(family_first[0].person.email or ""))
    times = (await view_poll(story.tools, actor, draft_id)).poll.times
    said = {each.id: answer for each, answer in zip(times, SAID, strict=True)}
    await answer_poll(story.tools, token, said, "Mornings are hard with the school run.")
    await story.deliver()
