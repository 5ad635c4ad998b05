"""Cyrus as Debian has it, with real scheduling (RFC 6638): the whole contract of calendars, and people who answer."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import aiohttp
import pytest

from coord_service.domain.diaries import BlockStatus
from coord_service.domain.itip import Attendee, PartStat
from coord_service.ports import Ability, Calendar, CalendarAccount
from integrations.guard import HERE
from integrations.registry import Registry
from tests.contracts.calendars import test_busy, test_news, test_others, test_trouble, test_writing
from tests.contracts.calendars.events import appointment, at, busy, meeting, utc
from tests.contracts.calendars.hand import COLLEAGUE, OWNER, Case
from tests.peers.cyrus import Cyrus, start_cyrus
from tests.peers.cyrus_hand import CyrusHand
from tests.servers.faulty import forwarding, serve_faulty

PASSWORDS = {"lead.worker": "correct-horse-battery", "psychologist": "another-horse"}
DAY = (utc(9, 0), utc(10, 0))
UID = meeting().uid
# Cyrus's tokens stay good as long as its mailboxes do: there is no way to make it forget them.
NOT_HERE = {"test_an_old_token_gives_everything"}

CONTRACT = (test_busy, test_news, test_others, test_trouble, test_writing)
globals().update(
    (name, test)
    for module in CONTRACT
    for name, test in vars(module).items()
    if name.startswith("test_") and name not in NOT_HERE
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", ["caldav"])


@pytest.fixture(scope="module")
def cyrus() -> Iterator[Cyrus]:
    with start_cyrus(PASSWORDS) as cyrus:
        yield cyrus


@pytest.fixture
async def case(cyrus: Cyrus) -> AsyncIterator[Case]:
    """The contract's case on empty calendars."""
    async with (
        aiohttp.ClientSession() as session,
        forwarding(cyrus.url) as forward,
        serve_faulty(forward) as server,
    ):
        hand = CyrusHand(session, cyrus, PASSWORDS, server)
        for user in PASSWORDS:
            await hand.empty(user)
        calendar = open_calendar(server.url, OWNER)
        impatient = open_calendar(server.url, OWNER, seconds=0.3)
        yield Case(calendar, impatient, hand, secrets=tuple(PASSWORDS.values()))
        await calendar.close()
        await impatient.close()


def open_calendar(url: str, address: str, sign_in: str = "basic", seconds: float = 30) -> Calendar:
    user = address.partition("@")[0]
    values = {"server": url, "user": user, "password": PASSWORDS[user], "sign_in": sign_in}
    return Registry(networks=HERE).open("caldav", CalendarAccount(address, values, seconds=seconds))


@pytest.fixture
def calendar(case: Case) -> Calendar:
    return case.calendar


@pytest.fixture
def hand(case: Case) -> CyrusHand:
    assert isinstance(case.hand, CyrusHand)
    return case.hand


@pytest.fixture
async def colleague(case: Case, cyrus: Cyrus) -> AsyncIterator[Calendar]:
    """The colleague's own account."""
    calendar = open_calendar(cyrus.url, COLLEAGUE)
    yield calendar
    await calendar.close()


def invitation(hour: int = 14, sequence: int = 0):
    """Our meeting with the colleague on the same server."""
    return replace(meeting(hour, sequence=sequence), attendees=(Attendee(COLLEAGUE, "A Psychologist"),))


async def test_everything_can_be_done(calendar):
    assert (await calendar.check()).abilities == frozenset(Ability)


async def test_an_invitation_is_in_the_colleagues_calendar_until_it_is_answered_as_tentative(calendar, colleague):
    await calendar.put(invitation())
    expected = (busy(utc(9, 14), utc(9, 15), BlockStatus.TENTATIVE),)
    assert (await colleague.read_busy([COLLEAGUE], *DAY))[COLLEAGUE].blocks == expected


async def test_a_colleagues_answer_comes_back_to_the_organizer(calendar, hand):
    await calendar.put(invitation())
    token = (await calendar.news(None)).token
    await hand.answer(UID, COLLEAGUE, PartStat.ACCEPTED, owner=COLLEAGUE)
    [event] = (await calendar.news(token)).events
    assert [(each.address, each.partstat) for each in event.answers] == [(COLLEAGUE, PartStat.ACCEPTED)]


async def test_a_move_moves_the_colleagues_copy_and_keeps_it_one(calendar, hand, colleague):
    await calendar.put(invitation())
    await hand.answer(UID, COLLEAGUE, PartStat.ACCEPTED, owner=COLLEAGUE)
    await calendar.put(invitation(16, sequence=1))
    [(_, copy)] = await hand.events(UID, COLLEAGUE)
    assert (copy.start, copy.sequence) == (at(9, 16), 1)


async def test_a_removal_frees_the_colleague(calendar, colleague):
    await calendar.put(invitation())
    await calendar.remove(UID)
    assert (await colleague.read_busy([COLLEAGUE], *DAY))[COLLEAGUE].blocks == ()


async def test_the_owners_account_can_be_given_as_the_address_of_one_calendar(cyrus, hand):
    await hand.add(appointment(at(9, 10), at(9, 11)))
    calendar = open_calendar(cyrus.calendar("lead.worker"), OWNER)
    assert (await calendar.read_busy([OWNER], *DAY))[OWNER].blocks == (busy(utc(9, 10), utc(9, 11)),)
    await calendar.close()


async def test_a_cyrus_that_wants_digest_is_signed_in_to_so():
    with start_cyrus(PASSWORDS, ways="DIGEST-MD5") as strict:
        calendar = open_calendar(strict.url, OWNER)
        await calendar.put(invitation())
        assert (await calendar.read_busy([OWNER], *DAY))[OWNER].blocks == (busy(utc(9, 14), utc(9, 15)),)
        await calendar.close()
