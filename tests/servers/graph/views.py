"""What Graph shows: an event's JSON, free and busy times, the properties and pages that were asked for."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.servers.graph.mailboxes import Mailbox, Shown, StoredEvent, read_wall, write_wall
from tests.servers.graph.refusing import bad_request
from tests.servers.graph.shapes import EVENT_PROPERTIES, SCHEDULE

MOST_SCHEDULES, LONGEST = 20, timedelta(days=42)
TOUCH = timedelta(microseconds=1)
DIGITS = {"free": "0", "workingElsewhere": "0", "tentative": "1", "busy": "2", "unknown": "2", "oof": "3"}
FILTER = re.compile(
    r"singleValueExtendedProperties/Any\(ep: ep/id eq '(?P<id>[^']+)' and "
    r"(?:startswith\(ep/value, '(?P<start>(?:[^']|'')*)'\)|ep/value eq '(?P<whole>(?:[^']|'')*)')\)"
)
EXPAND = re.compile(r"singleValueExtendedProperties\(\$filter=id eq '([^']+)'\)")


def check_query(query: Mapping[str, str], *known: str) -> None:
    """Only options that the operation takes, and only well-formed ones."""
    if unknown := set(query) - set(known):
        raise bad_request("ErrorInvalidUrlQuery", f"Not supported: {sorted(unknown)}.")
    chosen = query.get("$select", "id").split(",")
    if unknown := set(chosen) - EVENT_PROPERTIES:
        raise bad_request("RequestBroker--ParseUri", f"Could not find a property named {sorted(unknown)}.")
    if not re.fullmatch(r"[1-9]\d{0,3}", query.get("$top", "10")) or int(query.get("$top", "10")) > 1000:
        raise bad_request("ErrorInvalidUrlQuery", "$top is from 1 to 1000.")


def matching(events: Iterable[StoredEvent], condition: str | None) -> list[StoredEvent]:
    """The events with an extended property as the filter wants it: its name with case, its value without."""
    if condition is None:
        return list(events)
    if not (found := FILTER.fullmatch(condition)):
        raise bad_request("ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes.")
    start, whole = (found[name] and found[name].replace("''", "'").lower() for name in ("start", "whole"))

    def fits(stored: StoredEvent) -> bool:
        value = stored.extended.get(found["id"], "").lower()
        return bool(value) and (value == whole if whole is not None else value.startswith(start or ""))

    return [stored for stored in events if fits(stored)]


def event_json(mailbox: Mailbox, stored: StoredEvent, zone: str) -> dict[str, Any]:
    """The whole event, but for its extended properties."""
    values = stored.values
    attendees = [
        {**each, "status": dict(zip(("response", "time"), stored.statuses[person], strict=True))}
        | ({"proposedNewTime": stored.proposals[person]} if person in stored.proposals else {})
        for person, each in zip(stored.people, values.get("attendees", []), strict=True)
    ]
    is_whole_day = values.get("isAllDay", False)
    start, end = (values[n] if is_whole_day else write_wall(read_wall(values[n]), zone) for n in ("start", "end"))
    return {
        **{name: value for name, value in values.items() if name in EVENT_PROPERTIES},
        "@odata.etag": stored.etag,
        "id": stored.id,
        "createdDateTime": f"{stored.created.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z",
        "iCalUId": f"040000008200E00074C5B7101A82E008{stored.id}",
        "type": "singleInstance",
        "isOrganizer": True,
        "isCancelled": False,
        "isAllDay": is_whole_day,
        "attendees": attendees,
        "start": start,
        "end": end,
        "isOnlineMeeting": bool(stored.join_url),
        "onlineMeeting": {"joinUrl": stored.join_url} if stored.join_url else None,
        "organizer": {"emailAddress": {"address": mailbox.address, "name": "Jo Marsh"}},
    }


def chosen(item: dict[str, Any], query: Mapping[str, str], stored: StoredEvent) -> dict[str, Any]:
    """The item with the properties that were selected and the extended ones that were expanded."""
    if "$select" in query:
        names = {*query["$select"].split(","), "id", "@odata.etag"}
        item = {name: value for name, value in item.items() if name in names}
    if "$expand" in query:
        if not (found := EXPAND.fullmatch(query["$expand"])):
            raise bad_request("ErrorInvalidUrlQuery", "Parsing $expand failed.")
        if found[1] in stored.extended:
            item["singleValueExtendedProperties"] = [{"id": found[1], "value": stored.extended[found[1]]}]
    return item


def schedules(
    mailboxes: Mapping[str, Mailbox], body: Any, zone: str, unreadable_from: datetime | None
) -> list[dict[str, Any]]:
    """The answer of getSchedule."""
    SCHEDULE(body, "getSchedule")
    start, end = read_wall(body["startTime"]), read_wall(body["endTime"])
    minutes = body.get("availabilityViewInterval", 30)
    if len(body["schedules"]) > MOST_SCHEDULES:
        raise bad_request("ErrorInvalidParameter", "At most 20 schedules.")
    if not timedelta() < end - start <= LONGEST or not 5 <= minutes <= 1440:
        raise bad_request("ErrorInvalidParameter", "The time window is too long, or none.")
    if unreadable_from and end > unreadable_from:
        return [_unreadable(each, "ErrorServerBusy") for each in body["schedules"]]
    step = timedelta(minutes=minutes)
    return [_schedule(mailboxes.get(each.lower()), each, (start, end, step), zone) for each in body["schedules"]]


def _schedule(
    mailbox: Mailbox | None, address: str, span: tuple[datetime, datetime, timedelta], zone: str
) -> dict[str, Any]:
    if mailbox is None:
        return _unreadable(address, "ErrorMailRecipientNotFound")
    if mailbox.shares == "nothing":
        return _unreadable(address, "ErrorNoFreeBusyAccess")
    shown = mailbox.shown(span[0] - TOUCH, span[1] + TOUCH)  # what only touches the time asked for is shown too
    items = [] if mailbox.shares == "view" else [_item(each, mailbox.shares, zone) for each in shown]
    hours = {"daysOfWeek": ["monday"], "startTime": "09:00:00.0000000", "endTime": "17:00:00.0000000"}
    return {
        "scheduleId": address,
        "availabilityView": _view(shown, *span),
        "scheduleItems": items,
        "workingHours": hours,
    }


def _unreadable(address: str, code: str) -> dict[str, Any]:
    error = {"message": f"Unable to resolve {address}.", "responseCode": code}
    return {"scheduleId": address, "availabilityView": "", "scheduleItems": [], "error": error}


def _item(shown: Shown, shares: str, zone: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "status": shown.status,
        "start": write_wall(shown.start, zone),
        "end": write_wall(shown.end, zone),
    }
    if shares == "details":
        item |= {"isPrivate": False, "subject": shown.subject, "location": shown.location}
    return item


def _view(shown: Sequence[Shown], start: datetime, end: datetime, step: timedelta) -> str:
    slots = -(-(end - start) // step)
    view = ["0"] * slots
    for each in shown:
        first = max((each.start - start) // step, 0)
        for slot in range(first, min(-(-(each.end - start) // step), slots)):
            view[slot] = max(view[slot], DIGITS[each.status])
    return "".join(view)
