"""What an incoming message means for the organizer's copy (ITIP.md §2)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from coord_service.domain.itip.answers import Incoming, apply_reply
from coord_service.domain.itip.identity import UNCHECKED
from coord_service.domain.itip.proposals import apply_counter, speaker_of
from coord_service.domain.itip.refreshing import apply_refresh
from coord_service.domain.itip.values import Applied, Event, Kind, Message, Outgoing, Policy, Verdict

NOTES = {
    Kind.BOUNCE: "a delivery report: it says whether mail arrived, not who comes",
    Kind.AUTO_REPLY: "an automatic reply: it says somebody is away, not who comes",
    Kind.OTHER: "it is no answer from a calendar",
}
FOR_ATTENDEES = {
    Kind.REQUEST: "an invitation",
    Kind.CANCEL: "a cancellation",
    Kind.ADD: "a further date",
    Kind.PUBLISH: "an announcement",
    Kind.DECLINECOUNTER: "a refusal of a proposed time",
}
JUDGES = {Kind.REPLY: apply_reply, Kind.COUNTER: apply_counter, Kind.REFRESH: apply_refresh}
MOST_REASONS, LONGEST_WHY = 10, 1_500
# The first of these among several dates in one mail is the verdict on all of it.
WEIGHT = (Verdict.APPLIED, Verdict.HELD, Verdict.REFUSED, Verdict.NOTED, Verdict.OLDER, Verdict.DUPLICATE)


def apply(event: Event, message: Message, policy: Policy, now: datetime) -> Applied:
    """Judge one message against the organizer's copy. Pure: the same copy and message give the same result.

    Keep the message whatever the verdict; store ``Applied.event`` and send ``Applied.outgoing``. ``why`` is a sentence
    for the lead worker.
    """
    if message.kind in NOTES:
        reasons = [NOTES[message.kind], *([message.unreadable] if message.unreadable else [])]
        return Applied(event, Verdict.NOTED, sentence(reasons))
    if message.kind in FOR_ATTENDEES:
        why = f"it is {FOR_ATTENDEES[message.kind]}: only the organizer sends those, and that is us"
        return Applied(event, Verdict.REFUSED, sentence([why]))
    if message.uid != event.uid:
        return Applied(event, Verdict.REFUSED, sentence([f"it is about another meeting ({message.uid})"]))
    state, results = event, []
    for answer in message.answers:
        result = JUDGES[message.kind](state, Incoming(answer, message, policy, now))
        state = result.event
        results.append(result)
    return replace(_combined(state, results, message), speaker=speaker_of(event, message, policy))


def sentence(reasons: Iterable[str]) -> str:
    """Reasons as one sentence on one line; of what a stranger wrote into them only what can be seen, and not too much.

    It begins with a capital, unless it begins with an address.
    """
    kept = list(dict.fromkeys(reasons))
    said = "; ".join(kept[:MOST_REASONS]) + ("; and so on" if len(kept) > MOST_REASONS else "")
    seen = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in said[:LONGEST_WHY])
    first = seen.partition(" ")[0]
    return f"{seen if '@' in first else seen[:1].upper() + seen[1:]}."


def _combined(event: Event, results: list[Applied], message: Message) -> Applied:
    verdict = min((each.verdict for each in results), key=WEIGHT.index)
    reasons = [each.why for each in results]
    if message.sender is None:
        reasons.insert(0 if len(reasons) > MOST_REASONS else len(reasons), UNCHECKED)
    outgoing: dict[tuple[str, str], Outgoing] = {}
    for each in (one for result in results for one in result.outgoing):
        known = outgoing.get((each.recipient, each.method))
        outgoing[each.recipient, each.method] = _joined(known, each) if known else each
    question = next((each.question for each in results if each.verdict is verdict), None)
    return Applied(event, verdict, sentence(reasons), tuple(outgoing.values()), question)


def _joined(first: Outgoing, second: Outgoing) -> Outgoing:
    """Several dates passed to one delegate in one mail are one invitation."""
    if second.event.recurrence_id is None or first.event.recurrence_id is None:
        return second
    return replace(second, event=replace(first.event, overrides=(*first.event.overrides, second.event)))
