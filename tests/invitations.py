"""Meetings and messages for the iTIP tests: short to write, real in shape."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from coord_service.domain.itip import (
    Answer,
    Applied,
    Attendee,
    Event,
    Kind,
    Message,
    Organizer,
    PartStat,
    Policy,
    apply,
    diff,
)

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
START = datetime(2026, 7, 3, 14, 30, tzinfo=LONDON)
UID = "m1@coord.example"
SHAH, HEAD, PARENT, STRANGER = "shah@nhs.example", "head@school.example", "parent@home.example", "who@else.example"
ACCEPTED, DECLINED, TENTATIVE, DELEGATED, NEEDS_ACTION = (
    PartStat.ACCEPTED,
    PartStat.DECLINED,
    PartStat.TENTATIVE,
    PartStat.DELEGATED,
    PartStat.NEEDS_ACTION,
)


def meeting(*people: str | Attendee, **changes: Any) -> Event:
    """A meeting of one hour in London, already sent once."""
    attendees = tuple(each if isinstance(each, Attendee) else Attendee(each) for each in people or (SHAH, HEAD))
    start = changes.get("start", START)
    event = Event(
        uid=UID,
        start=start,
        end=start + timedelta(hours=1),
        organizer=Organizer("meetings@coord.example", "Lead Worker"),
        summary="Team meeting, ref AB-1234",
        dtstamp=NOW,
        attendees=attendees,
    )
    return replace(event, **changes)


def series(*people: str | Attendee, **changes: Any) -> Event:
    """A meeting every six weeks, five times."""
    return meeting(*people, **{"rrule": "FREQ=WEEKLY;INTERVAL=6;COUNT=5", **changes})


def minutes(count: int) -> datetime:
    """An instant so many minutes after the invitation went out."""
    return NOW + timedelta(minutes=count)


def reply(who: str, partstat: PartStat = ACCEPTED, *, at: int = 1, sequence: int = 0, **more: Any) -> Message:
    """A REPLY by mail, from the attendee's own address unless ``sender`` says otherwise."""
    line = Attendee(who, partstat=partstat, **{k: more.pop(k) for k in _LINE if k in more})
    sender = more.pop("sender", who)
    authentication = {"authentication": more.pop("authentication")} if "authentication" in more else {}
    answer = Answer(UID, sequence, minutes(at), attendees=(line,))
    return Message(Kind.REPLY, "REPLY", (replace(answer, **more),), sender=sender, **authentication)


_LINE = ("delegated_to", "delegated_from", "member", "sent_by", "name")


def counter(who: str, start: datetime, *, at: int = 1, sequence: int = 0, **more: Any) -> Message:
    """A COUNTER: who proposes which time."""
    said = reply(who, TENTATIVE, at=at, sequence=sequence, start=start, end=start + timedelta(hours=1), **more)
    return replace(said, kind=Kind.COUNTER, method="COUNTER")


def refresh(who: str, **more: Any) -> Message:
    """A REFRESH: who asks for the invitation again."""
    return replace(reply(who, NEEDS_ACTION, **more), kind=Kind.REFRESH, method="REFRESH")


def moved(event: Event | None = None) -> Event:
    """The meeting after a move by an hour: everybody was asked anew, under the next SEQUENCE."""
    event = event or meeting()
    hour = timedelta(hours=1)
    after = diff(event, replace(event, start=event.start + hour, end=event.end + hour), NOW).event
    assert after
    return after


def hear(event: Event, *messages: Message, policy: Policy | None = None) -> Applied:
    """Apply messages one after the other; the last result, with the outgoing messages of all of them."""
    outgoing: list[Any] = []
    applied = None
    for message in messages:
        applied = apply(event, message, policy or Policy(), minutes(1_000))
        event = applied.event
        outgoing += applied.outgoing
    assert applied is not None
    return replace(applied, outgoing=tuple(outgoing))


def answers(event: Event) -> dict[str, PartStat]:
    """Who stands how."""
    return {each.address: each.partstat for each in event.attendees}
