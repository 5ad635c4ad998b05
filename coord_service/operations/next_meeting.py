"""The next meeting, planned before people leave the room: the same people and place, about six weeks on."""

from coord_service.domain.access import Permission, require
from coord_service.domain.bookings import Need, What, from_answers
from coord_service.domain.meetings import Purpose
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm
from coord_service.operations.booking import AnswerWhat, save_who, start_booking
from coord_service.operations.holding import load_meeting_to_hold, next_meeting_on
from coord_service.operations.organizer_copy import present_attendees
from coord_service.operations.tools import Tools
from coord_service.storage.booking import list_unfinished_drafts
from coord_service.storage.tables import Meeting


async def plan_next_meeting(tools: Tools, actor: Actor, meeting_id: int) -> tuple[int, bool]:
    """Begin a booking of the next meeting; its id, and whether only the time is left to choose.

    Asked twice, it is the same booking. A review is followed by a team meeting: the next review is a year off. Raises
    NotFound, Refused, and InvalidForm when the first step can't be taken over as it was.
    """
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.read() as db:
        meeting = await load_meeting_to_hold(db, meeting_id)
        what = _what(tools, meeting)
        begun = [
            (draft.id, from_answers(draft.answers)) for draft in await list_unfinished_drafts(db, actor.user_id or 0)
        ]
    for draft_id, booking in begun:
        if booking.what == what:
            return draft_id, booking.needs is not None
    draft_id = await start_booking(tools, actor, AnswerWhat(what))
    needs = {
        each.person_id: Need.REQUIRED if each.is_required else Need.OPTIONAL for each in present_attendees(meeting)
    }
    try:
        await save_who(tools, actor, draft_id, needs)
    except InvalidForm:  # somebody's address went, or they left the team: who should come wants another look
        return draft_id, False
    return draft_id, True


def _what(tools: Tools, meeting: Meeting) -> What:
    return What(
        child_ids=tuple(child.id for child in meeting.children),
        purpose=Purpose.TAC if meeting.purpose is Purpose.REVIEW else meeting.purpose,
        convenor_id=meeting.convenor_id,
        minutes=int((meeting.ends_at - meeting.starts_at).total_seconds() // 60),
        mode=meeting.mode,
        place=meeting.place,
        online_url=meeting.online_url,
        notes=None,
        around_on=next_meeting_on(tools, meeting),
    )
