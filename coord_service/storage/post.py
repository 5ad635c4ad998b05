"""Letters out, mail in, personal links: the rows behind the post."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from coord_service.domain.delivery import LetterState
from coord_service.domain.itip import Question
from coord_service.ports import Position
from coord_service.storage.database import Session
from coord_service.storage.tables import TOLD_BY, InboundMail, MailboxPosition, OutboxLetter, PersonalLink


def add_letter(db: Session, letter: OutboxLetter) -> None:
    """Queue a letter; a second one of the same key fails the transaction."""
    db.add(letter)


def add_link(db: Session, link: PersonalLink) -> None:
    """Keep a personal link."""
    db.add(link)


async def load_letter(db: Session, letter_id: int, *, with_content: bool = False) -> OutboxLetter | None:
    """One letter; its bytes only where asked for."""
    options = [undefer(OutboxLetter.content)] if with_content else []
    return await db.get(OutboxLetter, letter_id, options=options)


async def load_first_letter_at(db: Session) -> datetime | None:
    """When our first letter was written; None before there is any."""
    return await db.scalar(sa.select(OutboxLetter.created_at).order_by(OutboxLetter.id).limit(1))


async def load_letter_by_envelope(db: Session, envelope_from: str) -> OutboxLetter | None:
    """The letter whose bounce address this is."""
    found: OutboxLetter | None = await db.scalar(
        sa.select(OutboxLetter).where(OutboxLetter.envelope_from == envelope_from)
    )
    return found


async def load_letter_by_message_ids(db: Session, message_ids: Iterable[str]) -> OutboxLetter | None:
    """The newest of our letters that one of these Message-IDs names (In-Reply-To, References)."""
    found: OutboxLetter | None = await db.scalar(
        sa.select(OutboxLetter)
        .where(OutboxLetter.message_id.in_(list(message_ids)))
        .order_by(OutboxLetter.id.desc())
        .limit(1)
    )
    return found


async def has_standing_letter(db: Session, beginning: str) -> bool:
    """Whether a letter whose key begins so was queued and not taken back."""
    found = sa.select(OutboxLetter.id).where(
        OutboxLetter.key.startswith(beginning, autoescape=True), OutboxLetter.state != LetterState.WITHDRAWN
    )
    return await db.scalar(found.limit(1)) is not None


async def list_meeting_letters(db: Session, meeting_id: int) -> Sequence[OutboxLetter]:
    """Every letter about a meeting, oldest first, without their bytes."""
    rows = await db.scalars(
        sa.select(OutboxLetter).where(OutboxLetter.meeting_id == meeting_id).order_by(OutboxLetter.id)
    )
    return rows.all()


def _is_still_here(now: datetime) -> sa.ColumnElement[bool]:
    """Not gone, and nobody is sending it at this moment."""
    return sa.and_(
        OutboxLetter.state == LetterState.WAITING,
        sa.or_(OutboxLetter.leased_until.is_(None), OutboxLetter.leased_until <= now),
    )


async def withdraw_letters_of_change(db: Session, meeting_id: int, changed_at: datetime, now: datetime) -> bool:
    """Take back the letters of one change of a meeting; False when one may have gone, or when it had none to hold back.

    A letter that was never held back (an invitation sent again) is no change that could be undone.
    """
    of_change = sa.and_(OutboxLetter.meeting_id == meeting_id, OutboxLetter.created_at == changed_at)
    total = await db.scalar(sa.select(sa.func.count()).select_from(OutboxLetter).where(of_change)) or 0
    taken = await db.scalars(
        sa.update(OutboxLetter)
        .where(of_change, _is_still_here(now), OutboxLetter.not_before > now, OutboxLetter.attempts == 0)
        .values(state=LetterState.WITHDRAWN)
        .returning(OutboxLetter.id)
    )
    return 0 < total == len(taken.all())


async def withdraw_unsent_invitations(
    db: Session, meeting_id: int, addresses: Sequence[str], changed_at: datetime
) -> set[str]:
    """Take back what these addresses were to get about a meeting, where nothing has reached them; which those are."""
    of_meeting = sa.and_(
        OutboxLetter.meeting_id == meeting_id,
        OutboxLetter.connection_id.is_(None),
        OutboxLetter.recipient.in_(addresses),
    )
    # First take what nobody is sending, then look whom something has reached: a letter leased meanwhile counts as gone.
    await db.execute(
        sa.update(OutboxLetter)
        .where(of_meeting, _is_still_here(changed_at))
        .values(state=LetterState.WITHDRAWN, settled_at=changed_at)
    )
    gone = OutboxLetter.state.in_([LetterState.WAITING, LetterState.SENT])
    return set(addresses) - set(await db.scalars(sa.select(OutboxLetter.recipient).where(of_meeting, gone)))


async def withdraw_waiting_invitations(db: Session, meeting_id: int, now: datetime) -> set[str]:
    """Take back what nobody is sending yet of a meeting's invitations and updates; whose those were."""
    taken = await db.scalars(
        sa.update(OutboxLetter)
        .where(
            OutboxLetter.meeting_id == meeting_id,
            OutboxLetter.letter.in_(["invite", "move", "change"]),
            _is_still_here(now),
        )
        .values(state=LetterState.WITHDRAWN)
        .returning(OutboxLetter.recipient)
    )
    return set(taken)


