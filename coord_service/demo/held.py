"""Meetings of the last weeks that are on record: who came, what was noted, and the actions that came out of them."""

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from coord_service.demo.children import Team
from coord_service.demo.meetings import HOUR, PLACES
from coord_service.demo.story import Story
from coord_service.domain.actions import ActionStatus
from coord_service.domain.meetings import Answer, AnsweredBy, Attendance, MeetingMode, MeetingStatus, Purpose
from coord_service.domain.people import Sector
from coord_service.storage.database import Session
from coord_service.storage.tables import Action, AgendaItem, Attendee, Meeting, Membership

# Which child's team met, and how many days ago.
HELD = (
    (6, 44),
    (7, 40),
    (12, 37),
    (18, 33),
    (24, 30),
    (0, 28),
    (3, 25),
    (31, 21),
    (13, 18),
    (36, 14),
    (19, 11),
    (27, 7),
)
AGENDA = ("What is going well", "What is not working yet", "What happens next")
NOTES = (
    "Mornings have been calmer since the visual timetable came in.",
    "Noise at lunch is still too much. Two days at home this half term.",
    "Everybody knows what they will do and by when.",
)
DEEDS = (
    "Send the therapy programme to school",
    "Arrange a quiet place at lunch",
    "Ask for the hearing test to be repeated",
    "Ring the family about the holiday club",
    "Share the sensory profile with the team",
    "Find out about transport in September",
)
ATTENDANCES = (
    Attendance.CAME,
    Attendance.CAME,
    Attendance.UPDATE,
    Attendance.PHONE,
    Attendance.ABSENT,
    Attendance.SUBSTITUTE,
)


async def add_held_meetings(db: Session, story: Story) -> None:
    """Put the past meetings on record."""
    for number, (child, days_ago) in enumerate(HELD):
        team = story.scene.teams[child]
        meeting = _meeting(story, team, number, days_ago)
        db.add(meeting)
        await db.flush()
        db.add_all(_agenda(meeting, number))
        db.add_all(_actions(story, team, meeting, number))


def _meeting(story: Story, team: Team, number: int, days_ago: int) -> Meeting:
    starts_at = story.days_ago(days_ago, 9 + number % 6)
    booked_at = starts_at - timedelta(days=24)
    convenor = team.child.lead_worker
    return Meeting(
        uid=f"{uuid5(NAMESPACE_URL, team.child.reference)}-{number}@coord",
        sequence=0,
        dtstamp=booked_at,
        purpose=Purpose.REVIEW if number % 4 == 3 else Purpose.TAC,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        mode=MeetingMode.PLACE,
        place=PLACES[number % 3],
        is_private=team.child.is_shielded,
        status=MeetingStatus.HELD,
        convenor_id=convenor.id,
        created_at=booked_at,
        changed_at=booked_at,
        held_at=starts_at + 2 * HOUR,
        circulated_at=starts_at + timedelta(days=2) if number % 3 else None,
        children=[team.child],
        attendees=[_attendee(member, place + number, booked_at) for place, member in enumerate(_with_mail(team))],
    )


def _with_mail(team: Team) -> list[Membership]:
    return [member for member in team.members if member.person.email]


def _attendee(member: Membership, turn: int, booked_at: object) -> Attendee:
    assert member.person.email is not None
    attendance = ATTENDANCES[turn % len(ATTENDANCES)]
    has_answered = attendance is not Attendance.ABSENT
    return Attendee(
        person_id=member.person_id,
        email=member.person.email,
        role=member.role,
        sector=member.sector,
        is_required=member.is_required,
        answer=Answer.ACCEPTED if has_answered else Answer.NEEDS_ACTION,
        answered_by=AnsweredBy.MAIL if has_answered else None,
        answered_at=booked_at if has_answered else None,
        invited_at=booked_at,
        attendance=attendance,
    )


def _agenda(meeting: Meeting, number: int) -> list[AgendaItem]:
    items = zip(AGENDA, NOTES, strict=True)
    return [
        AgendaItem(
            meeting_id=meeting.id,
            position=position,
            heading=heading,
            notes=notes,
            decision="We meet again in six weeks." if position == len(AGENDA) - 1 and number % 2 == 0 else "",
        )
        for position, (heading, notes) in enumerate(items)
    ]


def _actions(story: Story, team: Team, meeting: Meeting, number: int) -> list[Action]:
    """Three a meeting: of the older ones most are done and some are late, of the newer ones most are still to come."""
    owners = [member for member in _with_mail(team) if member.sector is not Sector.FAMILY]
    actions = []
    for turn, what in enumerate((DEEDS * 2)[number % 6 : number % 6 + 3]):
        owner = owners[turn % len(owners)]
        due_on = (meeting.starts_at + timedelta(days=14 + 9 * turn)).date()
        is_done = (number + turn) % 3 == 0 and due_on < story.scene.today + timedelta(days=10)
        actions.append(
            Action(
                meeting_id=meeting.id,
                child_id=team.child.id,
                owner_id=owner.person_id,
                agency=owner.person.service.agency.name if owner.person.service else "",
                what=what,
                due_on=due_on,
                status=ActionStatus.DONE if is_done else ActionStatus.OPEN,
                created_at=meeting.held_at,
                ended_at=meeting.starts_at + timedelta(days=5) if is_done else None,
            )
        )
    return actions
