"""Graph's addresses below one mailbox, and what each of them does."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.servers.graph.mailboxes import Mailbox, StoredEvent, zone_wanted
from tests.servers.graph.refusing import Refusal, bad_request
from tests.servers.graph.server import GraphServer, Seen
from tests.servers.graph.shapes import CANCEL, check_changed_event, check_new_event
from tests.servers.graph.views import check_query, chosen, event_json, matching, schedules

READING = {"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"}
WRITING = {"Calendars.ReadWrite"}
PAGES = ("$skip",)


class Call:
    """One request, signed in and let through."""

    def __init__(self, server: GraphServer, request: web.Request, body: Any) -> None:
        self.server, self.request, self.body = server, request, body
        self.query = dict(request.query)
        self.prefer = ", ".join(request.headers.getall("Prefer", []))
        self.zone = server.zone_always or zone_wanted(self.prefer)
        self.mailbox: Mailbox = server.mailboxes[request.match_info["mailbox"].lower()]

    @property
    def event(self) -> StoredEvent:
        return self.mailbox.load(self.request.match_info["id"])

    def shown(self, stored: StoredEvent) -> dict[str, Any]:
        return chosen(event_json(self.mailbox, stored, self.zone), self.query, stored)

    def link(self, query: str) -> str:
        return f"{self.server.address}{urlsplit(str(self.request.rel_url)).path}?{query}"


Operation = Callable[[Call], Awaitable[web.Response]]


async def get_calendar(call: Call) -> web.Response:
    if set(call.query) - {"$select"} or set(call.query.get("$select", "id").split(",")) - {"id", "name", "canEdit"}:
        raise bad_request("RequestBroker--ParseUri", "No such property of a calendar.")
    return web.json_response({"id": "AAMkCalendar="})


async def get_schedule(call: Call) -> web.Response:
    check_query(call.query)
    return web.json_response(
        {"value": schedules(call.server.mailboxes, call.body, call.zone, call.server.unreadable_from)}
    )


async def list_events(call: Call) -> web.Response:
    check_query(call.query, "$select", "$filter", "$expand", "$top", "$skip")
    events = [each for each in call.mailbox.events.values() if not each.is_deleted]
    if call.server.lagging:
        call.server.lagging -= 1
        events = []
    found = matching(events, call.query.get("$filter"))
    first = int(call.query.get("$skip", "0"))
    last = first + min(int(call.query.get("$top", "10")), call.server.page_size)
    answer: dict[str, Any] = {"value": [call.shown(each) for each in found[first:last]]}
    if found[last:]:
        rest = call.request.rel_url.update_query({"$skip": str(last)})
        answer["@odata.nextLink"] = call.server.page_links_lead_to or f"{call.server.address}{rest}"
    return web.json_response(answer)


async def create_event(call: Call) -> web.Response:
    check_query(call.query)
    check_new_event(call.body)
    stored = call.mailbox.create(dict(call.body), call.server.clock.now())
    return web.json_response(call.shown(stored), status=201)


async def get_event(call: Call) -> web.Response:
    check_query(call.query, "$select", "$expand")
    return web.json_response(call.shown(call.event))


async def change_event(call: Call) -> web.Response:
    check_query(call.query)
    stored = call.event
    check_changed_event(call.body, stored.values)
    if call.request.headers.get("If-Match", stored.etag) not in (stored.etag, "*"):
        raise Refusal(412, "ErrorIrresolvableConflict")
    call.mailbox.change(stored, dict(call.body))
    return web.json_response(call.shown(stored))


async def delete_event(call: Call) -> web.Response:
    check_query(call.query)
    call.mailbox.delete(call.event)
    return web.Response(status=204)


async def cancel_event(call: Call) -> web.Response:
    check_query(call.query)
    stored = call.event
    CANCEL(call.body, "cancel")
    if not stored.people:
        raise bad_request("ErrorInvalidRequest", "There is nobody to tell.")
    call.mailbox.delete(stored)
    return web.Response(status=202)


async def calendar_delta(call: Call) -> web.Response:
    page, query = call.server.deltas.page(call.mailbox, call.query, call.prefer, call.zone)
    name = "@odata.nextLink" if query.startswith("$skip") else "@odata.deltaLink"
    return web.json_response({"value": page, name: call.link(query)})


OPERATIONS: tuple[tuple[str, str, set[str], Operation], ...] = (
    ("GET", "/calendar", READING, get_calendar),
    ("POST", "/calendar/getSchedule", READING, get_schedule),
    ("GET", "/events", READING - {"Calendars.ReadBasic"}, list_events),
    ("POST", "/events", WRITING, create_event),
    ("GET", "/events/{id}", READING - {"Calendars.ReadBasic"}, get_event),
    ("PATCH", "/events/{id}", WRITING, change_event),
    ("DELETE", "/events/{id}", WRITING, delete_event),
    ("POST", "/events/{id}/cancel", WRITING, cancel_event),
    ("GET", "/calendarView/delta", READING, calendar_delta),
)


def graph_routes(server: GraphServer) -> list[web.RouteDef]:
    """The operations, each behind sign-in, permission and limit."""
    return [
        web.route(method, f"/v1.0/users/{{mailbox}}{path}", _guarded(server, needed, operation))
        for method, path, needed, operation in OPERATIONS
    ]


def _guarded(
    server: GraphServer, needed: set[str], operation: Operation
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        body = await _let_through(server, request, needed)
        async with server.entered(request.match_info["mailbox"].lower()):
            await server.meet(request)
            return await operation(Call(server, request, body))

    return handle


async def _let_through(server: GraphServer, request: web.Request, needed: set[str]) -> Any:
    """The body of a request that may pass: token first, then permission, then the mailbox."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or token not in server.entra.tokens:
        raise Refusal(401, "InvalidAuthenticationToken")
    mailbox = request.match_info["mailbox"].lower()
    if not needed & server.permissions or mailbox in server.closed_to_us:
        raise Refusal(403, "ErrorAccessDenied", "Access to OData is disabled.")
    if mailbox not in server.mailboxes:
        raise Refusal(404, "ErrorInvalidUser")
    body = None
    if request.can_read_body:
        if request.content_type != "application/json":
            raise Refusal(415, "UnsupportedMediaType")
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise bad_request("RequestBodyRead", "No JSON.") from None
    prefer = ", ".join(request.headers.getall("Prefer", []))
    path = request.path.partition("/users/")[2].partition("/")[2]
    server.seen.append(Seen(request.method, f"/{path}", dict(request.query), body, prefer))
    return body
