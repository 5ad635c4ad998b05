"""The last step of a booking: what each person will receive, what to think of, and sending it."""

from dataclasses import dataclass, replace
from datetime import datetime

from coord_service.clock import day_in_london
from coord_service.domain.bookings import Booking, Need, Plan, check_start, concerns
from coord_service.domain.meetings import MeetingMode
from coord_service.domain.needed_roles import roles_needed, say_missing
from coord_service.domain.people import Actor
from coord_service.errors import Refused
from coord_service.operations.booking import check_guests, check_what, load_booking
from coord_service.operations.case_clocks import last_review_day
from coord_service.operations.diaries import who_cannot
from coord_service.operations.finding_rules import load_finding_rules
from coord_service.operations.guests import Guest, as_candidates, load_guests
from coord_service.operations.meetings import BookMeeting, Invitee, Preview, book_meeting, preview_invitations
from coord_service.operations.quorums import load_quorum
from coord_service.operations.rooms import RoomsWanted, need_of, pick_room, say_room
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_clashes, load_children
from coord_service.storage.places import load_room


@dataclass(frozen=True, slots=True)
class Checked:
    """Everything to look at before sending. ``concerns`` forbid nothing; ``has_clash`` needs a word before it goes."""

    guests: tuple[Guest, ...]
    starts_at: datetime
    ends_at: datetime
    previews: tuple[Preview, ...]
    concerns: tuple[str, ...]
    has_clash: bool
    place: str | None


async def check_booking(tools: Tools, actor: Actor, draft_id: int) -> Checked:
    """What sending this booking would do. Nothing is kept. Raises Refused, InvalidForm, NotFound."""
    booking = (await load_booking(tools, actor, draft_id)).booking
    request, guests = await _plan(tools, draft_id, booking)
    async with tools.database.read() as db:
        children = await load_children(db, booking.what.child_ids)
        limit_on = await last_review_day(db, tools, booking.what.purpose, children)
        against = await who_cannot(db, tools, guests, request.starts_at, request.ends_at)
        required = [guest.person_id for guest in guests if guest.need is Need.REQUIRED]
        clashes = await list_clashes(db, required, request.starts_at, request.ends_at, except_meeting=None)
        rules = await load_quorum(db, booking.what.purpose)
        own_notice = (await load_finding_rules(db)).notice_of(booking.what.purpose)
    plan = Plan(booking.what.purpose, rules, tuple(as_candidates(guests)), request.starts_at, limit_on, own_notice)
    said = concerns(plan, tools.clock.now())
    said += say_missing(roles_needed(children), [guest.role for guest in guests])
    return Checked(
        guests=guests,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        previews=await preview_invitations(tools, actor, request),
        concerns=(*said, *against),
        has_clash=bool(clashes),
        place=request.place,
    )


async def send_booking(tools: Tools, actor: Actor, draft_id: int, *, accept_clashes: bool = False) -> int:
    """Book the meeting; its id, the first one's when it was sent before. Raises SlotTaken, Refused, InvalidForm."""
    draft = await load_booking(tools, actor, draft_id)
    if draft.meeting_id is not None:
        return draft.meeting_id
    request, _ = await _plan(tools, draft_id, draft.booking)
    return await book_meeting(tools, actor, replace(request, accept_clashes=accept_clashes))


async def _plan(tools: Tools, draft_id: int, booking: Booking) -> tuple[BookMeeting, tuple[Guest, ...]]:
    """The finished booking as the meeting it will be; looked through again, for its world may have changed."""
    starts_at, ends_at = booking.starts_at, booking.ends_at
    if booking.needs is None or starts_at is None or ends_at is None:
        raise Refused("This booking is not finished: say who should come, and when.")
    now = tools.clock.now()
    async with tools.database.read() as db:
        await check_what(db, tools, booking.what, day_in_london(now))
        guests = tuple(guest for guest in await load_guests(db, booking, day_in_london(now)) if guest.is_invited)
        check_guests(guests)
        room_id, place = await _where(db, booking, len(guests))
    check_start(starts_at, booking.what.minutes, now)
    what = booking.what
    request = BookMeeting(
        draft_id=draft_id,
        child_ids=what.child_ids,
        purpose=what.purpose,
        invitees=tuple(_invitee(guest) for guest in guests),
        starts_at=starts_at,
        ends_at=ends_at,
        mode=what.mode,
        place=place,
        online_url=what.online_url if what.mode is not MeetingMode.PLACE and not what.wants_link else None,
        notes=what.notes,
        convenor_id=what.convenor_id,
        room_id=room_id,
        wants_link=what.wants_link,
    )
    return request, guests


async def _where(db: Session, booking: Booking, people: int) -> tuple[int | None, str | None]:
    """The room that was chosen with the time, or the smallest that is free then, and the place in words."""
    what, starts_at, ends_at = booking.what, booking.starts_at, booking.ends_at
    if what.mode is MeetingMode.ONLINE:
        return None, None
    if what.rooms_at is None or starts_at is None or ends_at is None:
        return None, what.place
    room_id = booking.room_id
    if room_id is None:
        need = need_of(await load_children(db, what.child_ids), people)
        room_id = await pick_room(db, RoomsWanted(what.rooms_at, need), starts_at, ends_at)
    room = await load_room(db, room_id)
    return room_id, say_room(room) if room else None


def _invitee(guest: Guest) -> Invitee:
    return Invitee(guest.person_id, guest.role, guest.sector, guest.need is Need.REQUIRED)
