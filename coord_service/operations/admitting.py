"""What a meeting does when somebody answers who was not invited."""

from coord_service.domain.access import Permission, require
from coord_service.domain.itip import Strangers
from coord_service.domain.people import Actor
from coord_service.errors import Refused
from coord_service.operations.audit import record
from coord_service.operations.changing import load_booked_meeting
from coord_service.operations.inbound import judge_mail
from coord_service.operations.tools import Tools
from coord_service.storage.post import judge_held_again


async def set_strangers(tools: Tools, actor: Actor, meeting_id: int, strangers: Strangers | None) -> None:
    """Say for one meeting what to do; None: as the council does. What is held is judged anew by it.

    Raises NotFound, or Refused for a meeting that is over, and where a shielded child makes it always ask.
    """
    require(actor, Permission.BOOK_MEETINGS)
    async with tools.database.begin() as db:
        meeting = await load_booked_meeting(db, meeting_id)
        if meeting.is_private:
            raise Refused("Somebody in this team is shielded, so whoever was not invited is always asked about.")
        if meeting.strangers is not strangers:
            meeting.strangers = strangers
            await judge_held_again(db, meeting.id)
            for child in meeting.children:
                record(db, actor, "set_strangers", ("meeting", meeting.id), tools.clock.now(), child_id=child.id)
    await judge_mail(tools)
