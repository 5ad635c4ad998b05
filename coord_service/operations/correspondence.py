"""A message as a person can read it: its headers that matter, its words, its calendar part, its size."""

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage

SHOWN = 20_000  # characters of each part: enough for every letter of ours, and a bound for what strangers send


@dataclass(frozen=True, slots=True)
class ReadableMail:
    """What the page about one message shows."""

    headers: tuple[tuple[str, str], ...]
    text: str
    calendar: str
    size: int


def explain_mail(content: bytes) -> ReadableMail:
    """The readable parts of a message, each cut at ``SHOWN`` characters; whatever can't be read is left out."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    shown = ("Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "Auto-Submitted", "Authentication-Results")
    parts = {part.get_content_type(): part for part in reversed(list(message.walk())) if not part.is_multipart()}
    return ReadableMail(
        headers=tuple((name, str(message[name])[:SHOWN]) for name in shown if message[name]),
        text=_words(parts.get("text/plain")),
        calendar=_words(parts.get("text/calendar")),
        size=len(content),
    )


def _words(part: EmailMessage | None) -> str:
    if part is None:
        return ""
    try:
        words = part.get_content()
    except (LookupError, ValueError):
        words = part.get_payload(decode=True)
    return (words if isinstance(words, str) else bytes(words).decode("utf-8", "replace"))[:SHOWN]
