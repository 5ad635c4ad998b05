"""A mail's parts, within bounds: the standard library parses, we stop it before a hostile mail costs seconds."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message as Part
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import parseaddr, parsedate_to_datetime

from coord_service.domain.itip.addresses import bare_address

MOST_BYTES = 5_000_000
MOST_PARTS = 200
MOST_HEADERS = 2_000
MOST_LINE_CHECKS = 3_000_000
LONGEST_HEADER = 4_000
FIRST_YEAR_OF_MAIL = 1970
MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")


class TooMuch(ValueError):
    """The mail is built as no person's mail is; ``str()`` says how."""


class _Budget:
    """How many parts and headers a mail may still have."""

    def __init__(self) -> None:
        self.parts, self.headers = MOST_PARTS, MOST_HEADERS

    def part(self) -> Part:
        self.parts -= 1
        if self.parts < 0:
            raise TooMuch(f"it has more than {MOST_PARTS} parts")
        return Part()

    def header(self) -> None:
        self.headers -= 1
        if self.headers < 0:
            raise TooMuch(f"it has more than {MOST_HEADERS:,} headers")


def _short_headers(budget: _Budget) -> Compat32:
    """Headers as they came, cut before the parser looks into them: its reading of parameters is quadratic."""

    class ShortHeaders(Compat32):
        def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
            budget.header()
            name, value = super().header_source_parse(sourcelines)
            return name, value[:LONGEST_HEADER]

    return ShortHeaders()


def parse_mail(raw: bytes) -> Part:
    """A mail as parts. Raises TooMuch."""
    # Each line is compared with every boundary that is open, so depth times length is the cost.
    if raw.count(b"\n") * min(MOST_PARTS, raw.lower().count(b"boundary")) > MOST_LINE_CHECKS:
        raise TooMuch("its parts are nested too deeply for its length")
    budget = _Budget()
    parser = BytesParser(budget.part, policy=_short_headers(budget))
    try:
        return parser.parsebytes(raw)
    except RecursionError as error:
        raise TooMuch("its parts are nested too deeply") from error


def own_parts(mail: Part) -> Iterator[Part]:
    """The mail's own leaves in order; what it encloses (a returned or forwarded mail) speaks for somebody else."""
    stack = [mail]
    while stack:
        part = stack.pop()
        if part.get_content_maintype() == "message":
            continue
        if part.is_multipart():
            stack.extend(reversed([each for each in part.get_payload() if isinstance(each, Part)]))
        else:
            yield part


def every_part(mail: Part) -> Iterator[Part]:
    """All parts, enclosed mails' too, in order."""
    stack = [mail]
    while stack:
        part = stack.pop()
        yield part
        if part.is_multipart():
            stack.extend(reversed([each for each in part.get_payload() if isinstance(each, Part)]))


def content(part: Part) -> bytes:
    """A leaf's bytes, its transfer encoding undone."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def text_of(part: Part) -> str:
    """A leaf's text: its charset, or UTF-8, or Windows-1252 where the label lies."""
    raw = content(part)
    for charset in (charset_of(part), "utf-8"):
        try:
            return raw.decode(charset or "utf-8")
        except (LookupError, UnicodeError):
            continue
    return raw.decode("cp1252", "replace")


def charset_of(part: Part) -> str:
    """The charset on a part's label; "" for none, or for one that isn't a name."""
    charset = part.get_content_charset() or ""
    return charset if re.fullmatch(r"[\w.:+-]{1,40}", charset) else ""


def header(mail: Part, name: str) -> str:
    """A header decoded (RFC 2047) on one line; "" when it isn't there."""
    raw = str(mail.get(name, ""))[:LONGEST_HEADER]
    try:
        text = str(make_header(decode_header(raw))) if "=?" in raw else raw
    except (LookupError, ValueError, MessageError):
        text = raw
    return " ".join(text.encode("utf-8", "replace").decode().split())


def sender_of(mail: Part) -> tuple[str, str]:
    """The From address, bare, and its display name."""
    raw = str(mail.get("From", ""))[:1_000]
    try:
        name, address = parseaddr(raw)
    except RecursionError:
        name, address = "", ""
    if "@" not in address:
        found = re.search(r"[^\s<>\"(),;:]{1,64}@[^\s<>\"(),;:]{1,255}", raw)
        address = found[0] if found else address
    return bare_address(address), _decoded(name)


def addresses_in(mail: Part, *names: str) -> tuple[str, ...]:
    """The bare addresses in these headers, once each, at most a hundred."""
    text = " ".join(str(each)[:LONGEST_HEADER] for name in names for each in mail.get_all(name, [])[:10])
    found = re.findall(r"[^\s<>\"(),;:]{1,200}@[^\s<>\"(),;:]{1,255}", text)
    return tuple(dict.fromkeys(bare_address(each) for each in found[:100]))


def message_ids(mail: Part, name: str) -> tuple[str, ...]:
    """The Message-IDs in a header, with their angle brackets."""
    return tuple(MESSAGE_ID.findall(str(mail.get(name, ""))[:LONGEST_HEADER]))


def date_of(mail: Part) -> datetime | None:
    """When the mail says it was sent, in UTC."""
    try:
        sent_at = parsedate_to_datetime(str(mail.get("Date", ""))[:100])
        sent_at = sent_at.astimezone(UTC).replace(microsecond=0) if sent_at.tzinfo else sent_at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return sent_at if sent_at.year >= FIRST_YEAR_OF_MAIL else None


def _decoded(text: str) -> str:
    holder = Part()
    holder["X"] = text.replace("\r", " ").replace("\n", " ")
    return header(holder, "X")
