"""Ways to sign in, rights, and TLS."""

import pytest

from coord_service.errors import AddressRefused, InvalidForm, SignInRefused
from coord_service.ports import Ability
from integrations.calendars.exchange.connection import Access, ExchangeServer, SignIn
from tests.integrations.calendars.exchange.conftest import COLLEAGUE, OWNER, SERVICE
from tests.servers.ews.sign_in import CLIENT, SCOPE, SECRET

OAUTH = {"sign_in": SignIn.OAUTH, "user": CLIENT, "password": SECRET, "scope": SCOPE, "access": Access.IMPERSONATION}


async def test_ntlm_takes_three_messages_and_then_the_connection_is_signed_in(exchange, connect):
    exchange.door.ways = ("NTLM",)
    calendar = connect(sign_in=SignIn.NTLM)
    await calendar.check()
    await calendar.news(None)
    assert exchange.door.handshakes == 1
    assert sum(exchange.counts.values()) > 3


async def test_ntlm_signs_in_with_a_mail_address_too(exchange, connect):
    exchange.door.ways = ("NTLM",)
    with pytest.raises(SignInRefused):  # the account is known by its domain name alone, and the server says so
        await connect(sign_in=SignIn.NTLM, user=SERVICE).check()
    assert exchange.door.handshakes == 0


async def test_basic_signs_in(calendar):
    assert Ability.WRITE in (await calendar.check()).abilities


@pytest.mark.parametrize("way", [SignIn.NTLM, SignIn.BASIC])
async def test_a_wrong_password_is_refused_in_words(connect, way):
    with pytest.raises(SignInRefused, match="does not accept this name and password"):
        await connect(sign_in=way, password="wrong").check()


async def test_a_refusal_after_which_the_server_hangs_up_is_a_refusal(exchange, connect):
    exchange.door.hangs_up = True
    with pytest.raises(SignInRefused):
        await connect(password="wrong").check()


async def test_a_way_that_the_server_does_not_offer_is_refused(exchange, connect):
    exchange.door.ways = ("Negotiate",)
    with pytest.raises(SignInRefused):
        await connect(sign_in=SignIn.NTLM).check()


async def test_client_credentials_get_one_token_for_many_calls(exchange, connect):
    calendar = connect(**OAUTH, token_url=exchange.token_url)
    assert Ability.WRITE in (await calendar.check()).abilities
    await calendar.news(None)
    assert exchange.door.issued == 1


async def test_a_token_that_is_no_longer_taken_is_replaced_at_the_next_call(exchange, connect):
    calendar = connect(**OAUTH, token_url=exchange.token_url)
    await calendar.check()
    exchange.door.tokens.clear()
    exchange.door.ways = ("Bearer",)
    with pytest.raises(SignInRefused):
        await calendar.check()
    await calendar.check()
    assert exchange.door.issued == 2


async def test_tokens_that_can_t_be_had_for_a_while_use_no_session_up(exchange, connect):
    calendar = connect(**OAUTH, token_url=exchange.token_url, threads=1)
    exchange.door.ways = ("Bearer",)
    for _ in range(2):  # more often than there are sessions
        exchange.door.is_shut = False
        await calendar.check()
        exchange.door.is_shut = True
        with pytest.raises(SignInRefused):
            await calendar.check()


async def test_a_wrong_secret_is_refused(exchange, connect):
    with pytest.raises(SignInRefused):
        await connect(**(OAUTH | {"password": "wrong"}), token_url=exchange.token_url).check()


async def test_impersonation_acts_with_the_mailboxs_rights(exchange, connect):
    exchange.store.mailboxes[OWNER].delegates.clear()
    assert Ability.WRITE in (await connect(access=Access.IMPERSONATION).check()).abilities
    acting = f"<t:PrimarySmtpAddress>{OWNER}</t:PrimarySmtpAddress>".encode()
    assert [acting in each for each in exchange.requests] == [False, True, True]  # the first asks for the version


async def test_impersonation_that_is_denied_says_which_role_is_missing(exchange, connect):
    exchange.may_impersonate = False
    with pytest.raises(SignInRefused, match="ApplicationImpersonation"):
        await connect(access=Access.IMPERSONATION).check()


async def test_a_calendar_that_nobody_shared_with_us_says_so(connect):
    with pytest.raises(SignInRefused, match="may not open that calendar"):
        await connect(mailbox=COLLEAGUE).check()


async def test_a_mailbox_that_is_not_there_says_so(connect):
    with pytest.raises(SignInRefused, match="no mailbox with this address"):
        await connect(mailbox="gone@example.org").check()


async def test_a_certificate_of_an_unknown_authority_is_not_believed(exchange, connect):
    with pytest.raises(AddressRefused, match="certificate authority"):
        await connect(ca_file="").check()
    assert exchange.requests == []


async def test_no_environment_turns_the_check_of_certificates_off(exchange, connect, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, exchange.ca_file)
    with pytest.raises(AddressRefused):
        await connect(ca_file="").check()


async def test_no_proxy_of_the_environment_is_used(calendar, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    await calendar.check()


@pytest.mark.parametrize("field", ["url", "token_url"])
def test_an_address_without_tls_is_refused_before_anything_is_sent(field):
    with pytest.raises(InvalidForm) as caught:
        ExchangeServer(mailbox=OWNER, user="x", password="y", **{field: "http://mail.example.org/EWS/Exchange.asmx"})
    assert set(caught.value.fields) == {field}


def test_oauth_needs_to_know_where_tokens_are_issued():
    with pytest.raises(InvalidForm):
        ExchangeServer(mailbox=OWNER, user="x", password="y", sign_in=SignIn.OAUTH)


def test_a_password_is_in_no_repr():
    assert "y7secret" not in repr(ExchangeServer(mailbox=OWNER, user="x", password="y7secret"))


@pytest.mark.parametrize("networks", [(), ("10.20.0.0/16",)])
async def test_a_server_in_a_network_that_the_council_has_not_named_is_not_connected_to(exchange, connect, networks):
    """Nobody learns what stands in our network by typing addresses: an open port and a closed one are told alike."""
    for url in (exchange.url, "https://127.0.0.1:9/EWS/Exchange.asmx", "https://localhost:9/EWS/Exchange.asmx"):
        with pytest.raises(AddressRefused, match="COORD_CALENDAR_NETWORKS"):
            await connect(url=url, networks=networks).check()
    assert exchange.requests == []


async def test_a_token_is_not_fetched_from_a_network_that_the_council_has_not_named(connect):
    elsewhere = {"token_url": "https://127.0.0.1:9/token", "networks": ()}
    with pytest.raises(AddressRefused, match="COORD_CALENDAR_NETWORKS"):
        await connect(**OAUTH | elsewhere).check()
