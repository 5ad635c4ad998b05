"""A booking being filled in: kept on the server after every step, its owner's alone, until it is sent.

Nobody else sees a draft and nothing leaves the house because of one, so the audit begins with ``book_meeting``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from urllib.parse import urlsplit

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.bookings import (
    LONGEST,
    SHORTEST,
    Booking,
    Need,
    Step,
    What,
    as_answers,
    check_start,
    from_answers,
)
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.people import Actor
from coord_service.domain.wall_time import instant_in_london
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.guests import Guest, load_guests
from coord_service.operations.invitation_words import InvitationWords, faults_of_words
from coord_service.operations.poll_letters import take_back
from coord_service.operations.routing import list_link_makers
from coord_service.operations.tools import Tools
from coord_service.storage.booking import (
    add_draft,
    list_convenors,
    list_siblings,
    list_unfinished_drafts,
    load_draft,
    search_open_children,
)
from coord_service.storage.database import Session
from coord_service.storage.meetings import load_children, load_meeting_of_draft
from coord_service.storage.places import load_place
from coord_service.storage.polls import PollLine, list_open_polls, list_poll_lines, lock_poll
from coord_service.storage.tables import BookingDraft, Child

MOST_CHILDREN_FOUND = 20


@dataclass(frozen=True, slots=True)
class AnswerWhat:
    """The first step as it was filled in; with ``agreed_on`` and ``agreed_time`` (London) no time is looked for."""

    what: What
    agreed_on: date | None = None
    agreed_time: time | None = None


@dataclass(frozen=True, slots=True)
class ChooseTime:
    """A time out of those found, with what the search had changed: the length, and people it could do without.

    ``room_id``: the room that was offered with it.
    """

    starts_at: datetime
    minutes: int
    without: frozenset[int] = frozenset()
    room_id: int | None = None


@dataclass(frozen=True, slots=True)
class ChildLine:
    """A child to be ticked."""

    child_id: int
    name: str
    reference: str
    is_shielded: bool


@dataclass(frozen=True, slots=True)
class OnOffer:
    """What the first step offers: the children ticked, their siblings, those searched for, and who can convene.

    ``link_makers``: the names of those convenors whose calendars make links to meet online by.
    """

    children: tuple[ChildLine, ...]
    siblings: tuple[ChildLine, ...]
    found: tuple[ChildLine, ...]
    convenors: tuple[tuple[int, str], ...]
    link_makers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A booking with its id; ``meeting_id`` once it has been sent."""

    draft_id: int
    booking: Booking
    children: tuple[ChildLine, ...]
    meeting_id: int | None = None


@dataclass(frozen=True, slots=True)
class DraftLine:
    """An unfinished booking on its owner's list."""

    draft_id: int
    child_names: tuple[str, ...]
    purpose: Purpose
    next_step: Step
    updated_at: datetime
    poll: PollLine | None = None


async def offer_what(tools: Tools, actor: Actor, child_ids: Sequence[int], search: str = "") -> OnOffer:
    """The choices of the first step, with these children ticked. Raises NotFound when one of them does not exist."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        children = await load_children(db, child_ids)
        if len(children) != len(set(child_ids)):
            raise NotFound("There is no child with this address.")
        siblings = await list_siblings(db, child_ids, MOST_CHILDREN_FOUND)
        words = search.split()[:5]
        near = actor.user_id or 0
        found = await search_open_children(db, words, near, MOST_CHILDREN_FOUND) if words else []
        convenors = await list_convenors(db)
        makers = await list_link_makers(db, tools)
    known = {child.id for child in (*children, *siblings)}
    return OnOffer(
        children=tuple(map(_line, children)),
        siblings=tuple(map(_line, siblings)),
        found=tuple(_line(child) for child in found if child.id not in known),
        convenors=tuple((user.id, user.person.name) for user in convenors),
        link_makers=tuple(user.person.name for user in convenors if user.person_id in makers),
    )


def _line(child: Child) -> ChildLine:
    return ChildLine(child.id, f"{child.given_name} {child.family_name}", child.reference, child.is_shielded)


async def start_booking(tools: Tools, actor: Actor, request: AnswerWhat) -> int:
    """Keep the first step of a new booking; its id. Sent twice, it is the same booking. Raises InvalidForm."""
    require(actor, Permission.BOOK_MEETINGS)
    now = tools.clock.now()
    async with tools.database.begin() as db:
        answers = as_answers(await _sound((db, tools), Booking(request.what), request, now))
        for draft in await list_unfinished_drafts(db, _user_of(actor)):
            if draft.answers == answers:
                return draft.id
        draft = BookingDraft(user_id=_user_of(actor), answers=answers, updated_at=now)
        add_draft(db, draft)
        await db.flush()
    return draft.id


async def save_what(tools: Tools, actor: Actor, draft_id: int, request: AnswerWhat) -> None:
    """Answer the first step anew; the others keep their answers. Raises InvalidForm, NotFound."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        draft = await _load_own(db, actor, draft_id)
        booking = from_answers(draft.answers)
        _keep(draft, await _sound((db, tools), replace(booking, what=request.what), request, now), now)


