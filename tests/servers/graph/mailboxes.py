"""Mailboxes: appointments of their owners, events that an app made, what was mailed for them, a count of changes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import count
from typing import Any

import icalendar
import recurring_ical_events

from coord_service.clock import LONDON
from coord_service.domain import itip
from integrations.itip.writer import write_copy
from integrations.itip.zone_names import zone_named
from tests.servers.graph.refusing import Refusal

ONE_DAY = timedelta(days=1)
NEVER = "0001-01-01T00:00:00Z"
TEAMS_PART = (
    '<div class="me-email-text"><span>' + "_" * 80 + "</span></div>"
    '<div>Microsoft Teams meeting <a href="{url}">Join</a></div>'
)


@dataclass(frozen=True)
class Shown:
    """Some time of somebody's, as getSchedule and a calendar view see it."""

    start: datetime
    end: datetime
    status: str  # freeBusyStatus
    subject: str = ""
    location: str = ""


@dataclass
class Appointment:
    """An entry of the owner's own."""

    id: str
    event: itip.Event
    changed: int
    is_deleted: bool = False


@dataclass
class StoredEvent:
    """An event that an app made; ``values`` are Graph's properties, as they were sent."""

    id: str
    values: dict[str, Any]
    changed: int
    created: datetime
    extended: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, tuple[str, str]] = field(default_factory=dict)  # by address: response and time
    proposals: dict[str, Any] = field(default_factory=dict)  # by address: another time
    is_deleted: bool = False
    join_url: str = ""

    @property
    def start(self) -> datetime:
        return read_wall(self.values["start"])

    @property
    def end(self) -> datetime:
        return read_wall(self.values["end"])

    @property
    def etag(self) -> str:
        return f'W/"{self.changed}"'

    @property
    def people(self) -> list[str]:
        return [each["emailAddress"]["address"].lower() for each in self.values.get("attendees", [])]


