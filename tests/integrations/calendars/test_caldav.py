"""CalDAV beyond what Radicale does: scheduling, busy times alone, servers without tokens, hostile answers."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import web
from yarl import URL

from coord_service.clock import StandingClock
from coord_service.domain.diaries import Block, BlockStatus
from coord_service.errors import AddressRefused, CalendarNonsense, SignInRefused
from coord_service.ports import Ability, CalendarAccount
from integrations.calendars.caldav.calendar import CalDavCalendar
from integrations.calendars.caldav.events import uid_of, url_of
from integrations.guard import HERE, Guard
from tests.contracts.calendars.events import meeting
from tests.integrations.calendars.diaries import OWNER, at, calendar, utc
from tests.servers.digest import DigestDoor
from tests.servers.faulty import FaultyServer, serve_faulty
from tests.servers.small_dav import SmallDav

COLLEAGUE, STRANGER = "psychologist@example.org", "nobody@example.net"
NINE = calendar("DTSTART;TZID=Europe/London:20270309T090000\nDTEND;TZID=Europe/London:20270309T100000").decode()
ALL_DAY = calendar("DTSTART;VALUE=DATE:20270309").decode()
BUSY = (
    "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VFREEBUSY\r\nFREEBUSY:20270309T090000Z/20270309T100000Z,20270310T090000Z/PT1H\r\n"
    "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270311T090000Z/PT30M\r\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20270312T000000Z/P1D\r\n"
    "FREEBUSY;FBTYPE=FREE:20270313T090000Z/PT30M\r\nFREEBUSY:20260101T090000Z/PT30M\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
)
TOLD = (
    Block(utc(9, 9), utc(9, 10), BlockStatus.BUSY),
    Block(utc(10, 9), utc(10, 10), BlockStatus.BUSY),
    Block(utc(11, 9), utc(11, 9, 30), BlockStatus.TENTATIVE),
    Block(utc(12), utc(13), BlockStatus.OOF),
)
SPAN = (at(1), at(20))


@pytest.fixture
def dav() -> SmallDav:
    return SmallDav()


@pytest.fixture
async def server(dav: SmallDav) -> AsyncIterator[FaultyServer]:
    async with serve_faulty(dav.answer) as server:
        yield server


@pytest.fixture
async def account(server: FaultyServer) -> CalendarAccount:
    return CalendarAccount(OWNER, {"server": server.url, "user": "jo", "password": "secret"}, seconds=30)


@pytest.fixture
async def caldav(account: CalendarAccount) -> AsyncIterator[CalDavCalendar]:
    caldav = CalDavCalendar(account, Guard(HERE), StandingClock(datetime(2027, 3, 1, tzinfo=UTC)))
    yield caldav
    await caldav.close()


async def test_a_server_that_invites_people_itself_can_do_everything(caldav):
    check = await caldav.check()
    assert check.abilities == frozenset(Ability)
    assert "“Work”" in check.words  # its default calendar, not its first


async def test_it_is_found_from_the_bare_name_of_the_server(dav, caldav):
    dav.is_found_at_root = False
    assert (await caldav.check()).abilities
    assert ("PROPFIND", "/dav/") in {(method, path) for method, path, _ in dav.asked}


async def test_an_address_that_may_be_no_calendar_is_not_asked_whether_it_takes_time(dav, caldav):
    """Cyrus 3.6.1 ends at that question, asked of /dav/calendars."""
    await caldav.check()
    bodies = {path: body for method, path, body in dav.asked if method == "PROPFIND"}
    assert "schedule-calendar-transp" not in bodies["/"]
    assert "schedule-calendar-transp" in bodies["/home/jo/"]


async def test_a_calendar_can_be_chosen_by_its_name_and_must_be_there(account):
    for name, told in (("private", "“Private”"), ("work", "“Work”")):
        chosen = CalDavCalendar(replace(account, values={**account.values, "calendar": name}), Guard(HERE))
        assert told in (await chosen.check()).words
        await chosen.close()
    missing = CalDavCalendar(replace(account, values={**account.values, "calendar": "Garden"}), Guard(HERE))
    with pytest.raises(SignInRefused, match="no calendar of that name"):
        await missing.check()
    await missing.close()


async def test_transparent_calendars_and_lists_of_tasks_are_not_asked(dav, caldav):
    await caldav.read_busy([OWNER], *SPAN)
    assert {path for method, path, _ in dav.asked if method == "REPORT"} == {"/home/jo/private/", "/home/jo/work/"}


async def test_a_calendar_is_asked_for_whatever_goes_on_after_a_moment(dav, caldav):
    """With an end, Radicale works out every date of every series: twenty times as long."""
    await caldav.read_busy([OWNER], *SPAN)
    [asked, _] = [body for method, _, body in dav.asked if method == "REPORT"]
    assert '<C:time-range start="20270228T000000Z"/>' in asked


async def test_events_that_bring_their_zone_with_them_are_each_at_its_hour(dav, caldav):
    dav.events = {f"{day}.ics": in_zone("+0500", day) for day in (9, 10)} | {"11.ics": in_zone("+0300", 11, "Other")}
    found = await caldav.read_busy([OWNER], *SPAN)
    assert found[OWNER].blocks == (
        Block(utc(9, 4), utc(9, 5)),
        Block(utc(10, 4), utc(10, 5)),
        Block(utc(11, 6), utc(11, 7)),
    )


def in_zone(offset: str, day: int, name: str = "Our Office") -> str:
    """An event at nine in a zone that nobody else knows."""
    always = f"DTSTART:19700101T000000\r\nTZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}"
    zone = f"BEGIN:VTIMEZONE\r\nTZID:{name}\r\nBEGIN:STANDARD\r\n{always}\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    times = (f"{which};TZID={name}:202703{day:02}T{hour}0000" for which, hour in (("DTSTART", "09"), ("DTEND", "10")))
    return calendar("\n".join((f"UID:{day}@example.org", *times)), head=zone).decode()


async def test_a_whole_day_is_the_day_of_the_zone_that_the_calendar_names(dav, caldav):
    dav.events["a.ics"] = ALL_DAY
    found = await caldav.read_busy([OWNER], *SPAN)
    assert found[OWNER].blocks == (Block(utc(9, 5), utc(10, 5)),)


async def test_colleagues_are_asked_of_the_outbox_each_for_themselves(dav, caldav):
    dav.busy[COLLEAGUE] = BUSY
    found = await caldav.read_busy([OWNER, COLLEAGUE, STRANGER], *SPAN)
    assert found[OWNER].blocks == ()
    assert found[COLLEAGUE].blocks == TOLD
    assert found[STRANGER].trouble
    assert found[STRANGER].blocks == ()


async def test_many_colleagues_are_asked_in_few_requests(dav, caldav):
    people = [f"p{number}@example.org" for number in range(120)]
    dav.busy = dict.fromkeys(people, BUSY)
    found = await caldav.read_busy(people, *SPAN)
    assert {each.blocks for each in found.values()} == {TOLD}
    assert [method for method, _, _ in dav.asked].count("POST") == 3


async def test_a_calendar_that_shows_busy_times_alone_is_asked_for_those(dav, caldav):
    dav.own_busy = BUSY
    blocks = (await caldav.read_busy([OWNER], *SPAN))[OWNER].blocks
    assert set(blocks) == set(TOLD)


async def test_an_answer_of_busy_times_that_makes_no_sense_is_nonsense(dav, caldav):
    dav.busy[COLLEAGUE] = BUSY.replace("PT1H", "soon")
    with pytest.raises(CalendarNonsense):
        await caldav.read_busy([COLLEAGUE], *SPAN)


def named(number: int) -> str:
    """The name of an event of ours."""
    return url_of(URL("http://x/"), f"{number}@coord.example.org").name


def ours(number: int, hour: int) -> str:
    return calendar(
        f"UID:{number}@coord.example.org\nDTSTART:20270309T{hour:02}0000Z\nDTEND:20270309T{hour + 1:02}0000Z"
    ).decode()


async def test_news_that_come_in_pieces_are_put_together(dav, caldav):
    dav.events = {named(1): ours(1, 9), named(2): ours(2, 11), "somebody-elses.ics": NINE}
    news = await caldav.news(None)
    assert news.is_whole
    assert {(each.uid, each.start_at) for each in news.events} == {
        ("1@coord.example.org", utc(9, 9)),
        ("2@coord.example.org", utc(9, 11)),
    }
    assert json.loads(news.token) == {"sync": "page-3"}


async def test_a_token_that_has_run_out_gives_everything(dav, caldav):
    dav.events = {named(1): ours(1, 9)}
    news = await caldav.news((await caldav.news(None)).token)
    assert news.is_whole


async def test_a_server_without_tokens_is_followed_by_its_marks(dav, caldav):
    dav.has_sync = False
    dav.events = {named(1): ours(1, 9), named(2): ours(2, 11), "somebody-elses.ics": NINE}
    first = await caldav.news(None)
    assert first.is_whole
    assert len(first.events) == 2
    quiet = await caldav.news(first.token)
    assert (quiet.events, quiet.is_whole) == ((), False)
    dav.events[named(1)] = ours(1, 14)
    del dav.events[named(2)]
    told = await caldav.news(quiet.token)
    assert {(each.uid, each.start_at) for each in told.events} == {
        ("1@coord.example.org", utc(9, 14)),
        ("2@coord.example.org", None),
    }


def test_the_name_of_an_event_tells_its_uid_and_others_tell_none():
    for uid in ("meeting-17@coord.example.org", "ä/ö?#&", "x" * 200):
        assert uid_of(url_of(URL("https://example.org/jo/work/"), uid)) == uid
    for name in ("a.ics", "coord-.txt", "coord-%C3%A4.ics", "coord-!.ics"):
        assert uid_of(URL(f"https://example.org/{name}")) in {None, ""}


FOUND = b"<D:response><D:href>/&b;</D:href></D:response>"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><D:multistatus xmlns:D="DAV:">'
    + FOUND
    + b"</D:multistatus>"
)
HOSTILE = [
    ENTITIES,
    ENTITIES.decode().encode("utf-16"),
    b'<?xml version="1.0" encoding="cp037"?>' + ENTITIES.decode().encode("cp037"),
    b"<D:multistatus xmlns:D='DAV:'>" + b"<D:a>" * 100_000,
    b"<D:multistatus xmlns:D='DAV:'>" + FOUND.replace(b"&b;", b"") * 60_000 + b"</D:multistatus>",
    b"<D:multistatus xmlns:D='DAV:'/>",
    b"<other/>",
    b"",
    b"\x00\xff",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_answers_that_are_no_webdav_or_would_grow_are_refused(dav, caldav, body):
    dav.raw = body
    with pytest.raises(CalendarNonsense):
        await caldav.check()


async def test_a_server_that_sends_us_inside_is_not_followed(dav, account):
    """Addresses in its answers are checked like what was typed: this server names one in the network next door."""
    dav.raw = (
        b"<D:multistatus xmlns:D='DAV:'><D:response><D:href>/</D:href><D:propstat><D:prop><D:current-user-principal>"
        b"<D:href>http://10.0.0.1/principal/</D:href></D:current-user-principal></D:prop></D:propstat></D:response>"
        b"</D:multistatus>"
    )
    caldav = CalDavCalendar(account, Guard(["127.0.0.1/32"]))
    with pytest.raises(AddressRefused):
        await caldav.check()
    await caldav.close()


async def test_the_password_is_told_to_the_server_that_was_typed_alone(dav, account):
    told: list[str | None] = []

    async def listening(request: web.BaseRequest) -> web.StreamResponse:
        told.append(request.headers.get("Authorization"))
        return web.Response(status=401)

    async with serve_faulty(listening) as other:
        dav.raw = (
            "<D:multistatus xmlns:D='DAV:'><D:response><D:href>/</D:href><D:propstat><D:prop><D:current-user-principal>"
            f"<D:href>{other.url}/principal/</D:href></D:current-user-principal></D:prop></D:propstat></D:response>"
            "</D:multistatus>"
        ).encode()
        caldav = CalDavCalendar(account, Guard(HERE))
        with pytest.raises(SignInRefused):
            await caldav.check()
        await caldav.close()
    assert told == [None]


@pytest.mark.parametrize("algorithm", ["MD5", "MD5-SESS", "SHA-256"])
async def test_a_server_that_wants_digest_is_signed_in_to_so(dav, account, algorithm):
    dav.events = {"ä b.ics": NINE}
    door = DigestDoor(dav.answer, "jo", "secret", algorithm)
    async with serve_faulty(door.answer) as server:
        caldav = CalDavCalendar(replace(account, values={**account.values, "server": server.url}), Guard(HERE))
        assert (await caldav.read_busy([OWNER], *SPAN))[OWNER].blocks == (Block(utc(9, 9), utc(9, 10)),)
        assert door.opened == len(dav.asked) > door.uses
        assert door.challenges > 1  # asked by Basic, and again when the first nonce was stale
        await caldav.close()


async def test_a_wrong_password_is_refused_by_digest_too(dav, account):
    door = DigestDoor(dav.answer, "jo", "another")
    async with serve_faulty(door.answer) as server:
        caldav = CalDavCalendar(replace(account, values={**account.values, "server": server.url}), Guard(HERE))
        with pytest.raises(SignInRefused):
            await caldav.check()
        await caldav.close()
    assert dav.asked == []


async def test_a_server_that_takes_basic_is_not_asked_twice(dav, account):
    asked: list[str] = []

    async def refusing(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request.headers.get("Authorization", "").partition(" ")[0])
        answer = web.Response(status=401, headers={"WWW-Authenticate": 'Digest realm="x", nonce="1", qop="auth"'})
        answer.headers.add("WWW-Authenticate", 'Basic realm="x"')
        return answer

    async with serve_faulty(refusing) as server:
        values = {**account.values, "server": f"{server.url}/jo/"}
        caldav = CalDavCalendar(replace(account, values=values), Guard(HERE))
        with pytest.raises(SignInRefused):
            await caldav.check()
        await caldav.close()
    assert asked == ["Basic"]


async def test_an_event_goes_out_in_the_accounts_own_name(dav, caldav):
    """For another organizer the server would invite nobody (RFC 6638 §3.1)."""
    with pytest.raises(SignInRefused):  # this server keeps nothing
        await caldav.put(replace(meeting(), organizer=replace(meeting().organizer, address="send.team@example.org")))
    [content] = [body for method, _, body in dav.asked if method == "PUT"]
    assert f"ORGANIZER;CN=Jo Marsh:mailto:{OWNER}" in content
    assert "METHOD" not in content
    assert "X-COORD" not in content
