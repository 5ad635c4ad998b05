"""The organizer's events: found by our mark, made once, changed in order, cancelled quietly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from coord_service.domain import itip
from coord_service.domain.itip import Status
from coord_service.errors import CalendarNonsense
from integrations.calendars.microsoft.conversation import NONSENSE, Conversation, Json, Question
from integrations.calendars.microsoft.event_body import content_of, replace_words, write_event
from integrations.calendars.microsoft.mark import PROPERTY, Mark, mark_of, read_mark, start_of
from integrations.calendars.microsoft.refusals import ChangedThere, Missing

SELECT = "id,createdDateTime,start,end,isAllDay,isCancelled,isOrganizer,isOnlineMeeting,onlineMeeting,attendees"
EXPAND = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
PAGE = "250"
MOST_EVENTS = 5_000
MOST_TRIES = 3
CANCELLED = "This meeting has been cancelled."


@dataclass(frozen=True, slots=True)
class Kept:
    """An event of ours as it is there."""

    id: str
    etag: str
    mark: Mark
    item: Json


async def put_event(graph: Conversation, event: itip.Event, mailbox: str, now: datetime) -> None:
    """Make or change the event. When somebody changes it at the same moment, what is there is looked at again."""
    if event.status is Status.CANCELLED:
        await remove_event(graph, event.uid)
        return
    written = write_event(event, mailbox)
    mark = mark_of(event, content_of(written), now)
    for attempt in range(1, MOST_TRIES + 1):
        kept = await find_events(graph, event.uid)
        if not kept:
            await _create(graph, written, mark)
            return
        if not mark.is_needed_after(kept[0].mark):
            return
        try:
            await _change(graph, kept[0], event, written, mark.after(kept[0].mark, event.current_sequence))
        except (ChangedThere, Missing):
            if attempt == MOST_TRIES:
                raise CalendarNonsense("The event is changed in Microsoft 365 again and again.") from None
        else:
            return


async def remove_event(graph: Conversation, uid: str) -> None:
    """Cancel every event with this UID, telling its people; quiet where there is none."""
    for kept in await find_events(graph, uid):
        try:
            await _cancel(graph, kept)
        except Missing:
            continue


async def find_events(graph: Conversation, uid: str = "") -> list[Kept]:
    """The organizer's events with this UID (none given: all of ours), the oldest first; one where all is well."""
    begins = start_of(uid).replace("'", "''")
    question = Question("GET", "/events", {
        "$filter": f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}' and startswith(ep/value, '{begins}'))",
        "$expand": EXPAND,
        "$select": SELECT,
        "$top": PAGE,
    })  # fmt: skip
    found = [read_kept(item) for item in await graph.list_all(question, MOST_EVENTS)]
    # Values compare without case there, and whoever is sent a copy of an event has its mark too.
    ours = [each for each in found if each and (not uid or each.mark.uid == uid)]
    return sorted(ours, key=lambda kept: str(kept.item.get("createdDateTime", "")))


async def load_event(graph: Conversation, event_id: str) -> Kept | None:
    """One event by Graph's id; None when it is gone, or none of ours."""
    try:
        item = await graph.ask(Question("GET", path_of(event_id), {"$expand": EXPAND, "$select": SELECT}))
    except Missing:
        return None
    return read_kept(item)


def read_kept(item: Json) -> Kept | None:
    """The event of ours that an item is; None for one without our mark, cancelled, or organized by somebody else."""
    mark = read_mark(item)
    if mark is None or item.get("isCancelled") is True or item.get("isOrganizer") is False:
        return None
    return Kept(id_of(item), str(item.get("@odata.etag", "")), mark, item)


def id_of(item: Json) -> str:
    """Graph's id. Raises CalendarNonsense."""
    found = item.get("id")
    if not isinstance(found, str) or not found:
        raise CalendarNonsense(NONSENSE)
    return found


def path_of(event_id: str) -> str:
    """Where an event is."""
    return f"/events/{quote(event_id, safe='=')}"


def attendees_of(item: Json) -> Sequence[Any]:
    """The attendees as Graph gives them."""
    found = item.get("attendees")
    return found if isinstance(found, list) else ()


async def _create(graph: Conversation, written: Json, mark: Mark) -> None:
    """One event, however often it is asked for: the server knows the transactionId of a request that it has had."""
    body = {
        **written,
        "transactionId": str(uuid5(NAMESPACE_URL, f"{mark.uid} {mark.sequence} {mark.dtstamp.isoformat()}")),
        "singleValueExtendedProperties": [mark.write()],
    }
    await graph.ask(Question("POST", "/events", body=body))


async def _change(graph: Conversation, kept: Kept, event: itip.Event, written: Json, mark: Mark) -> None:
    """The whole of it but for the body of an online meeting, which is sent only with Teams' part in it."""
    body = {**written, "singleValueExtendedProperties": [mark.write()]}
    if kept.item.get("isOnlineMeeting") is True:
        body.pop("body")
        if mark.words != kept.mark.words:
            there = await graph.ask(Question("GET", path_of(kept.id), {"$select": "body"}))
            content = replace_words(there.get("body"), event.description)
            if content is not None:
                body["body"] = {"contentType": "html", "content": content}
    await graph.ask(Question("PATCH", path_of(kept.id), body=body, etag=kept.etag))


async def _cancel(graph: Conversation, kept: Kept) -> None:
    """A meeting is cancelled with a word to its people; an event without any has nobody to tell, and is deleted."""
    if attendees_of(kept.item):
        await graph.ask(Question("POST", f"{path_of(kept.id)}/cancel", body={"comment": CANCELLED}))
    else:
        await graph.ask(Question("DELETE", path_of(kept.id)))
