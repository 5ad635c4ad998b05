"""The app proves itself to Entra, and what Entra refuses is said in words that can be acted on."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from coord_service.errors import CalendarNonsense, ConnectionLost, SignInRefused, Throttled
from coord_service.ports import CalendarAccount
from integrations.calendars.microsoft.account import read_account, read_credential
from integrations.calendars.microsoft.calendar import GraphCalendar
from integrations.registry import Registry
from tests.contracts.calendars.events import utc
from tests.contracts.calendars.hand import OWNER
from tests.integrations.calendars.microsoft.conftest import Opener
from tests.servers.graph import GraphServer
from tests.servers.graph.entra import CLIENT, SECRET

HOUR = (utc(9, 10), utc(9, 11))
FORM = {"tenant": "council.example.org", "client_id": CLIENT, "secret": SECRET}


@pytest.fixture(scope="module")
def certificate() -> str:
    """A certificate with its private key, as an administrator pastes it."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "coord-service")])
    since = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, since, since + timedelta(days=36_500))
    public = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (private + public).decode()


async def ask(calendar: GraphCalendar) -> None:
    assert (await calendar.read_busy([OWNER], *HOUR))[OWNER].trouble is None


async def test_a_client_secret_opens_the_calendar(calendar: GraphCalendar):
    await ask(calendar)


async def test_a_certificate_opens_it_as_well(open_calendar: Opener, server: GraphServer, certificate: str):
    server.entra.public_key = public_key_of(certificate)
    await ask(open_calendar(credential=read_credential("", certificate)))


@pytest.mark.parametrize("between", [" ", ""])
async def test_a_certificate_that_lost_its_line_breaks_is_read_all_the_same(
    open_calendar: Opener, server: GraphServer, certificate: str, between: str
):
    server.entra.public_key = public_key_of(certificate)
    await ask(open_calendar(credential=read_credential("", certificate.replace("\n", between))))


async def test_a_certificate_that_is_not_the_apps_is_told(open_calendar: Opener, certificate: str):
    with pytest.raises(SignInRefused, match=r"not one of the app’s.*AADSTS700027"):
        await ask(open_calendar(credential=read_credential("", certificate)))


def public_key_of(certificate: str) -> str:
    public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip


async def test_one_sign_in_serves_many_calls_and_connections(open_calendar: Opener, server: GraphServer):
    for calendar in (open_calendar(), open_calendar()):
        await ask(calendar)
        await calendar.check()
    assert server.entra.sign_ins == 1


@pytest.mark.parametrize(("expires_in", "sign_ins"), [(0, 2), (200, 1)])
async def test_a_token_is_used_until_shortly_before_its_end(
    calendar: GraphCalendar, server: GraphServer, expires_in: int, sign_ins: int
):
    server.entra.expires_in = expires_in
    await ask(calendar)
    await ask(calendar)
    assert server.entra.sign_ins == sign_ins


async def test_another_secret_is_another_sign_in(open_calendar: Opener):
    await ask(open_calendar())
    with pytest.raises(SignInRefused):
        await ask(open_calendar(credential="wrong"))


async def test_a_token_that_is_no_longer_taken_is_renewed_once(calendar: GraphCalendar, server: GraphServer):
    await ask(calendar)
    server.entra.expire_tokens()
    await ask(calendar)
    assert server.entra.sign_ins == 2


async def test_many_requests_that_meet_an_old_token_renew_it_once(calendar: GraphCalendar, server: GraphServer):
    await ask(calendar)
    server.entra.expire_tokens()
    await calendar.read_busy([f"p{number}@example.org" for number in range(80)], *HOUR)
    assert server.entra.sign_ins == 2


async def test_a_new_token_that_is_not_taken_either_is_no_endless_loop(calendar: GraphCalendar, server: GraphServer):
    server.entra.tokens = NothingIsKept()
    with pytest.raises(SignInRefused, match="directory and the cloud"):
        await ask(calendar)
    assert server.entra.sign_ins == 2


