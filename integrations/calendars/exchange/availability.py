"""Busy times by GetUserAvailability: up to 100 mailboxes and 42 days a request, in UTC.

Nothing but times and their kinds is asked for (``FreeBusyMerged``); where a server sends subjects all the same they are
dropped here. https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuseravailability-operation
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from exchangelib import UTC as EWS_UTC
from exchangelib import Account, EWSDateTime
from exchangelib.credentials import IMPERSONATION
from exchangelib.errors import (
    ErrorMailRecipientNotFound,
    ErrorNoFreeBusyAccess,
    ErrorServerBusy,
    ErrorTimeIntervalTooBig,
    EWSError,
)
from exchangelib.properties import (
    DaylightTime,
    Email,
    FreeBusyView,
    FreeBusyViewOptions,
    MailboxData,
    StandardTime,
    TimeWindow,
    TimeZone,
)
from exchangelib.services import GetUserAvailability
from exchangelib.version import EXCHANGE_2013

from coord_service.domain.diaries import Block, BlockStatus
from coord_service.ports import Busy
from integrations.calendars.exchange.items import as_utc

MOST_MAILBOXES = 100
MOST_DAYS = timedelta(days=42)
STEP = timedelta(minutes=15)  # of the merged stream, for mailboxes that show nothing finer

KINDS = {
    "Busy": BlockStatus.BUSY,
    "Tentative": BlockStatus.TENTATIVE,
    "OOF": BlockStatus.OOF,
    "WorkingElsewhere": BlockStatus.ELSEWHERE,
}
DIGITS = ("Free", "Tentative", "Busy", "OOF", "WorkingElsewhere", "NoData")  # LegacyFreeBusyType since Exchange 2013
OLD_DIGITS = ("Free", "Tentative", "Busy", "OOF", "NoData")

UNKNOWN_ADDRESS = "The calendar server knows no mailbox with this address."
NOT_SHARED = "This calendar is not shared with the account that we read with."
NOT_PUBLISHED = "The calendar server does not know the whole of this time."
UNREADABLE = "The calendar server could not read this calendar."

# A zone that never changes its clocks has the same bias on both of the days that the schema asks for.
NEVER = {"bias": 0, "time": time(), "weekday": "Sunday"}
IN_UTC = TimeZone(
    bias=0,
    standard_time=StandardTime(occurrence=1, iso_month=1, **NEVER),
    daylight_time=DaylightTime(occurrence=5, iso_month=12, **NEVER),
)


class _Availability(GetUserAvailability):  # type: ignore[misc]
    """Each mailbox's own error stands in its place instead of ending the call; rights are the mailbox's own."""

    ERRORS_TO_CATCH_IN_RESPONSE = (EWSError,)

    def __init__(self, account: Account) -> None:
        super().__init__(account.protocol, chunk_size=MOST_MAILBOXES)
        self._account = account

    @property
    def _account_to_impersonate(self) -> Any:
        if self._account.access_type == IMPERSONATION:
            return self._account.identity
        return super()._account_to_impersonate


def read_busy(account: Account, addresses: Sequence[str], start_at: datetime, end_at: datetime) -> Mapping[str, Busy]:
    """What the server knows of each address, clipped to the time asked for. Raises exchangelib's errors."""
    found: dict[str, Busy] = dict.fromkeys(addresses, Busy())
    for window in _windows(start_at, end_at):
        readable = [address for address, busy in found.items() if busy.trouble is None]
        for address, answer in zip(readable, _ask(account, readable, window), strict=True):
            found[address] = _added(found[address], answer, window, account)
    return {address: _joined(busy) for address, busy in found.items()}


def _windows(start_at: datetime, end_at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time asked for in pieces that a server takes, in whole seconds."""
    start = start_at.astimezone(UTC).replace(microsecond=0)
    while start < end_at:
        end = min(start + MOST_DAYS, end_at.astimezone(UTC))
        yield start, end
        start = end


def _ask(account: Account, addresses: list[str], window: tuple[datetime, datetime]) -> list[Any]:
    if not addresses:
        return []
    start, end = (EWSDateTime.from_datetime(each.replace(tzinfo=None)).replace(tzinfo=EWS_UTC) for each in window)
    answers = _Availability(account).call(
        tzinfo=EWS_UTC,
        mailbox_data=[
            MailboxData(email=Email(email_address=each), attendee_type="Required", exclude_conflicts=False)
            for each in addresses
        ],
        timezone=IN_UTC,
        free_busy_view_options=FreeBusyViewOptions(
            time_window=TimeWindow(start=start, end=end),
            merged_free_busy_interval=STEP // timedelta(minutes=1),
            requested_view="FreeBusyMerged",
        ),
    )
    return list(answers)


def _added(busy: Busy, answer: Any, window: tuple[datetime, datetime], account: Account) -> Busy:
    """What is known of somebody with one more answer. Raises what concerns the request and not this mailbox."""
    if isinstance(answer, (ErrorServerBusy, ErrorTimeIntervalTooBig)):
        raise answer
    if isinstance(answer, Exception) or answer is None or answer.view_type == "None":
        return Busy(trouble=_words(answer))
    digits = DIGITS if account.version.build >= EXCHANGE_2013 else OLD_DIGITS
    blocks = list(_merged(answer, window[0], digits) if answer.view_type == "MergedOnly" else _events(answer))
    if any(kind == "NoData" for _, _, kind in blocks):
        return Busy(trouble=NOT_PUBLISHED)
    clipped = (
        Block(max(start, window[0]), min(end, window[1]), KINDS[kind])
        for start, end, kind in blocks
        if kind in KINDS and start < end and start < window[1] and end > window[0]
    )
    return Busy((*busy.blocks, *clipped))


def _words(answer: Any) -> str:
    if isinstance(answer, ErrorMailRecipientNotFound):
        return UNKNOWN_ADDRESS
    if isinstance(answer, ErrorNoFreeBusyAccess) or (answer is not None and not isinstance(answer, Exception)):
        return NOT_SHARED
    return UNREADABLE


def _events(view: FreeBusyView) -> Iterator[tuple[datetime, datetime, str]]:
    for event in view.calendar_events or ():
        yield as_utc(event.start), as_utc(event.end), event.busy_type


def _merged(view: FreeBusyView, start: datetime, digits: Sequence[str]) -> Iterator[tuple[datetime, datetime, str]]:
    for step, digit in enumerate(view.merged or ""):
        yield start + step * STEP, start + (step + 1) * STEP, digits[int(digit)]


def _joined(busy: Busy) -> Busy:
    """The blocks by start, and what was cut at a window's edge (or into steps) put together again."""
    joined: list[Block] = []
    for block in sorted(busy.blocks, key=lambda each: (each.status, each.start_at, each.end_at)):
        last = joined[-1] if joined else None
        if last and last.status is block.status and last.end_at == block.start_at:
            joined[-1] = Block(last.start_at, block.end_at, block.status)
        elif block != last:
            joined.append(block)
    return Busy(tuple(sorted(joined, key=lambda each: (each.start_at, each.end_at))), busy.trouble)
