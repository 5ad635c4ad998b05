"""Reads calendars: RFC 5545 as the real senders write it (ITIP.md §2.1)."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from coord_service.domain.itip.addresses import bare_address
from coord_service.domain.itip.rules import comparable
from coord_service.domain.itip.values import Answer, Event, Kind, Message, Organizer, Removed, Status, When
from integrations.itip.lines import Component, Line, TooMuch, parse
from integrations.itip.moments import (
    Zones,
    end_after,
    read_duration,
    read_instant,
    read_moment,
    read_moments,
    read_value,
)
from integrations.itip.people import LONGEST_TEXT, MOST_PEOPLE, each_once, read_attendee, read_people

KINDS = {kind.name: kind for kind in Kind if kind not in {Kind.BOUNCE, Kind.AUTO_REPLY, Kind.OTHER}}
MOST_DATES = 200
MOST_PEOPLE_OF_OURS = 500
LONGEST_MEETING = timedelta(days=366)
MODELLED = {
    *("UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "SEQUENCE", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE"),
    *("ORGANIZER", "ATTENDEE", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "STATUS", "CLASS", "TRANSP"),
    *("X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-INTENDEDSTATUS", "X-MICROSOFT-DISALLOW-COUNTER"),
    *("X-COORD-TIME-SEQUENCE", "X-COORD-REMOVED", "X-COORD-WAITING"),
}


class NotACalendar(ValueError):
    """The bytes hold no meeting that could be kept; ``str()`` says what is wrong."""


def read_calendar(raw: bytes, method: str = "", charset: str = "") -> Message:
    """A calendar as a message without a sender; ``method`` and ``charset`` are the MIME header's. Never raises."""
    problems: list[str] = []
    try:
        calendar = _calendar(parse(raw, problems, charset), problems)
    except TooMuch as error:
        why = f"the calendar in it was not read: {error}"
        return Message(Kind.OTHER, _known(method), problems=(why,), unreadable=why)
    if calendar is None:
        why = "there is no calendar in it"
        return Message(Kind.OTHER, _known(method), problems=(*problems, why), unreadable=why)
    said = _method(calendar, method, problems)
    zones = Zones({each.value("TZID"): each for each in calendar.inner if each.name == "VTIMEZONE"}, problems)
    events = _events(calendar, problems)
    answers = tuple(_answer(each, zones) for each in events)
    kind, why = _kind(said, answers, events)
    problems += [why] if why else []
    return Message(kind, said, answers, problems=tuple(dict.fromkeys(problems)), unreadable=why)


def _kind(said: str | None, answers: tuple[Answer, ...], events: list[Component]) -> tuple[Kind, str]:
    """What a calendar is; for one that is nothing to us the reason in words that everybody understands."""
    if not answers:
        return Kind.OTHER, "there is no meeting in it"
    if not answers[0].uid:
        return Kind.OTHER, "it doesn't say which meeting it is about (it has no UID)"
    if any(len(each.every("ATTENDEE")) > MOST_PEOPLE for each in events):
        return Kind.OTHER, f"it lists more than {MOST_PEOPLE:,} attendees"
    if said is None:
        return Kind.OTHER, "it doesn't say whether it is an answer or something else (it has no METHOD)"
    known = KINDS.get(said, Kind.OTHER)
    return known, "" if known is not Kind.OTHER else f"nobody knows what kind of message it is (METHOD {said})"


def read_copy(raw: bytes) -> Event:
    """An organizer's copy (or the REQUEST made from it). Raises NotACalendar."""
    problems: list[str] = []
    try:
        calendar = _calendar(parse(raw, problems), problems)
    except TooMuch as error:
        raise NotACalendar(str(error)) from error
    events = _events(calendar, problems) if calendar else []
    if calendar is None or not events:
        raise NotACalendar("there is no meeting in it")
    if any((found := each.first("RECURRENCE-ID")) and found.parameter("RANGE") for each in events):
        raise NotACalendar("Outlook shows no change from one date on (RANGE): end the series there and begin another")
    zones = Zones({each.value("TZID"): each for each in calendar.inner if each.name == "VTIMEZONE"}, problems)
    if len([each for each in calendar.inner if each.name == "VEVENT"]) > MOST_DATES:
        raise NotACalendar(f"a meeting of ours has at most {MOST_DATES} changed dates")
    events.sort(key=lambda each: each.first("RECURRENCE-ID") is not None)
    master = _event(events[0], zones)
    overrides = tuple(_event(each, zones) for each in events[1:])
    return replace(master, overrides=tuple(each for each in overrides if each.recurrence_id is not None))


def _calendar(parts: list[Component], problems: list[str]) -> Component | None:
    calendars = [each for each in parts if each.name == "VCALENDAR"]
    if len(calendars) > 1:
        problems.append("it holds more than one calendar; only the first was read")
    return calendars[0] if calendars else None


def _known(method: str) -> str | None:
    return re.sub(r"[^A-Z-]", "", method.upper())[:20] or None


def _method(calendar: Component, header: str, problems: list[str]) -> str | None:
    """METHOD of the body, else of the MIME header; in capitals."""
    inside = {found for each in calendar.every("METHOD") if (found := _known(each.value))}
    body = _known(calendar.value("METHOD"))
    if len(inside) > 1:
        problems.append(f"it has several METHODs: {', '.join(sorted(inside))}")
    if body and _known(header) and body != _known(header):
        problems.append(f"METHOD is {body} in the calendar and {_known(header)} in the mail's header")
    return body or _known(header)


