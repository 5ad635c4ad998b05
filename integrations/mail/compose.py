"""One mail, byte for byte: the shape that Outlook, Gmail, Apple Mail and Thunderbird all understand (ITIP.md §1.1).

The bytes are a function of the facts alone, boundary included, so a letter that is sent again is the same letter.
"""

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from coord_service.errors import PermanentFailure
from coord_service.ports import CalendarPart

Person = tuple[str, str]  # name, address


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says and to whom. ``date`` is an aware instant; ``message_id`` has its angle brackets."""

    sender: Person
    recipient: Person
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    calendar: CalendarPart | None = None
    reply_to: str = ""  # empty: answers go to the sender


def compose(mail: Mail) -> bytes:
    """The whole message, CRLF and pure ASCII, ready for SMTP.

    Line breaks and other control characters in a name or the subject become spaces, so nothing typed by anybody can
    add a header. Raises PermanentFailure for an address or a Message-ID that mail can't carry.
    """
    headers = [
        _header("From", _mailbox(mail.sender)),
        _header("To", _mailbox(mail.recipient)),
        *([_header("Reply-To", _mailbox(("", mail.reply_to)))] if mail.reply_to else []),
        _header("Subject", _words("Subject", mail.subject)),
        _header("Date", format_datetime(mail.date)),
        _header("Message-ID", _message_id(mail.message_id)),
        _header("Auto-Submitted", "auto-generated"),
        _header("MIME-Version", "1.0"),
    ]
    return "".join(headers).encode("ascii") + _body(mail)


def _body(mail: Mail) -> bytes:
    words = [_part("text/plain; charset=UTF-8", mail.text), _part("text/html; charset=UTF-8", mail.html)]
    boundary = _boundary(mail)
    if mail.calendar is None:
        return _multipart("alternative", boundary, words)
    kind = f"text/calendar; method={_method(mail.calendar)}; charset=UTF-8"
    readings = _multipart("alternative", f"{boundary}-a", [*words, _calendar(kind, mail.calendar)])
    copy = _calendar("application/ics; name=invite.ics", mail.calendar, attached=True)
    return _multipart("mixed", f"{boundary}-m", [readings, copy])


def _multipart(subtype: str, boundary: str, parts: list[bytes]) -> bytes:
    mark = f"--{boundary}".encode()
    inside = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    return _content_type(f'multipart/{subtype}; boundary="{boundary}"') + b"\r\n" + inside + mark + b"--\r\n"


def _part(content_type: str, text: str) -> bytes:
    return _encoded(content_type, re.sub(r"\r\n?|\n", "\r\n", text).encode("utf-8", "replace"))


def _calendar(content_type: str, calendar: CalendarPart, *, attached: bool = False) -> bytes:
    """A copy of the calendar object, untouched: both copies in a mail are byte for byte the same (ITIP.md §1.2)."""
    disposition = "Content-Disposition: attachment; filename=invite.ics\r\n" if attached else ""
    return disposition.encode() + _encoded(content_type, calendar.content)


def _encoded(content_type: str, content: bytes) -> bytes:
    """Headers and content: as it is where every server lets it through, else base64 (RFC 2045 §6)."""
    plain = content.isascii() and b"\0" not in content and all(len(line) <= 998 for line in content.split(b"\r\n"))
    if plain and not re.search(rb"(?<!\r)\n|\r(?!\n)", content):
        return _content_type(content_type) + b"Content-Transfer-Encoding: 7bit\r\n\r\n" + content
    lines = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return _content_type(content_type) + b"Content-Transfer-Encoding: base64\r\n\r\n" + lines


def _content_type(value: str) -> bytes:
    return _header("Content-Type", value.replace("; boundary", ";\r\n boundary")).encode("ascii")


def _boundary(mail: Mail) -> str:
    """A line that can't stand in the parts, because it is their digest."""
    calendar = mail.calendar.content if mail.calendar else b""
    parts = (mail.message_id.encode("utf-8", "replace"), mail.text.encode("utf-8", "replace"),
             mail.html.encode("utf-8", "replace"), calendar)  # fmt: skip
    return "=_" + hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _header(name: str, value: str) -> str:
    return f"{name}: {value}\r\n"


def _method(calendar: CalendarPart) -> str:
    if not re.fullmatch(r"[A-Za-z-]{1,20}", calendar.method):
        raise PermanentFailure(f"{calendar.method!r} is not a calendar method")
    return calendar.method.upper()


def _message_id(value: str) -> str:
    if not re.fullmatch(r"<[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,120}@[A-Za-z0-9.-]{1,120}>", value):
        raise PermanentFailure("this letter's Message-ID can't stand in a mail")
    return value


def _mailbox(person: Person) -> str:
    name, address = flattened(person[0]), person[1]
    if not name:
        return f"<{_address(address)}>"
    if name.isascii() and "=?" not in name and len(name) <= 60:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{_address(address)}>'
    return f"{_in_encoded_words('From', name)}\r\n <{_address(address)}>"


def _address(address: str) -> str:
    """The address in ASCII (IDNA for the domain). Raises PermanentFailure where SMTP could not carry it."""
    name, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not re.fullmatch(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}", name) or not re.fullmatch(r"[A-Za-z0-9.-]+", domain):
        raise PermanentFailure(f"“{flattened(address)}” is not a mail address that we can send to: correct it")
    return f"{name}@{domain}"


def _words(header: str, text: str) -> str:
    flat = flattened(text)
    if flat.isascii() and "=?" not in flat and len(flat) + len(header) <= 76:
        return flat
    return _in_encoded_words(header, flat)


def _in_encoded_words(header: str, text: str) -> str:
    """RFC 2047, folded."""
    return Header(text, "utf-8", header_name=header, maxlinelen=75).encode(linesep="\r\n")


def flattened(text: str) -> str:
    """``text`` on one line, without control characters, lone surrogates and marks that turn the writing direction."""
    turned = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    kept = (" " if unicodedata.category(mark) in {"Cc", "Cs", "Zl", "Zp"} or mark in turned else mark for mark in text)
    return " ".join("".join(kept).split())
