"""Circulating what was agreed: one letter a reader, with a minute to undo; the notes stay behind a link."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.actions import ActionStatus
from coord_service.domain.children import Sharing
from coord_service.domain.delivery import LetterState
from coord_service.domain.meetings import NEUTRAL_TITLES, MeetingStatus
from coord_service.domain.people import Actor, PersonKind, Sector
from coord_service.errors import InvalidForm, Refused
from coord_service.operations.audit import record
from coord_service.operations.holding import WERE_THERE, load_meeting_to_hold
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.ports import LetterOrder
from coord_service.storage.actions import list_meeting_actions
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_team_members
from coord_service.storage.post import list_meeting_letters, withdraw_letters_of_change
from coord_service.storage.tables import Action, Attendee, Child, Meeting, Membership, OutboxLetter, Person

LETTER = "circulate"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may get the letter. ``barred``: why not, else none. ``is_ticked``: gets it unless unticked.

    ``children``: whose actions and notes they may read.
    """

    person: Person
    role: str
    children: Sequence[Child]
    barred: str | None
    is_ticked: bool

    @property
    def is_family(self) -> bool:
        """Whether they read as a member of the family: a copy of their own, and never chased."""
        return self.person.kind is PersonKind.FAMILY


@dataclass(frozen=True, slots=True)
class Copy:
    """What one reader would get, word for word, and how far the last letter to them has come."""

    reader: Reader
    subject: str
    text: str
    latest: OutboxLetter | None


@dataclass(frozen=True, slots=True)
class Circulation:
    """What the page before circulating shows."""

    meeting: Meeting
    copies: Sequence[Copy]
    barred: Sequence[Reader]
    actions: Sequence[Action]
    undo_until: datetime | None


@dataclass(frozen=True, slots=True)
class CirculationFacts:
    """What circulating is decided from; ``now`` is the instant it was read, which all its letters carry."""

    now: datetime
    meeting: Meeting
    actions: Sequence[Action]
    readers: Sequence[Reader]
    letters: Sequence[OutboxLetter]

    def actions_for(self, reader: Reader) -> list[Action]:
        """The actions a reader may know of."""
        known = {child.id for child in reader.children}
        return [each for each in self.actions if each.child_id in known or each.owner_id == reader.person.id]


async def view_circulation(tools: Tools, actor: Actor, meeting_id: int) -> Circulation:
    """Exactly what each reader would get, and who gets nothing and why. Raises NotFound, Refused."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        facts = await load_circulation(db, tools, meeting_id)
    latest = {each.person_id: each for each in facts.letters}
    open_readers = [each for each in facts.readers if each.barred is None]
    return Circulation(
        meeting=facts.meeting,
        copies=[_copy(tools, facts, each, latest.get(each.person.id)) for each in open_readers],
        barred=[each for each in facts.readers if each.barred is not None],
        actions=facts.actions,
        undo_until=_undo_until(tools, facts),
    )


async def load_circulation(db: Session, tools: Tools, meeting_id: int) -> CirculationFacts:
    """What a held meeting's circulation is decided from. Raises NotFound, Refused."""
    meeting = await load_meeting_to_hold(db, meeting_id)
    if meeting.status is not MeetingStatus.HELD:
        raise Refused("Say first that the meeting took place, then circulate what was agreed.")
    now = tools.clock.now()
    members = await list_team_members(db, [child.id for child in meeting.children], day_in_london(now))
    actions = [each for each in await list_meeting_actions(db, meeting_id) if each.status is not ActionStatus.WITHDRAWN]
    letters = await list_meeting_letters(db, meeting_id)
    sent = [each for each in letters if each.letter == LETTER and each.state is not LetterState.WITHDRAWN]
    return CirculationFacts(now, meeting, actions, _find_readers(meeting, members, actions), sent)


def _find_readers(meeting: Meeting, members: Sequence[Membership], actions: Sequence[Action]) -> list[Reader]:
    """Everybody at the meeting, everybody else who owns an action, then the rest of the teams; each once."""
    attendees = {each.person_id: each for each in present_attendees(meeting)}
    owners = {each.owner_id: each.owner for each in actions}
    people = {person_id: each.person for person_id, each in attendees.items()}
    people |= owners | {each.person_id: each.person for each in members}
    places = {person_id: [each for each in members if each.person_id == person_id] for person_id in people}
    return [
        _reader(meeting, person, attendees.get(person.id), places[person.id], owns_one=person.id in owners)
        for person in people.values()
    ]


