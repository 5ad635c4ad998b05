"""Who may pass their place to whom (RFC 5546 §2.1.2, §3.2.2.3; ITIP.md §2.6); ``seating`` says who comes by it."""

from coord_service.domain.itip.addresses import is_mail_address
from coord_service.domain.itip.places import Ruling
from coord_service.domain.itip.values import Attendee, Event, PartStat, Policy, Question, Strangers, Verdict

LONGEST_CHAIN = 4
MOST_DELEGATES = 3


def objection(place: Event, attendee: Attendee, policy: Policy) -> Ruling | None:
    """Why an attendee, as they now want to stand, may not delegate; None when they may, or don't want to."""
    return objection_below(place, attendee, _chain_above(place, attendee), policy)


def objection_below(place: Event, attendee: Attendee, chain: list[list[str]], policy: Policy) -> Ruling | None:
    """The same where it is known whom the place came from: those who named this attendee, those who named them, ..."""
    if attendee.partstat is not PartStat.DELEGATED:
        return None
    named, above = attendee.delegated_to, [address for level in chain for address in level]
    if not named:
        return Ruling(Verdict.REFUSED, f"{attendee.address} passes their place on and doesn't say to whom")
    if len(named) > MOST_DELEGATES or not all(is_mail_address(each) for each in named):
        return Ruling(Verdict.REFUSED, f"{attendee.address} passes their place to somebody who can't be invited")
    if {attendee.address, place.organizer.address, *above} & {*named}:
        return Ruling(Verdict.REFUSED, f"{attendee.address} passes their place back in a circle")
    if len(chain) >= LONGEST_CHAIN:
        return Ruling(Verdict.REFUSED, f"this place has been passed on {len(chain)} times already")
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


def _chain_above(place: Event, attendee: Attendee) -> list[list[str]]:
    """Whom this place came from, nearest first; of somebody who isn't here it is what they say themselves."""
    chain: list[list[str]] = []
    seen = {attendee.address}
    level = [place.attendee(attendee.address) or attendee]
    while level:
        names = [name for each in level for name in each.delegated_from if name not in seen]
        seen |= {*names}
        level = [each for name in dict.fromkeys(names) if (each := place.attendee(name))]
        chain += [list(dict.fromkeys(names))] if names else []
    return chain