async def revive_invitations(db: Session, meeting_id: int, changed_at: datetime) -> None:
    """Put back what a change of a meeting took out of the post."""
    await db.execute(
        sa.update(OutboxLetter)
        .where(
            OutboxLetter.meeting_id == meeting_id,
            OutboxLetter.state == LetterState.WITHDRAWN,
            OutboxLetter.settled_at == changed_at,
        )
        .values(state=LetterState.WAITING, settled_at=None)
    )


async def release_waiting_letters(db: Session, meeting_id: int, now: datetime) -> None:
    """End the time for undoing: a meeting's waiting letters may go at once."""
    await db.execute(
        sa.update(OutboxLetter)
        .where(
            OutboxLetter.meeting_id == meeting_id,
            OutboxLetter.state == LetterState.WAITING,
            OutboxLetter.not_before > now,
            OutboxLetter.attempts == 0,
        )
        .values(not_before=now)
    )


async def load_link(db: Session, token_hash: str) -> PersonalLink | None:
    """The personal link with this hashed token."""
    found: PersonalLink | None = await db.scalar(sa.select(PersonalLink).where(PersonalLink.token_hash == token_hash))
    return found


async def load_position(db: Session, mailbox: str) -> Position | None:
    """Up to where the mailbox has been read."""
    row = await db.get(MailboxPosition, mailbox)
    return Position(row.uidvalidity, row.uid) if row else None


async def lock_position(db: Session, mailbox: str) -> Position:
    """The same, (0, 0) at the first time; whoever else keeps mail of this mailbox waits until the transaction ends."""
    row = await db.get(MailboxPosition, mailbox, with_for_update=True, populate_existing=True)
    if row is None:
        try:
            async with db.begin_nested():
                db.add(MailboxPosition(mailbox=mailbox, uidvalidity=0, uid=0))
        except sa.exc.IntegrityError:
            pass  # somebody else was first, and has ended by now
        row = await db.get_one(MailboxPosition, mailbox, with_for_update=True, populate_existing=True)
    return Position(row.uidvalidity, row.uid)


async def save_position(db: Session, mailbox: str, position: Position) -> None:
    """Remember up to where the mailbox has been read."""
    row = await db.get(MailboxPosition, mailbox)
    if row is None:
        db.add(MailboxPosition(mailbox=mailbox, uidvalidity=position.uidvalidity, uid=position.uid))
    else:
        row.uidvalidity, row.uid = position.uidvalidity, position.uid


async def has_inbound(db: Session, mailbox: str, position: Position) -> bool:
    """Whether this very message is kept already."""
    found = await db.scalar(
        sa.select(InboundMail.id).where(
            InboundMail.mailbox == mailbox,
            InboundMail.uidvalidity == position.uidvalidity,
            InboundMail.uid == position.uid,
        )
    )
    return found is not None


async def move_inbound(db: Session, mailbox: str, fingerprint: str, to: Position) -> bool:
    """Note where a message stands now that we kept under another UIDVALIDITY; False when there is none.

    Of several that are the same to the byte one is moved each time, so none is lost and none is judged again.
    """
    found = await db.scalar(
        sa.select(InboundMail)
        .where(
            InboundMail.mailbox == mailbox,
            InboundMail.fingerprint == fingerprint,
            InboundMail.uidvalidity != to.uidvalidity,
        )
        .order_by(InboundMail.id)
        .limit(1)
    )
    if found is None:
        return False
    found.uidvalidity, found.uid = to.uidvalidity, to.uid
    await db.flush()
    return True


def add_inbound(db: Session, mail: InboundMail) -> None:
    """Keep a message as it came."""
    db.add(mail)


async def list_unjudged(db: Session) -> Sequence[InboundMail]:
    """Messages that nobody has looked at, oldest first, without their bytes."""
    rows = await db.scalars(sa.select(InboundMail).where(InboundMail.judged_at.is_(None)).order_by(InboundMail.id))
    return rows.all()