def _reader(
    meeting: Meeting, person: Person, attendee: Attendee | None, places: Sequence[Membership], *, owns_one: bool
) -> Reader:
    told = {each.child_id for each in places if each.sharing is not Sharing.REFUSED}
    was_there = attendee is not None and attendee.attendance in WERE_THERE
    if was_there and not places:  # a guest for the day, of no team: they heard it all
        told = {child.id for child in meeting.children}
    is_family = person.kind is PersonKind.FAMILY
    barred = _why_barred(meeting, person, refused=bool(places) and not told, is_concerned=bool(told) or owns_one)
    return Reader(
        person=person,
        role=attendee.role if attendee else next((each.role for each in places), "Owns an action"),
        children=[child for child in meeting.children if child.id in told],
        barred=barred,
        is_ticked=(attendee is not None or owns_one) and not (meeting.is_private and is_family),
    )


def _why_barred(meeting: Meeting, person: Person, *, refused: bool, is_concerned: bool) -> str | None:
    if person.id == meeting.convenor.person_id:
        return "Convenes the meeting, and has it all on this page"
    if refused:
        return "The family has not agreed to share with them: no papers go to them"
    if not is_concerned:
        return "Was not there and is not in the team"
    if not person.email:
        return "Has no mail address: tell them by telephone, or hand them a print"
    return None


def _copy(tools: Tools, facts: CirculationFacts, reader: Reader, latest: OutboxLetter | None) -> Copy:
    placeholder = f"{tools.settings.public_url}/a/…"
    written = tools.letters.write(
        LetterOrder(
            letter=LETTER,
            to_name=reader.person.name,
            to_address=reader.person.email or "",
            message_id=f"<preview@{tools.settings.mail_domain}>",
            facts=_letter_facts(facts, reader, lambda _purpose, _about: placeholder),
        ),
        tools.clock.now(),
    )
    return Copy(reader, written.subject, written.text, latest)


def _letter_facts(facts: CirculationFacts, reader: Reader, link_to: Callable[[str, About], str]) -> dict[str, Any]:
    """What the letter may say to this reader: references, never a child's name; no notes."""
    meeting, actions = facts.meeting, facts.actions_for(reader)
    own = [each for each in actions if each.owner_id == reader.person.id and each.status is ActionStatus.OPEN]
    about = About(person_id=reader.person.id, meeting_id=meeting.id)
    known = reader.children or [each.child for each in actions]
    return {
        "title": NEUTRAL_TITLES[meeting.purpose],
        "reference": " and ".join(dict.fromkeys(each.reference for each in known)),
        "held_at": meeting.starts_at,
        "asks": meeting.convenor.person.name,
        "is_family": reader.is_family,
        "own": [
            {"what": each.what, "due_on": each.due_on, "reference": each.child.reference}
            | {"link": link_to("action", About(person_id=reader.person.id, action_id=each.id))}
            for each in own
        ],
        "actions": [
            {
                "reference": each.child.reference,
                "what": each.what,
                "owner": say_owner(meeting, each, reader.person.id),
                "due_on": each.due_on,
                "is_done": each.status is ActionStatus.DONE,
            }
            for each in actions
        ],
        "notes_link": link_to("notes", about) if reader.children else None,
    }


def say_owner(meeting: Meeting, action: Action, reader_id: int) -> str:
    """Who owns an action, as another reader may know: a family has no name, and where somebody is shielded nobody has.

    A family's name would tell whose case it is, an agency's where a shielded child can be found.
    """
    if action.owner_id == reader_id:
        return "You"
    attendee = next((each for each in meeting.attendees if each.person_id == action.owner_id), None)
    if action.owner.kind is PersonKind.FAMILY or (attendee and attendee.sector is Sector.FAMILY):
        return "Family"
    if meeting.is_private:
        return "Somebody in the team"
    return f"{action.owner.name}, {action.agency}"


