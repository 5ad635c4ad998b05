"""An attendee's calendar, as RFC 5546 says one behaves: independent of our code, it reads and writes with icalendar."""

from dataclasses import dataclass
from datetime import datetime

import icalendar


@dataclass
class AttendeePeer:
    """One person's calendar with at most one meeting in it. ``said``: the last answer and the SEQUENCE it was to."""

    address: str
    order: tuple[int, datetime] | None = None
    start: datetime | None = None
    is_cancelled: bool = False
    said: tuple[int, str] | None = None
    uid: str = ""

    def receive(self, raw: bytes) -> None:
        """Take a REQUEST or CANCEL, unless a newer one was seen (RFC 5546 §2.1.5)."""
        calendar = icalendar.Calendar.from_ical(raw)
        (event,) = calendar.walk("VEVENT")
        order = (int(event["SEQUENCE"]), event["DTSTAMP"].dt)
        if self.order and order <= self.order:
            return
        self.order, self.uid = order, str(event["UID"])
        assert str(event["ATTENDEE"]) == f"mailto:{self.address}", "somebody else's invitation"
        self.is_cancelled = str(calendar["METHOD"]) == "CANCEL"
        self.start = event["DTSTART"].dt

    def answer(self, partstat: str, at: datetime) -> bytes:
        """A REPLY as Exchange writes it: no ORGANIZER, the SEQUENCE of what was last seen."""
        assert self.order
        self.said = (self.order[0], partstat)
        event = icalendar.Event()
        event.add("uid", self.uid)
        event.add("dtstamp", at)
        event.add("sequence", self.order[0])
        line = icalendar.vCalAddress(f"MAILTO:{self.address}")
        line.params["PARTSTAT"] = partstat
        event.add("attendee", line, encode=False)
        calendar = icalendar.Calendar()
        calendar.add("method", "REPLY")
        calendar.add_component(event)
        return calendar.to_ical()
