"""By which route somebody's invitation goes: the organizer's own calendar event, or our mail. One a person, never both.

A calendar event may show everybody invited to everybody else, and its description is the same for all. So whoever
must not be seen by others, and whoever needs words or a link of their own, is always written to by mail (DOMAIN §6).
"""

from dataclasses import dataclass
from enum import StrEnum

from coord_service.domain.people import PersonKind, Sector


class Route(StrEnum):
    """How somebody hears of a meeting, from the first invitation to the last cancellation."""

    MAIL = "mail"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Invited:
    """What the route depends on. ``is_stand_in``: somebody passed their place on to them (RFC 5546 §2.1.2)."""

    kind: PersonKind
    sector: Sector
    is_shared_mailbox: bool = False
    is_stand_in: bool = False


def route_of(invited: Invited) -> Route:
    """The route of somebody at a meeting that lives in its organizer's calendar.

    Families get invitations of their own. An answer out of a shared mailbox, or from a stand-in, is told apart by the
    mail it comes in, and a calendar shows no more than an address.
    """
    if PersonKind.FAMILY is invited.kind or Sector.FAMILY is invited.sector:
        return Route.MAIL
    return Route.MAIL if invited.is_shared_mailbox or invited.is_stand_in else Route.CALENDAR


# Letters of the outbox that are written into a calendar instead of being mailed.
PUT, REMOVE = "put_event", "remove_event"
