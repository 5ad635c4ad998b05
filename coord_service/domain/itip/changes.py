"""What must be sent for a change: from an old and a new organizer's copy to one message a recipient (RFC 5546 §3.2)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from coord_service.domain.itip.addresses import is_mail_address
from coord_service.domain.itip.comparison import is_significant, shows_change
from coord_service.domain.itip.recurrence import in_form_of, last_end, override_at
from coord_service.domain.itip.stamping import stamp
from coord_service.domain.itip.values import Changes, Event, Method, Outgoing, PartStat, Removed, Status, When
from coord_service.domain.itip.views import Show, dates_for, for_reader, together, view_for

# RFC 6638 §7.1: the organizer has said that somebody else tells these attendees.
TOLD_BY_OTHERS = {("SCHEDULE-AGENT", "NONE"), ("SCHEDULE-AGENT", "CLIENT")}


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message before its attendee lines are chosen; no dates: the whole meeting."""

    recipient: str
    method: Method
    significant: bool
    parts: dict[When | None, Event]


def diff(old: Event | None, new: Event | None, now: datetime, show: Show = Show.RECIPIENT) -> Changes:
    """Decide who must be sent what.

    ``old`` None is a new meeting, ``new`` None a deleted one. SEQUENCE and DTSTAMP of the result are decided here
    (ITIP.md §1.8-9): callers change what they want changed and leave both alone. Store ``Changes.event``.
    Raises ValueError when the UIDs differ or both are None.
    """
    if old and new and old.uid != new.uid:
        raise ValueError(f"the UIDs differ: {old.uid} and {new.uid}")
    if new is None:
        if old is None:
            raise ValueError("there is no meeting, neither before nor after")
        new = replace(old, status=Status.CANCELLED)
    after = stamp(old, new, now)
    drafts = [draft for address in _everybody(old, after) for draft in _drafts(old, after, address, now)]
    after = _with_removed(after, drafts)
    if old and not drafts and after.sequence == old.sequence:
        kept = tuple(replace(each, dtstamp=old.dtstamp) for each in after.overrides)
        after = replace(after, dtstamp=old.dtstamp, overrides=kept)
    return Changes(after, tuple(_outgoing(after, draft, drafts, show) for draft in drafts))


def _everybody(old: Event | None, new: Event) -> list[str]:
    """Everybody who is or was invited to any date and is told by us, once, in the order of the copy."""
    people = [
        person
        for event in (new, old)
        if event
        for part in (event, *event.overrides)
        for person in part.attendees
        if person.address != new.organizer.address and not TOLD_BY_OTHERS & set(person.extras)
    ]
    return [each for each in dict.fromkeys(person.address for person in people) if is_mail_address(each)]


def _drafts(old: Event | None, new: Event, address: str, now: datetime) -> Iterator[_Draft]:
    dates = [o.recurrence_id for event in (old, new) if event for o in event.overrides if o.recurrence_id]
    before, after = dates_for(old, address, dates), dates_for(new, address, dates)
    yield from _cancel(before, after, new, address, now)
    if None in after and (None not in before or shows_change(before[None], after[None], address)):
        whole = {date: part for date, part in after.items() if date is None or override_at(new, date)}
        yield _Draft(address, Method.REQUEST, _needs_a_look(before, whole), whole)
        return
    changed: dict[When | None, Event] = {
        date: part
        for date, part in after.items()
        if date is not None and (date not in before or shows_change(before[date], part, address))
    }
    if changed:
        yield _Draft(address, Method.REQUEST, _needs_a_look(before, changed), changed)


def _cancel(
    before: dict[When | None, Event], after: dict[When | None, Event], new: Event, address: str, now: datetime
) -> Iterator[_Draft]:
    """A CANCEL for what somebody loses, unless it is over or they had declined it (ITIP.md §1.9)."""
    lost = {date: part for date, part in before.items() if date not in after}
    if None in lost:
        lost = {None: lost[None]}
    elif None in after and shows_change(before.get(None, after[None]), after[None], address):
        return  # they get the whole series again, and it leaves these dates out
    told = {date: _cancelled(part, new) for date, part in lost.items() if _still_matters(part, address, now)}
    if told:
        yield _Draft(address, Method.CANCEL, True, told)


def _still_matters(part: Event, address: str, now: datetime) -> bool:
    end, person = last_end(part), part.attendee(address)
    return (end is None or end > now) and person is not None and person.partstat is not PartStat.DECLINED


def _cancelled(part: Event, new: Event) -> Event:
    current = new if part.recurrence_id is None else (override_at(new, part.recurrence_id) or new)
    sequence = max(part.sequence + 1, current.sequence)
    return replace(part, status=Status.CANCELLED, sequence=sequence, dtstamp=new.dtstamp)


def _needs_a_look(before: dict[When | None, Event], after: dict[When | None, Event]) -> bool:
    return any(date not in before or is_significant(before[date], part) for date, part in after.items())


def _with_removed(event: Event, drafts: list[_Draft]) -> Event:
    """Remember the SEQUENCE of each CANCEL, so that an invitation after it is newer."""
    gone = {
        draft.recipient: Removed(draft.recipient, draft.parts[None].sequence)
        for draft in drafts
        if draft.method is Method.CANCEL and None in draft.parts and event.status is not Status.CANCELLED
    }
    kept = tuple(each for each in event.removed if each.address not in gone)
    return replace(event, removed=(*kept, *gone.values())) if gone else event


def _outgoing(event: Event, draft: _Draft, drafts: list[_Draft], show: Show) -> Outgoing:
    if draft.method is Method.REQUEST and None in draft.parts:
        seen = view_for(event, draft.recipient, show) or event
    else:
        seen = together([_part_for_reader(part, draft, drafts, show) for part in draft.parts.values()])
    return Outgoing(draft.recipient, draft.method, draft.significant, seen)


def _part_for_reader(part: Event, draft: _Draft, drafts: list[_Draft], show: Show) -> Event:
    """A CANCEL that shows everyone still lists only those who are cancelled (ITIP.md §1.9)."""
    if draft.method is Method.CANCEL:
        date = part.recurrence_id and in_form_of(part.start, part.recurrence_id)
        gone = {each.recipient for each in drafts if each.method is Method.CANCEL and date in each.parts}
        part = replace(part, attendees=tuple(each for each in part.attendees if each.address in gone))
    return for_reader(part, draft.recipient, show)
