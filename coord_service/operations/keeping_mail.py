"""Keeping mail as it came, before anybody judges it: fetched from the mailbox, or handed over by a mail server."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import structlog

from coord_service.operations.tools import Tools
from coord_service.ports import Mailbox, Position, ReceivedMail
from coord_service.storage.database import Session
from coord_service.storage.post import (
    add_inbound,
    has_inbound,
    load_first_letter_at,
    load_position,
    lock_position,
    move_inbound,
    save_position,
)
from coord_service.storage.tables import InboundMail

log = structlog.get_logger()

AT_ONCE = 50
OLD = "It was in the mailbox, and opened there, before our first letter went out."
HANDED_OVER = "handed over"  # what stands in place of a mailbox's name


@dataclass(frozen=True, slots=True)
class DeliveredMail:
    """A message that a mail server handed over: its envelope, and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


async def keep_fetched(tools: Tools, mailbox: Mailbox) -> int:
    """Fetch what is new in a mailbox and keep it, with how far we have read, in one transaction; how many came.

    After UIDVALIDITY has changed everything is fetched again: what we have already keeps its row and its verdict.
    """
    async with tools.database.read() as db:
        after = await load_position(db, mailbox.name)
    fetched = await mailbox.fetch(after, AT_ONCE)
    if not fetched:
        return 0
    async with tools.database.begin() as db:
        known = await lock_position(db, mailbox.name)
        began_at = await load_first_letter_at(db)
        for mail in fetched:
            await _keep(db, tools, mailbox.name, mail, began_at)
        place = Position(fetched[-1].uidvalidity, fetched[-1].uid)
        if known.uidvalidity != place.uidvalidity or known.uid < place.uid:
            await save_position(db, mailbox.name, place)
    return len(fetched)


async def _keep(db: Session, tools: Tools, mailbox: str, mail: ReceivedMail, began_at: datetime | None) -> None:
    place = Position(mail.uidvalidity, mail.uid)
    if await has_inbound(db, mailbox, place):
        return
    if mail.content and await move_inbound(db, mailbox, _fingerprint(mail.content), place):
        return
    row = InboundMail(
        mailbox=mailbox,
        uidvalidity=place.uidvalidity,
        uid=place.uid,
        content=mail.content,
        fingerprint=_fingerprint(mail.content),
        left_out=mail.left_out,
        received_at=tools.clock.now(),
    )
    if mail.trouble:
        row.judged_at, row.verdict, row.why, row.needs_decision = row.received_at, "poison", mail.trouble, True
        log.warning("mail_not_fetched", uid=mail.uid)
    elif mail.is_opened and mail.arrived_at and (began_at is None or mail.arrived_at < began_at):
        row.judged_at, row.verdict, row.why = row.received_at, "noted", OLD
    add_inbound(db, row)


async def keep_delivered(tools: Tools, mail: DeliveredMail) -> None:
    """Keep a message that a mail server hands over; once, however often it is handed over. Committed on return.

    The envelope is written on top, as a server that delivers does: a bounce is known by the address it came to.
    """
    envelope = [f"Return-Path: <{mail.sender}>", *(f"Delivered-To: {each}" for each in mail.recipients)]
    content = "".join(f"{line}\r\n" for line in envelope).encode("utf-8", "replace") + mail.content
    name = hashlib.sha256(content)
    place = Position(0, int.from_bytes(name.digest()[:8]) >> 1)  # its digest names it, as a UID would
    async with tools.database.begin() as db:
        await lock_position(db, HANDED_OVER)
        if await has_inbound(db, HANDED_OVER, place):
            return
        add_inbound(
            db,
            InboundMail(
                mailbox=HANDED_OVER,
                uidvalidity=place.uidvalidity,
                uid=place.uid,
                content=content,
                fingerprint=name.hexdigest(),
                received_at=tools.clock.now(),
            ),
        )
        await save_position(db, HANDED_OVER, place)


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
