"""Every error of ours, in one tree.

CoordError
├─ Refused              the person can put it right          -> a page that says how
│  ├─ NotFound          there is no such thing, or not for you (the two look the same from outside)
│  ├─ NotAllowed        you are signed in, but this is not yours to do
│  ├─ InvalidForm       fields need another look; nothing typed is lost
│  ├─ ChangedMeanwhile  somebody else changed it since the page was opened
│  ├─ SlotTaken         somebody at the meeting was booked a moment earlier
│  └─ LinkExpired       a personal link that is no longer good
├─ DeliveryFailure      the world outside did not take it    -> the outbox decides
│  ├─ TemporaryFailure  passes by itself: try again later
│  │  └─ MailServerAway our own mail server, whichever letter it is: one probe at a time until it is back
│  └─ PermanentFailure  needs somebody: the lead worker's list
└─ CalendarTrouble      a calendar can't be used now         -> "not known since 10:40", never free, never busy
   ├─ SignInRefused     name, password or consent: somebody must mend the connection
   ├─ CalendarTimedOut  no answer within the time limit
   ├─ ConnectionLost    not reached, or cut off in the middle
   ├─ Throttled         asked too often: ``retry_after`` says when again
   ├─ AddressRefused    an address that we don't go to: not https, or inside a network that isn't public
   ├─ CalendarNonsense  an answer that can't be understood
   ├─ ServiceClosed     the provider has closed this way in for good; the sentence names the other one
   └─ SecretsUnreadable the key that its password was encrypted with is not set: COORD_SECRETS_KEY
"""

from collections.abc import Mapping
from datetime import timedelta


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


class MailServerAway(TemporaryFailure):
    """Our own mail server takes nothing now, whichever letter it is.

    ``has_met_letter``: a letter was being handed over, so that it may be what the server trips over.
    ``is_refusal``: the server is there and refuses us (password, certificate, sender): somebody has to mend that.
    """

    def __init__(self, words: str, *, has_met_letter: bool = False, is_refusal: bool = False) -> None:
        super().__init__(words)
        self.has_met_letter = has_met_letter
        self.is_refusal = is_refusal


class PermanentFailure(DeliveryFailure):
    """Will not pass by itself; somebody has to look at it."""


class CalendarTrouble(CoordError):
    """A calendar can't be used now; the sentence says why, and names nobody."""


class SignInRefused(CalendarTrouble):
    """The calendar's server does not accept our name, password, token or consent; the sentence says what to do."""


class CalendarTimedOut(CalendarTrouble):
    """The calendar's server did not answer within the time limit."""


class ConnectionLost(CalendarTrouble):
    """The calendar's server can't be reached, or hung up in the middle of an answer."""


class Throttled(CalendarTrouble):
    """The calendar's server wants to be asked less often: again after ``retry_after``, if it said so."""

    def __init__(self, words: str, retry_after: timedelta | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class AddressRefused(CalendarTrouble):
    """We don't go to this address at somebody's word; the sentence says what to do."""


class CalendarNonsense(CalendarTrouble):
    """The calendar's server answered something that can't be understood."""


class ServiceClosed(CalendarTrouble):
    """The provider has closed this way in for good; the sentence says which other one to use."""


class SecretsUnreadable(CalendarTrouble):
    """A password can't be decrypted here: its key isn't set, or it was moved into another record."""
