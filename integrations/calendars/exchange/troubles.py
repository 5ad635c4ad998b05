"""What goes wrong at an Exchange server, as one of our own errors: a sentence that says what to do and names nobody.

Response codes: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from exchangelib import errors as ews
from lxml.etree import LxmlError
from oauthlib.oauth2 import OAuth2Error

from coord_service.errors import (
    CalendarNonsense,
    CalendarTimedOut,
    CalendarTrouble,
    ConnectionLost,
    ServiceClosed,
    SignInRefused,
    Throttled,
)
from integrations.calendars.exchange.connection import is_microsofts
from integrations.calendars.exchange.threads import TOO_SLOW

CLOSED_ONLINE = (
    "This mailbox is in Exchange Online, where Microsoft has closed Exchange Web Services."
    " Disconnect this calendar and connect it again as Microsoft 365."
)
CLOSED_HERE = (
    "The server does not let us use Exchange Web Services (it answered 403). If the mailbox has moved to Microsoft 365,"
    " connect it as Microsoft 365; if it is on the council’s own Exchange, IT has to allow EWS for this account."
)
REFUSED = "The server does not accept this name and password (or token). Check them and connect again."
NO_RIGHT = "We are signed in, but this account may not open that calendar. Its owner or IT has to give it the right."
NO_IMPERSONATION = (
    "We are signed in, but this account may not stand in for other mailboxes."
    " IT has to give it the role ApplicationImpersonation, or choose delegate access."
)
NO_MAILBOX = "The server has no mailbox with this address. Check the address, or whether the mailbox has moved."
BUSY = "The calendar’s server asks us to come back later."
NOT_REACHED = "The calendar’s server can’t be reached, or it hung up in the middle of an answer."
NOT_UNDERSTOOD = "The calendar’s server answered something that can’t be understood."

IMPERSONATION = (ews.ErrorImpersonateUserDenied, ews.ErrorImpersonationDenied, ews.ErrorImpersonationFailed)
RIGHTS = (ews.ErrorAccessDenied, ews.ErrorFolderNotFound, ews.ErrorCreateItemAccessDenied)
MAILBOXES = (
    ews.ErrorNonExistentMailbox, ews.ErrorMissingEmailAddress, ews.ErrorNonPrimarySmtpAddress,
    ews.ErrorMailboxMoveInProgress, ews.ErrorInvalidSmtpAddress,
)  # fmt: skip
THROTTLES = (ews.ErrorExceededConnectionCount, ews.ErrorExceededSubscriptionCount, ews.ErrorTooManyObjectsOpened)
ODD = (ews.EWSError, LxmlError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def told_apart() -> Iterator[None]:
    """Let only CalendarTroubles out. Nothing of the original is kept: its words and its frames hold personal data."""
    try:
        yield
    except CalendarTrouble:
        raise
    except (OAuth2Error, PermissionError):
        raise SignInRefused(REFUSED) from None
    except ODD as error:
        raise trouble_of(error) from None
    except OSError:
        raise ConnectionLost(NOT_REACHED) from None


def trouble_of(error: Exception) -> CalendarTrouble:
    """The trouble that an error of exchangelib's stands for."""
    if isinstance(error, ews.RedirectError):
        return ServiceClosed(CLOSED_ONLINE) if is_microsofts(error.server) else CalendarNonsense(NOT_UNDERSTOOD)
    if isinstance(error, ews.ErrorServerBusy):
        return Throttled(BUSY, timedelta(seconds=error.back_off) if error.back_off else None)
    if isinstance(error, ews.ErrorTimeoutExpired):  # the server's own word, or exchangelib's for any lost connection
        is_lost = "Reraised" in error.value and "Timeout" not in error.value.partition("(")[0]
        return ConnectionLost(NOT_REACHED) if is_lost else CalendarTimedOut(TOO_SLOW)
    for kinds, trouble in (
        (ews.UnauthorizedError, SignInRefused(REFUSED)),
        (IMPERSONATION, SignInRefused(NO_IMPERSONATION)),
        (RIGHTS, SignInRefused(NO_RIGHT)),
        (MAILBOXES, SignInRefused(NO_MAILBOX)),
        (THROTTLES, Throttled(BUSY)),
    ):
        if isinstance(error, kinds):
            return trouble
    return CalendarNonsense(NOT_UNDERSTOOD)


def trouble_of_status(status: int, url: str, retry_after: str | None) -> CalendarTrouble | None:
    """What an HTTP status means, where it means something by itself (RFC 9110 §15, RFC 6585 §4)."""
    if status == 403:
        return ServiceClosed(CLOSED_ONLINE if is_microsofts(urlsplit(url).hostname) else CLOSED_HERE)
    if status in {429, 503}:
        seconds = int(retry_after) if retry_after and retry_after.isdecimal() else None
        return Throttled(BUSY, timedelta(seconds=seconds) if seconds else None)
    return None
