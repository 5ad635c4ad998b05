"""What became of our events: by sync-collection (RFC 6578), or by their ETags on a server that has none.

Only events whose names are ours are looked at; nothing of the others is ever fetched.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from yarl import URL

from coord_service.domain.itip import Event, Status
from coord_service.domain.itip.rules import comparable
from coord_service.errors import CalendarNonsense
from coord_service.ports import CalendarNews, EventAnswer, FollowedEvent
from integrations.calendars.caldav.events import read_event, uid_of
from integrations.calendars.caldav.server import NO_METHOD, XML, DavServer
from integrations.calendars.caldav.xml import C, D, multiget, name_in, propfind, read_multistatus, sync_collection
from integrations.guarded_http import raise_for

DATA, ETAG = f"{C}calendar-data", f"{D}getetag"
MOST_PAGES = 50
AT_A_TIME = 100


@dataclass(slots=True)
class Changes:
    """What changed among our events, and the token to ask with next. ``gone``: the UIDs of those taken away."""

    token: str
    changed: list[URL] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    is_whole: bool = False


async def tell_news(server: DavServer, calendar: URL, token: str | None) -> CalendarNews:
    """The news of our events since a token of ours; all of them where it is none, or no longer good."""
    known = _read_token(token)
    changes: Changes | None = None
    if isinstance(known, str):
        changes = await _synchronise(server, calendar, known)
    if changes is None and not isinstance(known, dict):
        changes = await _synchronise(server, calendar, "")
    if changes is None:
        changes = await _compare(server, calendar, known if isinstance(known, dict) else None)
    events = await _look_at(server, calendar, changes)
    return CalendarNews(changes.token, tuple(events), is_whole=changes.is_whole)


def _read_token(token: str | None) -> str | dict[str, str] | None:
    """A sync-token of the server's, or the ETag of each name as it was; None for anything else."""
    try:
        known = json.loads(token or "null")
    except ValueError:
        return None
    match known:
        case {"sync": str(sync)}:
            return sync
        case {"etags": dict(etags)}:
            return {str(name): str(etag) for name, etag in etags.items()}
    return None


async def _synchronise(server: DavServer, calendar: URL, token: str) -> Changes | None:
    """What changed since a sync-token, everything since ""; None where the token or the method is no good."""
    ours: dict[URL, bool] = {}
    is_whole = not token
    for _ in range(MOST_PAGES):
        answer = await server.ask("REPORT", calendar, sync_collection(token), {**XML, "Depth": "0"})
        if answer.status in NO_METHOD:
            return None
        raise_for(answer)
        page = read_multistatus(answer.body, answer.url)
        token, is_cut = page.token, False
        for each in page.found:
            is_cut |= each.status == 507  # there is more (RFC 6578 §3.6)
            if uid_of(each.href) is not None:
                ours[each.href] = each.status not in {404, 410}
        if not token:
            return None
        if not is_cut:
            changed = [url for url, is_there in ours.items() if is_there]
            gone = [] if is_whole else [uid for url, is_there in ours.items() if not is_there and (uid := uid_of(url))]
            return Changes(json.dumps({"sync": token}), changed, gone, is_whole)
    raise CalendarNonsense("The calendar’s server tells of changes without end.")


async def _compare(server: DavServer, calendar: URL, known: dict[str, str] | None) -> Changes:
    """What changed since the ETags were as they are known; everything for None."""
    listed = await server.multistatus("PROPFIND", calendar, propfind(ETAG), depth=1)
    ours = {each.href: each.text(ETAG) for each in listed.found if uid_of(each.href) is not None}
    names = {name_in(url): etag for url, etag in ours.items()}
    before = known or {}
    return Changes(
        token=json.dumps({"etags": names}),
        changed=[url for url, etag in ours.items() if before.get(name_in(url)) != etag],
        gone=[uid for name in before.keys() - names.keys() if (uid := uid_of(calendar / name))],
        is_whole=known is None,
    )


async def _look_at(server: DavServer, calendar: URL, changes: Changes) -> list[FollowedEvent]:
    events = [FollowedEvent(uid, None, None) for uid in changes.gone]
    for first in range(0, len(changes.changed), AT_A_TIME):
        wanted = changes.changed[first : first + AT_A_TIME]
        answer = await server.ask("REPORT", calendar, multiget(wanted), {**XML, "Depth": "1"})
        raise_for(answer)
        for each in read_multistatus(answer.body, answer.url).found:
            uid = uid_of(each.href)
            if uid is None:
                continue
            if each.text(DATA):
                events.append(_followed(uid, read_event(each.text(DATA).encode())))
            elif not changes.is_whole:
                events.append(FollowedEvent(uid, None, None))  # taken away since
    return events


def _followed(uid: str, event: Event) -> FollowedEvent:
    if event.status is Status.CANCELLED:
        return FollowedEvent(uid, None, None)
    return FollowedEvent(uid, comparable(event.start), comparable(event.end), tuple(_answers(event)))


def _answers(event: Event) -> Iterable[EventAnswer]:
    return (EventAnswer(each.address, each.partstat, comment=each.comment) for each in event.attendees)
