"""A small CalDAV server for what Radicale never does: scheduling, shares of busy times alone, tokens that run out.

It knows one principal, one calendar and an outbox, and is as strict as RFC 6638 §5 and RFC 6578 where it answers: an
outbox takes a POST of a VFREEBUSY request in its owner's name alone, a token is good or it is refused.
"""

import hashlib
from dataclasses import dataclass, field

from aiohttp import web

from integrations.itip.lines import parse

SPACES = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
OWNER = "lead.worker@example.org"
PRINCIPAL = """<D:current-user-principal><D:href>/principals/jo/</D:href></D:current-user-principal>"""
HOME = "<C:calendar-home-set><D:href>/home/jo/</D:href></C:calendar-home-set>"
OF_PRINCIPAL = f"""{HOME}
<C:schedule-outbox-URL><D:href>/outbox/jo/</D:href></C:schedule-outbox-URL>
<C:schedule-inbox-URL><D:href>/inbox/jo/</D:href></C:schedule-inbox-URL>
<C:calendar-user-address-set><D:href>mailto:{OWNER}</D:href><D:href>/principals/jo/</D:href>
</C:calendar-user-address-set>"""
CALENDAR = """<D:resourcetype><D:collection/><C:calendar/></D:resourcetype><D:displayname>{name}</D:displayname>
<C:supported-calendar-component-set><C:comp name="{kind}"/></C:supported-calendar-component-set>{more}"""
TRANSPARENT = "<C:schedule-calendar-transp><C:transparent/></C:schedule-calendar-transp>"
ZONE = """<C:calendar-timezone>BEGIN:VCALENDAR&#13;
BEGIN:VTIMEZONE&#13;
TZID:America/New_York&#13;
END:VTIMEZONE&#13;
END:VCALENDAR&#13;
</C:calendar-timezone>"""


@dataclass(slots=True)
class SmallDav:
    """``events``: names and contents; ``busy``: what the outbox tells, by address; the rest is how it behaves."""

    events: dict[str, str] = field(default_factory=dict)
    busy: dict[str, str] = field(default_factory=dict)
    own_busy: str = ""  # the calendar is shared as busy times alone
    has_sync: bool = True
    has_scheduling: bool = True
    is_found_at_root: bool = True
    raw: bytes | None = None  # said instead of any multistatus
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Whatever is asked."""
        body = await request.text()
        self.asked.append((request.method, request.path, body))
        if self.raw is not None:
            return web.Response(status=207, body=self.raw, content_type="application/xml")
        if request.method == "REPORT":
            return self._report(request.path, body)
        if (request.method, request.path) == ("POST", "/outbox/jo/"):
            return self._outbox(body)
        if request.path == "/.well-known/caldav" and not self.is_found_at_root:
            return web.Response(status=301, headers={"Location": "/dav/"})
        found = self._properties().get(request.path) if request.method == "PROPFIND" else None
        return web.Response(status=404) if found is None else _multistatus(*found)

    def _properties(self) -> dict[str, list[str]]:
        """What a PROPFIND is told, by path."""
        href = "<D:href>/home/jo/work</D:href>"
        default = f"<C:schedule-default-calendar-URL>{href}</C:schedule-default-calendar-URL>"
        return {
            **({"/": [_response("/", PRINCIPAL)]} if self.is_found_at_root else {}),
            "/dav/": [_response("/dav/", PRINCIPAL)],
            "/principals/jo/": [_response("/principals/jo/", OF_PRINCIPAL if self.has_scheduling else HOME)],
            "/inbox/jo/": [_response("/inbox/jo/", default)],
            "/home/jo/": _home(),
            "/home/jo/work/": [_response(f"/home/jo/work/{name}", _etag(text)) for name, text in self.events.items()],
        }

    def _report(self, path: str, body: str) -> web.StreamResponse:
        if "sync-collection" in body:
            return self._changes(body)
        if "free-busy-query" in body:
            return web.Response(text=self.own_busy, content_type="text/calendar")
        if self.own_busy:
            return web.Response(status=403)
        wanted = [name for name in self.events if "multiget" not in body or f"/{name}<" in body]
        if path != "/home/jo/work/":
            wanted = []
        return _multistatus(*(_response(f"/home/jo/work/{name}", _etag(text) + _data(text)) for name in wanted
                              for text in [self.events[name]]))  # fmt: skip

    def _changes(self, body: str) -> web.StreamResponse:
        if not self.has_sync:
            return web.Response(status=501)
        token = body.partition("<D:sync-token>")[2].partition("</D:sync-token>")[0]
        if token not in {"", "page-2"}:
            return web.Response(status=403, text=f"<D:error {SPACES}><D:valid-sync-token/></D:error>")
        names = sorted(self.events)
        page = names[1:] if token else names[:1]
        more = (
            ""
            if token
            else "<D:response><D:href>/home/jo/work/</D:href><D:status>HTTP/1.1 507 More</D:status></D:response>"
        )
        following = "<D:sync-token>page-3</D:sync-token>" if token else "<D:sync-token>page-2</D:sync-token>"
        return _multistatus(
            *(_response(f"/home/jo/work/{name}", _etag(self.events[name])) for name in page), more, following
        )

    def _outbox(self, body: str) -> web.StreamResponse:
        [calendar] = parse(body.encode(), [])
        [asked] = calendar.inner
        if calendar.value("METHOD") != "REQUEST" or asked.value("ORGANIZER") != f"mailto:{OWNER}":
            return web.Response(status=403)
        answers = ""
        for line in asked.every("ATTENDEE"):
            told = self.busy.get(line.value.removeprefix("mailto:"))
            status = "3.7;Invalid calendar user" if told is None else "2.0;Success"
            data = "" if told is None else _data(told)
            answers += f"<C:response><C:recipient><D:href>{line.value}</D:href></C:recipient>"
            answers += f"<C:request-status>{status}</C:request-status>{data}</C:response>"
        text = f"<C:schedule-response {SPACES}>{answers}</C:schedule-response>"
        return web.Response(text=text, content_type="application/xml")


def _home() -> list[str]:
    return [
        _response("/home/jo/", "<D:resourcetype><D:collection/></D:resourcetype>"),
        _response("/home/jo/tasks/", CALENDAR.format(name="Tasks", kind="VTODO", more="")),
        _response("/home/jo/birthdays/", CALENDAR.format(name="Birthdays", kind="VEVENT", more=TRANSPARENT)),
        _response("/home/jo/private/", CALENDAR.format(name="Private", kind="VEVENT", more="")),
        _response("/home/jo/work/", CALENDAR.format(name="Work", kind="VEVENT", more=ZONE)),
    ]


def _etag(text: str) -> str:
    return f'<D:getetag>"{hashlib.sha256(text.encode()).hexdigest()[:8]}"</D:getetag>'


def _data(text: str) -> str:
    return f"<C:calendar-data><![CDATA[{text}]]></C:calendar-data>"


def _response(href: str, properties: str) -> str:
    return (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )


def _multistatus(*parts: str) -> web.Response:
    text = f'<?xml version="1.0"?><D:multistatus {SPACES}>{"".join(parts)}</D:multistatus>'
    return web.Response(status=207, text=text, content_type="application/xml")
