"""Requests that no page of ours makes: another record's ids, nonsense in addresses, pages that must not be kept."""

import io
from collections.abc import Awaitable, Callable
from datetime import timedelta

from coord_service.domain.meetings import Answer
from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Attendee, InboundMail
from tests.web.browsing import Browser
from tests.web.meeting_room import Room, make_room

SignIn = Callable[[Role], Awaitable[Browser]]


async def a_room(tools: Tools) -> Room:
    """Tomorrow's meeting of the lead worker who signs in first."""
    return await make_room(tools, 1, starts_in=timedelta(days=1))


async def test_nobody_is_answered_for_under_another_meetings_address(tools: Tools, sign_in: SignIn) -> None:
    browse = await sign_in(Role.LEAD_WORKER)
    room = await a_room(tools)
    other = room.meeting_id + 1
    seen = f"/meetings/{room.meeting_id}"
    for route in ("answer", "send-again", "proposal", "proposal/decline"):
        address = f"/meetings/{other}/attendees/{room.attendees['shah']}/{route}"
        await browse.post(address, {"answer": "DECLINED", "version": "1"}, 404, seen=seen)
    async with tools.database.read() as db:
        shah = await db.get_one(Attendee, room.attendees["shah"])
    assert shah.answer is not Answer.DECLINED


async def test_no_mail_is_decided_under_another_meetings_address(tools: Tools, sign_in: SignIn) -> None:
    browse = await sign_in(Role.LEAD_WORKER)
    room = await a_room(tools)
    async with tools.database.begin() as db:
        where = {"mailbox": "box", "uidvalidity": 1, "uid": 1, "content": b"Sorry", "received_at": tools.clock.now()}
        words = {"why": "They answered in words.", "sender": "shah@nhs.example", "judged_at": tools.clock.now()}
        mail = InboundMail(**where, **words, meeting_id=room.meeting_id, needs_decision=True)
        db.add(mail)
    seen = f"/meetings/{room.meeting_id}"
    await browse.post(f"/meetings/{room.meeting_id + 1}/mails/{mail.id}/decide", {"decision": "read"}, 404, seen=seen)
    await browse.post(f"{seen}/mails/{mail.id}/decide", {"decision": "read"}, seen=seen)


async def test_no_page_behind_a_link_is_found_by_a_search_engine(browse: Browser) -> None:
    for address in ("/a/unknown", "/a/unknown/advice/whom", "/password/unknown", "/sign-in"):
        page = await browse.get(address, status=None)
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


async def test_a_form_of_a_million_fields_is_refused_before_it_is_read(browse: Browser) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with browse.client.post("/sign-in", data=io.BytesIO(b"a&" * 1_000_000), headers=headers) as response:
        assert response.status == 413
