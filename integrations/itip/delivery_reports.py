"""Bounces, with a report part (RFC 3464) and without, and automatic replies (RFC 3834): ITIP.md §2.10."""

import logging
import re
from email.message import Message as Part

from flufl.bounce import all_failures

from coord_service.domain.itip.addresses import bare_address, is_mail_address
from coord_service.domain.itip.values import FailedDelivery
from integrations.itip.mime import TooMuch, every_part, header, message_ids, own_parts, parse_mail, sender_of, text_of

# It logs a mail that it can't take apart with a traceback, and with names that belong in no log.
logging.getLogger("flufl.bounce").disabled = True

ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
MOST_RECIPIENTS = 100
# flufl.bounce tries some sixty expressions on every line.
SCANNED_BYTES, SCANNED_LINES, SCANNED_WIDTH = 64_000, 800, 500
DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mailerdaemon|mmdf|bounce[s]?)([+@.-]|$)|^$")
FAILURE_SUBJECT = re.compile(
    r"undeliver|delivery (status|fail|has failed|notification|report|problem|error|incomplete)|returned mail|"
    r"failure notice|mail delivery (failed|system)|non.?delivery|could ?n.t be delivered|delivery.*delayed",
    re.IGNORECASE,
)
AUTO_SUBJECT = re.compile(
    r"(automatic reply|auto(matic)?[- ]?reply|autoreply|out of (the )?office|auto:)", re.IGNORECASE
)
STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
MESSAGE_ID_LINE = re.compile(r"^message-id:\s*(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE)


def read_failures(mail: Part, raw: bytes) -> tuple[FailedDelivery, ...] | None:
    """What a delivery report says of each recipient; None when the mail is no delivery report."""
    report = next((each for each in every_part(mail) if each.get_content_type() == "message/delivery-status"), None)
    if report is not None and mail.get_content_type() != "text/calendar":
        found = _by_recipient(report)
        return found or _by_words(mail, raw)
    if not _looks_like_bounce(mail):
        return None
    failed = tuple(FailedDelivery(each) for each in _x_failed_recipients(mail))
    return failed or _by_words(mail, raw)


def is_automatic(mail: Part) -> bool:
    """Whether a machine wrote this mail: an out-of-office, a receipt, a list's notice (RFC 3834 §5)."""
    submitted = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if header(mail, "Precedence").lower() in {"auto_reply", "auto-reply"}:
        return True
    if any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply")):
        return True
    receipt = mail.get_content_type() == "multipart/report"
    return receipt or header(mail, "Return-Path") == "<>" or bool(AUTO_SUBJECT.match(header(mail, "Subject")))


def original_message_id(mail: Part) -> str:
    """The Message-ID of the mail that came back; "" when the report doesn't show it."""
    for part in every_part(mail):
        if part is not mail and (found := message_ids(part, "Message-ID")):
            return found[0]
        if part.get_content_type() in {"text/rfc822-headers", "text/plain"} and not part.is_multipart():
            shown = MESSAGE_ID_LINE.search(text_of(part)[:SCANNED_BYTES])
            if shown:
                return shown[1]
    answered = message_ids(mail, "In-Reply-To")
    return answered[0] if answered else ""


def _looks_like_bounce(mail: Part) -> bool:
    sender = sender_of(mail)[0]
    if mail.get("X-Failed-Recipients"):
        return True
    from_machine = bool(DAEMON.match(sender)) or header(mail, "Return-Path") == "<>"
    return from_machine and bool(FAILURE_SUBJECT.search(header(mail, "Subject")))


def _x_failed_recipients(mail: Part) -> list[str]:
    """Exim names them in a header."""
    named = [bare_address(each) for each in header(mail, "X-Failed-Recipients").split(",")]
    return [each for each in named if is_mail_address(each)][:MOST_RECIPIENTS]


def _by_recipient(report: Part) -> tuple[FailedDelivery, ...]:
    blocks = report.get_payload()
    found = []
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Part):
            continue
        address = _recipient(block)
        if address:
            action = header(block, "Action").partition(" ")[0].lower()
            status = STATUS.search(header(block, "Status"))
            found.append(
                FailedDelivery(
                    address,
                    action if action in ACTIONS else "failed",
                    status[1] if status else "",
                    header(block, "Diagnostic-Code")[:1_000],
                )
            )
    return tuple(found[:MOST_RECIPIENTS])


def _recipient(block: Part) -> str:
    """The address as we wrote it, where the report still knows it (RFC 3464 §2.3.1)."""
    for name in ("Original-Recipient", "Final-Recipient"):
        address = bare_address(header(block, name).rpartition(";")[2])
        if is_mail_address(address):
            return address
    return ""


def _by_words(mail: Part, raw: bytes) -> tuple[FailedDelivery, ...]:
    """A report in words alone: flufl.bounce knows how the old mail servers put it; Status is ours to find."""
    lines = [each[:SCANNED_WIDTH] for each in raw[:SCANNED_BYTES].split(b"\n")[:SCANNED_LINES]]
    plain = b"\n".join(lines).decode("ascii", "replace").encode("ascii", "replace")
    try:
        temporary, permanent = all_failures(parse_mail(plain))
    except (TooMuch, ValueError, LookupError, AttributeError, TypeError):
        return ()  # its detectors trip over odd mails; the report is still one, without names
    words = next((text_of(each)[:SCANNED_BYTES] for each in own_parts(mail)), "")
    status = STATUS.search(words)
    known = [(each, "failed") for each in sorted(permanent)] + [(each, "delayed") for each in sorted(temporary)]
    return tuple(
        FailedDelivery(address, action, status[1] if status else "")
        for each, action in known[:MOST_RECIPIENTS]
        if is_mail_address(address := bare_address(each.decode("utf-8", "replace")))
    )
