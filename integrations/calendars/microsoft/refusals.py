"""What Microsoft's refusals mean, in words that an administrator can act on.

Only the HTTP status and the error code are looked at: the messages beside them change, and name mailboxes and apps
(Microsoft Graph error responses; Microsoft Entra authentication error codes).
"""

import json
import re
from collections.abc import Iterator, Mapping

from coord_service.errors import CalendarNonsense, CalendarTrouble, ConnectionLost, SignInRefused, Throttled
from integrations.calendars.microsoft.line import Answer

PERMISSION = (
    "Microsoft 365 does not let our app into this mailbox. An administrator has to grant the app the application "
    "permission Calendars.ReadWrite of Microsoft Graph, with admin consent (Entra admin centre: App registrations, API "
    "permissions), and any application access policy or role assignment for the app in Exchange has to include this "
    "mailbox. It can take an hour until a change holds."
)
NO_MAILBOX = (
    "Microsoft 365 has no mailbox with this address, or keeps it on your own Exchange server: correct the address, or "
    "connect that server as Exchange."
)
NOT_SIGNED_IN = (
    "Microsoft 365 does not accept our sign-in for its calendars: check that the directory and the cloud of this "
    "connection are the mailbox’s own."
)
NO_MAILBOX_CODES = frozenset({
    "errorinvaliduser", "mailboxnotenabledforrestapi", "mailboxnothostedinexchangeonline", "errornonexistentmailbox",
    "request_resourcenotfound", "resourcenotfound", "mailboxnotfound",
})  # fmt: skip
LOST_CODES = frozenset({"syncstatenotfound", "resyncrequired", "syncstateinvalid"})
# Entra's AADSTS numbers -> what to do.
SIGN_IN = {
    7000215: "The client secret is wrong: copy its value (not its ID) from the Entra admin centre again.",
    7000222: "The client secret has expired: make a new one in the Entra admin centre and enter it here.",
    700016: "This directory has no app with this application (client) ID: check both IDs.",
    90002: "Microsoft knows no directory with this directory (tenant) ID: check it, and the cloud.",
    900023: "The directory (tenant) ID is not written as one: copy it from the Entra admin centre.",
    700027: "The certificate is not one of the app’s: upload its public part in the Entra admin centre.",
    7000112: "The app has been disabled in the Entra admin centre: enable it there.",
    65001: "Nobody has consented to the app’s permissions: grant admin consent in the Entra admin centre.",
    53003: "A Conditional Access policy keeps the app out: an administrator has to exempt it.",
    500011: "This directory has no Microsoft Graph under this address: check the cloud of this connection.",
}
OTHER_SIGN_IN = "Microsoft does not let our app sign in: check the directory ID, the application ID and the secret."


class Surprise(CalendarNonsense):
    """Something that whoever asked can deal with; where nobody does, it leaves this package as CalendarNonsense."""


class Missing(Surprise):
    """The item asked for is not there."""


class ChangedThere(Surprise):
    """The item has changed since it was read (412)."""


class TokenLost(Surprise):
    """A delta token is no longer good."""


def trouble_of(answer: Answer) -> CalendarTrouble | None:
    """What an answer of Graph's means that is no success."""
    codes = {code.lower() for code in codes_of(answer)}
    match answer.status:
        case status if 200 <= status < 300:
            return None
        case 401:
            return SignInRefused(NOT_SIGNED_IN)
        case 403:
            return SignInRefused(PERMISSION)
        case 404 if codes & NO_MAILBOX_CODES:
            return SignInRefused(NO_MAILBOX)
        case 404:
            return Missing("Microsoft 365 does not find what was asked for.")
        case 412:
            return ChangedThere("The event was changed in Microsoft 365 a moment ago.")
    if answer.status == 410 or codes & LOST_CODES:
        return TokenLost("Microsoft 365 no longer knows up to where its news was told.")
    return overload_of(answer) or CalendarNonsense(f"Microsoft 365 does not take our request ({_word(answer)}).")


def overload_of(answer: Answer) -> CalendarTrouble | None:
    """What an answer means that says: not now."""
    if answer.status in (429, 503, 509):
        return Throttled("Microsoft 365 wants to be asked less often.", answer.retry_after)
    if answer.status >= 500:
        return ConnectionLost(f"Microsoft 365 is out of order at the moment (HTTP {answer.status}).")
    return None


def refused_sign_in(result: Mapping[str, object]) -> SignInRefused:
    """What Entra's refusal of a token means. Its description names the app and is left out, all but the number."""
    numbers = re.findall(r"AADSTS(\d{4,9})", str(result.get("error_description", "")))
    known = next((SIGN_IN[int(number)] for number in numbers if int(number) in SIGN_IN), OTHER_SIGN_IN)
    return SignInRefused(f"{known} (AADSTS{numbers[0]})" if numbers else known)


def codes_of(answer: Answer) -> Iterator[str]:
    """The code of Graph's error body and those of the errors within."""
    try:
        error = json.loads(answer.content)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    for _ in range(5):
        if not isinstance(error, dict):
            return
        if isinstance(error.get("code"), str):
            yield error["code"]
        error = error.get("innerError", error.get("innererror"))


def _word(answer: Answer) -> str:
    """The status and the code, if it is a plain word: anything else might be somebody's."""
    code = next(codes_of(answer), "")
    return (
        f"HTTP {answer.status} {code}" if re.fullmatch(r"[A-Za-z][A-Za-z_.]{0,60}", code) else f"HTTP {answer.status}"
    )