async def save_who(tools: Tools, actor: Actor, draft_id: int, needs: Mapping[int, Need]) -> Booking:
    """Say who is needed, welcome, or not invited, by person id. Raises InvalidForm, NotFound."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        draft = await _load_own(db, actor, draft_id)
        booking = replace(from_answers(draft.answers), needs=dict(needs))
        check_guests(await load_guests(db, booking, day_in_london(now)))
        _keep(draft, booking, now)
    return booking


async def choose_time(tools: Tools, actor: Actor, draft_id: int, request: ChooseTime) -> None:
    """Take a time; whoever the search did without becomes optional. Raises Refused, NotFound."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        draft = await _load_own(db, actor, draft_id)
        booking = from_answers(draft.answers)
        if not SHORTEST <= request.minutes <= LONGEST:
            raise Refused("A meeting takes from 15 minutes to 8 hours.")
        check_start(request.starts_at, request.minutes, now)
        needs = dict(booking.needs or {})
        needs |= {who: Need.OPTIONAL for who in request.without if needs.get(who) is Need.REQUIRED}
        what = replace(booking.what, minutes=request.minutes)
        room_id = request.room_id if what.rooms_at else None
        _keep(draft, Booking(what, needs, request.starts_at, room_id=room_id), now)


async def discard_booking(tools: Tools, actor: Actor, draft_id: int) -> None:
    """Throw an unfinished booking away; who was asked about times for it is asked no more.

    Raises NotFound, or Refused once it has been sent.
    """
    now = tools.clock.now()
    async with tools.database.begin() as db:
        draft = await _load_own(db, actor, draft_id)
        draft.discarded_at = now
        for poll_id in await list_open_polls(db, draft_id):
            if poll := await lock_poll(db, poll_id):
                await take_back(db, poll, now)


async def load_booking(tools: Tools, actor: Actor, draft_id: int) -> Draft:
    """One's own booking as far as it is filled in. Raises NotFound for anybody else's."""
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        draft = await _find(db, actor, draft_id)
        booking = from_answers(draft.answers)
        children = tuple(map(_line, await load_children(db, booking.what.child_ids)))
        return Draft(draft_id, booking, children, await load_meeting_of_draft(db, draft_id))


async def list_drafts(tools: Tools, actor: Actor) -> list[DraftLine]:
    """One's own unfinished bookings, the latest touched first, for the home page."""
    async with tools.database.read() as db:
        drafts = await list_unfinished_drafts(db, actor.user_id or 0)
        bookings = [(draft, from_answers(draft.answers)) for draft in drafts]
        wanted = {child_id for _, booking in bookings for child_id in booking.what.child_ids}
        names = {child.id: _line(child).name for child in await load_children(db, wanted)}
        polls = await list_poll_lines(db, [draft.id for draft in drafts])
    return [
        DraftLine(
            draft_id=draft.id,
            child_names=tuple(names[child_id] for child_id in booking.what.child_ids if child_id in names),
            purpose=booking.what.purpose,
            next_step=booking.next_step,
            updated_at=draft.updated_at,
            poll=polls.get(draft.id),
        )
        for draft, booking in bookings
    ]


def check_guests(guests: Sequence[Guest]) -> None:
    """Refuse a list of people that can't be invited together. Raises InvalidForm with a field a person."""
    invited = [guest for guest in guests if guest.is_invited]
    errors = {
        f"need-{guest.person_id}": f"{guest.name} has no e-mail address, so no invitation can reach them"
        for guest in invited
        if not guest.address
    }
    seen: dict[str, Guest] = {}
    for guest in invited:
        other = seen.setdefault(guest.address or f"none-{guest.person_id}", guest)
        if other is not guest:
            errors[f"need-{guest.person_id}"] = (
                f"{other.name} and {guest.name} have the same e-mail address, so their answers could not be told "
                "apart. Invite one of them, or give one an address of their own"
            )
    if not any(guest.need is Need.REQUIRED and not guest.is_convenor for guest in invited):
        errors.setdefault("people", "Choose at least one person who is required, besides the convenor")
    if errors:
        raise InvalidForm(errors)


