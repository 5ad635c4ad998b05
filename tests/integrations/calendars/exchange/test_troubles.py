"""EWS closed, throttled, overloaded, broken: each says what it is and what to do."""

from datetime import timedelta

import pytest
from exchangelib.errors import ErrorTimeoutExpired

from coord_service.errors import CalendarNonsense, CalendarTimedOut, ConnectionLost, ServiceClosed, Throttled
from integrations.calendars.exchange.troubles import trouble_of
from tests.servers.ews.server import Trick


async def test_a_server_that_forbids_ews_names_both_cures(exchange, calendar):
    exchange.trick = Trick.CLOSED
    with pytest.raises(ServiceClosed) as caught:
        await calendar.check()
    assert "connect it as Microsoft 365" in str(caught.value)
    assert "IT has to allow EWS" in str(caught.value)


async def test_a_server_that_sends_us_to_exchange_online_is_understood(exchange, calendar):
    exchange.trick = Trick.REDIRECTED
    with pytest.raises(ServiceClosed, match="Microsoft has closed"):
        await calendar.check()


@pytest.mark.parametrize("host", ["outlook.office365.com", "OUTLOOK.office.com", "eur02.mail.outlook.com."])
async def test_an_address_at_exchange_online_is_never_called(connect, host):
    with pytest.raises(ServiceClosed, match="Microsoft has closed"):
        await connect(url=f"https://{host}/EWS/Exchange.asmx").check()


async def test_a_host_that_only_looks_like_microsofts_is_called(connect):
    with pytest.raises(Exception, match="can’t be reached"):
        await connect(url="https://outlook.com.invalid/EWS/Exchange.asmx").check()


@pytest.mark.parametrize("trick", [Trick.BUSY, Trick.OVERLOADED])
async def test_how_long_to_wait_is_what_the_server_says(exchange, calendar, trick):
    exchange.trick = trick
    with pytest.raises(Throttled) as caught:
        await calendar.check()
    assert caught.value.retry_after == timedelta(seconds=30)


async def test_a_server_that_says_no_time_gets_none_invented(exchange, calendar):
    exchange.trick, exchange.back_off = Trick.BUSY, ""
    with pytest.raises(Throttled) as caught:
        await calendar.check()
    assert caught.value.retry_after is None


@pytest.mark.parametrize("trick", [Trick.GARBAGE, Trick.TRUNCATED])
async def test_an_answer_that_is_no_soap_is_nonsense_and_passes(exchange, calendar, trick):
    exchange.trick = trick
    with pytest.raises(CalendarNonsense):
        await calendar.check()
    exchange.trick = None
    await calendar.check()


async def test_nothing_of_the_original_error_hangs_on_ours(exchange, calendar):
    exchange.trick = Trick.GARBAGE
    with pytest.raises(CalendarNonsense) as caught:
        await calendar.check()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Reraised from ConnectionError(('Connection aborted.'))", ConnectionLost),
        ("Reraised from ReadTimeout(Read timed out.)", CalendarTimedOut),
        ("The request timed out on the server.", CalendarTimedOut),
    ],
)
def test_what_exchangelib_calls_a_time_out_is_told_apart(words, kind):
    assert type(trouble_of(ErrorTimeoutExpired(words))) is kind