class NothingIsKept(set[str]):
    def add(self, element: str) -> None:
        """Entra gives tokens out that Graph does not know."""


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (7000215, "copy its value"),
        (7000222, "has expired"),
        (700016, "application .client. ID"),
        (65001, "grant admin consent"),
        (53003, "Conditional Access"),
        (999999, "check the directory ID"),
    ],
)
async def test_a_refusal_says_what_to_do(calendar: GraphCalendar, server: GraphServer, number: int, words: str):
    server.entra.refusal = (400, "invalid_client", number)
    with pytest.raises(SignInRefused, match=rf"{words}.*\(AADSTS{number}\)") as caught:
        await ask(calendar)
    assert CLIENT not in str(caught.value)


async def test_a_refusal_is_not_remembered_once_it_is_mended(calendar: GraphCalendar, server: GraphServer):
    server.entra.refusal = (400, "invalid_client", 7000222)
    with pytest.raises(SignInRefused):
        await ask(calendar)
    server.entra.refusal = None
    await ask(calendar)


async def test_a_directory_that_is_not_there_is_told(open_calendar: Opener):
    with pytest.raises(SignInRefused, match=r"no directory with this directory \(tenant\) ID"):
        await ask(open_calendar(tenant="00000000-0000-0000-0000-000000000000"))


async def test_the_loop_goes_on_while_msal_waits(calendar: GraphCalendar, server: GraphServer):
    server.fault = "silent"
    asking = asyncio.ensure_future(ask(calendar))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not asking.done()
    asking.cancel()


async def test_a_sign_in_that_nobody_waits_for_any_more_leaves_nothing_behind(
    calendar: GraphCalendar, server: GraphServer
):
    server.fault = "silent"
    asking = asyncio.ensure_future(ask(calendar))
    await server.silenced.wait()
    asking.cancel()
    await asyncio.wait([asking, *requests_under_way()], timeout=10)
    assert requests_under_way() == []
    await calendar.close()
    with pytest.raises(ConnectionLost):
        await ask(calendar)


def requests_under_way() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if "Line.send" in repr(task.get_coro())]


async def test_an_overloaded_sign_in_says_when_again(calendar: GraphCalendar, server: GraphServer):
    server.fault = "throttled"
    with pytest.raises(Throttled) as caught:
        await ask(calendar)
    assert caught.value.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tenant": "../evil"}, r"directory \(tenant\) ID"),
        ({"client_id": ""}, r"application \(client\) ID"),
        ({"secret": ""}, "client secret, or its certificate"),
        ({"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "can’t be read"),
        ({"cloud": "moon"}, "clouds from the list"),
    ],
)
async def test_a_form_that_cannot_be_right_is_told_by_the_first_call(changes: dict[str, str], words: str):
    calendar = Registry().open("microsoft", CalendarAccount(OWNER, {**FORM, **changes}))
    with pytest.raises(SignInRefused, match=words):
        await calendar.check()
    await calendar.close()


async def test_the_councils_connection_names_its_mailbox():
    account = read_account(CalendarAccount("", {**FORM, "mailbox": "SEND.Team@Example.org"}))
    assert account.mailbox == "send.team@example.org"
    assert "mailbox" in read_account(CalendarAccount("", FORM)).problem


def test_no_secret_shows_in_an_account():
    assert SECRET not in repr(read_account(CalendarAccount(OWNER, FORM)))


def test_each_cloud_has_its_own_addresses():
    account = read_account(CalendarAccount(OWNER, {**FORM, "cloud": "us_government"}))
    assert account.cloud.authority == "https://login.microsoftonline.us"


async def test_a_sign_in_that_answers_no_json_makes_no_sense(calendar: GraphCalendar, server: GraphServer):
    server.fault = "nonsense"
    with pytest.raises(CalendarNonsense):
        await ask(calendar)
