"""Every error of ours, in one tree.

CoordError
├─ Refused              the person can put it right          -> a page that says how
│  ├─ NotFound          there is no such thing, or not for you (the two look the same from outside)
│  ├─ NotAllowed        you are signed in, but this is not yours to do
│  ├─ InvalidForm       fields need another look; nothing typed is lost
│  ├─ ChangedMeanwhile  somebody else changed it since the page was opened
│  ├─ SlotTaken         somebody at the meeting was booked a moment earlier
│  └─ LinkExpired       a personal link that is no longer good
└─ DeliveryFailure      the world outside did not take it    -> the outbox decides
   ├─ TemporaryFailure  passes by itself: try again later
   └─ PermanentFailure  needs somebody: the lead worker's list
"""

from collections.abc import Mapping


class CoordError(Exception):
    """Anything this service raises on purpose; ``str()`` is a sentence a person can read."""


class Refused(CoordError):
    """The person can put it right; the sentence says how."""


class NotFound(Refused):
    """No such record, or none that this person may know of."""


class NotAllowed(Refused):
    """Signed in, but not allowed to do this."""


class InvalidForm(Refused):
    """Some fields need another look: ``fields`` maps a field's name to the sentence shown beside it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = dict(fields)


class ChangedMeanwhile(Refused):
    """Somebody else changed the record after this page was opened."""


class SlotTaken(Refused):
    """Somebody who is needed at this time was booked elsewhere a moment ago."""


class LinkExpired(Refused):
    """A personal link that has expired or been withdrawn."""


class DeliveryFailure(CoordError):
    """The world outside did not take what we sent."""


class TemporaryFailure(DeliveryFailure):
    """Passes by itself; the outbox tries again later."""


class PermanentFailure(DeliveryFailure):
    """Will not pass by itself; somebody has to look at it."""
