"""Mail about a meeting that waits for a decision: who says what, what can be decided, and what that would do."""

from collections.abc import Sequence
from dataclasses import dataclass

from coord_service.domain import itip
from coord_service.domain.decisions import AGREES_TO, Decision
from coord_service.domain.itip import Question
from coord_service.domain.meetings import MeetingStatus
from coord_service.operations.deciding import decisions_for, newcomers_of
from coord_service.operations.hearing import policy_for
from coord_service.operations.organizer_copy import event_of, present_attendees
from coord_service.operations.reading_mail import read_kept
from coord_service.operations.seating import find_person, team_of
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.post import list_held_mail
from coord_service.storage.tables import Attendee, InboundMail, Meeting, Person

SAYS = {
    itip.PartStat.ACCEPTED: "they are coming",
    itip.PartStat.DECLINED: "they are not coming",
    itip.PartStat.TENTATIVE: "they are not sure yet",
    itip.PartStat.DELEGATED: "somebody else comes instead",
}


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody whom a decision would let in. ``person``: who that is on our records, None for nobody."""

    address: str
    name: str
    person: Person | None
    is_in_team: bool


@dataclass(frozen=True, slots=True)
class HeldMail:
    """One mail that waits. ``changes_nothing``: why agreeing would change nothing (it is out of date), or "".

    ``needs_team``: who must be added to the team before they can be let in, since somebody in it is shielded.
    """

    mail: InboundMail
    attendee: Attendee | None
    sender_name: str
    says: str
    is_unconfirmed: bool
    decisions: tuple[Decision, ...]
    changes_nothing: str
    newcomers: Sequence[Newcomer]
    needs_team: Sequence[Newcomer]
    stand_ins_for: Sequence[Attendee]


async def list_held(db: Session, tools: Tools, meeting: Meeting) -> list[HeldMail]:
    """What waits for a decision about a meeting, proposals apart, the oldest first."""
    mails = await list_held_mail(db, meeting.id)
    return [await _view(db, tools, meeting, mail) for mail in mails]


async def _view(db: Session, tools: Tools, meeting: Meeting, mail: InboundMail) -> HeldMail:
    message = read_kept(tools, mail)
    decisions = decisions_for(mail, meeting, message)
    if meeting.status is not MeetingStatus.BOOKED:
        decisions = tuple(each for each in decisions if each not in AGREES_TO and each is not Decision.ANSWER)
    newcomers = [
        await _newcomer(db, tools, meeting, message, address)
        for address in newcomers_of(meeting, message, decisions[0] if decisions else Decision.READ)
        if mail.question not in {None, Question.SENDER}
    ]
    return HeldMail(
        mail=mail,
        attendee=next((each for each in meeting.attendees if each.id == mail.attendee_id), None),
        sender_name=message.sender_name or mail.sender or "Somebody",
        says=_says(message),
        is_unconfirmed=message.authentication.is_doubtful,
        decisions=decisions or (Decision.READ,),
        changes_nothing=await _changes_nothing(db, tools, meeting, mail, message),
        newcomers=newcomers,
        needs_team=[each for each in newcomers if not each.is_in_team] if meeting.is_private else (),
        stand_ins_for=[e for e in present_attendees(meeting) if e.person_id != meeting.convenor.person_id],
    )


def _says(message: itip.Message) -> str:
    if message.kind is itip.Kind.COUNTER:
        return "another time would suit them"
    if message.kind is itip.Kind.REFRESH:
        return "they want the invitation again"
    lines = [each for answer in message.answers for each in answer.attendees]
    return next((SAYS[each.partstat] for each in lines if each.partstat in SAYS), "")


async def _newcomer(db: Session, tools: Tools, meeting: Meeting, message: itip.Message, address: str) -> Newcomer:
    now = tools.clock.now()
    person = await find_person(db, meeting, address, now)
    team = {each.person_id for each in await team_of(db, meeting, now)}
    lines = [each for answer in message.answers for each in answer.attendees if each.address == address]
    said = next((each.name for each in lines if each.name), "")
    name = person.name if person else said or (message.sender_name if address == message.sender else "")
    return Newcomer(address, name, person, person is not None and person.id in team)


async def _changes_nothing(
    db: Session, tools: Tools, meeting: Meeting, mail: InboundMail, message: itip.Message
) -> str:
    """Why agreeing would change nothing: the same rules, asked beforehand."""
    if mail.question is None or not message.answers or meeting.status is not MeetingStatus.BOOKED:
        return ""
    policy = await policy_for(db, tools, meeting, {mail.question, *map(Question, mail.agreed or ())})
    if mail.question is Question.SUBSTITUTE:
        return ""
    would = itip.apply(event_of(tools, meeting), message, policy, tools.clock.now())
    stands = would.verdict in {itip.Verdict.APPLIED, itip.Verdict.HELD}
    return "" if stands else would.why
