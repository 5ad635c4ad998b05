"""The organizer's event on the server: one resource a UID, kept and taken away so that a retry changes nothing.

Its name is made from its UID, reversibly: so a retry after a cut connection meets what it made itself, and so a
deletion, of which a server tells the name alone, can be told of the right event.
"""

import base64
import binascii
from dataclasses import dataclass, replace

from yarl import URL

from coord_service.domain.itip import Event, PartStat
from coord_service.errors import CalendarNonsense
from integrations.calendars.caldav.server import XML, DavServer
from integrations.calendars.caldav.xml import C, D, name_in, query_by_uid, read_multistatus
from integrations.guarded_http import Response, raise_for
from integrations.itip.reader import NotACalendar, read_copy
from integrations.itip.writer import write_object

OURS, ENDING = "coord-", ".ics"
MOST_TRIES = 4
CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as the server has it; ``etag`` "" where it tells none."""

    url: URL
    etag: str
    event: Event


def url_of(calendar: URL, uid: str) -> URL:
    """Where the event of a UID is kept."""
    name = base64.urlsafe_b64encode(uid.encode()).decode().rstrip("=")
    return calendar / f"{OURS}{name}{ENDING}"


def uid_of(url: URL) -> str | None:
    """The UID of an event of ours, from where it is kept; None for somebody else's."""
    name = name_in(url)
    if not name.startswith(OURS) or not name.endswith(ENDING):
        return None
    text = name.removeprefix(OURS).removesuffix(ENDING)
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (binascii.Error, ValueError):
        return None


async def put_event(server: DavServer, calendar: URL, event: Event) -> None:
    """Keep an event, unless a later SEQUENCE of it is there. Raises a CalendarTrouble."""
    url, known = url_of(calendar, event.uid), None
    for _ in range(MOST_TRIES):
        condition = {"If-Match": known.etag} if known and known.etag else {} if known else {"If-None-Match": "*"}
        content = write_object(_with_answers(event, known.event) if known else event)
        answer = await server.ask("PUT", url, content, {**CALENDAR, **condition})
        if answer.status != 412 and not _says_there_is_one(answer):
            _must_be_done(answer)
            return
        known = await find_event(server, url) or await _find_by_uid(server, calendar, event.uid)
        if known and known.event.sequence > event.sequence:
            return
        url = known.url if known else url
    raise CalendarNonsense("The event is changed on the calendar’s server again and again.")


async def remove_event(server: DavServer, calendar: URL, uid: str) -> None:
    """Take an event away; quiet when it isn't there. Raises a CalendarTrouble."""
    if await _delete(server, url_of(calendar, uid)):
        return
    if known := await _find_by_uid(server, calendar, uid):
        await _delete(server, known.url)


async def _delete(server: DavServer, url: URL) -> bool:
    """Whether there was something to take away."""
    answer = await server.ask("DELETE", url)
    if answer.status in {404, 410}:
        return False
    _must_be_done(answer)
    return True


def _must_be_done(answer: Response) -> None:
    """A change was made. A page in its place is a portal's or a proxy's, which swallowed the request."""
    raise_for(answer)
    if answer.status not in {200, 201, 202, 204, 207} or "html" in answer.headers.get("Content-Type", ""):
        raise CalendarNonsense("The calendar’s server answered something that is no WebDAV.")


async def find_event(server: DavServer, url: URL) -> Kept | None:
    """The event kept at an address; None when there is none. Raises a CalendarTrouble."""
    answer = await server.ask("GET", url)
    if answer.status in {404, 410}:
        return None
    raise_for(answer)
    return Kept(url, answer.headers.get("ETag", ""), read_event(answer.body))


def read_event(content: bytes) -> Event:
    """An event of ours as it came back. Raises CalendarNonsense."""
    try:
        return read_copy(content)
    except NotACalendar:
        raise CalendarNonsense("An event of ours on the calendar’s server can’t be read any more.") from None


async def _find_by_uid(server: DavServer, calendar: URL, uid: str) -> Kept | None:
    """The event of a UID under another name: some servers and programmes give it one of their own."""
    answer = await server.ask("REPORT", calendar, query_by_uid(uid), {**XML, "Depth": "1"})
    raise_for(answer)
    for found in read_multistatus(answer.body, answer.url).found:
        event = read_event(found.text(f"{C}calendar-data").encode())
        if event.uid == uid:  # a text-match finds parts, too
            return Kept(found.href, found.text(f"{D}getetag"), event)
    return None


def _says_there_is_one(answer: Response) -> bool:
    """RFC 4791 §5.3.2.1: the UID stands under another name already."""
    return answer.status in {403, 409} and b"no-uid-conflict" in answer.body


def _with_answers(event: Event, kept: Event) -> Event:
    """An event with the answers that came in on the server meanwhile; a change of time has made them void."""
    if kept.sequence != event.sequence:
        return event
    answers = {each.address: each.partstat for each in kept.attendees}
    attendees = (
        replace(each, partstat=answers.get(each.address, each.partstat))
        if each.partstat is PartStat.NEEDS_ACTION
        else each
        for each in event.attendees
    )
    return replace(event, attendees=tuple(attendees))
