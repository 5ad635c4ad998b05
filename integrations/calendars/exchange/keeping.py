"""The organizer's event in an Exchange calendar: kept once, in order, and taken away with a word to everybody.

Whether to write, and whom Exchange tells, is decided by ``step_for`` from the marks on the item. An item is written
against its change key (``NeverOverwrite``): where somebody else was quicker it is read and decided again.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from exchangelib import Account
from exchangelib.errors import ErrorIrresolvableConflict, ErrorItemNotFound
from exchangelib.items import (
    ID_ONLY,
    MOVE_TO_DELETED_ITEMS,
    NEVER_OVERWRITE,
    SAVE_ONLY,
    SEND_TO_ALL_AND_SAVE_COPY,
    SEND_TO_CHANGED_AND_SAVE_COPY,
    SEND_TO_NONE,
    SHALLOW,
    CalendarItem,
)
from exchangelib.services import CreateItem, DeleteItem, FindItem, GetItem, UpdateItem

from coord_service.domain import itip
from coord_service.errors import CalendarNonsense, ConnectionLost
from integrations.calendars.exchange.items import Ours, answered_at, calendar_of, marks, paths, written

MARKS = ("coord_uid", "coord_sequence", "coord_stamp", "coord_digest")
WORDS = ("subject", "sensitivity", "body", "location", "start", "end", "is_all_day", "legacy_free_busy_status")
LISTS = ("required_attendees", "optional_attendees", "resources")
TRIES = 3
CHANGING = "Somebody keeps changing this event in Exchange; it will be tried again."


class Step(Enum):
    """What to do with an item that is there, and whom Exchange then tells."""

    LEAVE = "leave"
    NOTE = SEND_TO_NONE
    TELL_CHANGED = SEND_TO_CHANGED_AND_SAVE_COPY
    TELL_ALL = SEND_TO_ALL_AND_SAVE_COPY


@dataclass(frozen=True, slots=True)
class Kept:
    """What the marks on an item say of the event as it was last kept."""

    sequence: int
    stamp: str
    digest: str
    is_sent: bool  # whether the invitations went out


def step_for(kept: Kept, event: itip.Event) -> Step:
    """Older by (SEQUENCE, DTSTAMP) never wins; the same again does nothing; else who must be told."""
    fresh = marks(event)
    if (event.sequence, fresh["coord_stamp"] or kept.stamp) < (kept.sequence, kept.stamp):
        return Step.LEAVE
    if event.attendees and not kept.is_sent:
        return Step.TELL_ALL
    what, _, who = fresh["coord_digest"].partition(":")
    kept_what, _, kept_who = kept.digest.partition(":")
    if what != kept_what or event.sequence > kept.sequence:
        return Step.TELL_ALL
    if who != kept_who:
        return Step.TELL_CHANGED
    return Step.NOTE if fresh["coord_stamp"] not in {"", kept.stamp} else Step.LEAVE


class _Create(CreateItem):  # type: ignore[misc]
    def call(self, item: CalendarItem, folder: Any, send: str) -> Any:
        """Keep a new item (exchangelib's own takes a folder that was looked up before)."""
        return self._elems_to_objs(
            self._get_elements(self.get_payload([item], folder, SAVE_ONLY, send_meeting_invitations=send))
        )


def put(account: Account, mailbox: str, event: itip.Event) -> None:
    """Keep the event, or remove it where it is cancelled. Raises exchangelib's errors and CalendarTrouble."""
    if event.status is itip.Status.CANCELLED:
        remove(account, mailbox, event.uid)
        return
    item = written(event, account)
    for _ in range(TRIES):
        found = find(account, mailbox, event.uid)
        if not found:
            send = SEND_TO_ALL_AND_SAVE_COPY if event.attendees else SEND_TO_NONE
            _Create(account=account).get(item=item, folder=calendar_of(mailbox), send=send)
            return
        _drop_doubles(account, found[1:])
        try:
            _update(account, found[0], event, item)
        except (ErrorIrresolvableConflict, ErrorItemNotFound):
            continue
        return
    raise ConnectionLost(CHANGING)


def remove(account: Account, mailbox: str, uid: str) -> None:
    """Delete the event; Exchange sends the cancellations. Quiet when it is not there."""
    for found in find(account, mailbox, uid):
        _delete(account, found, SEND_TO_ALL_AND_SAVE_COPY)


def find(account: Account, mailbox: str, uid: str | None) -> list[CalendarItem]:
    """Our items with a UID (all of ours for None), the oldest first, with their marks and nothing more."""
    found = FindItem(account=account).call(
        folders=[calendar_of(mailbox)],
        additional_fields=paths(*MARKS, "datetime_created", "meeting_request_was_sent"),
        restriction=Ours(uid),
        order_fields=None,
        shape=ID_ONLY,
        query_string=None,
        depth=SHALLOW,
        calendar_view=None,
        max_items=None,
        offset=0,
    )
    return sorted(_sound(found), key=lambda item: (item.datetime_created, item.id))


def _sound(answers: Any) -> list[Any]:
    """The answers. Raises the first that is an error."""
    sound: list[Any] = []
    for each in answers:
        if isinstance(each, Exception):
            raise each
        sound.append(each)
    return sound


def _update(account: Account, found: CalendarItem, event: itip.Event, item: CalendarItem) -> None:
    kept = _kept(found)
    step = step_for(kept, event)
    if step is Step.LEAVE:
        return
    names = [*WORDS, *MARKS]
    if kept.digest.partition(":")[2] != marks(event)["coord_digest"].partition(":")[2]:
        _carry_answers(account, found, item)
        names += LISTS
    values = {name: getattr(item, name) for name in names}
    changed = CalendarItem(**values, account=account, id=found.id, changekey=found.changekey)
    service = UpdateItem(account=account)
    _sound(service.call([(changed, names)], NEVER_OVERWRITE, SAVE_ONLY, step.value, suppress_read_receipts=True))


def _kept(found: CalendarItem) -> Kept:
    if not str(found.coord_sequence).isdecimal():
        raise CalendarNonsense("The event in Exchange has lost the marks that we know it by.")
    return Kept(int(found.coord_sequence), found.coord_stamp or "", found.coord_digest or "",
                bool(found.meeting_request_was_sent))  # fmt: skip


def _carry_answers(account: Account, found: CalendarItem, item: CalendarItem) -> None:
    """Leave those who stay as the server has them: their answers stand beside their addresses."""
    [there] = _sound(GetItem(account=account).call([found], paths(*LISTS), ID_ONLY))
    known = {
        each.mailbox.email_address.lower(): each for name in LISTS for each in getattr(there, name) or ()
        if each.mailbox.email_address
    }  # fmt: skip
    for name in LISTS:
        for each in getattr(item, name) or ():
            if before := known.get(each.mailbox.email_address):
                each.response_type = before.response_type
                each.last_response_time = answered_at(before)


def _drop_doubles(account: Account, doubles: list[CalendarItem]) -> None:
    """Two of ours with one UID (two workers at one moment): the older stays, nobody is told."""
    for double in doubles:
        _delete(account, double, SEND_TO_NONE)


def _delete(account: Account, item: CalendarItem, send: str) -> None:
    try:
        _sound(
            DeleteItem(account=account).call(
                [item], MOVE_TO_DELETED_ITEMS, send, affected_task_occurrences="AllOccurrences",
                suppress_read_receipts=True,
            )
        )  # fmt: skip
    except ErrorItemNotFound:
        return
