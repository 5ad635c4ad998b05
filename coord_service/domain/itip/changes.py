"""What must be sent for a change: from an old and a new organizer's copy to one message a recipient (RFC 5546 §3.2)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from coord_service.domain.itip.addresses import is_mail_address
from coord_service.domain.itip.comparison import is_significant, shows_change
from coord_service.domain.itip.recurrence import last_end, override_at
from coord_service.domain.itip.removals import remember
from coord_service.domain.itip.showable import check_recurrence
from coord_service.domain.itip.stamping import stamp
from coord_service.domain.itip.values import Changes, Event, Method, Outgoing, PartStat, Removed, Status, When
from coord_service.domain.itip.views import Parts, Show, for_reader, parts_of, together, view_for

# RFC 6638 §7.1: the organizer has said that somebody else tells these attendees.
TOLD_BY_OTHERS = {("SCHEDULE-AGENT", "NONE"), ("SCHEDULE-AGENT", "CLIENT")}


_Dates = dict[When | None, Event]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A message before its attendee lines are chosen; no dates: the whole meeting."""

    recipient: str
    method: Method
    significant: bool
    parts: _Dates


def diff(old: Event | None, new: Event | None, now: datetime, show: Show = Show.RECIPIENT) -> Changes:
    """Decide who must be sent what.

    ``old`` None is a new meeting, ``new`` None a deleted one. SEQUENCE and DTSTAMP of the result are decided here
    (ITIP.md §1.8-9): callers change what they want changed and leave both alone. Store ``Changes.event``.
    Raises ValueError when the UIDs differ or both are None, CannotBeShown (a ValueError) for a new recurrence that
    Outlook would show wrongly.
    """
    if old and new and old.uid != new.uid:
        raise ValueError(f"the UIDs differ: {old.uid} and {new.uid}")
    if new is None:
        if old is None:
            raise ValueError("there is no meeting, neither before nor after")
        new = replace(old, status=Status.CANCELLED)
    check_recurrence(old, new)
    after = stamp(old, new, now)
    dates = [o.recurrence_id for event in (old, after) if event for o in event.overrides if o.recurrence_id]
    was, is_now = parts_of(old, dates), parts_of(after, dates)
    readers = [_Reader(address, was, is_now, now) for address in _everybody(old, after)]
    drafts = [draft for reader in readers for draft in reader.drafts(after)]
    if after.status is not Status.CANCELLED:
        after = remember(after, [gone for reader in readers for gone in reader.losses(after)])
    if old and not drafts and after.sequence == old.sequence:
        after = _stamped_as(old, after)
    cancelled = _cancelled_people(drafts)
    return Changes(after, tuple(_outgoing(after, draft, cancelled, (show, is_now)) for draft in drafts))


def _stamped_as(old: Event, after: Event) -> Event:
    """Nothing was sent: each part keeps the DTSTAMP under which it was sent last."""
    stamps = {each.recurrence_id: each.dtstamp for each in old.overrides}
    kept = tuple(replace(each, dtstamp=stamps.get(each.recurrence_id, old.dtstamp)) for each in after.overrides)
    return replace(after, dtstamp=old.dtstamp, overrides=kept)


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


@dataclass(frozen=True, slots=True)
class _Reader:
    """One person, and the meeting before and after a change."""

    address: str
    was: Parts
    is_now: Parts
    now: datetime

    def drafts(self, new: Event) -> Iterator[_Draft]:
        """What they must be sent: a CANCEL for what they lose, a REQUEST for what is new or differs."""
        before, after = self.was.of(self.address), self.is_now.of(self.address)
        yield from self._cancel(before, after, new)
        if self._gets_the_whole(before, after):
            whole = {date: part for date, part in after.items() if date is None or date in self.is_now.changed}
            yield _Draft(self.address, Method.REQUEST, _needs_a_look(before, whole), whole)
            return
        # The CANCEL of a series takes every date out of their calendar: those they keep are sent again.
        begins_again = None in before and None not in after
        changed: _Dates = {date: part for date, part in after.items() if date is not None
                   and (begins_again or self._shows_change(before, after, date))}  # fmt: skip
        if changed:
            yield _Draft(self.address, Method.REQUEST, _needs_a_look(before, changed), changed)

    def losses(self, new: Event) -> list[Removed]:
        """What they are invited to no more, whether they are told so or not."""
        after, before = self.is_now.of(self.address), self.was.of(self.address)
        return [
            Removed(self.address, _cancelled(part, new).sequence, date)
            for date, part in before.items()
            if date not in after
        ]

    def _cancel(self, before: _Dates, after: _Dates, new: Event) -> Iterator[_Draft]:
        """A CANCEL for what somebody loses, unless it is over or they had declined it (ITIP.md §1.9)."""
        lost = {date: part for date, part in before.items() if date not in after}
        if None in lost:
            lost = {None: lost[None]}
        elif self._gets_the_whole(before, after):
            return  # they get the whole series again, and it leaves these dates out
        told = {d: _cancelled(part, new) for d, part in lost.items() if _still_matters(part, self.address, self.now)}
        if told:
            yield _Draft(self.address, Method.CANCEL, True, told)

    def _gets_the_whole(self, before: _Dates, after: _Dates) -> bool:
        """The whole series differs; or a date comes back that it left out (EXDATE), which no date alone can undo."""
        comes_back = None in before and any(date not in before for date in after)
        return None in after and (comes_back or self._shows_change(before, after, None))

    def _shows_change(self, before: _Dates, after: _Dates, date: When | None) -> bool:
        return date not in before or shows_change(before[date], after[date], self.address)


def _still_matters(part: Event, address: str, now: datetime) -> bool:
    end, person = last_end(part), part.attendee(address)
    return (end is None or end > now) and person is not None and person.partstat is not PartStat.DECLINED


def _cancelled(part: Event, new: Event) -> Event:
    current = new if part.recurrence_id is None else (override_at(new, part.recurrence_id) or new)
    sequence = max(part.sequence + 1, current.sequence)
    return replace(part, status=Status.CANCELLED, sequence=sequence, dtstamp=new.dtstamp)


def _needs_a_look(before: dict[When | None, Event], after: dict[When | None, Event]) -> bool:
    return any(date not in before or is_significant(before[date], part) for date, part in after.items())


def _cancelled_people(drafts: list[_Draft]) -> dict[When | None, set[str]]:
    gone: dict[When | None, set[str]] = {}
    for draft in (each for each in drafts if each.method is Method.CANCEL):
        for date in draft.parts:
            gone.setdefault(date, set()).add(draft.recipient)
    return gone


def _outgoing(
    event: Event, draft: _Draft, cancelled: dict[When | None, set[str]], shown: tuple[Show, Parts]
) -> Outgoing:
    show, parts = shown
    if draft.method is Method.REQUEST and None in draft.parts:
        seen = view_for(event, draft.recipient, show, parts) or event
    elif draft.method is Method.CANCEL:
        # One that shows everyone still lists only those who are cancelled (ITIP.md §1.9).
        seen = together([for_reader(_listing(part, cancelled[date]), draft.recipient, show)
                         for date, part in draft.parts.items()])  # fmt: skip
    else:
        seen = together([for_reader(part, draft.recipient, show) for part in draft.parts.values()])
    return Outgoing(draft.recipient, draft.method, draft.significant, seen)


def _listing(part: Event, people: set[str]) -> Event:
    return replace(part, attendees=tuple(each for each in part.attendees if each.address in people))
