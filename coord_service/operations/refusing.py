"""Telling an attendee that nobody can come in their place: iTIP has no message for it, so it is a letter."""

from datetime import timedelta

from coord_service.domain import itip
from coord_service.operations.hearing import Hearing
from coord_service.operations.invitations import Change, facts_of
from coord_service.operations.organizer_copy import attendee_at
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.database import Session
from coord_service.storage.post import has_standing_letter
from coord_service.storage.tables import InboundMail, OutboxLetter


async def tell_delegator(
    db: Session, tools: Tools, mail: InboundMail, hearing: Hearing, pause: timedelta = timedelta()
) -> OutboxLetter | None:
    """Ask whoever passed their place on to come themselves or to say no; once, None for any other message.

    ``pause``: how long the letter is held back, so that it can be taken back.
    """
    line = next((each for answer in hearing.message.answers for each in answer.attendees), None)
    row = attendee_at(hearing.meeting, line.address) if line and line.partstat is itip.PartStat.DELEGATED else None
    if line is None or row is None or row.removed_at is not None:
        return None
    answer = hearing.message.answers[0]
    stamp = int(answer.dtstamp.timestamp()) if answer.dtstamp else mail.id
    about_this = f"meeting:{hearing.meeting.id}:decline_delegate:{row.id}:{answer.sequence}:{stamp}:"
    if await has_standing_letter(db, about_this):
        return None
    key = f"{about_this}{mail.id}:{int(hearing.now.timestamp() * 1000)}"
    about = About(person_id=row.person_id, meeting_id=hearing.meeting.id, attendee_id=row.id)
    facts = facts_of(hearing.meeting, row, Change())
    facts["link"] = make_link(db, tools, Door("meeting", row.email, about), hearing.now)
    to, not_before = (row.person.name, row.email), hearing.now + pause
    posting = Posting(key, "decline_delegate", *to, facts=facts, about=about, not_before=not_before)
    return await put_letter(db, tools, posting, hearing.now)
