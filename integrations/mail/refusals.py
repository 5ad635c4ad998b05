"""What a mail server's refusals and silences mean to the outbox: this letter, or our own server; soon, or never."""

import re

import aiosmtplib

from coord_service.domain.refusals import advice_on
from coord_service.errors import DeliveryFailure, MailServerAway, PermanentFailure, TemporaryFailure

CLOSING = 421  # the server says that it closes the connection (RFC 5321 §4.2.3)

OTHERWISE = "the mail server refused the mail to {recipient}: tell whoever runs our mail"

# Refusals of us, whoever is written to: no sign-in (RFC 4954 §6), no right to relay, Exchange's "send as".
OURS = re.compile(
    r"^53[0458]\b|5\.7\.(57|60|64)\b|relay(ing)? (access )?(is )?(denied|not permitted)|unable to relay", re.IGNORECASE
)
# The server itself is full or wants no mail now (RFC 3463 §3.4); a plain 452 says the same (RFC 5321 §4.2.3).
STRAINED = re.compile(r"^421\b|4\.3\.[12]\b|^452 (?!4\.)")
TOO_LARGE = re.compile(r"5\.(2\.3|3\.4)\b|^552\b")


class NotConnected(Exception):
    """No connection could be made; ``__cause__`` says why. No letter has anything to do with it."""


class HungUpBefore(Exception):
    """The server closed the connection before anything of a letter had been handed over."""


CAUSES = (aiosmtplib.SMTPException, OSError, ValueError, NotConnected, HungUpBefore)


def carried(address: str) -> str:
    """The address as SMTP carries it: its domain in ASCII (IDNA). Raises PermanentFailure where it can't."""
    flat = " ".join(address.split())
    if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", address):  # aiosmtplib would send to a part of it
        raise PermanentFailure(f"“{flat}” is not a mail address: correct it.")
    name, _, domain = address.partition("@")
    if not name.isascii():
        raise PermanentFailure(
            f"“{flat}” has letters before the @ that most mail servers can't carry: ask for another address."
        )
    try:
        return f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise PermanentFailure(f"No mail can reach “{domain}”: ask for the right address.") from None


def require_size(client: aiosmtplib.SMTP, size: int, recipient: str) -> None:
    """Raises PermanentFailure for a mail larger than the server said it takes (RFC 1870)."""
    said = client.esmtp_extensions.get("size", "").strip()
    if said.isdecimal() and 0 < int(said) < size:
        ours, theirs = f"{size / 1_000_000:.1f} MB", f"{int(said) / 1_000_000:.1f} MB"
        raise PermanentFailure(
            f"The mail to {recipient} has {ours} and our mail server takes {theirs}: send it by another way."
        )


def failure(error: Exception, recipient: str) -> DeliveryFailure:
    """What an exception of aiosmtplib, or one of ours, means to the outbox."""
    match error:
        case NotConnected():
            return _not_connected(error.__cause__ or error.args[0])
        case HungUpBefore():
            return MailServerAway(f"Our mail server hung up ({error}).")
        case aiosmtplib.SMTPRecipientRefused() | aiosmtplib.SMTPDataError():
            return _answered(error, recipient)
        case aiosmtplib.SMTPResponseException():
            return _sender_refused(error, recipient)
        case TimeoutError():
            return MailServerAway("Our mail server did not answer in time.", has_met_letter=True)
        case ValueError() | aiosmtplib.SMTPNotSupported():
            return PermanentFailure(f"Mail can't be sent to {recipient}: correct the address ({error}).")
    return MailServerAway(f"Our mail server hung up in the middle of a mail ({error}).", has_met_letter=True)


def _not_connected(error: BaseException) -> MailServerAway:
    match error:
        case aiosmtplib.SMTPAuthenticationError():
            words = f"Our mail server refused our user name or password ({error.code} {error.message})."
            return MailServerAway(words, is_refusal=True)
        case aiosmtplib.SMTPResponseException():
            words = f"Our mail server does not let us send ({error.code} {error.message})."
            return MailServerAway(words, is_refusal=error.code >= 500)
        case TimeoutError():
            return MailServerAway("Our mail server did not answer in time.")
        case aiosmtplib.SMTPServerDisconnected():
            return MailServerAway(f"Our mail server hung up ({error}).")
        case OSError():
            is_refusal = "certificate" in str(error).lower()
            return MailServerAway(f"Our mail server can't be reached ({error}).", is_refusal=is_refusal)
    return MailServerAway(f"Our mail server can't be used as it is set ({error}).", is_refusal=True)


def _sender_refused(error: aiosmtplib.SMTPResponseException, recipient: str) -> DeliveryFailure:
    """Refused at MAIL: what is wrong with us is wrong for every letter, unless it is this one's size (RFC 1870)."""
    answer = _flat(error)
    if TOO_LARGE.search(answer):
        return _refused(answer, recipient)
    words = f"Our mail server does not let us send ({answer})."
    return MailServerAway(words, has_met_letter=True, is_refusal=error.code >= 500)


def _answered(error: aiosmtplib.SMTPResponseException, recipient: str) -> DeliveryFailure:
    """The server's answer about this recipient or this mail, in words that say what to do."""
    answer = _flat(error)
    if OURS.search(answer):
        words = f"Our mail server does not let us send ({answer})."
        return MailServerAway(words, has_met_letter=True, is_refusal=True)
    if STRAINED.search(answer):
        return MailServerAway(f"Our mail server takes no mail for now ({answer}).", has_met_letter=True)
    if error.code < 500:
        return TemporaryFailure(f"The mail server asks us to try {recipient} again later ({answer}).")
    return _refused(answer, recipient)


def _refused(answer: str, recipient: str) -> PermanentFailure:
    return PermanentFailure(f"{advice_on(answer, recipient, OTHERWISE)} (it answered: {answer}).")


def _flat(error: aiosmtplib.SMTPResponseException) -> str:
    return " ".join(f"{error.code} {error.message}".split())[:500]
