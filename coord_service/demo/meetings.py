"""Meetings that are today or to come, or ended a moment ago, with every kind of answer."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from coord_service.clock import LONDON
from coord_service.demo.children import Team
from coord_service.demo.story import Story, actor_of, link_in
from coord_service.domain.meetings import Answer, MeetingMode, Purpose
from coord_service.domain.people import Sector
from coord_service.operations.answers import LinkAnswer, answer_by_link
from coord_service.operations.meetings import BookMeeting, Invitee, book_meeting
from coord_service.storage.meetings import load_meeting
from coord_service.storage.tables import Attendee
from integrations.mail.demo_answers import Press, Reply, write_answer, write_bounce, write_words

HOUR = timedelta(hours=1)
PRESSES = {
    "A": Press.ACCEPT,
    "O": Press.ACCEPT,
    "F": Press.ACCEPT,
    "S": Press.ACCEPT,
    "D": Press.DECLINE,
    "T": Press.TENTATIVE,
    "P": Press.PROPOSE,
}
COMMENTS = {
    "D": "I am in clinic all that day.",
    "T": "I may be ten minutes late.",
    "P": "I could come at this time instead.",
}
DOUBTFUL: dict[str, dict[str, Any]] = {
    "O": {"sent_from": "pocket.phone@mailbox.example"},
    "F": {"sent_from": "sol.passerby@elsewhere.example", "is_forwarded": True},
    "S": {"instead": "locum.desk@rivermead-health.example"},
}
WORDS = "Thank you for the invitation. I am sorry, I can't make it that day, but I will send a short update."


@dataclass(frozen=True, slots=True)
class Plan:
    """A meeting: whose, when, when it was booked, and a letter for each member's answer in turn.

    A accept, D decline, T tentative, P propose another time, W in words, B bounce, L accept by link, . no answer; and
    what a lead worker must decide: O from an address of theirs that we don't know, F forwarded to somebody who answers,
    S sends somebody else.
    """

    children: tuple[int, ...]
    workdays: int  # from today
    hour: int
    booked_days_ago: int
    answers: str
    purpose: Purpose = Purpose.TAC
    mode: MeetingMode = MeetingMode.PLACE


COMING = (
    Plan((0, 1), 0, 0, 16, "AAL.A"),
    Plan((6,), 1, 10, 20, "AADA."),
    Plan((12,), 1, 14, 12, "LA.TA", mode=MeetingMode.ONLINE),
    Plan((7,), 2, 11, 15, "AAPA."),
    Plan((13,), 3, 9, 11, "A.AWB"),
    Plan((18,), 3, 13, 13, "ATA.B"),
    Plan((3,), 5, 10, 9, "LA.A.", mode=MeetingMode.BOTH),
    Plan((5,), 6, 14, 8, "AAA.A"),
    Plan((24,), 7, 11, 6, "A..", Purpose.HOME_VISIT),
    Plan((4,), 9, 10, 10, "AA.DA", Purpose.REVIEW),
    Plan((19,), 11, 9, 5, "....", Purpose.REVIEW),
    Plan((25,), 13, 15, 3, "AOFS.", mode=MeetingMode.ONLINE),
    Plan((30,), 18, 10, 1, "....", mode=MeetingMode.BOTH),
    Plan((2,), -1, 10, 18, "AA.A"),  # held yesterday, and not on record yet
    Plan((15,), -3, 14, 21, "ALAA"),
)

PLACES = ("Larkfield Children's Centre, Room 2", "Oakbridge Academy, meeting room", "County Hall, Room 14")


def tell_meetings(story: Story) -> None:
    """Put every booking and every answer into the story."""
    for number, plan in enumerate(COMING):
        story.at(story.days_ago(plan.booked_days_ago, 9, number), partial(_book, story, plan, number))


def _starts_at(story: Story, plan: Plan) -> datetime:
    if plan.workdays == 0:  # later today, whenever the demo is started
        this_hour = story.scene.now.astimezone(LONDON).replace(minute=0, second=0, microsecond=0)
        return max(this_hour + 2 * HOUR, this_hour.replace(hour=10))
    return story.workdays_ahead(plan.workdays, plan.hour)


async def _book(story: Story, plan: Plan, number: int) -> None:
    teams = [story.scene.teams[child] for child in plan.children]
    convenor = teams[0].child.lead_worker
    starts_at, is_there = _starts_at(story, plan), plan.mode is not MeetingMode.ONLINE
    request = BookMeeting(
        draft_id=-1 - number,  # no draft of a lead worker's has such a number
        child_ids=tuple(team.child.id for team in teams),
        purpose=plan.purpose,
        invitees=(Invitee(convenor.person_id, "Lead worker", Sector.COUNCIL, True), *_invitees(teams)),
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        mode=plan.mode,
        place=PLACES[number % 3] if is_there else None,
        online_url=None if plan.mode is MeetingMode.PLACE else f"https://meet.example.org/team-{number + 101}",
        notes="Parking is behind the building." if number % 4 == 1 else None,
        convenor_id=convenor.id,
        accept_clashes=True,
    )
    meeting_id = await book_meeting(story.tools, actor_of(convenor), request)
    await story.deliver()
    async with story.tools.database.read() as db:
        meeting = await load_meeting(db, meeting_id)
    assert meeting is not None
    guests = [each for each in meeting.attendees if each.person_id != convenor.person_id]
    for place, (guest, sign) in enumerate(zip(guests, plan.answers, strict=False)):
        when = story.clock.at + timedelta(hours=3 + 9 * place, minutes=7 * place)
        story.at(when, partial(_answer, story, guest, sign, starts_at))


def _invitees(teams: list[Team]) -> list[Invitee]:
    """Everybody around these children who can be written to, once; a family's shared address is written to once."""
    chosen: dict[str, Invitee] = {}
    for member in (member for team in teams for member in team.members):
        if member.person.email and member.person.email not in chosen:
            chosen[member.person.email] = Invitee(member.person_id, member.role, member.sector, member.is_required)
    return list(chosen.values())


async def _answer(story: Story, guest: Attendee, sign: str, starts_at: datetime) -> None:
    if sign == ".":
        return
    letter, now = story.invitation_to(guest.email, starts_at), story.clock.at
    if sign == "L":
        await answer_by_link(story.tools, link_in(letter), LinkAnswer(Answer.ACCEPTED))
    elif sign == "W":
        await story.answer(write_words(letter, WORDS, now))
    elif sign == "B":
        await story.answer(write_bounce(letter, now))
    else:
        other = starts_at + timedelta(days=1) if sign == "P" else None
        reply = Reply(PRESSES[sign], COMMENTS.get(sign, ""), other, other + HOUR if other else None)
        await story.answer(write_answer(letter, replace(reply, **DOUBTFUL.get(sign, {})), now))
