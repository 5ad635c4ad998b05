"""What exchangelib would remember and say, and doesn't here."""

import logging
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from exchangelib.autodiscover.cache import AUTODISCOVER_PERSISTENT_STORAGE
from exchangelib.protocol import CachingProtocol

from coord_service.errors import CalendarTrouble
from integrations.calendars.exchange.connection import Access, SignIn
from tests.contracts.calendars.events import HER, HIM, meeting, utc
from tests.integrations.calendars.exchange.conftest import COLLEAGUE, OWNER, SERVICE
from tests.servers.ews.server import Trick
from tests.servers.ews.sign_in import CLIENT, PASSWORD, SCOPE, SECRET, USER

SUBJECT = "Zebedee-Quill"
WEEK = (utc(8, 0), utc(15, 0))


async def everything(calendar):
    """Each call once, whatever becomes of it."""
    event = meeting(summary=SUBJECT, description=SUBJECT, location=SUBJECT)
    for call in (
        calendar.check,
        lambda: calendar.put(event),
        lambda: calendar.read_busy([OWNER, COLLEAGUE, "gone@example.org"], *WEEK),
        lambda: calendar.news(None),
        lambda: calendar.remove(event.uid),
    ):
        try:
            await call()
        except CalendarTrouble as trouble:
            yield f"{trouble} {trouble!r} {trouble.__cause__!r}"


@pytest.mark.parametrize("trick", [None, *Trick])
@pytest.mark.parametrize("way", list(SignIn))
async def test_no_name_address_subject_password_or_token_is_logged_or_told(exchange, connect, caplog, trick, way):
    caplog.set_level(logging.DEBUG)
    values = {"seconds": 0.2 if trick in {Trick.HANG, Trick.DRIP} else 20, "sign_in": way}
    if way is SignIn.OAUTH:
        values |= {"user": CLIENT, "password": SECRET, "scope": SCOPE, "token_url": exchange.token_url}
        values["access"] = Access.IMPERSONATION
    exchange.trick = trick
    said = [text async for text in everything(connect(**values))]
    assert bool(said) is bool(trick)
    text = "\n".join([caplog.text, *said])
    canaries = (SUBJECT, OWNER, COLLEAGUE, SERVICE, HER, HIM, USER, PASSWORD, SECRET, "Dromedary", "Oncology")
    assert [each for each in canaries if each in text] == []


@pytest.fixture
def cache_files():
    """Gives the files in which exchangelib would keep what autodiscover said, for every process of this user."""
    return lambda: list(Path(tempfile.gettempdir()).glob(f"{AUTODISCOVER_PERSISTENT_STORAGE.name}*"))


async def test_no_password_stays_in_a_table_of_the_process(exchange, connect):
    calendar = connect(url="", autodiscover_urls=(exchange.autodiscover_url,))
    await calendar.check()
    assert CachingProtocol._protocol_cache == {}


async def test_autodiscover_leaves_no_file_behind(exchange, connect, cache_files):
    await connect(url="", autodiscover_urls=(exchange.autodiscover_url,)).check()
    assert cache_files() == []


def test_exchangelib_is_loaded_by_the_first_connection_and_not_before():
    code = "import sys, integrations.registry; sys.exit('exchangelib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
