"""Mailboxes and what is in them, how one is told of another's meeting, and what changed since when."""

import base64
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from coord_service.domain import itip
from tests.servers.ews.soap import Element, EwsError, t, text_of

BEGINNING = datetime(2027, 1, 1, tzinfo=UTC)
LISTS = ("RequiredAttendees", "OptionalAttendees", "Resources")


@dataclass(slots=True)
class Item:
    """A calendar item: its parts by name, and its extended properties by their definition."""

    id: str
    number: int
    parts: dict[str, Element]
    extended: dict[tuple[str, ...], Element] = field(default_factory=dict)
    change: int = 0  # the store's count when it was last changed: its change key
    is_deleted: bool = False

    @property
    def change_key(self) -> str:
        return base64.b64encode(f"DwAAABYAAAB{self.change:08d}".encode()).decode()

    def text(self, name: str) -> str:
        """A part's text, empty where there is none."""
        return self.parts[name].text or "" if name in self.parts else ""

    def set(self, name: str, text: str) -> None:
        self.parts[name] = t(name, text)

    @property
    def attendees(self) -> dict[str, Element]:
        """Everybody invited, by address."""
        return {
            text_of(each, "t:Mailbox/t:EmailAddress").lower(): each
            for name in LISTS
            if name in self.parts
            for each in self.parts[name]
        }


@dataclass(slots=True)
class Mailbox:
    """Somebody's mailbox. ``level``: how much others see of its time. ``diary``: what nobody here wrote by EWS."""

    address: str
    items: dict[str, Item] = field(default_factory=dict)
    diary: list[itip.Event] = field(default_factory=list)
    delegates: set[str] = field(default_factory=set)
    level: str = "FreeBusyMerged"
    trouble: str | None = None  # a response code that its busy times are answered with


@dataclass(frozen=True, slots=True)
class Sent:
    """A meeting message that Exchange sent by itself."""

    kind: str  # request, cancel
    to: str
    uid: str
    start: str


class Store:
    """All mailboxes, and everything that was sent."""

    def __init__(self, addresses: Iterable[str]) -> None:
        self.mailboxes = {each: Mailbox(each) for each in addresses}
        self.sent: list[Sent] = []
        self.age = 0  # sync states of another age are good no longer
        self._numbers = count(1)
        self.changes = 0

    def mailbox(self, address: str, acting: str) -> Mailbox:
        """A mailbox that ``acting`` may open."""
        found = self.mailboxes.get(address.lower())
        if found is None:
            raise EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        if acting not in {found.address, *found.delegates}:
            raise EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return found

    def item(self, id_: str, acting: str) -> Item:
        """An item that is not deleted."""
        for mailbox in self.mailboxes.values():
            if id_ in mailbox.items and not mailbox.items[id_].is_deleted:
                return self.mailbox(mailbox.address, acting).items[id_]
        raise EwsError("ErrorItemNotFound", "The specified object was not found in the store.")

    def owner(self, item: Item) -> Mailbox:
        return next(each for each in self.mailboxes.values() if item.id in each.items)

    def add(self, mailbox: Mailbox, parts: dict[str, Element], extended: dict[tuple[str, ...], Element]) -> Item:
        """A new item, with what the server itself knows of it."""
        number = next(self._numbers)
        item = Item(base64.b64encode(f"AAMkA{mailbox.address}/{number:06d}".encode()).decode(), number, parts, extended)
        item.set("DateTimeCreated", f"{BEGINNING + timedelta(seconds=number):%Y-%m-%dT%H:%M:%SZ}")
        if "UID" not in parts:
            item.set("UID", f"040000008200E00074C5B7101A82E008{number:08X}")
        for name, text in (("IsCancelled", "false"), ("IsRecurring", "false"), ("CalendarItemType", "Single"),
                           ("MeetingRequestWasSent", "false"), ("AppointmentSequenceNumber", "0")):  # fmt: skip
            item.set(name, text)
        item.parts["Organizer"] = t.Organizer(t.Mailbox(t.EmailAddress(mailbox.address)))
        mailbox.items[item.id] = item
        self.touch(item)
        return item

    def touch(self, item: Item) -> None:
        """The item has changed: its change key is another."""
        self.changes += 1
        item.change = self.changes

    def tell(self, item: Item, kind: str, whom: Iterable[str]) -> None:
        """Send meeting messages; who has a mailbox here finds the meeting in their calendar, tentatively."""
        for address in whom:
            self.sent.append(Sent(kind, address, item.text("UID"), item.text("Start")))
            if guest := self.mailboxes.get(address):
                self._arrives(guest, item, kind)
        if kind == "request":
            item.set("MeetingRequestWasSent", "true")

    def _arrives(self, guest: Mailbox, item: Item, kind: str) -> None:
        there = next((each for each in guest.items.values() if each.text("UID") == item.text("UID")), None)
        copied = {name: deepcopy(each) for name, each in item.parts.items() if name != "DateTimeCreated"}
        if there is None:
            there = self.add(guest, copied, {})
        else:
            there.parts |= copied
        there.set("LegacyFreeBusyStatus", "Tentative" if kind == "request" else "Free")
        there.set("IsCancelled", "false" if kind == "request" else "true")
        self.touch(there)

    def by_uid(self, address: str, uid: str) -> list[Item]:
        """The items with a UID that are in somebody's calendar."""
        mailbox = self.mailboxes[address]
        return [each for each in mailbox.items.values() if each.text("UID") == uid and not each.is_deleted]

    def changed_since(self, mailbox: Mailbox, position: int) -> Iterator[Item]:
        """The items that changed after the store's count stood at ``position``, in that order."""
        changed = (each for each in mailbox.items.values() if each.change > position)
        yield from sorted(changed, key=lambda each: each.change)
