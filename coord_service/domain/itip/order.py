"""The order of one attendee's answers about one date: (SEQUENCE, DTSTAMP), RFC 5546 §2.1.5 (ITIP.md §2.2)."""

from dataclasses import dataclass, replace
from datetime import datetime

from coord_service.domain.itip.values import Answer, Attendee, Event, Message, Verdict

# A SEQUENCE this far beyond ours was never sent by us; some clients put a clock there (1407317367304).
LARGEST_LEAD = 1_000


@dataclass(frozen=True, slots=True)
class Order:
    """Where an answer stands among its sender's others; ``dtstamp`` None: the sender left it out."""

    sequence: int
    dtstamp: datetime | None


def order_of(answer: Answer, message: Message, event: Event) -> Order:
    """The order that an answer claims. Without DTSTAMP the mail's Date stands in; an absurd SEQUENCE counts as ours."""
    absurd = answer.sequence > event.sequence + LARGEST_LEAD
    sequence = event.sequence if absurd else max(0, answer.sequence)
    return Order(sequence, answer.dtstamp or message.sent_at)


def compare(known: Attendee, order: Order, said: Attendee) -> Verdict:
    """APPLIED when ``said`` is newer than what is known of this attendee, else OLDER or DUPLICATE."""
    if known.answered_sequence is None:
        return Verdict.APPLIED
    if order.sequence != known.answered_sequence:
        return Verdict.APPLIED if order.sequence > known.answered_sequence else Verdict.OLDER
    if order.dtstamp is None or known.answered_dtstamp is None:
        same = (said.partstat, said.delegated_to) == (known.partstat, known.delegated_to)
        return Verdict.DUPLICATE if same else Verdict.APPLIED
    if order.dtstamp == known.answered_dtstamp:
        return Verdict.DUPLICATE
    return Verdict.APPLIED if order.dtstamp > known.answered_dtstamp else Verdict.OLDER


def answered(known: Attendee, order: Order, said: Attendee, comment: str) -> Attendee:
    """The attendee after an answer that is newer."""
    return replace(
        known,
        partstat=said.partstat,
        delegated_to=said.delegated_to,
        comment=comment,
        answered_sequence=order.sequence,
        answered_dtstamp=order.dtstamp or known.answered_dtstamp,
    )
