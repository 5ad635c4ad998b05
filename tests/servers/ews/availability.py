"""GetUserAvailability: what is in a mailbox's calendar, as times and kinds, in the zone of the request.

Series are expanded by recurring-ical-events. A request's zone must have the same bias all year: no other is sent here.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from coord_service.domain import itip
from integrations.itip.writer import write_copy
from tests.servers.ews.items import Asked
from tests.servers.ews.soap import Element, EwsError, m, only, t, text_of
from tests.servers.ews.store import Mailbox

MOST_MAILBOXES, MOST_DAYS = 100, timedelta(days=42)
DIGITS = {"Free": "0", "Tentative": "1", "Busy": "2", "OOF": "3", "WorkingElsewhere": "4", "NoData": "5"}
LONDON = ZoneInfo("Europe/London")
Spot = tuple[datetime, datetime, str]


def get_user_availability(asked: Asked) -> Element:
    """An answer for each mailbox, in the order of the request."""
    bias = _bias(only(asked.body, "t:TimeZone"))
    window = only(asked.body, "t:FreeBusyViewOptions/t:TimeWindow")
    start, end = (_instant(text_of(window, f"t:{name}"), bias) for name in ("StartTime", "EndTime"))
    addresses = [text_of(each, "t:Email/t:Address").lower() for each in only(asked.body, "m:MailboxDataArray")]
    step = timedelta(minutes=int(text_of(asked.body, ".//t:MergedFreeBusyIntervalInMinutes") or 30))

    def one(address: str) -> Element:
        try:
            view = _view(_readable(asked, address, len(addresses), end - start), start, end, (bias, step))
        except EwsError as error:
            text, code = m.MessageText(error.text), m.ResponseCode(error.code)
            return m.FreeBusyResponse(m.ResponseMessage(text, code, m.DescriptiveLinkKey("0"), ResponseClass="Error"))
        return m.FreeBusyResponse(m.ResponseMessage(m.ResponseCode("NoError"), ResponseClass="Success"), view)

    return m.GetUserAvailabilityResponse(m.FreeBusyResponseArray(*map(one, addresses)))


def _bias(zone: Element) -> timedelta:
    biases = {text_of(zone, f"t:{name}/t:Bias") for name in ("StandardTime", "DaylightTime")}
    assert len(biases) == 1, "this server knows no zone that changes its clocks"
    return timedelta(minutes=int(text_of(zone, "t:Bias")) + int(biases.pop()))


def _instant(text: str, bias: timedelta) -> datetime:
    """A time of the request: with an offset, or else in the request's zone, which is behind UTC by the bias."""
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC) + bias


def _readable(asked: Asked, address: str, number: int, span: timedelta) -> Mailbox:
    if number > MOST_MAILBOXES:
        raise EwsError("ErrorIndividualMailboxLimitReached", "Too many mailboxes.")
    if span <= timedelta():
        raise EwsError("ErrorInvalidTimeInterval", "The time interval is not valid.")
    if span > MOST_DAYS:
        raise EwsError("ErrorTimeIntervalTooBig", "The requested time duration is too long.")
    mailbox = asked.store.mailboxes.get(address)
    if mailbox is None:
        raise EwsError("ErrorMailRecipientNotFound", f"Unable to resolve e-mail address {address} to an AD object.")
    if mailbox.trouble:
        raise EwsError(mailbox.trouble, f"It can't be read for {address}.")
    return mailbox


def _view(mailbox: Mailbox, start: datetime, end: datetime, form: tuple[timedelta, timedelta]) -> Element:
    bias, step = form
    spots = sorted(each for each in _spots(mailbox, start, end) if each[0] < end and each[1] > start)
    view = m.FreeBusyView(t.FreeBusyViewType(mailbox.level))
    if mailbox.level in {"MergedOnly", "FreeBusyMerged", "DetailedMerged"}:
        view.append(t.MergedFreeBusy(_merged(spots, start, end, step)))
    if mailbox.level not in {"None", "MergedOnly"}:
        view.append(t.CalendarEventArray(*(_event(each, bias, mailbox.level) for each in spots)))
    return view


def _merged(spots: list[Spot], start: datetime, end: datetime, step: timedelta) -> str:
    """The busiest of each step, as a digit."""
    steps = -(-(end - start) // step)
    edges = ((start + n * step, start + (n + 1) * step) for n in range(steps))
    return "".join(
        max((DIGITS[kind] for first, last, kind in spots if first < until and last > since), default="0")
        for since, until in edges
    )


def _event(spot: Spot, bias: timedelta, level: str) -> Element:
    start, end = (f"{each - bias:%Y-%m-%dT%H:%M:%S}" for each in spot[:2])
    event = t.CalendarEvent(t.StartTime(start), t.EndTime(end), t.BusyType(spot[2]))
    if level.startswith("Detailed"):
        words = t.CalendarEventDetails(t.Subject("Oncology, ward 7"), t.Location("Ward 7"), t.IsMeeting("false"),
                                       t.IsRecurring("false"), t.IsException("false"), t.IsReminderSet("false"),
                                       t.IsPrivate("false"))  # fmt: skip
        event.append(words)
    return event


def _spots(mailbox: Mailbox, start: datetime, end: datetime) -> Iterator[Spot]:
    for item in mailbox.items.values():
        if not item.is_deleted:
            edges = (datetime.fromisoformat(item.text(name)) for name in ("Start", "End"))
            yield (*edges, item.text("LegacyFreeBusyStatus") or "Busy")  # type: ignore[misc]
    for event in mailbox.diary:
        yield from _expanded(event, mailbox.address, start, end)


def _expanded(event: itip.Event, address: str, start: datetime, end: datetime) -> Iterator[Spot]:
    calendar = icalendar.Calendar.from_ical(write_copy(event))
    day = timedelta(days=1)
    for found in recurring_ical_events.of(calendar).between(start - day, end + day):
        if kind := _kind(found, address):
            yield _at(found["DTSTART"].dt), _at(found["DTEND"].dt), kind


def _kind(found: icalendar.Event, address: str) -> str | None:
    """What Outlook would show; what its user declined or what was cancelled is not in their calendar at all."""
    people = found.get("ATTENDEE", [])
    people = people if isinstance(people, list) else [people]
    own = {str(each.params.get("PARTSTAT", "")) for each in people if str(each).lower() == f"mailto:{address}"}
    if found.get("STATUS") == "CANCELLED" or "DECLINED" in own:
        return None
    if found.get("TRANSP") == "TRANSPARENT":
        return "Free"
    return str(found.get("X-MICROSOFT-CDO-BUSYSTATUS") or ("Tentative" if _is_open(found, own) else "Busy"))


def _is_open(found: icalendar.Event, own: set[str]) -> bool:
    return found.get("STATUS") == "TENTATIVE" or bool(own & {"TENTATIVE", "NEEDS-ACTION"})


def _at(when: date) -> datetime:
    if isinstance(when, datetime):
        return when.astimezone(UTC)
    return datetime.combine(when, time(), LONDON).astimezone(UTC)
