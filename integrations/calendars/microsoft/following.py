"""What becomes of our events: a delta query over the calendar says what changed, and each of ours is looked at.

The delta function shows no extended properties and takes no ``$select``, so that the whole calendar passes by: of it
nothing is kept but ids. It is bound to a span of time, and what is moved out of it looks deleted (event: delta), so
what is gone is searched for by its UID. The token holds the link to go on from, and which of ours was there under
which id: a deletion gives the id alone.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from coord_service.domain.itip import PartStat
from coord_service.ports import CalendarNews, EventAnswer, FollowedEvent
from integrations.calendars.microsoft.conversation import Conversation, Json, Question, items_of, together
from integrations.calendars.microsoft.events import Kept, attendees_of, find_events, id_of, load_event
from integrations.calendars.microsoft.moments import read_address, read_instant, read_when, write_utc
from integrations.calendars.microsoft.refusals import Missing, TokenLost

BACK, AHEAD = timedelta(days=2), timedelta(days=400)  # the span that is watched
RENEWED = timedelta(days=30)  # how old a span may grow
PAGE = "odata.maxpagesize=100"
MOST_PAGES = 20  # read in one call; the next call goes on from there
MOST_LOOKED_AT = 40  # events asked for one by one; beyond it, all of ours are listed
OCCURRENCES = frozenset({"occurrence", "exception"})  # parts of a series, and ours are none
PARTSTATS = {
    "accepted": PartStat.ACCEPTED,
    "declined": PartStat.DECLINED,
    "tentativelyaccepted": PartStat.TENTATIVE,
}


@dataclass(frozen=True, slots=True)
class Watch:
    """What a token says: where to go on, since when its span is watched, and the UIDs of ours by a short id."""

    link: str
    since: datetime
    uids: dict[str, str]

    def write(self) -> str:
        """As a token."""
        return json.dumps({"link": self.link, "since": self.since.isoformat(), "uids": self.uids})


@dataclass(slots=True)
class Round:
    """What one round of the delta query told."""

    link: str = ""
    changed: dict[str, Json] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)


async def tell_news(graph: Conversation, token: str | None, mailbox: str, now: datetime) -> CalendarNews:
    """The news of our events since the token; all of them where it is none, or no longer good."""
    watch = _read_watch(token)
    if watch is None or now - watch.since > RENEWED:
        return await _tell_all(graph, mailbox, now)
    try:
        found = await _follow(graph, Question("GET", watch.link, prefer=PAGE))
    except (TokenLost, Missing):  # or the connection has been moved to another cloud or mailbox
        return await _tell_all(graph, mailbox, now)
    return await _tell_changes(graph, replace(watch, link=found.link), found, mailbox)


async def _tell_all(graph: Conversation, mailbox: str, now: datetime) -> CalendarNews:
    """Everything. The delta query begins before the list is read: nothing falls between the two."""
    since = now - BACK
    span = {"startDateTime": _plain(since), "endDateTime": _plain(now + AHEAD)}
    found = await _follow(graph, Question("GET", "/calendarView/delta", span, prefer=PAGE))
    ours = await find_events(graph)
    watch = Watch(found.link, since, {_short(each.id): each.mark.uid for each in ours if _ends_after(each, since)})
    return CalendarNews(watch.write(), tuple(_followed(each, mailbox) for each in ours), is_whole=True)


async def _tell_changes(graph: Conversation, watch: Watch, found: Round, mailbox: str) -> CalendarNews:
    """What happened to ours among all that happened.

    Something is gone that we have not seen before: mostly an appointment of the owner's own, but it may be an event
    that was put there and deleted again meanwhile. Then, and where a great deal changed, all of ours are listed.
    """
    gone = {watch.uids[short] for short in map(_short, found.removed) if short in watch.uids}
    looked_at = [each for each, item in found.changed.items() if _short(each) in watch.uids or _may_be_ours(item)]
    is_whole = len(gone) < len(found.removed) or len(looked_at) > MOST_LOOKED_AT
    if is_whole:
        ours = await find_events(graph)
        gone |= set(watch.uids.values())
    else:
        loaded = await together(load_event(graph, each) for each in looked_at)
        again = await together(find_events(graph, uid) for uid in sorted(gone))
        ours = [each for copies in again for each in copies]
        ours += [each for each in loaded if each and not _is_copy(each, watch, gone)]
    there: dict[str, Kept] = {}
    for each in ours:
        there.setdefault(each.mark.uid, each)
    gone -= set(there)
    uids = {short: uid for short, uid in watch.uids.items() if uid not in gone and uid not in there}
    uids |= {_short(each.id): each.mark.uid for each in ours if _ends_after(each, watch.since)}
    events = [_followed(each, mailbox) for each in there.values()]
    events += [FollowedEvent(uid, None, None) for uid in sorted(gone)]
    return CalendarNews(replace(watch, uids=uids).write(), tuple(events), is_whole)


async def _follow(graph: Conversation, question: Question) -> Round:
    """The pages from here to the last; where they are many or time is short, the next call goes on."""
    found, limit = Round(), graph.patience
    for _ in range(MOST_PAGES):
        page = await graph.ask(question)
        for item in items_of(page):
            if "@removed" in item:
                found.removed.add(id_of(item))
                found.changed.pop(id_of(item), None)
            else:
                found.changed[id_of(item)] = {"type": item.get("type"), "isOrganizer": item.get("isOrganizer")}
                found.removed.discard(id_of(item))
        last = page.get("@odata.deltaLink")
        found.link = str(last or page.get("@odata.nextLink") or "")
        if last or graph.patience < limit / 2:
            break
        question = replace(question, path=found.link, query={})
    return found


def _is_copy(kept: Kept, watch: Watch, gone: set[str]) -> bool:
    """Whether the owner has copied an event of ours: the mark is copied with it, and the first one counts."""
    return _short(kept.id) not in watch.uids and kept.mark.uid in set(watch.uids.values()) - gone


def _may_be_ours(item: Json) -> bool:
    return item["isOrganizer"] is not False and str(item["type"]).lower() not in OCCURRENCES


def _followed(kept: Kept, mailbox: str) -> FollowedEvent:
    is_all_day = kept.item.get("isAllDay") is True
    start, end = (read_when(kept.item.get(name), is_all_day=is_all_day) for name in ("start", "end"))
    answers = [_answer(each, kept.mark.since) for each in attendees_of(kept.item) if read_address(each) != mailbox]
    meeting = kept.item.get("onlineMeeting")
    join_url = meeting.get("joinUrl") if isinstance(meeting, dict) else None
    return FollowedEvent(
        kept.mark.uid, start, end, tuple(each for each in answers if each.address), join_url=str(join_url or "")
    )


def _answer(attendee: Any, since: datetime) -> EventAnswer:
    """An attendee's answer. One that was given before the present time was put there is an answer to another time."""
    status = attendee.get("status") if isinstance(attendee, dict) else None
    status = status if isinstance(status, dict) else {}
    partstat = PARTSTATS.get(str(status.get("response", "")).lower(), PartStat.NEEDS_ACTION)
    answered_at = read_instant(status.get("time"))
    if partstat is PartStat.NEEDS_ACTION or (answered_at and answered_at < since):
        return EventAnswer(read_address(attendee), PartStat.NEEDS_ACTION)
    return EventAnswer(read_address(attendee), partstat, answered_at, proposed=_proposed(attendee))


def _proposed(attendee: Any) -> tuple[datetime, datetime] | None:
    """The time that somebody proposed with their answer (attendee resource, proposedNewTime)."""
    slot = attendee.get("proposedNewTime") if isinstance(attendee, dict) else None
    if not isinstance(slot, dict):
        return None
    start, end = read_when(slot.get("start")), read_when(slot.get("end"))
    return (start, end) if start < end else None


def _ends_after(kept: Kept, instant: datetime) -> bool:
    return read_when(kept.item.get("end"), is_all_day=kept.item.get("isAllDay") is True) > instant


def _read_watch(token: str | None) -> Watch | None:
    try:
        found = json.loads(token or "")
        uids = {str(short): str(uid) for short, uid in found["uids"].items()}
        return Watch(str(found["link"]), datetime.fromisoformat(found["since"]).astimezone(UTC), uids)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _short(event_id: str) -> str:
    return sha256(event_id.encode()).hexdigest()[:12]


def _plain(instant: datetime) -> str:
    return f"{write_utc(instant)['dateTime']}Z"
