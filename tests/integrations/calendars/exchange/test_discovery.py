"""Autodiscover: where it leads, and where it may not."""

from dataclasses import dataclass, field

import pytest

from coord_service.errors import ConnectionLost, ServiceClosed, SignInRefused
from coord_service.ports import Ability
from integrations.calendars.exchange.discovery import find_server, usual_places

ELSEWHERE = "https://collector.example.net/autodiscover/autodiscover.svc"


@dataclass
class Answer:
    """What exchangelib makes of an answer, as far as it is looked at."""

    ews_url: str = ""
    redirect_url: str = ""
    redirect_address: str = ""
    user_settings: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def discovered(exchange, connect):
    """A connection that looks for its server at ours."""
    return connect(url="", autodiscover_urls=(exchange.autodiscover_url,))


def test_the_usual_places_are_the_domains_own():
    assert usual_places("council.gov.uk") == (
        "https://autodiscover.council.gov.uk/autodiscover/autodiscover.svc",
        "https://council.gov.uk/autodiscover/autodiscover.svc",
    )


async def test_the_server_is_found_once_and_remembered(exchange, discovered):
    assert Ability.WRITE in (await discovered.check()).abilities
    await discovered.news(None)
    assert exchange.directory.asked == 1


async def test_a_place_where_nobody_answers_is_passed_over(exchange, connect):
    calendar = connect(url="", autodiscover_urls=("https://127.0.0.1:9/autodiscover.svc", exchange.autodiscover_url))
    await calendar.check()


async def test_nobody_who_knows_the_server_asks_for_its_address(connect):
    with pytest.raises(ConnectionLost, match="Enter its address"):
        await connect(url="", autodiscover_urls=("https://127.0.0.1:9/autodiscover.svc",)).check()


async def test_a_refused_sign_in_is_told_as_such(exchange, connect):
    with pytest.raises(SignInRefused):
        await connect(url="", autodiscover_urls=(exchange.autodiscover_url,), password="wrong").check()


async def test_a_mailbox_in_exchange_online_names_the_cure(exchange, discovered):
    exchange.directory.ews_url = "https://outlook.office365.com/EWS/Exchange.asmx"
    with pytest.raises(ServiceClosed, match="connect it again as Microsoft 365"):
        await discovered.check()


async def test_a_mailbox_that_moved_to_the_cloud_names_the_cure(exchange, discovered):
    exchange.directory.redirect_address = "lead.worker@council.mail.onmicrosoft.com"
    with pytest.raises(ServiceClosed, match="Microsoft 365"):
        await discovered.check()


async def test_a_redirection_to_exchange_online_is_not_followed_but_understood(exchange, discovered):
    exchange.directory.redirect_url = "https://autodiscover-s.outlook.com/autodiscover/autodiscover.svc"
    with pytest.raises(ServiceClosed):
        await discovered.check()


def test_a_redirection_to_a_strangers_host_is_not_followed():
    asked = []

    def ask(place, mailbox):
        asked.append(place)
        return Answer(redirect_url=ELSEWHERE) if len(asked) == 1 else Answer("https://mail.example.net/EWS/x.asmx")

    with pytest.raises(ConnectionLost):
        find_server("lead.worker@council.gov.uk", usual_places("council.gov.uk")[:1], ask)
    assert len(asked) == 1


def test_a_redirection_within_the_mail_domain_is_followed():
    answers = {
        usual_places("council.gov.uk")[0]: Answer(redirect_url="https://x.council.gov.uk/autodiscover.svc"),
        "https://x.council.gov.uk/autodiscover.svc": Answer("https://mail.council.gov.uk/EWS/Exchange.asmx"),
    }
    found = find_server("a@council.gov.uk", usual_places("council.gov.uk"), lambda place, _: answers[place])
    assert found == "https://mail.council.gov.uk/EWS/Exchange.asmx"


async def test_redirections_in_a_circle_end(exchange, discovered):
    exchange.directory.redirect_url = exchange.autodiscover_url
    with pytest.raises(ConnectionLost):
        await discovered.check()


def test_an_endpoint_without_tls_is_not_used():
    with pytest.raises(ConnectionLost):
        find_server("a@council.gov.uk", ["https://place"], lambda *_: Answer("http://mail.council.gov.uk/EWS/x.asmx"))


def test_an_address_for_inside_alone_is_used():
    answer = Answer("", user_settings={"internal_ews_url": "https://mail.inside/EWS/Exchange.asmx"})
    assert find_server("a@council.gov.uk", ["https://place"], lambda *_: answer).startswith("https://mail.inside/")
