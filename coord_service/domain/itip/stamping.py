"""SEQUENCE, DTSTAMP and PARTSTAT after a change (ITIP.md §1.8, RFC 5546 §2.1.4)."""

from dataclasses import replace
from datetime import datetime

from coord_service.domain.itip.comparison import asks_again, is_significant
from coord_service.domain.itip.recurrence import has_date, in_form_of, occurrence, override_at
from coord_service.domain.itip.removals import above_removed, forget_returned, remember, removed_from
from coord_service.domain.itip.rules import instant
from coord_service.domain.itip.values import SECOND, Attendee, Event, PartStat, Status, dtstamp_after


def stamp(old: Event | None, new: Event, now: datetime) -> Event:
    """The new copy with its SEQUENCE, DTSTAMP and answers settled, overrides too."""
    stamps = [part.dtstamp for part in (old, *old.overrides) if part.dtstamp] if old else []
    dtstamp = dtstamp_after(now, max(stamps, default=None))
    fresh = replace(new, dtstamp=dtstamp, overrides=tuple(replace(each, dtstamp=dtstamp) for each in new.overrides))
    if old is None:
        return fresh
    fresh = remember(fresh, old.removed)
    master = above_removed(_settled(old, fresh), removed_from(fresh, None))
    overrides = [_settled_override(old, master, each) for each in _dates_of(old, fresh)]
    overrides = [above_removed(each, removed_from(fresh, each.recurrence_id)) for each in overrides]
    return forget_returned(replace(master, overrides=tuple(_above_cancel(old, master, each) for each in overrides)))


def _dates_of(old: Event, new: Event) -> list[Event]:
    """The changed dates that the new pattern has; one that is changed no more goes back, and is told."""
    kept = [each for each in new.overrides if each.recurrence_id and has_date(new, each.recurrence_id)]
    if new.status is Status.CANCELLED or asks_again(old, new):
        return kept
    known = {instant(in_form_of(new.start, each.recurrence_id)) for each in new.overrides if each.recurrence_id}
    for before in old.overrides:
        date = in_form_of(new.start, before.recurrence_id or before.start)
        if instant(date) not in known and has_date(new, date):
            again = occurrence(new, date)
            if is_significant(before, again) or before.sequence > new.sequence:
                kept.append(again)
    return kept


def _above_cancel(old: Event, master: Event, override: Event) -> Event:
    """Whoever is taken off the series and still comes to one date is sent that date after their CANCEL."""
    leaving = {each.address for each in old.attendees} - {each.address for each in master.attendees}
    if override.dtstamp is None or not any(each.address in leaving for each in override.attendees):
        return override
    sequence = max(override.sequence, old.sequence + 1, master.sequence)
    since = override.time_sequence if sequence == override.sequence else override.current_sequence
    return replace(override, sequence=sequence, time_sequence=since, dtstamp=override.dtstamp + SECOND)


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