@dataclass
class Mailbox:
    """One mailbox. ``shares``: what others may see, "details", "times", "view" or "nothing"."""

    address: str
    numbers: "count[int]"
    zone: tzinfo = LONDON
    shares: str = "details"
    appointments: list[Appointment] = field(default_factory=list)
    blocks: list[Shown] = field(default_factory=list)
    events: dict[str, StoredEvent] = field(default_factory=dict)
    transactions: dict[str, str] = field(default_factory=dict)
    mailed: list[tuple[str, str]] = field(default_factory=list)  # what (invitation, update, cancellation), and to whom

    @property
    def latest(self) -> int:
        """The count of the last change."""
        changes = [each.changed for each in (*self.events.values(), *self.appointments)]
        return max(changes, default=1)

    def add(self, event: itip.Event) -> Appointment:
        """The owner enters something of their own."""
        number = next(self.numbers)
        appointment = Appointment(f"AAMkOwn{number:05}=", event, number)
        self.appointments.append(appointment)
        return appointment

    def create(self, values: dict[str, Any], now: datetime) -> StoredEvent:
        """Keep a new event and invite its people; the same transactionId again is the same event."""
        transaction = values.get("transactionId")
        if transaction in self.transactions:
            return self.events[self.transactions[transaction]]
        number = next(self.numbers)
        stored = StoredEvent(f"AAMkApp{number:05}=", {}, number, now)
        self.events[stored.id] = stored
        if transaction:
            self.transactions[transaction] = stored.id
        self._write(stored, values)
        self.mailed += [("invitation", person) for person in stored.people]
        return stored

    def change(self, stored: StoredEvent, values: dict[str, Any]) -> None:
        """Change an event and tell its people: those who are new, who stay, who are off it. Old answers are kept."""
        before = stored.people
        if stored.join_url and "body" in values and stored.join_url not in values["body"]["content"]:
            stored.join_url, stored.values["isOnlineMeeting"] = "", False
            values = {name: value for name, value in values.items() if name != "isOnlineMeeting"}
        stored.changed = next(self.numbers)
        self._write(stored, values)
        for person in {*before, *stored.people}:
            what = "cancellation" if person not in stored.people else "update" if person in before else "invitation"
            self.mailed.append((what, person))

    def propose(self, stored: StoredEvent, person: str, start: datetime, end: datetime) -> None:
        """One of its people proposes another time, with their answer."""
        stored.proposals[person] = {"start": write_wall(start, "UTC"), "end": write_wall(end, "UTC")}

    def answer(self, stored: StoredEvent, person: str, response: str, now: datetime) -> None:
        """One of its people answers."""
        stored.statuses[person] = (response, f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z")
        stored.changed = next(self.numbers)

    def copy(self, stored: StoredEvent, now: datetime) -> StoredEvent:
        """The owner copies an event in Outlook: everything is copied, whatever an app has written on it too."""
        number = next(self.numbers)
        copied = replace(stored, id=f"AAMkCopy{number:05}=", changed=number, created=now, values=dict(stored.values))
        copied.extended, copied.statuses = dict(stored.extended), dict(stored.statuses)
        self.events[copied.id] = copied
        return copied

    def delete_own(self, own: Appointment) -> None:
        """The owner deletes something of their own."""
        own.is_deleted, own.changed = True, next(self.numbers)

    def delete(self, stored: StoredEvent) -> None:
        """Take an event away and tell its people."""
        stored.is_deleted, stored.changed = True, next(self.numbers)
        self.mailed += [("cancellation", person) for person in stored.people]

    def load(self, event_id: str) -> StoredEvent:
        found = self.events.get(event_id)
        if found is None or found.is_deleted:
            raise Refusal(404, "ErrorItemNotFound")
        return found

    def _write(self, stored: StoredEvent, values: dict[str, Any]) -> None:
        extended = values.pop("singleValueExtendedProperties", [])
        stored.extended |= {each["id"]: each["value"] for each in extended}
        stored.values |= values
        stored.statuses = {each: stored.statuses.get(each, ("none", NEVER)) for each in stored.people}
        if stored.values.get("isOnlineMeeting") and not stored.join_url:
            stored.join_url = f"https://teams.example/l/meetup-join/{stored.id}"
            body = stored.values.get("body", {"content": ""})["content"]
            part = TEAMS_PART.format(url=stored.join_url)
            stored.values["body"] = {"contentType": "html", "content": f"<html><body>{body}<br>{part}</body></html>"}

    def shown(self, start: datetime, end: datetime) -> list[Shown]:
        """What takes time between two instants, or says that it takes none."""
        times = [*self.blocks]
        times += [each for own in self.appointments if not own.is_deleted for each in self.expand(own, start, end)]
        times += [self._shown(each) for each in self.events.values() if not each.is_deleted]
        return sorted((each for each in times if each.start < end and start < each.end), key=lambda each: each.start)

    def expand(self, own: Appointment, start: datetime, end: datetime) -> Iterator[Shown]:
        """Each time that an entry takes, near a span."""
        calendar = icalendar.Calendar.from_ical(write_copy(own.event))
        for found in recurring_ical_events.of(calendar).between(start - ONE_DAY, end + ONE_DAY):
            status = self._status(found)
            if status:
                first, last = (_instant(found[name].dt, self.zone) for name in ("DTSTART", "DTEND"))
                yield Shown(first, last, status, str(found.get("SUMMARY", "")), str(found.get("LOCATION", "")))

    def _status(self, found: icalendar.Event) -> str:
        """What the entry says of its time; "" for one that a calendar has thrown away (declined, cancelled)."""
        people = found.get("ATTENDEE", [])
        people = people if isinstance(people, list) else [people]
        own = {str(p.params.get("PARTSTAT", "")) for p in people if str(p).lower() == f"mailto:{self.address}"}
        if found.get("STATUS") == "CANCELLED" or "DECLINED" in own:
            return ""
        if found.get("TRANSP") == "TRANSPARENT":
            return "free"
        return "tentative" if found.get("STATUS") == "TENTATIVE" or own & {"TENTATIVE", "NEEDS-ACTION"} else "busy"

    @staticmethod
    def _shown(stored: StoredEvent) -> Shown:
        values = stored.values
        place = values.get("location", {}).get("displayName", "")
        return Shown(stored.start, stored.end, values.get("showAs", "busy"), values.get("subject", ""), place)


def read_wall(value: dict[str, str]) -> datetime:
    """The instant of a dateTimeTimeZone."""
    zone = zone_named(value["timeZone"])
    assert zone is not None
    return datetime.fromisoformat(value["dateTime"]).replace(tzinfo=zone).astimezone(UTC)


def write_wall(instant: datetime, zone: str) -> dict[str, str]:
    """An instant as a dateTimeTimeZone, with Graph's seven digits."""
    found = zone_named(zone)
    assert found is not None
    return {"dateTime": f"{instant.astimezone(found):%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": zone}


def zone_wanted(prefer: str) -> str:
    """The zone in which the answer's times are to be (Prefer: outlook.timezone)."""
    found = re.search(r'outlook\.timezone="([^"]+)"', prefer)
    return found[1] if found and zone_named(found[1]) else "UTC"


def _instant(when: date, zone: tzinfo) -> datetime:
    if isinstance(when, datetime):
        return when.astimezone(UTC)
    return datetime.combine(when, time(), zone).astimezone(UTC)
