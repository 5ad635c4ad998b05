"""Reaching a connected calendar: its secrets opened, its time limited, whatever goes wrong a CalendarTrouble."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from coord_service.domain.people import normal_address
from coord_service.errors import CalendarNonsense, CalendarTimedOut, CalendarTrouble, Throttled
from coord_service.operations.tools import Tools
from coord_service.ports import Calendar, CalendarAccount
from coord_service.storage.tables import CalendarConnection, Person

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach a calendar: its kind, whose address, the form's values (secrets too, so never shown)."""

    kind: str
    address: str
    values: Mapping[str, str] = field(repr=False)


def record_name(connection_id: int) -> str:
    """What a connection's secrets are bound to."""
    return f"calendar_connection:{connection_id}"


def seal_secrets(tools: Tools, connection_id: int, values: Mapping[str, str]) -> bytes | None:
    """The secrets as they are kept; None where there are none. Raises Refused where no key is set."""
    if not values:
        return None
    return tools.vault.seal(json.dumps(values).encode(), record_name(connection_id))


def way_of(tools: Tools, connection: CalendarConnection, address: str) -> Way:
    """How to reach a connected calendar. Raises SecretsUnreadable."""
    values = dict(connection.settings)
    if connection.secrets is not None:
        values |= json.loads(tools.vault.open(connection.secrets, record_name(connection.id)))
    return Way(connection.kind, address, values)


def address_of(person: Person | None) -> str:
    """Whose calendar it is, bare; "" for the whole council's."""
    return normal_address(person.email) if person and person.email else ""


@asynccontextmanager
async def reached(tools: Tools, way: Way, least_seconds: float = 0.0) -> AsyncIterator[Calendar]:
    """The calendar, left again at the end. Whatever goes wrong in the block is raised as a CalendarTrouble.

    Call it with no transaction open. The time limit holds for the block as a whole, whatever the adapter does: that of
    the settings, for which people wait, or ``least_seconds`` where nobody does.
    """
    seconds = max(tools.settings.calendar_seconds, least_seconds)
    try:
        async with asyncio.timeout(seconds):
            calendar = tools.calendars.open(way.kind, CalendarAccount(way.address, way.values, seconds))
            try:
                yield calendar
            finally:
                await asyncio.wait_for(calendar.close(), seconds)
    except CalendarTrouble:
        raise
    except TimeoutError as error:
        raise CalendarTimedOut("The calendar did not answer in time.") from error
    except Exception as error:  # an adapter's own fault: one calendar must not spoil the others
        log.warning("calendar_adapter_failed", kind=way.kind, error=type(error).__name__)
        raise CalendarNonsense("The calendar answered something that we can’t understand.") from error


def note_success(connection: CalendarConnection, now: datetime) -> None:
    """Write down that a calendar answered."""
    if connection.trouble is not None:
        log.info("calendar_is_back", connection=connection.id)
    connection.worked_at = now
    connection.trouble = connection.trouble_kind = connection.trouble_at = connection.ask_after = None


def note_trouble(connection: CalendarConnection, trouble: CalendarTrouble, now: datetime) -> None:
    """Write down that a calendar did not answer, and why."""
    kind = type(trouble).__name__
    if connection.trouble_kind != kind:
        log.info("calendar_is_lost", connection=connection.id, trouble=kind)
        connection.trouble_at = now
    connection.trouble, connection.trouble_kind = str(trouble), kind
    wait = trouble.retry_after if isinstance(trouble, Throttled) else None
    connection.ask_after = now + wait if wait else None


def end_connection(connection: CalendarConnection, now: datetime) -> None:
    """Erase what a connection knew; what is left says that there was one."""
    connection.disconnected_at, connection.leaving_at, connection.sends_meetings = now, None, False
    connection.secrets, connection.news_token, connection.settings = None, None, {}
