"""The shapes of what Graph takes: property names, types and values of the v1.0 reference, and nothing else."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from integrations.itip.zone_names import zone_named
from tests.servers.graph.refusing import bad_request

Check = Callable[[Any, str], None]


def text(value: Any, name: str) -> None:
    if not isinstance(value, str):
        raise bad_request("RequestBodyRead", f"Cannot read the value of '{name}' as a string.")


def boolean(value: Any, name: str) -> None:
    if not isinstance(value, bool):
        raise bad_request("RequestBodyRead", f"Cannot read the value of '{name}' as a Boolean.")


def whole_number(value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_request("RequestBodyRead", f"Cannot read the value of '{name}' as an Int32.")


def one_of(*choices: str) -> Check:
    def check(value: Any, name: str) -> None:
        text(value, name)
        if value not in choices:
            raise bad_request("RequestBodyRead", f"The value of '{name}' is none of the enumeration.")

    return check


def list_of(inner: Check) -> Check:
    def check(value: Any, name: str) -> None:
        if not isinstance(value, list):
            raise bad_request("RequestBodyRead", f"'{name}' is a collection.")
        for each in value:
            inner(each, name)

    return check


def object_of(needed: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    known = {**needed, **(optional or {})}

    def check(value: Any, name: str) -> None:
        if not isinstance(value, dict):
            raise bad_request("RequestBodyRead", f"'{name}' is an object.")
        for each in value:
            if each not in known:
                raise bad_request("RequestBodyRead", f"The property '{each}' does not exist on type '{name}'.")
            known[each](value[each], each)
        if missing := set(needed) - set(value):
            raise bad_request("ErrorPropertyRequired", f"Missing: {sorted(missing)}.")

    return check


def wall_time(value: Any, name: str) -> None:
    text(value, name)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?", value):
        raise bad_request("RequestBodyRead", f"Cannot convert the value of '{name}' to a date and time.")
    datetime.fromisoformat(value)


def zone(value: Any, name: str) -> None:
    text(value, name)
    if zone_named(value) is None:
        raise bad_request("TimeZoneNotSupportedException", "The time zone is not supported.")


def mail_address(value: Any, name: str) -> None:
    text(value, name)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        raise bad_request("ErrorInvalidRecipients", "At least one recipient isn't valid.")


DATE_TIME_ZONE = object_of({"dateTime": wall_time, "timeZone": zone})
ATTENDEE = object_of(
    {"emailAddress": object_of({"address": mail_address}, {"name": text})},
    {"type": one_of("required", "optional", "resource")},
)
EXTENDED = object_of({"id": text, "value": text})
CHANGEABLE: dict[str, Check] = {
    "subject": text,
    "body": object_of({"contentType": one_of("text", "html"), "content": text}),
    "start": DATE_TIME_ZONE,
    "end": DATE_TIME_ZONE,
    "isAllDay": boolean,
    "location": object_of({"displayName": text}),
    "attendees": list_of(ATTENDEE),
    "categories": list_of(text),
    "sensitivity": one_of("normal", "personal", "private", "confidential"),
    "showAs": one_of("free", "tentative", "busy", "oof", "workingElsewhere", "unknown"),
    "hideAttendees": boolean,
    "allowNewTimeProposals": boolean,
    "responseRequested": boolean,
    "isOnlineMeeting": boolean,
    "onlineMeetingProvider": one_of("teamsForBusiness", "skypeForBusiness", "skypeForConsumer", "unknown"),
    "isReminderOn": boolean,
    "reminderMinutesBeforeStart": whole_number,
    "importance": one_of("low", "normal", "high"),
    "singleValueExtendedProperties": list_of(EXTENDED),
}
READ_ONLY = frozenset({
    "id", "iCalUId", "createdDateTime", "lastModifiedDateTime", "changeKey", "isCancelled", "isOrganizer", "organizer",
    "onlineMeeting", "onlineMeetingUrl", "responseStatus", "seriesMasterId", "type", "webLink", "bodyPreview",
    "hasAttachments", "isDraft", "originalStart", "originalStartTimeZone", "originalEndTimeZone",
})  # fmt: skip
EVENT_PROPERTIES = (
    frozenset(CHANGEABLE) - {"singleValueExtendedProperties"} | READ_ONLY | {"transactionId", "locations"}
)
CANCEL = object_of({}, {"comment": text})
SCHEDULE = object_of(
    {"schedules": list_of(mail_address), "startTime": DATE_TIME_ZONE, "endTime": DATE_TIME_ZONE},
    {"availabilityViewInterval": whole_number},
)


def check_new_event(body: Any) -> None:
    """What POST /events takes."""
    _refuse_read_only(body)
    needed = {"start": DATE_TIME_ZONE, "end": DATE_TIME_ZONE}
    object_of(needed, {**CHANGEABLE, "transactionId": text})(body, "microsoft.graph.event")
    _check_whole_day(body)


def check_changed_event(body: Any, kept: Mapping[str, Any]) -> None:
    """What PATCH takes: the same without the transactionId, which can't be changed later."""
    _refuse_read_only(body)
    if isinstance(body, dict) and "transactionId" in body:
        raise bad_request("ErrorInvalidPropertySet", "transactionId can't be changed.")
    object_of({}, CHANGEABLE)(body, "microsoft.graph.event")
    _check_whole_day({**kept, **body})


def _refuse_read_only(body: Any) -> None:
    if isinstance(body, dict) and (found := READ_ONLY & set(body)):
        raise bad_request("ErrorInvalidPropertySet", f"Read-only: {sorted(found)}.")


def _check_whole_day(values: Mapping[str, Any]) -> None:
    start, end = values["start"], values["end"]
    if start["timeZone"] == end["timeZone"] and end["dateTime"] < start["dateTime"]:
        raise bad_request("ErrorPropertyValidationFailure", "The end is before the start.")
    if values.get("isAllDay") and any("T00:00:00" not in each["dateTime"] for each in (start, end)):
        raise bad_request("ErrorPropertyValidationFailure", "A whole day begins and ends at midnight.")
