"""The stand-in for Microsoft 365 is as strict as the documentation: what Graph refuses, it refuses."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from integrations.calendars.microsoft.mark import PROPERTY
from tests.contracts.calendars.microsoft_case import PassingClock
from tests.servers.graph import GraphServer, start_graph
from tests.servers.graph.entra import CLIENT, SECRET

OWNER = "owner@example.org"
MONDAY = {"dateTime": "2027-03-08T09:00:00", "timeZone": "UTC"}
EVENT = {"start": MONDAY, "end": {**MONDAY, "dateTime": "2027-03-08T10:00:00"}}
WEEK = {"startTime": MONDAY, "endTime": {**MONDAY, "dateTime": "2027-03-15T09:00:00"}, "schedules": [OWNER]}
SPAN = {"startDateTime": "2027-03-01T00:00:00Z", "endDateTime": "2027-04-01T00:00:00Z"}


class Client:
    """Asks as anybody could."""

    def __init__(self, server: GraphServer, session: aiohttp.ClientSession) -> None:
        self.server, self._session, self.token = server, session, ""

    async def sign_in(self, **changes: str) -> dict[str, Any]:
        form = {"client_id": CLIENT, "client_secret": SECRET, "grant_type": "client_credentials"}
        form |= {"scope": f"{self.server.address}/.default", **changes}
        async with self._session.post(
            f"{self.server.address}/{self.server.entra.tenant}/oauth2/v2.0/token", data=form
        ) as response:
            answer: dict[str, Any] = await response.json()
        self.token = answer.get("access_token", "")
        return answer

    async def ask(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        """The status, and the JSON of a success or the code of an error."""
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        address = f"{self.server.address}/v1.0/users/{OWNER}{path}"
        async with self._session.request(method, address, headers=headers, **more) as response:
            answer = await response.json() if response.content_type == "application/json" else {}
            return response.status, answer["error"]["code"] if "error" in answer else answer


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with start_graph(tmp_path, PassingClock()) as server:
        server.add_mailbox(OWNER)
        connector = aiohttp.TCPConnector(ssl=server.trust)
        async with aiohttp.ClientSession(connector=connector) as session:
            client = Client(server, session)
            await client.sign_in()
            yield client


@pytest.mark.parametrize(
    ("changes", "number"),
    [({"client_secret": "no"}, 7000215), ({"client_id": "no"}, 700016), ({"scope": "no"}, 1002012)],
)
async def test_who_does_not_prove_themselves_gets_no_token(client: Client, changes: dict[str, str], number: int):
    answer = await client.sign_in(**changes)
    assert answer["error_codes"] == [number]
    assert client.token == ""


async def test_without_a_token_nothing_is_shown(client: Client):
    client.token = "made-up"
    assert await client.ask("GET", "/calendar") == (401, "InvalidAuthenticationToken")


@pytest.mark.parametrize(
    "event",
    [
        {**EVENT, "tittle": "A property that no event has"},
        {**EVENT, "iCalUId": "one that can only be read"},
        {**EVENT, "sensitivity": "secret"},
        {**EVENT, "hideAttendees": "true"},
        {**EVENT, "attendees": [{"emailAddress": {"address": "nobody"}}]},
        {**EVENT, "attendees": [{"emailAddress": {"address": "a@example.org"}, "status": {"response": "accepted"}}]},
        {**EVENT, "start": {"dateTime": "2027-03-08T09:00:00Z", "timeZone": "UTC"}},
        {**EVENT, "start": {"dateTime": "2027-03-08T09:00:00", "timeZone": "Mars"}},
        {**EVENT, "end": {**MONDAY, "dateTime": "2027-03-08T08:00:00"}},
        {**EVENT, "isAllDay": True},
        {"start": MONDAY},
        [EVENT],
    ],
)
async def test_an_event_that_graph_does_not_know_is_refused(client: Client, event: Any):
    status, code = await client.ask("POST", "/events", json=event)
    assert (status, isinstance(code, str)) == (400, True)


async def test_an_event_can_be_made_changed_and_cancelled(client: Client):
    event = {**EVENT, "attendees": [{"emailAddress": {"address": "a@example.org"}, "type": "required"}]}
    status, made = await client.ask("POST", "/events", json=event)
    assert (status, made["type"], made["attendees"][0]["status"]["response"]) == (201, "singleInstance", "none")
    path = f"/events/{made['id']}"
    assert (await client.ask("PATCH", path, json={"subject": "New"}))[0] == 200
    assert await client.ask("PATCH", path, json={"transactionId": "x"}) == (400, "ErrorInvalidPropertySet")
    assert await client.ask("PATCH", path, json={}, headers={"If-Match": 'W/"0"'}) == (412, "ErrorIrresolvableConflict")
    assert await client.ask("POST", f"{path}/cancel", json={"komment": "x"}) == (400, "RequestBodyRead")
    assert await client.ask("POST", f"{path}/cancel", json={"comment": "x"}) == (202, {})
    assert await client.ask("GET", path) == (404, "ErrorItemNotFound")


@pytest.mark.parametrize(
    "query",
    [
        {"$select": "id,secret"},
        {"$top": "1001"},
        {"$search": "x"},
        {"$expand": "singleValueExtendedProperties"},
        {"$filter": f"singleValueExtendedProperties/Any(ep: ep/id eq '{PROPERTY}')"},
    ],
)
async def test_a_query_that_graph_does_not_take_is_refused(client: Client, query: dict[str, str]):
    await client.ask("POST", "/events", json=EVENT)
    assert (await client.ask("GET", "/events", params=query))[0] == 400


async def test_extended_properties_are_shown_where_they_are_expanded_alone(client: Client):
    mark = [{"id": PROPERTY, "value": "x 1"}]
    await client.ask("POST", "/events", json={**EVENT, "singleValueExtendedProperties": mark})
    _, plain = await client.ask("GET", "/events")
    expand = f"singleValueExtendedProperties($filter=id eq '{PROPERTY}')"
    _, expanded = await client.ask("GET", "/events", params={"$expand": expand})
    assert "singleValueExtendedProperties" not in plain["value"][0]
    assert expanded["value"][0]["singleValueExtendedProperties"] == mark


@pytest.mark.parametrize(
    "changes",
    [
        {"schedules": [f"p{number}@example.org" for number in range(21)]},
        {"endTime": {**MONDAY, "dateTime": "2027-04-20T09:00:00"}},
        {"endTime": MONDAY},
        {"availabilityViewInterval": 4},
        {"availabilityViewInterval": "15"},
        {"Schedules": [OWNER]},
    ],
)
async def test_a_schedule_beyond_the_limits_is_refused(client: Client, changes: dict[str, Any]):
    assert (await client.ask("POST", "/calendar/getSchedule", json=WEEK))[0] == 200
    assert (await client.ask("POST", "/calendar/getSchedule", json={**WEEK, **changes}))[0] == 400


@pytest.mark.parametrize("query", [{**SPAN, "$select": "id"}, {**SPAN, "$expand": "x"}, {}, {"$deltatoken": "zz"}])
async def test_the_delta_function_takes_its_span_and_its_tokens_alone(client: Client, query: dict[str, str]):
    assert (await client.ask("GET", "/calendarView/delta", params=SPAN))[0] == 200
    assert (await client.ask("GET", "/calendarView/delta", params=query))[0] == 400


async def test_a_permission_to_read_is_none_to_write(client: Client):
    client.server.permissions = {"Calendars.Read"}
    assert (await client.ask("GET", "/events"))[0] == 200
    assert await client.ask("POST", "/events", json=EVENT) == (403, "ErrorAccessDenied")


async def test_a_fifth_at_once_is_refused(client: Client):
    client.server.holding = True
    asking = asyncio.gather(*[client.ask("GET", "/calendar") for _ in range(6)])
    await client.server.crowded(4, refused=2)
    await client.server.let_go()
    assert sorted(status for status, _ in await asking) == [200, 200, 200, 200, 429, 429]


async def test_a_body_that_loses_teams_part_ends_the_online_meeting(client: Client):
    online = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    _, made = await client.ask("POST", "/events", json={**EVENT, **online})
    assert made["onlineMeeting"]["joinUrl"] in made["body"]["content"]
    body = {"body": {"contentType": "html", "content": "Only this"}}
    _, changed = await client.ask("PATCH", f"/events/{made['id']}", json=body)
    assert (changed["isOnlineMeeting"], changed["onlineMeeting"]) == (False, None)
