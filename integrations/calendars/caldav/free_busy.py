"""VFREEBUSY (RFC 5545 §3.6.4): asked for in an iTIP request (RFC 5546 §3.3.2), and read as blocks."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from coord_service.domain.diaries import Block, BlockStatus
from coord_service.errors import CalendarNonsense
from integrations.itip.lines import Line, TooMuch, parse
from integrations.itip.moments import Zones, end_after, read_duration, read_value, utc_text
from integrations.itip.writer import PRODID, fold

STATUSES = {
    "BUSY-TENTATIVE": BlockStatus.TENTATIVE,
    "BUSY-UNAVAILABLE": BlockStatus.OOF,
    "FREE": BlockStatus.FREE,
}


def write_request(organizer: str, addresses: Sequence[str], span: tuple[datetime, datetime], now: datetime) -> bytes:
    """What an outbox is asked: the busy times of these addresses, in the organizer's name."""
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "METHOD:REQUEST", "BEGIN:VFREEBUSY"),
        f"UID:busy-{utc_text(span[0])}-{utc_text(now)}@coord-service",
        f"DTSTAMP:{utc_text(now)}",
        f"DTSTART:{utc_text(span[0])}",
        f"DTEND:{utc_text(span[1])}",
        f"ORGANIZER:mailto:{organizer}",
        *(f"ATTENDEE:mailto:{address}" for address in addresses),
        *("END:VFREEBUSY", "END:VCALENDAR"),
    ]
    return "".join(f"{fold(line)}\r\n" for line in lines).encode()


def read_free_busy(content: bytes, start_at: datetime, end_at: datetime) -> tuple[Block, ...]:
    """The blocks that touch the span, by start; those that say FREE are left out. Raises CalendarNonsense."""
    try:
        calendars = parse(content, [])
    except TooMuch as error:
        raise CalendarNonsense(f"The busy times were not read: {error}.") from None
    parts = [part for each in calendars for part in each.inner if part.name == "VFREEBUSY"]
    if not parts:
        raise CalendarNonsense("The calendar’s server told no busy times.")
    blocks = (block for part in parts for line in part.every("FREEBUSY") for block in _blocks(line))
    touching = (each for each in blocks if each.start_at < end_at and start_at < each.end_at)
    return tuple(sorted(touching, key=lambda block: block.start_at))


def _blocks(line: Line) -> Iterator[Block]:
    status = STATUSES.get(line.parameter("FBTYPE").upper(), BlockStatus.BUSY)
    zones = Zones({}, [], UTC)
    for period in line.value.split(","):
        first, slash, last = period.strip().partition("/")
        start = read_value(first, "", zones, line.name)
        if not slash or not isinstance(start, datetime):
            raise CalendarNonsense("The calendar’s server told a busy time that makes no sense.")
        length = read_duration(last)
        end = end_after(start, length) if length is not None else read_value(last, "", zones, line.name)
        if not isinstance(end, datetime):
            raise CalendarNonsense("The calendar’s server told a busy time that makes no sense.")
        if status is not BlockStatus.FREE and start < end:
            yield Block(start.astimezone(UTC), end.astimezone(UTC), status)
