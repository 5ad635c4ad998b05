"""An attendee's calendar as RFC 5546 says one behaves: independent of our code, it reads and writes with icalendar."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import icalendar
import recurring_ical_events

YEARS = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC))
Order = tuple[int, datetime]
Date = datetime | None
Seen = tuple[datetime, datetime, str]


@dataclass
class Held:
    """A VEVENT as the calendar holds it, with the (SEQUENCE, DTSTAMP) it came under; what is cancelled says so."""

    order: Order
    component: icalendar.Event

    @property
    def is_cancelled(self) -> bool:
        return str(self.component.get("STATUS", "")) == "CANCELLED"


@dataclass
class AttendeePeer:
    """One person's calendar with at most one meeting in it: the whole, and dates of it that differ.

    ``said``: the last answer to the whole (None) or to a date, with the SEQUENCE it was given to.
    """

    address: str
    whole: Held | None = None
    dates: dict[Date, Held] = field(default_factory=dict)
    said: dict[Date, tuple[int, str]] = field(default_factory=dict)
    uid: str = ""
    stands_in_for: str = ""
    refusals: int = 0

    def receive(self, raw: bytes) -> None:
        """Take a REQUEST, CANCEL or DECLINECOUNTER, unless something newer was seen (RFC 5546 §2.1.5)."""
        calendar = icalendar.Calendar.from_ical(raw)
        events = calendar.walk("VEVENT")
        for event in events:
            self._look_at(event)
        if str(calendar["METHOD"]) == "DECLINECOUNTER":
            self.refusals += 1
            return
        whole = next((each for each in events if "RECURRENCE-ID" not in each), None)
        if whole is not None:
            order = order_of(whole)
            if self.whole and order <= self.whole.order:
                return
            self.whole = Held(order, whole)
            # The whole replaces every date, but for what was said of one later and came earlier.
            self.dates = {key: each for key, each in self.dates.items() if each.order[1] > order[1]}
        for event in events:
            if event is not whole:
                self._take(event)

    def _take(self, event: icalendar.Event) -> None:
        order, key = order_of(event), event["RECURRENCE-ID"].dt.astimezone(UTC)
        known = self.dates.get(key)
        overtaken = self.whole is not None and order[1] < self.whole.order[1]
        if not overtaken and (known is None or order > known.order):
            self.dates[key] = Held(order, event)

    def _look_at(self, event: icalendar.Event) -> None:
        """Nobody else's line, and what an attendee needs (RFC 5546 §3.2.2)."""
        lines = event["ATTENDEE"]
        assert not isinstance(lines, list), "more than one attendee is shown"
        assert str(lines) == f"mailto:{self.address}", "somebody else's invitation"
        assert {"ORGANIZER", "DTSTAMP", "SEQUENCE", "UID", "DTSTART"} <= event.keys()
        self.uid = str(event["UID"])
        self.stands_in_for = str(lines.params.get("DELEGATED-FROM", self.stands_in_for))

    def sees(self) -> set[Seen]:
        """When and where this person is expected."""
        held = [*([self.whole] if self.whole and not self.whole.is_cancelled else []), *self.dates.values()]
        return set(shown([each.component for each in held]))

    def holds(self, on: Date) -> bool:
        """Whether there is something to answer: the whole, or a date."""
        one = self.dates.get(on) if on else self.whole
        if one is None and on and self.whole and not self.whole.is_cancelled:
            return on in {start for start, _, _ in self.sees()}
        return one is not None and not one.is_cancelled

    def sequence(self, on: Date) -> int:
        """The SEQUENCE of what an answer is given to: a date's own, else that of the whole."""
        held = self.dates.get(on) if on else None
        held = held or self.whole
        assert held
        return held.order[0]

    def answer(self, partstat: str, at: datetime, on: Date = None, to: str = "") -> bytes:
        """A REPLY as Exchange writes it, without ORGANIZER; DELEGATED names who comes instead."""
        self.said[on] = (self.sequence(on), partstat)
        return self._write("REPLY", partstat, at, on, to=to)

    def propose(self, start: datetime, end: datetime, at: datetime, on: Date = None) -> bytes:
        """A COUNTER: another time, and the rest as it is."""
        return self._write("COUNTER", "TENTATIVE", at, on, start=start, end=end)

    def ask_again(self, at: datetime) -> bytes:
        """A REFRESH (RFC 5546 §3.2.6): only UID, DTSTAMP, ORGANIZER and oneself."""
        return self._write("REFRESH", "", at, None)

    def _write(self, method: str, partstat: str, at: datetime, on: Date, **more) -> bytes:
        event = icalendar.Event()
        event.add("uid", self.uid)
        event.add("dtstamp", at)
        if method != "REFRESH":
            event.add("sequence", self.sequence(on))
        if on:
            event.add("recurrence-id", on)
        if "start" in more:
            event.add("dtstart", more["start"].astimezone(UTC))
            event.add("dtend", more["end"].astimezone(UTC))
        line = icalendar.vCalAddress(f"MAILTO:{self.address}")
        if partstat:
            line.params["PARTSTAT"] = partstat
        if more.get("to"):
            line.params["DELEGATED-TO"] = f"mailto:{more['to']}"
        if self.stands_in_for:
            line.params["DELEGATED-FROM"] = self.stands_in_for
        event.add("attendee", line, encode=False)
        calendar = icalendar.Calendar()
        calendar.add("method", method)
        calendar.add_component(event)
        return calendar.to_ical()


def order_of(event: icalendar.Event) -> Order:
    """(SEQUENCE, DTSTAMP)."""
    return int(event["SEQUENCE"]), event["DTSTAMP"].dt


def shown(components: list[icalendar.Event]) -> Iterator[Seen]:
    """Start, end and place of every occurrence that takes place."""
    for one in occurrences(components):
        yield instant(one["DTSTART"].dt), instant(one["DTEND"].dt), str(one.get("LOCATION", ""))


def occurrences(components: list[icalendar.Event]) -> Iterator[icalendar.Event]:
    """Every occurrence that takes place, by recurring-ical-events."""
    calendar = icalendar.Calendar()
    for each in components:
        calendar.add_component(each)
    for one in recurring_ical_events.of(calendar).between(*YEARS):
        if str(one.get("STATUS", "")) != "CANCELLED":
            yield one


def instant(when: date) -> datetime:
    """In UTC."""
    assert isinstance(when, datetime)
    return when.astimezone(UTC)
