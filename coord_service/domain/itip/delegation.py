"""Passing one's place to somebody else, and taking it back (RFC 5546 §2.1.2, §3.2.2.3; ITIP.md §2.6)."""

from dataclasses import replace

from coord_service.domain.itip.addresses import is_mail_address
from coord_service.domain.itip.places import Ruling
from coord_service.domain.itip.values import Attendee, Event, PartStat, Policy, Question, Strangers, Verdict

LONGEST_CHAIN = 4
MOST_DELEGATES = 3
MOST_WAITING = 20


def objection(place: Event, attendee: Attendee, policy: Policy) -> Ruling | None:
    """Why an attendee, as they now want to stand, may not delegate; None when they may, or don't want to."""
    if attendee.partstat is not PartStat.DELEGATED:
        return None
    named, above = attendee.delegated_to, _chain_above(place, attendee)
    if not named:
        return Ruling(Verdict.REFUSED, f"{attendee.address} passes their place on and doesn't say to whom")
    if len(named) > MOST_DELEGATES or not all(is_mail_address(each) for each in named):
        return Ruling(Verdict.REFUSED, f"{attendee.address} passes their place to somebody who can't be invited")
    if {attendee.address, place.organizer.address, *above} & {*named}:
        return Ruling(Verdict.REFUSED, f"{attendee.address} passes their place back in a circle")
    if len(above) >= LONGEST_CHAIN:
        return Ruling(Verdict.REFUSED, f"this place has been passed on {len(above)} times already")
    return None if Question.DELEGATE in policy.agreed else _unasked(place, attendee, policy)


def _unasked(place: Event, attendee: Attendee, policy: Policy) -> Ruling | None:
    """What the policy says to a delegation that nobody has looked at; those who are invited anyway are nobody new."""
    wish = f"{attendee.address} wants {', '.join(attendee.delegated_to)} to come instead"
    has_newcomer = any(place.attendee(each) is None for each in attendee.delegated_to)
    if policy.is_shielded or (has_newcomer and policy.delegates is Strangers.ASK):
        return Ruling(Verdict.HELD, f"{wish}; somebody must agree", Question.DELEGATE)
    if has_newcomer and policy.delegates is Strangers.DENY:
        return Ruling(Verdict.REFUSED, f"{wish}; this meeting takes nobody who was not invited")
    return None


def seat(place: Event, attendee: Attendee, policy: Policy) -> Event:
    """The part of the meeting with this attendee as they now stand: their delegates added, former ones gone.

    A delegate who had answered before the delegation arrived gets that answer; one who goes leaves theirs waiting.
    """
    gone = _delegates_below(place, attendee, {*attendee.delegated_to})
    leaving = tuple(each for each in place.attendees if each.address in gone and each.answered_sequence is not None)
    people = [each for each in place.attendees if each.address not in {*gone, attendee.address}]
    at = next((n for n, each in enumerate(place.attendees) if each.address == attendee.address), len(people))
    people.insert(at, attendee)
    named = attendee.delegated_to if attendee.partstat is PartStat.DELEGATED else ()
    people = [_standing_in(each, attendee.address, gone, is_named=each.address in named) for each in people]
    place = replace(place, attendees=tuple(people), waiting=(*place.waiting, *leaving)[-MOST_WAITING:])
    for address in named:
        if place.attendee(address) is None:
            place = _add_delegate(place, attendee, address, policy)
    return place


def _standing_in(delegate: Attendee, delegator: str, gone: set[str], *, is_named: bool) -> Attendee:
    """A delegate may stand in for several; whoever was invited in their own right stays just that."""
    if not delegate.delegated_from:
        return delegate
    others = {*delegate.delegated_from, delegator} if is_named else {*delegate.delegated_from} - {delegator}
    return replace(delegate, delegated_from=tuple(sorted(others - gone)))


def wait_for_delegator(place: Event, answer: Attendee) -> Event:
    """Keep the answer of a delegate whom nobody has named yet: mail arrives in any order."""
    others = tuple(each for each in place.waiting if each.address != answer.address)
    return replace(place, waiting=(*others, answer)[-MOST_WAITING:])


def _add_delegate(place: Event, delegator: Attendee, address: str, policy: Policy) -> Event:
    fresh = Attendee(address, role=delegator.role, delegated_from=(delegator.address,))
    early = next((each for each in place.waiting if each.address == address), None)
    place = replace(
        place,
        attendees=(*place.attendees, fresh),
        waiting=tuple(each for each in place.waiting if each.address != address),
    )
    if early is None or (early.answered_sequence or 0) < place.current_sequence:
        return place
    answered = replace(early, role=fresh.role, delegated_from=fresh.delegated_from)
    return place if objection(place, answered, policy) else seat(place, answered, policy)


def _chain_above(place: Event, attendee: Attendee) -> list[str]:
    """Everybody this place came from, nearest first."""
    chain: list[str] = []
    level = [attendee.address]
    while level:
        known = [each for address in level if (each := place.attendee(address))]
        level = [each for one in known for each in one.delegated_from if each not in chain]
        chain += dict.fromkeys(level)
    return chain


def _delegates_below(place: Event, attendee: Attendee, staying: set[str]) -> set[str]:
    """Everybody who is here only because this attendee, or a delegate of theirs who doesn't stay, named them."""
    below: set[str] = set()
    level = {attendee.address}
    while level:
        above = {attendee.address, *below}
        level = {
            each.address for each in place.attendees if each.delegated_from and {*each.delegated_from} <= above
        } - {*below, *staying}
        below |= level
    return below
