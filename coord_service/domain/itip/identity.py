"""Whose word a message is: the attendee line it speaks for, and whether its sender may (ITIP.md §2.4, RFC 6047 §3)."""

from dataclasses import dataclass

from coord_service.domain.itip.addresses import same_domain
from coord_service.domain.itip.values import (
    Answer,
    Attendee,
    Authentication,
    Event,
    Message,
    PartStat,
    Policy,
    Question,
)

UNCHECKED = "a bare calendar file has no sender, so identity is unchecked"


@dataclass(frozen=True, slots=True)
class Speaker:
    """The line that answers, under the address that was invited. ``doubt``: why it can't be believed unasked, or ""."""

    line: Attendee
    address: str
    doubt: str


def find_speaker(answer: Answer, message: Message, event: Event, policy: Policy) -> Speaker | None:
    """Who speaks in one VEVENT; None when it names nobody, or several with nothing to tell them apart."""
    line = _line_of(answer, message, event, policy)
    if line is None:
        return None
    address = invited_address(line.address, event, policy)
    return Speaker(line, address, _doubt(line, address, message, event, policy))


def invited_address(address: str, event: Event, policy: Policy) -> str:
    """The address under which somebody was invited, where they are known to use another one as well."""
    parts = (event, *event.overrides)
    return address if any(part.attendee(address) for part in parts) else policy.known_addresses.get(address, address)


def _line_of(answer: Answer, message: Message, event: Event, policy: Policy) -> Attendee | None:
    lines = answer.attendees
    if len(lines) == 1:
        return lines[0]
    if not lines and message.sender:
        return Attendee(message.sender)
    if message.sender:
        own = invited_address(message.sender, event, policy)
        by_sender = [each for each in lines if own == invited_address(each.address, event, policy)]
        by_sender += [each for each in lines if each.sent_by == message.sender]
        return by_sender[0] if by_sender else None
    # A bare file: RFC 5546 §3.2.3 allows one line, but in a delegation both sides are listed.
    answering = [each for each in lines if each.partstat is not PartStat.NEEDS_ACTION]
    standing_in = [each for each in answering if each.delegated_from]
    delegating = [each for each in answering if each.partstat is PartStat.DELEGATED]
    speaking = standing_in or delegating or answering
    return speaking[0] if len(speaking) == 1 else None


def _doubt(line: Attendee, address: str, message: Message, event: Event, policy: Policy) -> str:
    sender = message.sender
    if sender is None or Question.SENDER in policy.agreed:
        return ""
    if not sender:
        return f"the mail doesn't say who sent it; it answers for {address}"
    if message.authentication is Authentication.FAILED:
        return f"the mail server could not confirm that this mail is from {sender}"
    if message.authentication is Authentication.MISSING:
        return f"our mail server wrote nothing into this mail about whether it is from {sender}"
    if invited_address(sender, event, policy) == address:
        return ""
    invited = event.attendee(address)
    if invited and invited.sent_by == sender:
        return ""
    if line.sent_by == sender:
        # Anyone can write SENT-BY into a mail: it is believed from a colleague's address alone.
        known = same_domain(sender, address)
        return "" if known else f"{sender} says they act for {address}, from another organisation"
    return f"{sender} answered for {address}"
