"""What became of our events, by SyncFolderItems.

The token that we hand out holds Exchange's own sync state and which item had which UID: of a deleted item the server
says no more than its id. A first look goes through the whole calendar, ids and our mark alone, a few pages a call;
while it lasts the token remembers how far it came.
https://learn.microsoft.com/exchange/client-developer/web-service-reference/syncfolderitems-operation
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from exchangelib import Account
from exchangelib.errors import ErrorInvalidSyncStateData, ErrorItemNotFound
from exchangelib.items import ID_ONLY, CalendarItem
from exchangelib.properties import ItemId
from exchangelib.services import GetItem, SyncFolderItems
from exchangelib.util import TNS

from coord_service.domain.itip import PartStat
from coord_service.ports import CalendarNews, EventAnswer, FollowedEvent
from integrations.calendars.exchange.items import answered_at, as_utc, calendar_of, paths, span_of
from integrations.calendars.exchange.keeping import LISTS, find
from integrations.calendars.exchange.threads import CURRENT

PAGE = 512  # the most that Exchange gives at a time
MOST_PAGES = 5
TOLD = ("coord_uid", "start", "end", "is_all_day", "is_cancelled", "_start_timezone", "_end_timezone")
ANSWERS = {
    "Accept": PartStat.ACCEPTED,
    "Tentative": PartStat.TENTATIVE,
    "Decline": PartStat.DECLINED,
}


@dataclass(frozen=True, slots=True)
class Place:
    """How far we have read: the server's sync state, UIDs by item, and whether the first look still goes on."""

    state: str = ""
    uids: dict[str, str] = field(default_factory=dict)
    is_first: bool = True

    def token(self) -> str:
        """As a string that nobody else needs to understand."""
        packed = json.dumps([self.state, self.uids, self.is_first]).encode()
        return base64.urlsafe_b64encode(zlib.compress(packed)).decode()

    @classmethod
    def of(cls, token: str | None) -> "Place":
        """The place that a token stands for; the beginning where it can't be understood."""
        try:
            state, uids, is_first = json.loads(zlib.decompress(base64.urlsafe_b64decode(token or "")))
        except (ValueError, binascii.Error, zlib.error):
            return cls()
        return cls(state, uids, is_first)


@dataclass(slots=True)
class Gathered:
    """What the pages so far said: UIDs by item, which of them changed (by their ids there), and which are gone."""

    uids: dict[str, str]
    touched: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def note(self, change: str, item_id: str, uid: str | None) -> None:
        """Take one change down, if it is of ours: by its mark, or because it was."""
        if change == SyncFolderItems.DELETE:
            if lost := self.uids.pop(_short(item_id), None):
                self.touched.pop(lost, None)
                self.gone.add(lost)
        elif uid:
            self.uids[_short(item_id)] = uid
            self.gone.discard(uid)
            self.touched[uid] = item_id


class _Changes(SyncFolderItems):  # type: ignore[misc]
    """Gives (kind of change, id, our UID). exchangelib's own items take a millisecond each, and most aren't ours."""

    def _elem_to_obj(self, elem: Any) -> tuple[str, str, str | None]:
        item_id = elem.find(f".//{{{TNS}}}ItemId").get("Id")
        return self.change_types_map[elem.tag], item_id, elem.findtext(f".//{{{TNS}}}ExtendedProperty/{{{TNS}}}Value")


def read_news(account: Account, mailbox: str, token: str | None) -> CalendarNews:
    """What changed since a token, or everything. Raises exchangelib's errors."""
    try:
        return _read(account, mailbox, Place.of(token))
    except ErrorInvalidSyncStateData:
        return _read(account, mailbox, Place())


def _read(account: Account, mailbox: str, place: Place) -> CalendarNews:
    service, found = _Changes(account=account), Gathered(dict(place.uids))
    state, is_last = place.state, False
    for _ in range(MOST_PAGES):
        for change, item_id, uid in _page(service, mailbox, state):
            found.note(change, item_id, uid)
        state, is_last = service.sync_state, service.includes_last_item_in_range
        if is_last or CURRENT.get().is_half_over:  # what is told must still be looked at
            break
    if place.is_first:
        return _first_look(account, mailbox, state, is_last=is_last)
    events = [_followed(item, account) for item in _looked_at(account, found.touched.values())]
    events += [FollowedEvent(uid, None, None) for uid in sorted(found.gone)]
    return CalendarNews(Place(state, found.uids, is_first=False).token(), tuple(events))


def _first_look(account: Account, mailbox: str, state: str, *, is_last: bool) -> CalendarNews:
    """Everything of ours, once the state is the present one; until then nothing, and a token to go on with."""
    if not is_last:
        return CalendarNews(Place(state).token(), ())
    ours = find(account, mailbox, None)
    place = Place(state, {_short(item.id): item.coord_uid for item in ours}, is_first=False)
    events = (_followed(item, account) for item in _looked_at(account, (item.id for item in ours)))
    return CalendarNews(place.token(), tuple(events), is_whole=True)


def _page(service: SyncFolderItems, mailbox: str, state: str) -> list[tuple[str, str, str | None]]:
    changes = service.call(
        folder=calendar_of(mailbox),
        shape=ID_ONLY,
        additional_fields=paths("coord_uid"),
        sync_state=state or None,
        ignore=None,
        max_changes_returned=PAGE,
        sync_scope=None,
    )
    return list(changes)


def _looked_at(account: Account, item_ids: Iterable[str]) -> list[CalendarItem]:
    """The items with their times and people; those deleted meanwhile will be in the next news."""
    ids = [ItemId(id=each) for each in item_ids]
    if not ids:
        return []
    found = GetItem(account=account).call(ids, paths(*TOLD, *LISTS), ID_ONLY)
    sound = []
    for each in found:
        if isinstance(each, Exception) and not isinstance(each, ErrorItemNotFound):
            raise each
        if not isinstance(each, Exception):
            sound.append(each)
    return sound


def _followed(item: CalendarItem, account: Account) -> FollowedEvent:
    if item.is_cancelled:
        return FollowedEvent(item.coord_uid, None, None)
    people = [each for name in LISTS for each in getattr(item, name) or ()]
    answers = tuple(answer for each in people if (answer := _answer(each)))
    return FollowedEvent(item.coord_uid, *span_of(item, account), answers)


def _answer(attendee: Any) -> EventAnswer | None:
    partstat, address = ANSWERS.get(attendee.response_type), attendee.mailbox.email_address
    if partstat is None or not address:
        return None
    at = answered_at(attendee)
    start, end = attendee.proposed_start, attendee.proposed_end
    proposed = (as_utc(start), as_utc(end)) if start and end and start < end else None
    return EventAnswer(address.lower(), partstat, as_utc(at) if at else None, proposed=proposed)


def _short(item_id: str) -> str:
    return hashlib.sha256(item_id.encode()).hexdigest()[:16]
