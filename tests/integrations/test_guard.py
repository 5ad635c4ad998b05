"""Where we go at somebody's word, and where never. Names are looked up in a book of the test's; all else is real."""

import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import ValidationError

from coord_service.bootstrap import build
from coord_service.errors import AddressRefused, CalendarNonsense, CalendarTrouble
from coord_service.ports import CalendarAccount
from coord_service.settings import Settings
from integrations.guard import HERE, Guard, is_public
from integrations.guarded_http import GuardedHttp, Request, within
from tests.servers.faulty import FaultyServer, serve_faulty

MAPPED = ("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001:0:1::1")
INSIDE = (
    *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "255.255.255.255"),
    "0.0.0.0",  # noqa: S104 - refused, not bound to
    *("169.254.169.254", "169.254.1.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"),
    *("224.0.0.1", "239.1.1.1", "ff02::1", "198.18.0.1", "192.0.2.1", "203.0.113.9", "240.0.0.1", "192.88.99.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "100::1", "2001:db8::1", "3fff::1", "::127.0.0.1"),
    *MAPPED,
)
OUTSIDE = ("8.8.8.8", "93.184.215.14", "172.32.0.1", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450::1")


class Book(AbstractResolver):
    """Name resolution as the test has it: each look-up of a name gives its next page, the last one for ever."""

    def __init__(self, **pages: list[list[str]]) -> None:
        self.pages, self.asked = pages, 0

    async def resolve(
        self, host: str, port: int = 0, _family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        pages = self.pages[host.partition(".")[0]]
        numbers = pages.pop(0) if len(pages) > 1 else pages[0]
        families = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            ResolveResult(
                hostname=host, host=each, port=port, family=families[":" in each], proto=0, flags=socket.AI_NUMERICHOST
            )
            for each in numbers
        ]

    async def close(self) -> None:
        """Nothing is open."""


async def hello(request: web.BaseRequest) -> web.StreamResponse:
    match request.path:
        case "/to/metadata":
            return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
        case "/to/name":
            return web.Response(status=307, headers={"Location": f"http://inside.example:{request.url.port}/"})
        case "/to/file":
            return web.Response(status=301, headers={"Location": "file:///etc/passwd"})
        case "/round":
            return web.Response(status=301, headers={"Location": "/round"})
        case "/to/hello":
            return web.Response(status=308, headers={"Location": "/hello"})
    return web.Response(text=f"hello {request.headers.get('Authorization', 'stranger')}")


@pytest.fixture
async def server() -> AsyncIterator[FaultyServer]:
    async with serve_faulty(hello) as server:
        yield server


async def ask(guard: Guard, address: str, **secret: str) -> str:
    http = GuardedHttp(guard)
    try:
        async with within(5):
            return (await http.ask(Request("GET", guard.check(address), secret=secret))).body.decode()
    finally:
        await http.close()


@pytest.mark.parametrize("number", INSIDE)
def test_numbers_that_are_not_anybodys_on_the_internet_are_not_public(number):
    assert not is_public(ip_address(number))


@pytest.mark.parametrize("number", OUTSIDE)
def test_other_numbers_are_public(number):
    assert is_public(ip_address(number))


@pytest.mark.parametrize("number", INSIDE)
async def test_a_name_that_leads_inside_is_refused(number):
    with pytest.raises(AddressRefused, match="isn’t public"):
        await ask(Guard(resolver=Book(calendar=[[number]])), "https://calendar.example/a.ics")


async def test_one_number_inside_spoils_a_name():
    with pytest.raises(AddressRefused):
        await ask(Guard(resolver=Book(calendar=[["8.8.8.8", "10.0.0.1"]])), "https://calendar.example/")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:7f00:1]", "10.1.2.3", "169.254.169.254"])
async def test_a_number_inside_is_refused_without_any_look_up(host):
    with pytest.raises(AddressRefused):
        await ask(Guard(), f"https://{host}/")


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
async def test_other_ways_to_write_this_machine_are_refused(host):
    """By the machine's own look-up, which knows them all."""
    with pytest.raises(AddressRefused):
        await ask(Guard(), f"https://{host}/")


@pytest.mark.parametrize("port", [22, 80, 5432, 6379])
async def test_ports_that_are_no_calendars_are_refused(port):
    with pytest.raises(AddressRefused):
        await ask(Guard(resolver=Book(calendar=[["8.8.8.8"]])), f"https://calendar.example:{port}/")


NO_ADDRESSES = (
    *(
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "gopher://example.org/",
        "data:text/calendar,",
    ),
    *("", "calendar", "https://", "//example.org/", "https://example.org:99999/", "https://[::1"),
)


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_web_address_is_refused_in_words(address):
    with pytest.raises(AddressRefused, match="copy it once more"):
        Guard().check(address)


