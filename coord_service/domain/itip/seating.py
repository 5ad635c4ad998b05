"""Who comes by what everybody last said: delegates added, taken back, shared (RFC 5546 §3.2.2.3; ITIP.md §2.6).

It is worked out afresh from the last word of each, so that the order in which mail arrives doesn't matter. What was
said of the series counts for each of its dates, until the same person says something of that date.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from coord_service.domain.itip.delegation import objection_below
from coord_service.domain.itip.places import put_back
from coord_service.domain.itip.values import Attendee, Event, PartStat, Policy, Role

MOST_WAITING = 20
MOST_BINDING_FIRST = (Role.CHAIR, Role.REQUIRED, Role.OPTIONAL, Role.NON)
_Namers = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Words:
    """What was last said by people who aren't at this part of the meeting; ``unjudged``: nobody has named them yet."""

    said: dict[str, Attendee]
    unjudged: frozenset[str]


def seat(event: Event, place: Event, attendee: Attendee, policy: Policy) -> Event:
    """The copy with this attendee of the place as they now stand, and everybody here who comes by it."""
    people = tuple(attendee if each.address == attendee.address else each for each in place.attendees)
    stood = _reseated(replace(place, attendees=people), _in_own_right(place), _words(event, place), policy)
    after = put_back(event, stood)
    return settle_dates(after, event, policy) if place is event else after


def wait_for_delegator(event: Event, place: Event, answer: Attendee, policy: Policy) -> Event:
    """Keep the answer of a delegate whom nobody has named yet: mail arrives in any order."""
    others = tuple(each for each in place.waiting if each.address != answer.address)
    after = put_back(event, replace(place, waiting=(*others, answer)[-MOST_WAITING:]))
    return settle_dates(after, event, policy) if place is event else after


def settle_dates(event: Event, before: Event, policy: Policy) -> Event:
    """An answer to the series settles the dates that have no answer of their own, unless they were moved since."""
    now, was = _said_of_series(event), _said_of_series(before)
    fresh = {address: said for address, said in now.items() if said != was.get(address)}
    overrides = []
    for each in event.overrides:
        inherit = (_inheriting(own, fresh.get(own.address), was.get(own.address), each) for own in each.attendees)
        part = replace(each, attendees=tuple(inherit))
        overrides.append(_reseated(part, _in_own_right(each), _words(event, each), policy))
    return replace(event, overrides=tuple(overrides))


def _said_of_series(event: Event) -> dict[str, Attendee]:
    return {each.address: each for each in (*event.waiting, *event.attendees)}


def _inheriting(own: Attendee, said: Attendee | None, was: Attendee | None, date: Event) -> Attendee:
    """Somebody at one date after what they say of the series; copies from elsewhere don't tell whose word it was."""
    if said is None or said.answered_sequence is None or own.answered_sequence is not None:
        return own
    shown_before = {PartStat.NEEDS_ACTION, *([was.partstat] if was else [])}
    if own.partstat not in shown_before or said.answered_sequence < date.current_sequence:
        return own
    name = own.name or said.name
    return replace(own, name=name, partstat=said.partstat, delegated_to=said.delegated_to, comment=said.comment)


def _words(event: Event, place: Event) -> _Words:
    here, waiting = {each.address for each in place.attendees}, list(place.waiting)
    said: dict[str, Attendee] = {}
    if place is not event:
        waiting += event.waiting
        said = {address: replace(_as_waiting(each), answered_sequence=None, answered_dtstamp=None)
                for address, each in _said_of_series(event).items()
                if address not in here and _counts(each, place)}  # fmt: skip
    said |= {each.address: each for each in place.waiting if each.address not in here and _counts(each, place)}
    return _Words(said, frozenset(each.address for each in waiting))


def _counts(said: Attendee, place: Event) -> bool:
    return said.answered_sequence is not None and said.answered_sequence >= place.current_sequence


def _reseated(place: Event, own_right: dict[str, None], words: _Words, policy: Policy) -> Event:
    """Who was invited in their own right stays. A delegate is here while somebody who is here names them, and stands in
    for all who do; they bring along what they had said before, and one who goes leaves it waiting.
    """
    present = {each.address: each for each in place.attendees}
    said = _without_objections(place, words, {**words.said, **present}, own_right, policy)
    namers = _named_from(own_right, said)
    people = {address: _here(address, own_right, namers, said)
              for address in (*(each for each in present if each in namers), *namers)}  # fmt: skip
    leaving = [_as_waiting(each) for address, each in present.items()
               if address not in people and each.answered_sequence is not None]  # fmt: skip
    waiting = (*(each for each in place.waiting if each.address not in people), *leaving)
    return replace(place, attendees=tuple(people.values()), waiting=waiting[-MOST_WAITING:])


def _in_own_right(place: Event) -> dict[str, None]:
    """Everybody who is here without being named by somebody who is here, in their order."""
    invited = [each.address for each in place.attendees if not each.delegated_from]
    named = _named_from(invited, {each.address: each for each in place.attendees})
    here = (each.address for each in place.attendees if not each.delegated_from or each.address not in named)
    return dict.fromkeys(here)


def _named_from(own_right: Iterable[str], said: dict[str, Attendee]) -> _Namers:
    """These, and everybody whom they name, and whom those name: each with who names them, the nearest first."""
    namers: _Namers = {each: [] for each in own_right}
    invited, level = {*namers}, list(namers)
    while level:
        following: list[str] = []
        for who in level:
            for address in _named_by(said.get(who)):
                if address not in namers:
                    following.append(address)
                if address not in invited:
                    namers.setdefault(address, []).append(who)
        level = following
    return namers


def _named_by(attendee: Attendee | None) -> tuple[str, ...]:
    return attendee.delegated_to if attendee and attendee.partstat is PartStat.DELEGATED else ()


def _without_objections(
    place: Event, words: _Words, said: dict[str, Attendee], own_right: dict[str, None], policy: Policy
) -> dict[str, Attendee]:
    """What counts of all that was said: a delegation that nobody could judge when it came may lead nowhere."""
    for address in sorted(words.unjudged & words.said.keys()):
        namers = _named_from(own_right, said)
        if address in namers and objection_below(place, said[address], _levels(address, namers), policy):
            said = {**said, address: Attendee(address, said[address].name)}
    return said


def _levels(address: str, namers: _Namers) -> list[list[str]]:
    """Those who name somebody, those who name them, and so on."""
    levels: list[list[str]] = []
    seen, level = {address}, [address]
    while level:
        level = list(dict.fromkeys(name for each in level for name in namers[each] if name not in seen))
        seen |= {*level}
        levels += [level] if level else []
    return levels


def _here(address: str, own_right: dict[str, None], namers: _Namers, said: dict[str, Attendee]) -> Attendee:
    attendee = said.get(address) or Attendee(address)
    if address in own_right:
        return attendee
    above = [name for level in _levels(address, namers) for name in level]
    roles = [said[name].role for name in above if name in own_right]
    role = min(roles, key=MOST_BINDING_FIRST.index)
    return replace(attendee, role=role, delegated_from=tuple(sorted({*namers[address]})))


def _as_waiting(attendee: Attendee) -> Attendee:
    return Attendee(
        attendee.address,
        attendee.name,
        partstat=attendee.partstat,
        delegated_to=attendee.delegated_to,
        comment=attendee.comment,
        answered_sequence=attendee.answered_sequence,
        answered_dtstamp=attendee.answered_dtstamp,
    )
