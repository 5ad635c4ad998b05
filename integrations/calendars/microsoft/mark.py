"""The mark on an event of ours: one extended property that says which meeting it is, and which state of it.

Graph keeps no UID of ours (its iCalUId is read-only), and finds extended properties by ``startswith`` alone or ``eq``
(Get singleValueLegacyExtendedProperty); so all that we need to know again stands in one text, the UID first.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, unquote

from coord_service.domain import itip
from integrations.calendars.microsoft.conversation import Json

# Ours alone: a random GUID as the property set, and a name in it (Outlook extended properties overview).
PROPERTY = "String {9dfee561-b369-449a-abdd-53bd62530c30} Name CoordMeeting"
SAFE = "@._-"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is kept of a meeting beside it.

    ``since``: when the present time was first put there; an answer before it was given to another one.
    ``content``: a fingerprint of all that was sent, ``words`` of its description alone.
    """

    uid: str
    sequence: int
    dtstamp: datetime
    since: datetime
    content: str
    words: str

    @property
    def order(self) -> tuple[int, datetime]:
        """By what one state of a meeting is newer than another (ITIP.md §2.2)."""
        return self.sequence, self.dtstamp

    def after(self, kept: "Mark", current_sequence: int) -> "Mark":
        """The mark to put in its place: answers to ``kept`` stay good if it had the present time already."""
        return replace(self, since=kept.since) if kept.sequence >= current_sequence else self

    def is_needed_after(self, kept: "Mark") -> bool:
        """Whether there is anything to send: nothing for what is older, or is there already."""
        return self.order >= kept.order and (self.order, self.content) != (kept.order, kept.content)

    def write(self) -> Json:
        """As an extended property."""
        instants = (f"{each.timestamp():.6f}" for each in (self.dtstamp, self.since))
        parts = [*start_of(self.uid).split(), str(self.sequence), *instants, self.content, self.words]
        return {"id": PROPERTY, "value": " ".join(parts)}


def mark_of(event: itip.Event, content: str, now: datetime) -> Mark:
    """The mark of an event whose content is put there now."""
    dtstamp = (event.dtstamp or datetime.fromtimestamp(0, UTC)).astimezone(UTC)
    return Mark(event.uid, event.sequence, dtstamp, now, fingerprint(content), fingerprint(event.description))


def read_mark(item: Json) -> Mark | None:
    """The mark on an event that Graph shows with its extended property; None where it has none of ours."""
    properties = item.get("singleValueExtendedProperties")
    for each in properties if isinstance(properties, list) else []:
        if isinstance(each, dict) and str(each.get("id", "")).lower() == PROPERTY.lower():
            return _read(str(each.get("value", "")))
    return None


def start_of(uid: str) -> str:
    """How the mark of a meeting begins; ``""`` is how every mark does."""
    return f"coord {quote(uid, safe=SAFE)} " if uid else "coord "


def fingerprint(text: str) -> str:
    """A short text that another text won't have."""
    return sha256(text.encode()).hexdigest()[:16]


def _read(value: str) -> Mark | None:
    match value.split():
        case ["coord", uid, sequence, dtstamp, since, content, words]:
            try:
                stamps = [datetime.fromtimestamp(float(each), UTC) for each in (dtstamp, since)]
                return Mark(unquote(uid), int(sequence), stamps[0], stamps[1], content, words)
            except (ValueError, OverflowError, OSError):
                return None
    return None
