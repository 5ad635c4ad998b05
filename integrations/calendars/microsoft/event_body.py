"""A meeting as Graph's event resource, and the words of one that Teams has added its own to."""

import json
import re
from html import escape
from typing import Any

from coord_service.domain import itip
from coord_service.domain.itip import Cutype, Role, Status
from coord_service.errors import CalendarTrouble
from integrations.calendars.microsoft.conversation import Json
from integrations.calendars.microsoft.moments import write_when

SENSITIVITY = {"PUBLIC": "normal", "PRIVATE": "private", "CONFIDENTIAL": "confidential"}
OPTIONAL = frozenset({Role.OPTIONAL, Role.NON})
RESOURCES = frozenset({Cutype.ROOM, Cutype.RESOURCE})
TEAMS = "teamsForBusiness"
# Teams begins its part of the body with a line of underscores.
RULE = re.compile(r"_{20,}")
LINK = re.compile(r"https?://[^\s<>]+")


def write_event(event: itip.Event, mailbox: str) -> Json:
    """What Graph is to keep of a meeting: its words as they stand, its people but for the organizer.

    Each attendee sees only themselves (``hideAttendees``): who else comes is for our own pages to show, by clearance.
    Raises CalendarTrouble for a series.
    """
    if event.is_series or event.overrides or event.recurrence_id is not None:
        raise CalendarTrouble("A series can’t be kept in Microsoft 365: send each of its meetings by itself.")
    written: Json = {
        "subject": event.summary,
        "body": {"contentType": "html", "content": write_words(event.description)},
        "start": write_when(event.start),
        "end": write_when(event.end),
        "isAllDay": not hasattr(event.start, "hour"),
        "location": {"displayName": event.location},
        "attendees": [_attendee(each) for each in event.attendees if each.address != mailbox],
        "sensitivity": SENSITIVITY.get(event.classification.upper(), "private"),
        "showAs": _show_as(event),
        "hideAttendees": True,
        "responseRequested": True,
    }
    if event.is_online:
        written |= {"isOnlineMeeting": True, "onlineMeetingProvider": TEAMS}
    return written


def content_of(written: Json) -> str:
    """The same text for the same content, whatever its order."""
    return json.dumps(written, sort_keys=True)


def write_words(text: str) -> str:
    """Plain text as HTML, line by line: where Teams adds its link, the body is HTML in any case."""
    return "".join(f"<div>{LINK.sub(_anchor, escape(line)) or '<br>'}</div>" for line in text.splitlines())


def replace_words(kept: Any, text: str) -> str | None:
    """The body of an online meeting with other words before the part that is Teams'; None where that part isn't found.

    A body without it would end the online meeting (Update event, notes on the body).
    """
    content = kept.get("content") if isinstance(kept, dict) else None
    if not isinstance(content, str) or not (rule := RULE.search(content)):
        return None
    start = content.rfind("<div", 0, rule.start())
    end = content.lower().rfind("</body>")
    part = content[start if start >= 0 else rule.start() : end if end >= 0 else None]
    return f"{write_words(text)}<br>{part}"


def _anchor(link: re.Match[str]) -> str:
    return f'<a href="{link[0]}">{link[0]}</a>'


def _attendee(attendee: itip.Attendee) -> Json:
    kind = "resource" if attendee.cutype in RESOURCES else "optional" if attendee.role in OPTIONAL else "required"
    email = {"address": attendee.address, "name": attendee.name or attendee.address}
    return {"type": kind, "emailAddress": email}


def _show_as(event: itip.Event) -> str:
    if event.transparency.upper() == "TRANSPARENT":
        return "free"
    return "tentative" if event.status is Status.TENTATIVE else "busy"
