"""What must be sent for a change: from an old and a new organizer's copy to one message a recipient (RFC 5546 §3.2)."""

from datetime import datetime

from coord_service.domain.itip.values import Changes, Event


def diff(old: Event | None, new: Event | None, now: datetime) -> Changes:
    """Decide who must be sent what.

    ``old`` None is a new meeting, ``new`` None a deleted one. SEQUENCE and DTSTAMP of the result are decided here
    (ITIP.md §1.8-9): callers change what they want changed and leave both alone. Store ``Changes.event``.
    Raises ValueError when the UIDs differ or both are None.
    """
    raise NotImplementedError