async def list_open_counters(db: Session, meeting_id: int) -> Sequence[InboundMail]:
    """The proposals of another time that wait for a decision, in the order in which they came, with their bytes."""
    rows = await db.scalars(
        sa.select(InboundMail)
        .where(
            InboundMail.meeting_id == meeting_id,
            InboundMail.question == Question.PROPOSAL,
            InboundMail.needs_decision,
        )
        .order_by(InboundMail.id)
        .options(undefer(InboundMail.content))
    )
    return rows.all()


async def load_open_counter(db: Session, attendee_id: int) -> InboundMail | None:
    """The latest proposal of another time from this attendee that waits for a decision, with its bytes."""
    found: InboundMail | None = await db.scalar(
        sa.select(InboundMail)
        .where(
            InboundMail.attendee_id == attendee_id,
            InboundMail.question == Question.PROPOSAL,
            InboundMail.needs_decision,
        )
        .order_by(InboundMail.id.desc())
        .limit(1)
        .options(undefer(InboundMail.content))
    )
    return found


async def list_held_mail(db: Session, meeting_id: int) -> Sequence[InboundMail]:
    """What waits for a decision about a meeting, proposals apart, the oldest first, with its bytes."""
    rows = await db.scalars(
        sa.select(InboundMail)
        .where(InboundMail.meeting_id == meeting_id, InboundMail.needs_decision)
        .where(sa.or_(InboundMail.question.is_(None), InboundMail.question != Question.PROPOSAL))
        .order_by(InboundMail.id)
        .options(undefer(InboundMail.content))
    )
    return rows.all()


async def judge_held_again(db: Session, meeting_id: int) -> None:
    """Let whatever waits for a decision about a meeting be judged once more: who is invited has changed."""
    await db.execute(
        sa.update(InboundMail)
        .where(
            InboundMail.meeting_id == meeting_id,
            InboundMail.needs_decision,
            InboundMail.question.in_([Question.STRANGER, Question.LIST, Question.SUBSTITUTE, Question.SENDER]),
        )
        .values(judged_at=None)
    )


async def reopen_decisions(db: Session, meeting_id: int, decided_at: datetime) -> None:
    """Let mail wait again for a decision that was taken at this moment, and is being taken back."""
    await db.execute(
        sa.update(InboundMail)
        .where(InboundMail.meeting_id == meeting_id, InboundMail.settled_at == decided_at)
        .values(judged_at=None, settled_at=None, settled_by=None, decision=None, before_decision=None, agreed=None)
    )


async def load_inbound(db: Session, mail_id: int, *, with_content: bool = False) -> InboundMail | None:
    """One received message; its bytes only where asked for."""
    options = [undefer(InboundMail.content)] if with_content else []
    return await db.get(InboundMail, mail_id, options=options)


async def lock_inbound(db: Session, mail_id: int) -> InboundMail | None:
    """One received message with its bytes; whoever else judges or decides it waits until the transaction ends."""
    await db.execute(sa.select(InboundMail.id).where(InboundMail.id == mail_id).with_for_update(key_share=True))
    return await db.get(InboundMail, mail_id, options=[undefer(InboundMail.content)], populate_existing=True)


async def judge_answers_again(db: Session, meeting_id: int, since: datetime) -> None:
    """Let answers that came since a change of a meeting, and were too late for it, be judged once more."""
    await db.execute(
        sa.update(InboundMail)
        .where(
            InboundMail.meeting_id == meeting_id,
            InboundMail.judged_at >= since,
            InboundMail.verdict.in_(["older", "noted"]),
            InboundMail.kind.in_(["reply", "counter"]),
        )
        .values(judged_at=None)
    )


async def list_meeting_inbound(db: Session, meeting_id: int) -> Sequence[InboundMail]:
    """Every message received about a meeting, oldest first, without bytes."""
    rows = await db.scalars(sa.select(InboundMail).where(InboundMail.meeting_id == meeting_id).order_by(InboundMail.id))
    return rows.all()


async def load_latest_told(db: Session, meeting_id: int, sender: str) -> InboundMail | None:
    """What a calendar last told of somebody's answer to a meeting, through whatever connection to it."""
    found: InboundMail | None = await db.scalar(
        sa.select(InboundMail)
        .where(
            InboundMail.mailbox.startswith(TOLD_BY), InboundMail.meeting_id == meeting_id, InboundMail.sender == sender
        )
        .order_by(InboundMail.id.desc())
        .limit(1)
    )
    return found
