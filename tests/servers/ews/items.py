"""CreateItem, GetItem, UpdateItem, DeleteItem, FindItem, SyncFolderItems, GetFolder and ConvertId on calendars.

https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange
"""

import base64
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime

from exchangelib.winzone import MS_TIMEZONE_TO_IANA_MAP

from tests.servers.ews.schema import item_order
from tests.servers.ews.soap import NAMES, Element, EwsError, local, m, message, only, response, t, text_of
from tests.servers.ews.store import LISTS, Item, Mailbox, Store

CALENDAR = "AAMkAcalendar="
READ_ONLY = {"ItemId", "DateTimeCreated", "IsMeeting", "IsCancelled", "MeetingRequestWasSent", "CalendarItemType",
             "Organizer", "AppointmentSequenceNumber"}  # fmt: skip
ON_CREATION_ONLY = {"UID"}
BY_GET_ITEM_ALONE = {*LISTS, "Body", "MimeContent", "Recurrence", "StartTimeZone", "EndTimeZone"}
TIMES = {"Start", "End"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and who acts: the account itself, or the mailbox that it stands in for."""

    store: Store
    acting: str
    body: Element

    def folder(self, path: str) -> Mailbox:
        """The mailbox whose calendar a request names."""
        found = only(self.body, path)
        if local(found) != "DistinguishedFolderId" or found.get("Id") != "calendar":
            raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        return self.store.mailbox(text_of(found, "t:Mailbox/t:EmailAddress") or self.acting, self.acting)


def create_item(asked: Asked) -> Element:
    items = only(asked.body, "m:Items")
    return response("CreateItem", [message("CreateItem", lambda each=each: _create(asked, each), [m.Items()])
                                   for each in items])  # fmt: skip


def _create(asked: Asked, element: Element) -> Iterator[Element]:
    send = asked.body.get("SendMeetingInvitations")
    if local(element) != "CalendarItem" or send is None:
        raise EwsError("ErrorSendMeetingInvitationsRequired", "SendMeetingInvitations is required for calendar items.")
    mailbox = asked.folder("m:SavedItemFolderId/*")
    parts, extended = _taken_apart(element)
    if READ_ONLY & set(parts):
        raise EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.")
    _check_times(parts)
    item = asked.store.add(mailbox, parts, extended)
    if send != "SendToNone":
        asked.store.tell(item, "request", item.attendees)
    yield m.Items(t.CalendarItem(_id_of(item)))


def _taken_apart(element: Element) -> tuple[dict[str, Element], dict[tuple[str, ...], Element]]:
    parts: dict[str, Element] = {}
    extended: dict[tuple[str, ...], Element] = {}
    for child in element:
        if local(child) == "ExtendedProperty":
            extended[_definition(only(child, "t:ExtendedFieldURI"))] = deepcopy(child)
        else:
            parts[local(child)] = _normal(child)
    return parts, extended


def _normal(child: Element) -> Element:
    """A part as the store keeps it: instants in UTC, people without what a client can't say of them."""
    kept = deepcopy(child)
    if local(child) in TIMES:
        instant = datetime.fromisoformat(child.text or "")
        assert instant.tzinfo, "this server takes only instants with an offset"
        kept.text = f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if child.text in {"0", "1"} and local(child).startswith("Is"):
        kept.text = "true" if child.text == "1" else "false"  # xs:boolean has two forms, and Exchange answers in one
    if local(child) in {"StartTimeZone", "EndTimeZone"} and child.get("Id") not in MS_TIMEZONE_TO_IANA_MAP:
        raise EwsError("ErrorTimeZone", "The specified time zone is not valid.")
    if local(child) in LISTS:
        for each in kept:
            for name in ("ResponseType", "LastResponseTime"):
                for found in each.findall(f"t:{name}", NAMES):
                    each.remove(found)
            each.append(t.ResponseType("Unknown"))
            each.append(t.LastResponseTime("0001-01-01T00:00:00Z"))  # so does Exchange
    return kept


def _check_times(parts: dict[str, Element]) -> None:
    if TIMES - set(parts):
        raise EwsError("ErrorInvalidPropertySet", "Start and End are needed.")
    if (parts["Start"].text or "") > (parts["End"].text or ""):
        raise EwsError("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate")


def _definition(uri: Element) -> tuple[str, ...]:
    """What an extended property is known by."""
    names = ("DistinguishedPropertySetId", "PropertySetId", "PropertyName", "PropertyId", "PropertyTag", "PropertyType")
    return tuple((uri.get(name) or "").lower() if name == "PropertySetId" else uri.get(name) or "" for name in names)


def _id_of(item: Item) -> Element:
    return t.ItemId(Id=item.id, ChangeKey=item.change_key)


def get_item(asked: Asked) -> Element:
    shape = only(asked.body, "m:ItemShape")

    def one(wanted: Element) -> Iterator[Element]:
        yield m.Items(_shaped(asked.store.item(wanted.get("Id") or "", asked.acting), shape, forbidden=set()))

    ids = only(asked.body, "m:ItemIds")
    return response("GetItem", [message("GetItem", lambda each=each: one(each), [m.Items()]) for each in ids])


def _shaped(item: Item, shape: Element, forbidden: set[str]) -> Element:
    """The item with what was asked for, in the schema's order."""
    names: set[str] = set()
    properties: list[Element] = []
    for path in shape.iterfind("t:AdditionalProperties/*", NAMES):
        if local(path) == "ExtendedFieldURI":
            properties += [deepcopy(item.extended[key]) for key in [_definition(path)] if key in item.extended]
        else:
            names.add((path.get("FieldURI") or "").partition(":")[2])
    if names & forbidden:
        raise EwsError("ErrorInvalidPropertyRequest", "Property is not valid for this operation.")
    found = t.CalendarItem(_id_of(item))
    for name in item_order():
        if name == "ExtendedProperty":
            found.extend(properties)
        elif name in names and name in item.parts and (len(item.parts[name]) or name not in LISTS):
            found.append(deepcopy(item.parts[name]))
    return found


def update_item(asked: Asked) -> Element:
    changes = only(asked.body, "m:ItemChanges")
    nothing = [m.Items(), m.ConflictResults(t.Count("0"))]
    return response("UpdateItem", [message("UpdateItem", lambda each=each: _update(asked, each), nothing)
                                   for each in changes])  # fmt: skip


def _update(asked: Asked, change: Element) -> Iterator[Element]:
    send = asked.body.get("SendMeetingInvitationsOrCancellations")
    if send is None:
        raise EwsError("ErrorSendMeetingInvitationsOrCancellationsRequired")
    wanted = only(change, "t:ItemId")
    item = asked.store.item(wanted.get("Id") or "", asked.acting)
    resolution = asked.body.get("ConflictResolution")
    if resolution != "AlwaysOverwrite" and not wanted.get("ChangeKey"):
        raise EwsError("ErrorChangeKeyRequired", "An up-to-date change key is required for this operation.")
    if resolution == "NeverOverwrite" and wanted.get("ChangeKey") != item.change_key:
        raise EwsError("ErrorIrresolvableConflict", "The send or update operation could not be performed.")
    before = deepcopy(item.attendees)
    times = {name: item.text(name) for name in TIMES}
    for update in only(change, "t:Updates"):
        _apply(item, update)
    _check_times(item.parts)
    _keep_answers(item, before, is_moved=times != {name: item.text(name) for name in TIMES})
    asked.store.touch(item)
    _tell_of_update(asked.store, item, set(before), send)
    yield m.Items(t.CalendarItem(_id_of(item)))
    yield m.ConflictResults(t.Count("0"))


def _apply(item: Item, update: Element) -> None:
    path = update[0]
    is_extended = local(path) == "ExtendedFieldURI"
    name = "ExtendedProperty" if is_extended else (path.get("FieldURI") or "").partition(":")[2]
    if name in READ_ONLY | ON_CREATION_ONLY:
        raise EwsError("ErrorInvalidPropertySet", "Set action is invalid for property.")
    if local(update) == "DeleteItemField":
        item.parts.pop(name, None)
        return
    values = list(only(update, "t:CalendarItem"))
    if [local(each) for each in values] != [name]:
        raise EwsError("ErrorUpdatePropertyMismatch", "The property path and the property don't match.")
    if is_extended:
        item.extended[_definition(path)] = deepcopy(values[0])
    else:
        item.parts[name] = _normal(values[0])


def _keep_answers(item: Item, before: dict[str, Element], *, is_moved: bool) -> None:
    """Who stays invited keeps their answer, unless it was to another time."""
    for address, each in item.attendees.items():
        known = before.get(address)
        for name, blank in (("ResponseType", "Unknown"), ("LastResponseTime", "0001-01-01T00:00:00Z")):
            only(each, f"t:{name}").text = blank if known is None or is_moved else text_of(known, f"t:{name}")
    if is_moved:
        item.set("AppointmentSequenceNumber", str(int(item.text("AppointmentSequenceNumber")) + 1))


def _tell_of_update(store: Store, item: Item, before: set[str], send: str) -> None:
    now = set(item.attendees)
    if send == "SendToNone":
        return
    store.tell(item, "request", sorted(now if "All" in send else now - before))
    store.tell(item, "cancel", sorted(before - now))


def delete_item(asked: Asked) -> Element:
    def one(wanted: Element) -> Iterable[Element]:
        send = asked.body.get("SendMeetingCancellations")
        if send is None:
            raise EwsError("ErrorSendMeetingCancellationsRequired")
        item = asked.store.item(wanted.get("Id") or "", asked.acting)
        item.is_deleted = True
        asked.store.touch(item)
        if send != "SendToNone":
            asked.store.tell(item, "cancel", item.attendees)
        return []

    ids = only(asked.body, "m:ItemIds")
    return response("DeleteItem", [message("DeleteItem", lambda each=each: one(each)) for each in ids])


def find_item(asked: Asked) -> Element:
    def work() -> Iterator[Element]:
        mailbox = asked.folder("m:ParentFolderIds/*")
        view = only(asked.body, "m:IndexedPageItemView")
        found = [each for each in mailbox.items.values() if not each.is_deleted and _matches(asked.body, each)]
        first, most = int(view.get("Offset") or 0), int(view.get("MaxEntriesReturned") or 1000)
        page = found[first : first + most]
        shape = only(asked.body, "m:ItemShape")
        items = t.Items(*(_shaped(each, shape, BY_GET_ITEM_ALONE) for each in page))
        yield m.RootFolder(items, IndexedPagingOffset=str(first + len(page)), TotalItemsInView=str(len(found)),
                           IncludesLastItemInRange=str(first + most >= len(found)).lower())  # fmt: skip

    return response("FindItem", [message("FindItem", work)])


def _matches(body: Element, item: Item) -> bool:
    restriction = body.find("m:Restriction", NAMES)
    if restriction is None:
        return True
    condition = restriction[0]
    if local(condition[0]) != "ExtendedFieldURI" or local(condition) not in {"Exists", "IsEqualTo"}:
        raise EwsError("ErrorUnsupportedPathForQuery", "This property can't be searched for.")
    kept = item.extended.get(_definition(condition[0]))
    if kept is None or local(condition) == "Exists":
        return kept is not None
    return text_of(kept, "t:Value") == only(condition, "t:FieldURIOrConstant/t:Constant").get("Value")


def sync_folder_items(asked: Asked) -> Element:
    """Answers with changes since a sync state, which is the store's count of changes, in disguise."""
    state = [m.SyncState(""), m.IncludesLastItemInRange("true")]

    def work() -> Iterator[Element]:
        mailbox = asked.folder("m:SyncFolderId/*")
        position = _position(asked.store, text_of(asked.body, "m:SyncState"))
        most = int(text_of(asked.body, "m:MaxChangesReturned"))
        changed = list(asked.store.changed_since(mailbox, position))
        page, shape = changed[:most], only(asked.body, "m:ItemShape")
        parts = [part for each in page for part in _change(each, position, shape)]
        now = page[-1].change if page else position
        yield m.SyncState(_disguised(asked.store.age, now))
        yield m.IncludesLastItemInRange(str(len(changed) <= most).lower())
        yield m.Changes(*parts)

    return response("SyncFolderItems", [message("SyncFolderItems", work, state)])


def _change(item: Item, position: int, shape: Element) -> Iterator[Element]:
    if item.is_deleted:
        if position:
            yield t.Delete(_id_of(item))
        return
    # Exchange tells a new item from a changed one by the state; a client that asks for the first time sees creations.
    yield t("Update" if position else "Create", _shaped(item, shape, BY_GET_ITEM_ALONE))


def _disguised(age: int, position: int) -> str:
    return base64.b64encode(f"sync {age} {position}".encode()).decode()


def _position(store: Store, state: str) -> int:
    if not state:
        return 0
    try:
        word, age, position = base64.b64decode(state, validate=True).decode().split()
    except ValueError:
        raise EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt.") from None
    if word != "sync" or int(age) != store.age:
        raise EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt.")
    return int(position)


def get_folder(asked: Asked) -> Element:
    def work() -> Iterator[Element]:
        asked.folder("m:FolderIds/*")
        names = (
            "CreateAssociated",
            "CreateContents",
            "CreateHierarchy",
            "Delete",
            "Modify",
            "Read",
            "ViewPrivateItems",
        )
        rights = t.EffectiveRights(*(t(name, "true") for name in names))
        yield m.Folders(t.CalendarFolder(t.FolderId(Id=CALENDAR, ChangeKey="AgAAABYAAAA="), rights))

    return response("GetFolder", [message("GetFolder", work, [m.Folders()])])


def convert_id(asked: Asked) -> Element:
    """Nothing here converts ids; clients ask it to learn the server's version."""

    def work() -> Iterable[Element]:
        raise EwsError("ErrorInvalidIdMalformed", "Id is malformed.")

    return response("ConvertId", [message("ConvertId", work)])


OPERATIONS: dict[str, Callable[[Asked], Element]] = {
    "CreateItem": create_item,
    "GetItem": get_item,
    "UpdateItem": update_item,
    "DeleteItem": delete_item,
    "FindItem": find_item,
    "SyncFolderItems": sync_folder_items,
    "GetFolder": get_folder,
    "ConvertId": convert_id,
}
