"""What holds for every message, whatever is in it (issue 3, "Bad input"): each broken promise is a sentence."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import icalendar

from coord_service.commands.itip import _message as as_json
from coord_service.domain.itip import (
    Applied,
    CannotBeShown,
    Event,
    Kind,
    Message,
    Outgoing,
    Policy,
    Strangers,
    Verdict,
    accept_counter,
    apply,
    decline_counter,
    diff,
)
from coord_service.errors import ChangedMeanwhile
from integrations.itip import NotACalendar, read_copy, read_mail, write_calendar, write_copy

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
MOST_SECONDS = 2.0
POLICIES = (Policy(), Policy(Strangers.ALLOW), Policy(is_shielded=True), Policy(Strangers.DENY))


class PromiseBroken(AssertionError):
    """What the programme did that it never may."""


def check(raw: bytes, meeting: Event) -> Kind:
    """Read a message, judge it, and use it as a meeting. Raises PromiseBroken, or whatever the programme raised."""
    started = time.process_time()
    message = read_mail(raw)
    for policy in POLICIES:
        _judge(meeting, message, policy)
    took = time.process_time() - started
    if took > MOST_SECONDS:
        raise PromiseBroken(f"it took {took:.1f} seconds of this process's time")
    json.dumps(as_json(message), ensure_ascii=False).encode()
    _use_as_meeting(raw)
    return message.kind


def _judge(meeting: Event, message: Message, policy: Policy) -> None:
    applied = apply(meeting, message, policy, NOW)
    _expect(applied.verdict in Verdict and applied.why.strip() != "", "the verdict has no reason")
    _expect(applied.why.isprintable() and len(applied.why) < 3_000, f"the reason is no sentence: {applied.why[:200]!r}")
    json.dumps(applied.why, ensure_ascii=False).encode()
    if applied.verdict in {Verdict.NOTED, Verdict.REFUSED, Verdict.OLDER, Verdict.DUPLICATE}:
        _expect(applied.event == meeting and not applied.outgoing, f"{applied.verdict}, and yet something changed")
    _expect(applied.event == read_copy(write_copy(applied.event)), "the copy does not come back as it was kept")
    again = apply(applied.event, message, policy, NOW)
    # Several answers of which one says no date: it counts as the last word each time, for nothing orders it.
    has_order = len(message.answers) < 2 or message.sent_at or all(each.dtstamp for each in message.answers)
    _expect(not has_order or again.event == applied.event, "the same message twice changes something")
    _expect(applied.outgoing == () or applied.verdict is Verdict.APPLIED, f"{applied.verdict}, and something is sent")
    for each in applied.outgoing:
        _look_at(each)
    if applied.verdict is Verdict.HELD and message.kind is Kind.COUNTER:
        for each in _decided(applied, message, policy):
            _look_at(each)


def _decided(applied: Applied, message: Message, policy: Policy) -> Iterator[Outgoing]:
    """Whatever was held, the lead worker may say yes or no to."""
    try:
        yield decline_counter(applied.event, message, policy)
        yield from accept_counter(applied.event, message, NOW).outgoing
    except ChangedMeanwhile as refusal:
        _expect(str(refusal).endswith("."), "the refusal is no sentence")


def _use_as_meeting(raw: bytes) -> None:
    try:
        event = read_copy(raw)
    except NotACalendar as error:
        _expect(str(error) != "", "it is no meeting, and nothing says why")
        return
    _expect(read_copy(write_copy(event)) == event, "a meeting does not come back as it was written")
    gone = diff(event, None, NOW)
    try:
        booked = diff(None, event, NOW)
    except CannotBeShown:
        booked = gone
    _expect(diff(event, event, NOW).outgoing == (), "a meeting that didn't change is sent")
    for each in (*booked.outgoing, *gone.outgoing):
        _look_at(each)


def _look_at(outgoing: Outgoing) -> None:
    """What is sent can be read by others and shows nobody but its recipient."""
    raw = write_calendar(outgoing)
    _expect(raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r"), "a line does not end in CRLF")
    _expect(all(len(each) <= 75 for each in raw.split(b"\r\n")), "a line is longer than 75 octets")
    own = re.search(rb"^X-COORD-|^(ATTENDEE|ORGANIZER);.*;X-COORD-", raw.replace(b"\r\n ", b""), re.MULTILINE)
    _expect(own is None, "what is only ours is sent")
    calendar = icalendar.Calendar.from_ical(raw)
    events = calendar.walk("VEVENT")
    _expect(str(calendar["METHOD"]) == outgoing.method, "METHOD is not what was meant")
    _expect(len({str(each["UID"]) for each in events}) == 1, "it is about more than one UID")
    shown = re.findall(rb"^ATTENDEE[;:].*", raw.replace(b"\r\n ", b""), re.MULTILINE)
    _expect(len(shown) <= len(events), "it shows more than its recipient")


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise PromiseBroken(otherwise)
