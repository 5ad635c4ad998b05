"""Times and addresses as Graph writes and reads them (dateTimeTimeZone, emailAddress)."""

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from coord_service.clock import LONDON
from coord_service.domain.itip.addresses import bare_address
from coord_service.domain.itip.values import When
from coord_service.errors import CalendarNonsense
from integrations.calendars.microsoft.conversation import NONSENSE, Json
from integrations.itip.zone_names import zone_named

BEGINNING = datetime(1900, 1, 1, tzinfo=UTC)  # Graph writes the year 1 for "never"


def write_utc(instant: datetime) -> Json:
    """An aware instant, in UTC."""
    return {"dateTime": _plain(instant.astimezone(UTC)), "timeZone": "UTC"}


def write_when(when: When) -> Json:
    """A meeting's time: on London's clocks where it is kept so (people see that zone), else in UTC; a date: midnight.

    Graph knows "Europe/London" by that name (dateTimeTimeZone resource type).
    """
    if not isinstance(when, datetime):
        return {"dateTime": _plain(datetime.combine(when, time(), UTC)), "timeZone": LONDON.key}
    if isinstance(when.tzinfo, ZoneInfo) and when.tzinfo.key == LONDON.key and when.fold == 0:
        return {"dateTime": _plain(when), "timeZone": LONDON.key}
    return write_utc(when)


def read_when(value: Any, *, is_all_day: bool = False) -> datetime:
    """A time that Graph gives, as a UTC instant; a whole day begins at midnight in London. Raises CalendarNonsense."""
    try:
        wall = datetime.fromisoformat(value["dateTime"])
        zone = LONDON if is_all_day else zone_named(value["timeZone"])
        found = (wall.replace(tzinfo=zone) if wall.tzinfo is None else wall).astimezone(UTC) if zone else None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        found = None
    if found is None:
        raise CalendarNonsense(NONSENSE)
    return found


def read_instant(value: Any) -> datetime | None:
    """A DateTimeOffset; None for one that is missing, means never, or makes no sense."""
    try:
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    return found.astimezone(UTC) if found.tzinfo and found > BEGINNING else None


def read_address(value: Any) -> str:
    """The bare address of a recipient or attendee; "" for none."""
    email = value.get("emailAddress") if isinstance(value, dict) else None
    address = email.get("address") if isinstance(email, dict) else None
    return bare_address(address) if isinstance(address, str) else ""


def _plain(wall: datetime) -> str:
    return wall.replace(tzinfo=None).isoformat(timespec="seconds")
