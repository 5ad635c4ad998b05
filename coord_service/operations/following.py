"""Following the organizers' calendars in which meetings of ours live: answers, the owner's own edits, links made there.

What a calendar tells is believed only of a state that we are sure stands there: while a write is on its way nobody can
say which of two times an answer was given to, so the same news is asked for again. An answer is kept as the mail in
which it would have come, and judged as mail is: the same rules, the same page, the same history.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from coord_service.domain import itip
from coord_service.domain.itip.rules import comparable
from coord_service.domain.meetings import MeetingStatus
from coord_service.domain.people import Actor
from coord_service.domain.routes import REMOVE
from coord_service.errors import CalendarTrouble
from coord_service.operations.audit import record
from coord_service.operations.inbound import judge_mail
from coord_service.operations.invitations import Change, post_changes
from coord_service.operations.organizer_copy import event_of, keep_changes
from coord_service.operations.reaching import address_of, note_success, note_trouble, reached, way_of
from coord_service.operations.routing import Writing, put_event
from coord_service.operations.tools import Tools
from coord_service.operations.writing_events import PASSING
from coord_service.ports import CalendarNews, EventAnswer, FollowedEvent, Position
from coord_service.storage.calendars import list_connections_to_follow, load_connection, lock_connection
from coord_service.storage.database import Session
from coord_service.storage.event_queue import has_events_waiting, list_standing, load_latest_written
from coord_service.storage.meetings import find_meeting_by_event, list_meetings_in_calendar, lock_meeting
from coord_service.storage.post import add_inbound, load_latest_told, lock_position, save_position
from coord_service.storage.tables import TOLD_BY, CalendarConnection, InboundMail, Meeting

log = structlog.get_logger()

ACTOR = Actor.job("follow_calendars")
SECONDS = 20.0
LEFT_ALONE = timedelta(minutes=30)
LONGEST_LINK = 2_000


async def follow_calendars(tools: Tools) -> None:
    """Ask every calendar in which a meeting lives what happened there, side by side, and judge the answers."""
    async with tools.database.read() as db:
        connection_ids = await list_connections_to_follow(db, tools.clock.now())
    await asyncio.gather(*(_follow(tools, each) for each in connection_ids))
    await judge_mail(tools)
    await tools.wake()


async def _follow(tools: Tools, connection_id: int) -> None:
    async with tools.database.read() as db:
        connection = await load_connection(db, connection_id)
        standing = await list_standing(db, connection_id)
    if connection is None or connection.disconnected_at is not None:
        return
    token = connection.news_token
    news: CalendarNews | CalendarTrouble
    try:
        async with reached(tools, way_of(tools, connection, address_of(connection.person)), SECONDS) as calendar:
            news = await calendar.news(token)
    except CalendarTrouble as trouble:
        news = trouble
    async with tools.database.begin() as db:
        connection = await lock_connection(db, connection_id)
        if connection is None or connection.disconnected_at is not None or connection.news_token != token:
            return  # disconnected, or another has followed it meanwhile
        if isinstance(news, CalendarTrouble):
            _note_trouble(connection, news, tools.clock.now())
            return
        note_success(connection, tools.clock.now())
        now_standing = await list_standing(db, connection_id)
        sure = {uid: each for uid, each in standing.items() if now_standing.get(uid) == each}
        if await _take_news(db, tools, connection, news, sure):
            connection.news_token = news.token


def _note_trouble(connection: CalendarConnection, trouble: CalendarTrouble, now: datetime) -> None:
    note_trouble(connection, trouble, now)
    if not isinstance(trouble, PASSING):
        # Somebody has to mend it, and a refused password that is tried every minute locks the account.
        connection.ask_after = now + LEFT_ALONE


async def _take_news(
    db: Session, tools: Tools, connection: CalendarConnection, news: CalendarNews, sure: Mapping[str, int]
) -> bool:
    """Whether all of it could be taken; what could not is asked for again."""
    followed = list(news.events)
    if news.is_whole:
        told = {each.uid for each in followed}
        for meeting_id in await list_meetings_in_calendar(db, connection.id, tools.clock.now()):
            meeting = await lock_meeting(db, meeting_id)
            if meeting and meeting.calendar_uid and meeting.calendar_uid not in told:
                followed.append(FollowedEvent(meeting.calendar_uid, None, None))
    is_whole_taken = True
    for each in followed:
        written = await load_latest_written(db, each.uid)
        if written is None:
            continue  # nothing of ours that was ever written, as far as we know
        if each.uid not in sure:
            is_whole_taken = False
        elif written.letter == REMOVE:
            await _take_out_again(db, tools, connection, each)
        else:
            await _Taken(db, tools, connection, tools.codec.read_copy(written.content)).take(each)
    return is_whole_taken


async def _take_out_again(db: Session, tools: Tools, connection: CalendarConnection, followed: FollowedEvent) -> None:
    """An event stands there that was taken out: a write that came too late has put it back."""
    written = await load_latest_written(db, followed.uid)
    if followed.start_at is None or written is None or await has_events_waiting(db, connection.id):
        return
    event = tools.codec.read_copy(written.content)
    again = Writing(connection, event, meeting_id=written.meeting_id, attendee_id=written.attendee_id)
    put_event(db, tools, again, tools.clock.now())
    log.warning("event_found_again", letter_id=written.id)


@dataclass(frozen=True, slots=True)
class _Taken:
    """One event of ours and what we last wrote there; what the calendar says of it is taken over."""

    db: Session
    tools: Tools
    connection: CalendarConnection
    written: itip.Event

    async def take(self, followed: FollowedEvent) -> None:
        """Note the owner's own edits; where there are none, the link and the answers."""
        meeting_id = await find_meeting_by_event(self.db, followed.uid)
        meeting = await lock_meeting(self.db, meeting_id) if meeting_id else None
        if meeting is None or meeting.calendar_id != self.connection.id or meeting.status is not MeetingStatus.BOOKED:
            return
        if self._is_edited(meeting, followed):
            return  # whoever answered there answered to something else than we have on record
        await self._take_link(meeting, followed.join_url)
        for answer in followed.answers:
            await self._keep_answer(meeting, answer)

    def _is_edited(self, meeting: Meeting, followed: FollowedEvent) -> bool:
        now, start, end = self.tools.clock.now(), followed.start_at, followed.end_at
        was = (meeting.there_start, meeting.there_end, meeting.there_deleted_at is None)
        meeting.there_start = meeting.there_end = None
        if start is None or end is None:
            meeting.there_deleted_at = meeting.there_deleted_at or now
        else:
            meeting.there_deleted_at = None
            if (start, end) != (comparable(self.written.start), comparable(self.written.end)):
                meeting.there_start, meeting.there_end = start, end
        found = (meeting.there_start, meeting.there_end, meeting.there_deleted_at is None)
        if found != was:
            for child in meeting.children:
                subject = ("meeting", meeting.id)
                record(self.db, ACTOR, "notice_edit", subject, now, child_id=child.id, is_deleted=not found[2])
        return meeting.there_start is not None or meeting.there_deleted_at is not None

    async def _take_link(self, meeting: Meeting, url: str) -> None:
        """The link that the calendar's system made goes to everybody who is told by mail."""
        is_sound = len(url) <= LONGEST_LINK and urlsplit(url).scheme == "https" and urlsplit(url).hostname
        if not meeting.wants_link or not is_sound or url == meeting.online_url:
            return
        now, old = self.tools.clock.now(), event_of(self.tools, meeting)
        meeting.online_url, meeting.changed_at = url, now
        changes = itip.diff(old, event_of(self.tools, meeting), now)
        keep_changes(meeting, changes.event, now)
        await post_changes(self.db, self.tools, meeting, changes.outgoing, Change(may_be_undone=False))
        for child in meeting.children:
            record(self.db, ACTOR, "keep_link", ("meeting", meeting.id), now, child_id=child.id)

    async def _keep_answer(self, meeting: Meeting, answer: EventAnswer) -> None:
        """Keep an answer as a mail, unless it is the one that this calendar told last."""
        if answer.partstat is itip.PartStat.NEEDS_ACTION:
            return
        mailbox, now = f"{TOLD_BY}{self.connection.id}", self.tools.clock.now()
        fingerprint = _fingerprint(self.written.sequence, answer)
        latest = await load_latest_told(self.db, meeting.id, answer.address)
        if latest is not None and latest.fingerprint == fingerprint:
            return
        place = await lock_position(self.db, mailbox)
        place = Position(place.uidvalidity, place.uid + 1)
        await save_position(self.db, mailbox, place)
        content = self.tools.codec.write_answer(self._as_reply(meeting, answer, now), answer.answered_at or now)
        row = InboundMail(
            mailbox=mailbox,
            uidvalidity=place.uidvalidity,
            uid=place.uid,
            content=content,
            fingerprint=fingerprint,
            received_at=now,
            sender=answer.address,
            meeting_id=meeting.id,
        )
        add_inbound(self.db, row)
        await self.db.flush()

    def _as_reply(self, meeting: Meeting, answer: EventAnswer, now: datetime) -> itip.Outgoing:
        """The REPLY, or the COUNTER, to the state that stands there; its UID is that of our own record."""
        said = itip.Attendee(answer.address, partstat=answer.partstat, comment=answer.comment)
        stamp = itip.dtstamp_after(answer.answered_at or now, None)
        event = replace(self.written, uid=meeting.uid, attendees=(said,), dtstamp=stamp, description="", location="")
        method = itip.Method.REPLY
        if answer.proposed is not None:
            method, (start, end) = itip.Method.COUNTER, answer.proposed
            event = replace(event, start=start, end=end)
        return itip.Outgoing(event.organizer.address, method, True, event)


def _fingerprint(sequence: int, answer: EventAnswer) -> str:
    at = answer.answered_at.isoformat() if answer.answered_at else ""
    proposed = (each.isoformat() for each in answer.proposed or ())
    parts = (answer.address, str(sequence), answer.partstat.value, at, answer.comment, *proposed)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