def _events(calendar: Component, problems: list[str]) -> list[Component]:
    events = [each for each in calendar.inner if each.name == "VEVENT"]
    if not events:
        return []
    uid = events[0].value("UID")
    same = [each for each in events if each.value("UID") == uid]
    if len(same) < len(events):
        problems.append("it is about more than one UID; only the first was read")
    if len(same) > MOST_DATES:
        problems.append(f"it speaks of more than {MOST_DATES} dates; only those were read")
    return same[:MOST_DATES]


def _answer(event: Component, zones: Zones) -> Answer:
    recurrence_id, organizer = event.first("RECURRENCE-ID"), event.first("ORGANIZER")
    start = read_moment(event.first("DTSTART"), zones)
    for name in ("STATUS", "SEQUENCE", "DTSTAMP", "RECURRENCE-ID"):
        if len(event.every(name)) > 1:
            zones.problems.append(f"it has {name} twice; the first counts")
    return Answer(
        uid=event.text("UID").strip(),
        sequence=_number(event.value("SEQUENCE"), "SEQUENCE", zones.problems),
        dtstamp=read_instant(event.first("DTSTAMP"), zones),
        recurrence_id=read_moment(recurrence_id, zones),
        this_and_future=bool(recurrence_id and recurrence_id.parameter("RANGE").upper() == "THISANDFUTURE"),
        organizer=bare_address(organizer.value) if organizer else "",
        attendees=read_people(event, zones),
        start=start,
        end=_end(event, start, zones),
        summary=event.text("SUMMARY"),
        location=event.text("LOCATION"),
        comment="\n".join(each.text for each in event.every("COMMENT"))[:LONGEST_TEXT],
    )


def _end(event: Component, start: When | None, zones: Zones) -> When | None:
    line = event.first("DTEND")
    if line is not None or start is None:
        return read_moment(line, zones)
    length = read_duration(event.value("DURATION"))
    if length is None and not isinstance(start, datetime):
        length = timedelta(days=1)
    return start if length is None else end_after(start, length)


def _event(component: Component, zones: Zones) -> Event:
    start = read_moment(component.first("DTSTART"), zones)
    end = _end(component, start, zones)
    if start is None or end is None or not component.value("UID"):
        raise NotACalendar("; ".join(zones.problems) or "a meeting needs UID and DTSTART")
    if not timedelta() <= comparable(end) - comparable(start) <= LONGEST_MEETING:
        raise NotACalendar("a meeting ends after it begins, within a year")
    if len(component.every("ATTENDEE")) > MOST_PEOPLE_OF_OURS:
        raise NotACalendar(f"a meeting of ours has at most {MOST_PEOPLE_OF_OURS} attendees")
    organizer = component.first("ORGANIZER")
    since = component.value("X-COORD-TIME-SEQUENCE")
    return Event(
        uid=component.text("UID").strip(),
        start=start,
        end=end,
        organizer=_organizer(component) if organizer else Organizer(""),
        summary=component.text("SUMMARY"),
        description=component.text("DESCRIPTION"),
        location=component.text("LOCATION"),
        url=component.value("URL"),
        status=_status(component.value("STATUS")),
        classification=component.value("CLASS").upper() or "PRIVATE",
        transparency=component.value("TRANSP").upper() or "OPAQUE",
        sequence=_number(component.value("SEQUENCE"), "SEQUENCE", zones.problems),
        dtstamp=read_instant(component.first("DTSTAMP"), zones),
        attendees=each_once(read_people(component, zones)),
        recurrence_id=read_moment(component.first("RECURRENCE-ID"), zones),
        rrule=component.value("RRULE"),
        rdates=read_moments(component.every("RDATE"), zones),
        exdates=read_moments(component.every("EXDATE"), zones),
        time_sequence=int(since) if since.isdigit() and len(since) < 12 else None,
        removed=tuple(_removed(each, zones) for each in component.every("X-COORD-REMOVED")),
        waiting=tuple(read_attendee(each, zones) for each in component.every("X-COORD-WAITING")),
        extras=_extras(component),
    )


def _removed(line: Line, zones: Zones) -> Removed:
    date = line.parameter("X-COORD-DATE")
    return Removed(
        bare_address(line.value),
        _number(line.parameter("X-COORD-SEQUENCE"), "SEQUENCE", zones.problems),
        read_value(date, "", zones, "X-COORD-DATE") if date else None,
    )


def _organizer(component: Component) -> Organizer:
    line = component.first("ORGANIZER")
    assert line is not None
    address = bare_address(line.value)
    if not address:
        return Organizer("")
    return Organizer(address, line.parameter("CN"), bare_address(line.parameter("SENT-BY")))


def _status(text: str) -> Status:
    name = text.upper()
    return Status(name) if name in set(Status) else Status.CONFIRMED


def _number(text: str, name: str, problems: list[str]) -> int:
    """A SEQUENCE; missing is 0. Some senders put a clock there: any length is read, but not thousands of digits."""
    if not text:
        return 0
    if not re.fullmatch(r"[0-9]{1,18}", text):
        problems.append(f"{name} is no number: {text[:20]!r}")
        return 0
    return int(text)


def _extras(component: Component) -> tuple[str, ...]:
    """What we don't model, as content lines, so that nothing the copy holds is lost."""
    lines = [each.raw for each in component.lines if each.name not in MODELLED]
    for inner in component.inner:
        lines += [f"BEGIN:{inner.name}", *(each.raw for each in inner.lines)]
        lines += [*_extras(replace(inner, lines=[])), f"END:{inner.name}"]
    return tuple(lines)
