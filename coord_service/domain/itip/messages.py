"""What an incoming message means for the organizer's copy (ITIP.md §2)."""

from datetime import datetime

from coord_service.domain.itip.values import Applied, Changes, Event, Message, Outgoing, Policy


def apply(event: Event, message: Message, policy: Policy, now: datetime) -> Applied:
    """Judge one message against the organizer's copy. Pure: the same copy and message give the same result."""
    raise NotImplementedError


def accept_counter(event: Event, message: Message, now: datetime) -> Changes:
    """The lead worker takes the proposed time: a move, sent to all. Raises ChangedMeanwhile when it is out of date."""
    raise NotImplementedError


def decline_counter(event: Event, message: Message) -> Outgoing:
    """The lead worker keeps the time: a DECLINECOUNTER for the person who proposed (RFC 5546 §3.2.8)."""
    raise NotImplementedError
