"""Busy times of colleagues: kinds, levels, limits, and each mailbox's own trouble."""

from dataclasses import replace
from datetime import timedelta

import pytest

from coord_service.domain.diaries import BlockStatus
from coord_service.errors import CalendarTrouble
from tests.contracts.calendars.events import appointment, at, busy, utc
from tests.integrations.calendars.exchange.conftest import COLLEAGUE, OWNER
from tests.servers.ews.store import Mailbox

WEEK = (utc(8, 0), utc(15, 0))
AT_NINE = appointment(at(9, 9), at(9, 10))


async def read(calendar, address=COLLEAGUE, window=WEEK):
    return (await calendar.read_busy([address], *window))[address]


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        ("BUSY", BlockStatus.BUSY),
        ("Tentative", BlockStatus.TENTATIVE),
        ("OOF", BlockStatus.OOF),
        ("WorkingElsewhere", BlockStatus.ELSEWHERE),
    ],
)
@pytest.mark.parametrize("level", ["FreeBusyMerged", "MergedOnly"])
async def test_every_kind_of_time_is_told_apart_at_every_level(exchange, calendar, shown, status, level):
    kind = "Busy" if shown == "BUSY" else shown
    exchange.store.mailboxes[COLLEAGUE].level = level
    exchange.store.mailboxes[COLLEAGUE].diary.append(replace(AT_NINE, extras=(f"X-MICROSOFT-CDO-BUSYSTATUS:{kind}",)))
    assert (await read(calendar)).blocks == (busy(utc(9, 9), utc(9, 10), status),)


async def test_a_mailbox_that_shows_steps_alone_is_read_in_quarters_of_an_hour(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].level = "MergedOnly"
    exchange.store.mailboxes[COLLEAGUE].diary.append(appointment(at(9, 9, 5), at(9, 9, 50)))
    assert (await read(calendar)).blocks == (busy(utc(9, 9), utc(9, 10)),)


async def test_the_step_that_means_elsewhere_today_meant_no_data_before_2013(exchange, calendar):
    exchange.build = (14, 3, 123, 4)
    mailbox = exchange.store.mailboxes[COLLEAGUE]
    mailbox.level = "MergedOnly"
    mailbox.diary.append(replace(AT_NINE, extras=("X-MICROSOFT-CDO-BUSYSTATUS:WorkingElsewhere",)))
    assert "does not know the whole of this time" in ((await read(calendar)).trouble or "")


async def test_subjects_that_come_unasked_go_no_further(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].level = "Detailed"
    exchange.store.mailboxes[COLLEAGUE].diary.append(AT_NINE)
    found = await read(calendar)
    assert found.blocks == (busy(utc(9, 9), utc(9, 10)),)
    assert "Oncology" not in repr(found)


async def test_a_time_that_is_not_published_is_neither_free_nor_busy(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].diary.append(replace(AT_NINE, extras=("X-MICROSOFT-CDO-BUSYSTATUS:NoData",)))
    found = await read(calendar)
    assert found.blocks == ()
    assert found.trouble


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ErrorMailRecipientNotFound", "knows no mailbox"),
        ("ErrorNoFreeBusyAccess", "not shared"),
        ("ErrorProxyRequestProcessingFailed", "could not read"),
        ("ErrorFreeBusyGenerationFailed", "could not read"),
    ],
)
async def test_each_mailbox_has_a_trouble_of_its_own_that_names_nobody(exchange, calendar, code, words):
    exchange.store.mailboxes[COLLEAGUE].trouble = code
    exchange.store.mailboxes[OWNER].diary.append(AT_NINE)
    found = await calendar.read_busy([COLLEAGUE, OWNER], *WEEK)
    assert words in found[COLLEAGUE].trouble
    assert COLLEAGUE not in found[COLLEAGUE].trouble
    assert found[OWNER].blocks == (busy(utc(9, 9), utc(9, 10)),)


async def test_a_calendar_that_shows_nothing_is_not_shared(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].level = "None"
    assert "not shared" in (await read(calendar)).trouble


async def test_250_mailboxes_are_three_requests(exchange, calendar):
    addresses = [f"n{number}@example.org" for number in range(250)]
    exchange.store.mailboxes |= {each: Mailbox(each) for each in addresses}
    exchange.store.mailboxes[addresses[-1]].diary.append(AT_NINE)
    found = await calendar.read_busy(addresses, *WEEK)
    assert list(found) == addresses
    assert found[addresses[-1]].blocks == (busy(utc(9, 9), utc(9, 10)),)
    assert exchange.counts["GetUserAvailabilityRequest"] == 3


async def test_a_block_over_the_edge_of_42_days_is_one_block(exchange, calendar):
    edge = utc(1, 0) + timedelta(days=42)
    exchange.store.mailboxes[COLLEAGUE].diary.append(appointment(edge - timedelta(hours=2), edge + timedelta(hours=3)))
    found = await read(calendar, window=(utc(1, 0), utc(1, 0) + timedelta(days=100)))
    assert found.blocks == (busy(edge - timedelta(hours=2), edge + timedelta(hours=3)),)
    assert exchange.counts["GetUserAvailabilityRequest"] == 3


async def test_what_reaches_beyond_the_time_asked_for_is_clipped_to_it(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].diary.append(appointment(at(9, 8), at(9, 12)))
    found = await read(calendar, window=(utc(9, 9), utc(9, 11)))
    assert found.blocks == (busy(utc(9, 9), utc(9, 11)),)


async def test_who_has_a_trouble_is_not_asked_for_the_later_weeks(exchange, calendar):
    found = await calendar.read_busy(["gone@example.org"], utc(1, 0), utc(1, 0) + timedelta(days=100))
    assert found["gone@example.org"].trouble
    assert exchange.counts["GetUserAvailabilityRequest"] == 1


async def test_the_same_address_twice_is_asked_once(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].diary.append(AT_NINE)
    found = await calendar.read_busy([COLLEAGUE, COLLEAGUE], *WEEK)
    assert found[COLLEAGUE].blocks == (busy(utc(9, 9), utc(9, 10)),)


async def test_two_appointments_at_one_time_are_one_block(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].diary += [AT_NINE, AT_NINE]
    assert (await read(calendar)).blocks == (busy(utc(9, 9), utc(9, 10)),)


async def test_an_error_that_concerns_the_server_is_no_mailboxs_trouble(exchange, calendar):
    exchange.store.mailboxes[COLLEAGUE].trouble = "ErrorServerBusy"
    with pytest.raises(CalendarTrouble):
        await read(calendar)
