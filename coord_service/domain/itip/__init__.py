"""iTIP: what to send for a change, and what an answer means. Pure; ``integrations.itip`` turns bytes into these values.

changes = diff(None, event, now)          # book; diff(old, new, now) to change; diff(old, None, now) to cancel
applied = apply(event, message, Policy(), now)
"""

from coord_service.domain.itip.addresses import bare_address, is_mail_address
from coord_service.domain.itip.changes import diff
from coord_service.domain.itip.messages import apply
from coord_service.domain.itip.proposals import accept_counter, decline_counter
from coord_service.domain.itip.recurrence import occurrence
from coord_service.domain.itip.showable import CannotBeShown
from coord_service.domain.itip.values import (
    Answer,
    Applied,
    Attendee,
    Authentication,
    Changes,
    Cutype,
    Event,
    FailedDelivery,
    Kind,
    Message,
    Method,
    Organizer,
    Outgoing,
    PartStat,
    Policy,
    Question,
    Removed,
    Role,
    Status,
    Strangers,
    Verdict,
    When,
    dtstamp_after,
)
from coord_service.domain.itip.views import Show, view_for

__all__ = [
    "Answer",
    "Applied",
    "Attendee",
    "Authentication",
    "CannotBeShown",
    "Changes",
    "Cutype",
    "Event",
    "FailedDelivery",
    "Kind",
    "Message",
    "Method",
    "Organizer",
    "Outgoing",
    "PartStat",
    "Policy",
    "Question",
    "Removed",
    "Role",
    "Show",
    "Status",
    "Strangers",
    "Verdict",
    "When",
    "accept_counter",
    "apply",
    "bare_address",
    "decline_counter",
    "diff",
    "dtstamp_after",
    "is_mail_address",
    "occurrence",
    "view_for",
]