def test_plain_http_is_refused_with_the_cure():
    with pytest.raises(AddressRefused, match="https://"):
        Guard().check("http://calendar.example/a.ics")


def test_a_password_in_the_address_is_refused():
    with pytest.raises(AddressRefused, match="their own fields"):
        Guard().check("https://jo:secret@calendar.example/a.ics")


def test_webcal_is_https_and_a_secret_in_the_query_stays_as_it_is():
    assert str(Guard().check(" WebCal://calendar.example/a.ics?key=a%2Bb+c%3D ")) == (
        "https://calendar.example/a.ics?key=a%2Bb+c%3D"
    )


async def test_a_network_of_the_councils_own_is_reached_on_any_port_and_without_https(server):
    assert await ask(Guard(HERE), f"{server.url}/hello") == "hello stranger"
    assert await ask(Guard(["127.0.0.1/32"], Book(cal=[["127.0.0.1"]])), f"http://cal.example:{server.port}/x")


async def test_plain_http_reaches_the_councils_own_networks_alone(server):
    with pytest.raises(AddressRefused):
        await ask(Guard(HERE, Book(calendar=[["8.8.8.8"]])), "http://calendar.example/")


async def test_the_address_that_was_checked_is_the_one_connected_to(server):
    """A name that leads inside when it is asked a second time: it is asked once."""
    book = Book(rebound=[["127.0.0.1"], ["10.0.0.1"]])
    assert await ask(Guard(["127.0.0.1/32"], book), f"http://rebound.example:{server.port}/") == "hello stranger"
    assert book.asked == 1


async def test_a_name_that_has_come_to_lead_inside_is_refused_the_next_time(server):
    book = Book(rebound=[["127.0.0.1"], ["10.0.0.1"]])
    guard = Guard(["127.0.0.1/32"], book)
    assert await ask(guard, f"http://rebound.example:{server.port}/")
    with pytest.raises(AddressRefused):
        await ask(guard, f"http://rebound.example:{server.port}/")


@pytest.mark.parametrize("path", ["/to/metadata", "/to/name", "/to/file"])
async def test_a_redirect_is_checked_like_what_was_typed(server, path):
    guard = Guard(HERE, Book(inside=[["10.0.0.1"]]))
    with pytest.raises(AddressRefused):
        await ask(guard, f"{server.url}{path}")


async def test_redirects_are_followed_and_come_to_an_end(server):
    assert await ask(Guard(HERE), f"{server.url}/to/hello") == "hello stranger"
    with pytest.raises(CalendarNonsense, match="circles"):
        await ask(Guard(HERE), f"{server.url}/round")
    assert len(server.requests) < 10


async def test_a_password_goes_to_the_host_it_was_given_for_alone(server):
    async def elsewhere(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{server.url}/hello"})

    assert await ask(Guard(HERE), f"{server.url}/to/hello", Authorization="jo") == "hello jo"
    async with serve_faulty(elsewhere) as other:
        assert await ask(Guard(HERE), other.url, Authorization="jo") == "hello stranger"


@pytest.mark.parametrize(
    ("networks", "is_reached"),
    [
        ("127.0.0.0/8", True),
        ("10.0.0.0/8, 127.0.0.1/32", True),
        ("10.0.0.0/8", False),
        ("127.0.0.2/32", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("kind", ["caldav", "ics_feed"])
async def test_the_setting_opens_the_networks_that_it_names_and_no_others(server, networks, is_reached, kind):
    """COORD_CALENDAR_NETWORKS, from the environment to the adapter, as in an installation in earnest."""
    tools = build(Settings(calendar_networks=networks))
    values = {"server": f"{server.url}/hello", "address": f"{server.url}/hello"}
    calendar = tools.calendars.open(kind, CalendarAccount("jo@example.org", values, seconds=10))
    with pytest.raises(CalendarTrouble) as caught:  # it is no calendar: but was it asked?
        await calendar.check()
    await calendar.close()
    await tools.close()
    assert bool(server.requests) is is_reached
    assert isinstance(caught.value, AddressRefused) is not is_reached


async def test_a_server_in_a_named_network_leads_nowhere_beside_it(server):
    async def elsewhere(_request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"http://127.0.0.2:{server.port}/hello"})

    async with serve_faulty(elsewhere) as first:
        with pytest.raises(AddressRefused, match="COORD_CALENDAR_NETWORKS"):
            await ask(Guard(["127.0.0.1/32"]), first.url)
    assert server.requests == []


def test_what_is_no_network_is_refused_at_the_start():
    with pytest.raises(ValidationError, match="must be networks such as"):
        Settings(calendar_networks="10.20.0.0/16, calendar.example.org")