async def check_what(db: Session, tools: Tools, what: What, today: date) -> None:
    """Refuse a first step that no meeting can be made of. Raises InvalidForm with its fields."""
    errors: dict[str, str] = {}
    children = await load_children(db, what.child_ids)
    if not children or len(children) != len(set(what.child_ids)):
        errors["children"] = "Choose at least one child from the list"
    elif closed := [child.reference for child in children if child.closed_at]:
        errors["children"] = f"The record of {' and '.join(closed)} is closed. Open it again, or leave it out"
    convenors = {user.id: user for user in await list_convenors(db)}
    if what.convenor_id not in convenors:
        errors["convenor"] = "Choose who convenes the meeting"
    elif what.wants_link and convenors[what.convenor_id].person_id not in await list_link_makers(db, tools):
        errors["wants_link"] = f"The calendar of {convenors[what.convenor_id].person.name} makes no links. Paste one"
    if not SHORTEST <= what.minutes <= LONGEST:
        errors["minutes"] = "A meeting takes from 15 minutes to 8 hours"
    if what.wants_link and any(child.is_shielded for child in children):
        errors["wants_link"] = "A shielded team’s meeting stays out of every calendar, so no link is made. Paste one"
    errors |= _wrong_with_location(what)
    if what.rooms_at and await load_place(db, what.rooms_at) is None:
        errors["rooms_at"] = "This place is no longer on the list. Choose another"
    words = InvitationWords({"notes": what.notes}, place=what.place, online_url=what.online_url)
    errors |= await faults_of_words(db, children, words, today)
    if errors:
        raise InvalidForm(errors)


def _wrong_with_location(what: What) -> dict[str, str]:
    errors: dict[str, str] = {}
    is_somewhere = bool(what.place or what.rooms_at)
    if what.mode is not MeetingMode.ONLINE and not is_somewhere and what.purpose is not Purpose.HOME_VISIT:
        errors["place"] = "Say where people meet: a building and a room"
    if what.place and what.rooms_at:
        errors["place"] = "Leave the place empty: a room is looked for. Or choose to type the place yourself"
    if what.mode is MeetingMode.PLACE and what.wants_link:
        errors["wants_link"] = "A link is for meetings that are online, or both: choose that, or leave it out"
    if what.mode is not MeetingMode.PLACE and not what.wants_link:
        address = urlsplit(what.online_url or "")
        if address.scheme not in {"https", "http"} or not address.hostname:
            errors["online_url"] = "Paste the link people join by: it begins with https://"
    if what.purpose is Purpose.HOME_VISIT and is_somewhere:
        errors["place"] = (
            "Leave the place empty for a home visit: the address of a family never goes into an invitation"
        )
    return errors


async def _sound(within: tuple[Session, Tools], booking: Booking, request: AnswerWhat, now: datetime) -> Booking:
    """The booking with its agreed time, once everything about it holds."""
    db, tools = within
    errors: dict[str, str] = {}
    try:
        await check_what(db, tools, request.what, day_in_london(now))
    except InvalidForm as error:
        errors |= error.fields
    starts_at = None if booking.is_agreed else booking.starts_at
    if request.agreed_on and request.agreed_time:
        try:
            starts_at = instant_in_london(request.agreed_on, request.agreed_time)
            check_start(starts_at, request.what.minutes, now)
        except Refused as error:
            errors["agreed_on"] = str(error)
    if errors:
        raise InvalidForm(errors)
    return replace(booking, starts_at=starts_at, is_agreed=request.agreed_on is not None, room_id=None)


async def _load_own(db: Session, actor: Actor, draft_id: int) -> BookingDraft:
    """The actor's own booking, to be changed."""
    require(actor, Permission.BOOK_MEETINGS)
    draft = await _find(db, actor, draft_id)
    if await load_meeting_of_draft(db, draft_id) is not None:
        raise Refused("This meeting is booked. Move or change it on its own page.")
    return draft


async def _find(db: Session, actor: Actor, draft_id: int) -> BookingDraft:
    draft = await load_draft(db, draft_id, _user_of(actor))
    if draft is None:
        raise NotFound("There is no booking of yours with this address. Somebody may have thrown it away.")
    return draft


def _keep(draft: BookingDraft, booking: Booking, now: datetime) -> None:
    draft.answers, draft.updated_at = as_answers(booking), now


def _user_of(actor: Actor) -> int:
    if actor.user_id is None:
        raise NotFound("There is no booking of yours with this address.")
    return actor.user_id