async def circulate_actions(tools: Tools, actor: Actor, meeting_id: int, person_ids: Iterable[int]) -> int:
    """Queue a letter for each of these people, held back for the time in which it can be undone; how many.

    A second press within that time sends nothing more. Raises InvalidForm, NotFound, Refused.
    """
    require(actor, Permission.BOOK_MEETINGS)
    chosen = set(person_ids)
    async with tools.database.begin() as db:
        facts = await load_circulation(db, tools, meeting_id)
        meeting, now = facts.meeting, facts.now
        if _undo_until(tools, facts):
            return 0
        readers = [each for each in facts.readers if each.person.id in chosen and each.barred is None]
        if not readers:
            raise InvalidForm({"person": "Tick at least one person"})
        for reader in readers:
            await _post(db, tools, facts, reader, f"{now.isoformat()}:{reader.person.id}")
        meeting.circulated_at = now
        _record(db, actor, "circulate_actions", meeting, now, people=[each.person.id for each in readers])
    await tools.wake()
    return len(readers)


async def _post(db: Session, tools: Tools, facts: CirculationFacts, reader: Reader, mark: str) -> None:
    """Queue one reader's letter; ``mark`` tells it apart from every other about this meeting."""
    now, person, meeting = facts.now, reader.person, facts.meeting
    address = person.email or ""
    letter_facts = _letter_facts(
        facts, reader, lambda purpose, about: make_link(db, tools, Door(purpose, address, about), now)
    )
    child_id = reader.children[0].id if len(reader.children) == 1 else None
    posting = Posting(
        key=f"meeting:{meeting.id}:{LETTER}:{mark}",
        letter=LETTER,
        to_name=person.name,
        to_address=address,
        facts=letter_facts,
        about=About(person_id=person.id, meeting_id=meeting.id, child_id=child_id),
        not_before=now + timedelta(seconds=tools.settings.undo_seconds),
    )
    await put_letter(db, tools, posting, now)


async def undo_circulation(tools: Tools, actor: Actor, meeting_id: int) -> None:
    """Take the letters back: none of them has gone. Raises Refused when one has."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.begin() as db:
        facts = await load_circulation(db, tools, meeting_id)
        meeting, sent_at = facts.meeting, facts.meeting.circulated_at
        if sent_at is None or not await withdraw_letters_of_change(db, meeting.id, sent_at, facts.now):
            raise Refused("It is too late to undo: a letter has gone. Correct the actions and circulate them again.")
        earlier = [each.created_at for each in facts.letters if each.created_at != sent_at]
        meeting.circulated_at = max(earlier, default=None)
        _record(db, actor, "undo_circulation", meeting, facts.now)


def _undo_until(tools: Tools, facts: CirculationFacts) -> datetime | None:
    """Until when the last circulation can be taken back: none of its letters has gone."""
    sent_at = facts.meeting.circulated_at
    of_it = [each for each in facts.letters if each.created_at == sent_at]
    if sent_at is None or not of_it:
        return None
    until = sent_at + timedelta(seconds=tools.settings.undo_seconds)
    still_here = all(each.state is LetterState.WAITING and each.leased_until is None for each in of_it)
    return until if still_here and until > facts.now else None


async def tell_new_owner(tools: Tools, actor: Actor, action: Action) -> bool:
    """Write to somebody who is given an action after its meeting was circulated; whether a letter goes."""
    if action.meeting.circulated_at is None:
        return False
    async with tools.database.begin() as db:
        facts = await load_circulation(db, tools, action.meeting_id)
        reader = next((each for each in facts.readers if each.person.id == action.owner_id), None)
        if reader is None or reader.barred:
            return False
        await _post(db, tools, facts, reader, f"action:{action.id}:v{action.version}")
        _record(db, actor, "tell_new_owner", facts.meeting, facts.now, person=reader.person.id)
    await tools.wake()
    return True


def _record(db: Session, actor: Actor, verb: str, meeting: Meeting, now: datetime, **details: object) -> None:
    for child in meeting.children:
        record(db, actor, verb, ("meeting", meeting.id), now, child_id=child.id, **details)
