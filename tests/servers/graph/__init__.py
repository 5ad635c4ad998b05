"""A stand-in for Microsoft 365: Entra's token endpoint and the part of Graph v1.0 that calendars use.

No real one can run here, so this one is stateful and as strict as Microsoft's documentation (read in November 2026):

- sign-in: OpenID metadata of a tenant, client credentials by secret or by a signed assertion, AADSTS numbers in the
  refusals, tokens that expire (Microsoft identity platform, OAuth 2.0 client credentials);
- every request: a bearer token with the permission that the reference names; properties that the resource has, of the
  types and values it has; query options that the operation takes; else Graph's error body (error responses);
- 4 requests at once for an app and mailbox, and 429 with Retry-After (throttling limits, Outlook);
- getSchedule: 20 addresses, 42 days (the page says "less than 62", it used to say 42), 5 to 1440 minutes, times in the
  zone of ``Prefer: outlook.timezone``, an error of its own for each address, details only as far as the owner shares;
- events: invitations and updates to the attendees, ``transactionId`` asked for twice makes one, ``If-Match``, the
  read-only properties refused, extended properties shown only where they are expanded, filters in the two documented
  forms, paging; cancel for the organizer alone; a body without Teams' part ends the online meeting;
- calendarView/delta: no ``$select``, ``$filter``, ``$expand`` or ``$orderby``; occurrences of a series, each by itself
  and bare; what is deleted or moved out of the span as ``@removed``; opaque tokens that can be lost (410).

Where the documentation is silent it takes the harder of the two: an update keeps the attendees' old answers, and
DELETE, not cancel, is for an event without attendees. What it says of a token's content or of Microsoft's own words is
invented.
"""

from tests.servers.graph.server import GraphServer, start_graph

__all__ = ["GraphServer", "start_graph"]
