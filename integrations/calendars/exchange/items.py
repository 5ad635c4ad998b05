"""Our event as an item in an Exchange calendar, and what we leave on it to know it by.

Four named properties of our own (MS-OXPROPS §1.3.4): the UID, the SEQUENCE and DTSTAMP last kept, and digests of what
was written. They stay in the organizer's mailbox; the item's own UID is ours too, so that answers by mail match it.
"""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from exchangelib import Account, EWSDate, EWSDateTime
from exchangelib.extended_properties import ExtendedProperty
from exchangelib.fields import FieldPath
from exchangelib.folders import Calendar
from exchangelib.items import CalendarItem
from exchangelib.properties import Attendee, Body, DistinguishedFolderId, Mailbox
from exchangelib.util import create_element

from coord_service.domain import itip
from coord_service.domain.itip.values import Cutype
from coord_service.errors import CalendarTrouble

OUR_SET = "5b0d6f0e-6a54-4c1c-9b6d-0c9f5c1f4a37"
NO_SERIES = "A series can’t be kept in Exchange from here: its meetings have to be booked one by one."
REMINDER_MINUTES = 15


class _OurProperty(ExtendedProperty):  # type: ignore[misc]
    property_set_id = OUR_SET
    property_type = "String"


class CoordUid(_OurProperty):
    """The event's UID."""

    property_name = "CoordUid"


class CoordSequence(_OurProperty):
    """Its SEQUENCE, in digits: Exchange's own numbers end at 2147483647, and calendars in use exceed that."""

    property_name = "CoordSequence"


class CoordStamp(_OurProperty):
    """Its DTSTAMP (ISO 8601, UTC), empty where it had none."""

    property_name = "CoordStamp"


class CoordDigest(_OurProperty):
    """Two digests with a colon between: of time and words, of who is invited."""

    property_name = "CoordDigest"


for _name, _property in (
    ("coord_uid", CoordUid),
    ("coord_sequence", CoordSequence),
    ("coord_stamp", CoordStamp),
    ("coord_digest", CoordDigest),
):
    CalendarItem.register(_name, _property)


class Ours:
    """A restriction for FindItem: our own items, or the one with a UID."""

    def __init__(self, uid: str | None = None) -> None:
        self._uid = uid

    def to_xml(self, version: Any) -> Any:  # noqa: ARG002 - exchangelib's signature
        """The restriction's element."""
        restriction = create_element("m:Restriction")
        condition = create_element("t:Exists" if self._uid is None else "t:IsEqualTo")
        restriction.append(condition)
        condition.append(_path("coord_uid").to_xml())
        if self._uid is not None:
            value = create_element("t:FieldURIOrConstant")
            value.append(create_element("t:Constant", attrs={"Value": self._uid}))
            condition.append(value)
        return restriction


def _path(name: str) -> FieldPath:
    return FieldPath(field=CalendarItem.get_field_by_fieldname(name))


def paths(*names: str) -> list[FieldPath]:
    """The fields of these names, to be asked for."""
    return [_path(name) for name in names]


def rights_path() -> FieldPath:
    """What we may do in a calendar folder."""
    return FieldPath(field=Calendar.get_field_by_fieldname("effective_rights"))


def calendar_of(mailbox: str) -> DistinguishedFolderId:
    """The calendar folder of a mailbox, without looking for it."""
    return DistinguishedFolderId(id="calendar", mailbox=Mailbox(email_address=mailbox))


def written(event: itip.Event, account: Account) -> CalendarItem:
    """The item that says what the event says. Raises CalendarTrouble for a series."""
    if event.is_series:
        raise CalendarTrouble(NO_SERIES)
    is_all_day = not isinstance(event.start, datetime)
    zone = ZoneInfo(account.default_timezone.key)
    return CalendarItem(
        account=account,
        uid=event.uid,
        subject=event.summary,
        body=Body("\n\n".join(part for part in (event.description, event.url) if part)),
        location=event.location,
        sensitivity="Normal" if event.classification == "PUBLIC" else "Private",
        start=_day(event.start) if is_all_day else _instant(event.start, zone),
        end=_day(event.end - timedelta(days=1)) if is_all_day else _instant(event.end, zone),
        is_all_day=is_all_day,
        legacy_free_busy_status=_free_busy(event),
        reminder_is_set=True,
        reminder_minutes_before_start=REMINDER_MINUTES,
        is_response_requested=True,
        **invited(event),
        **marks(event),
    )


def invited(event: itip.Event) -> dict[str, list[Attendee]]:
    """Who is invited, by the list that Exchange keeps them in; the organizer is in none."""
    lists: dict[str, list[Attendee]] = {"required_attendees": [], "optional_attendees": [], "resources": []}
    for each in event.attendees:
        if each.address != event.organizer.address:
            mailbox = Mailbox(email_address=each.address, name=each.name or each.address)
            lists[_list_for(each)].append(Attendee(mailbox=mailbox, response_type="Unknown"))
    return lists


def _list_for(attendee: itip.Attendee) -> str:
    if attendee.cutype in {Cutype.ROOM, Cutype.RESOURCE}:
        return "resources"
    return "required_attendees" if attendee.role in {itip.Role.REQUIRED, itip.Role.CHAIR} else "optional_attendees"


def marks(event: itip.Event) -> dict[str, str]:
    """What we know the item and its version by."""
    return {
        "coord_uid": event.uid,
        "coord_sequence": str(event.sequence),
        "coord_stamp": event.dtstamp.astimezone(UTC).isoformat() if event.dtstamp else "",
        "coord_digest": f"{_digest(_what(event))}:{_digest(_who(event))}",
    }


def _what(event: itip.Event) -> list[str]:
    return [
        str(event.start), str(event.end), event.summary, event.description, event.location, event.url,
        event.status, event.transparency, event.classification,
    ]  # fmt: skip


def _who(event: itip.Event) -> list[str]:
    return sorted(f"{each.address} {_list_for(each)}" for each in event.attendees)


def answered_at(attendee: Attendee) -> Any:
    """When an attendee answered, or None: Exchange writes the year 1 for "not yet", and takes no such year back."""
    at = attendee.last_response_time
    return at if at and at.year > 1 else None


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _free_busy(event: itip.Event) -> str:
    if event.transparency == "TRANSPARENT":
        return "Free"
    return "Tentative" if event.status is itip.Status.TENTATIVE else "Busy"


def _day(when: date) -> EWSDate:
    return EWSDate(when.year, when.month, when.day)


def _instant(when: Any, zone: ZoneInfo) -> EWSDateTime:
    """The instant in the zone that it came in, or in the calendar's where it came with a bare offset."""
    return EWSDateTime.from_datetime(when if isinstance(when.tzinfo, ZoneInfo) else when.astimezone(zone))


def span_of(item: CalendarItem, account: Account) -> tuple[datetime, datetime]:
    """When an item starts and ends, UTC. exchangelib gives whole days as dates, the last one included."""
    if isinstance(item.start, datetime):
        return as_utc(item.start), as_utc(item.end)
    zone = ZoneInfo(account.default_timezone.key)
    days = (date(each.year, each.month, each.day) for each in (item.start, item.end + timedelta(days=1)))
    start, end = (datetime.combine(day, time(), zone).astimezone(UTC) for day in days)
    return start, end


def as_utc(instant: Any) -> datetime:
    """An instant of exchangelib's as one of Python's own."""
    return datetime.fromtimestamp(instant.timestamp(), UTC)
