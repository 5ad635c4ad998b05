"""SEQUENCE, DTSTAMP and PARTSTAT after a change (ITIP.md §1.8, RFC 5546 §2.1.4)."""

from dataclasses import replace
from datetime import datetime

from coord_service.domain.itip.comparison import asks_again, is_significant
from coord_service.domain.itip.recurrence import in_form_of, occurrence, override_at
from coord_service.domain.itip.values import Attendee, Event, PartStat, dtstamp_after


def stamp(old: Event | None, new: Event, now: datetime) -> Event:
    """The new copy with its SEQUENCE, DTSTAMP and answers settled, overrides too."""
    stamps = [part.dtstamp for part in (old, *old.overrides) if part.dtstamp] if old else []
    dtstamp = dtstamp_after(now, max(stamps, default=None))
    fresh = replace(new, dtstamp=dtstamp, overrides=tuple(replace(each, dtstamp=dtstamp) for each in new.overrides))
    if old is None:
        return fresh
    master = _above_removed(old, _settled(old, fresh))
    return replace(master, overrides=tuple(_settled_override(old, master, each) for each in fresh.overrides))


def _settled(old: Event, new: Event) -> Event:
    """One VEVENT after its change, given what it was."""
    people = tuple(_with_order_of(old, each) for each in new.attendees)
    if asks_again(old, new):
        sequence = max(old.sequence + 1, new.sequence)
        asked = tuple(_asked_afresh(each, new.organizer.address) for each in people)
        return replace(new, sequence=sequence, time_sequence=None, attendees=asked)
    sequence = max(old.sequence + is_significant(old, new), new.sequence)
    since = old.time_sequence if sequence == old.sequence else old.current_sequence
    return replace(new, sequence=sequence, time_sequence=since, attendees=people)


def _settled_override(old: Event, master: Event, override: Event) -> Event:
    """An override after a change to it or to the series; a series that moves asks again about each of its dates."""
    date = in_form_of(override.start, override.recurrence_id or override.start)
    before = override_at(old, date) or occurrence(old, date)
    if asks_again(old, master):
        sequence = max(before.sequence + 1, master.sequence, override.sequence)
        asked = tuple(_asked_afresh(each, master.organizer.address) for each in override.attendees)
        return replace(override, sequence=sequence, time_sequence=None, attendees=asked)
    return _settled(before, override)


def _with_order_of(old: Event, attendee: Attendee) -> Attendee:
    """Callers that rebuild attendees from a form don't know the order of answers: keep it."""
    before = old.attendee(attendee.address)
    if before is None or attendee.answered_sequence is not None:
        return attendee
    return replace(attendee, answered_sequence=before.answered_sequence, answered_dtstamp=before.answered_dtstamp)


def _asked_afresh(attendee: Attendee, organizer: str) -> Attendee:
    """A delegator stays one: their delegate is asked (RFC 5546 §3.2.2.3). The organizer asks, and isn't asked."""
    if attendee.partstat is PartStat.DELEGATED or attendee.address == organizer:
        return attendee
    return replace(attendee, partstat=PartStat.NEEDS_ACTION, comment="")


def _above_removed(old: Event, event: Event) -> Event:
    """Somebody invited again must be sent no lower SEQUENCE than their CANCEL had; nobody else's answer ages by it."""
    back = [each.sequence for each in old.removed if event.attendee(each.address)]
    removed = tuple(each for each in event.removed if not event.attendee(each.address))
    if not back or max(back) <= event.sequence:
        return replace(event, removed=removed)
    return replace(event, removed=removed, sequence=max(back), time_sequence=event.current_sequence)
