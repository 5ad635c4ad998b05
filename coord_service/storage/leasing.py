"""The outbox as a queue: who may take which letters out of it, and what became of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from coord_service.domain.delivery import (
    AWAITED_TRIES,
    LEASE,
    MINUTE,
    Allowance,
    DomainLimits,
    DomainUse,
    LetterState,
)
from coord_service.storage.database import Session
from coord_service.storage.tables import MailOut, OutboxLetter

_AWAITED = aliased(OutboxLetter, name="awaited")
AT_A_TIME = 200  # due letters that are looked at together; more only where their domains turn out to be full


@dataclass(frozen=True, slots=True)
class LeasedLetter:
    """What is needed to send a letter. Nobody else gets it until ``leased_until``."""

    id: int
    letter: str
    envelope_from: str
    recipient: str
    content: bytes
    leased_until: datetime


async def lock_mail_out(db: Session) -> MailOut:
    """Whether our mail server takes mail; whoever else takes letters out of the outbox waits until we have."""
    row = await db.scalar(sa.select(MailOut).where(MailOut.id == 1).with_for_update())
    if row is None:
        row = MailOut(id=1, tries=0)
        db.add(row)
    return row


async def load_mail_out(db: Session) -> MailOut | None:
    """Whether our mail server takes mail; None before the first letter."""
    return await db.get(MailOut, 1)


async def count_due_letters(db: Session, now: datetime) -> int:
    """How many letters could go at this moment, if there were no limits."""
    return await db.scalar(sa.select(sa.func.count()).select_from(OutboxLetter).where(_is_due(now))) or 0


async def mark_mail_server_back(db: Session) -> bool:
    """Note that our mail server takes mail; whether it was away until now."""
    back = {"away_since": None, "error": None, "tries": 0, "probe_at": None}
    was_away = sa.update(MailOut).where(MailOut.away_since.is_not(None)).values(back).returning(MailOut.id)
    return await db.scalar(was_away) is not None


async def lease_due_letters(db: Session, now: datetime, limits: DomainLimits, most: int) -> Sequence[LeasedLetter]:
    """Take up to ``most`` letters that are due, the longest waiting first, within what each domain may get.

    The caller holds ``lock_mail_out``: two workers never count a domain's letters at the same moment.
    """
    used = await _used_by_domain(db, now) if limits != DomainLimits() else {}
    chosen = await _choose(db, now, Allowance(used, limits), most)
    if not chosen:
        return []
    free = sa.select(OutboxLetter.id).where(OutboxLetter.id.in_(chosen), _is_due(now)).with_for_update(skip_locked=True)
    until = now + LEASE
    taken = await db.execute(
        sa.update(OutboxLetter)
        .where(OutboxLetter.id.in_(free))
        .values(leased_until=until, leased_at=now)
        .returning(
            OutboxLetter.id,
            OutboxLetter.letter,
            OutboxLetter.envelope_from,
            OutboxLetter.recipient,
            OutboxLetter.content,
        )
        .execution_options(synchronize_session=False)
    )
    found = {row[0]: LeasedLetter(*row, leased_until=until) for row in taken}
    return [found[letter_id] for letter_id in chosen if letter_id in found]


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    awaits = sa.exists().where(
        _AWAITED.id == OutboxLetter.after_id,
        _AWAITED.state == LetterState.WAITING,
        _AWAITED.attempts < AWAITED_TRIES,
    )
    return sa.and_(
        OutboxLetter.connection_id.is_(None),
        OutboxLetter.state == LetterState.WAITING,
        OutboxLetter.not_before <= now,
        sa.or_(OutboxLetter.leased_until.is_(None), OutboxLetter.leased_until <= now),
        sa.or_(OutboxLetter.after_id.is_(None), ~awaits),
    )


async def _used_by_domain(db: Session, now: datetime) -> Mapping[str, DomainUse]:
    in_minute = sa.func.count().filter(OutboxLetter.leased_at > now - MINUTE)
    is_going = sa.and_(OutboxLetter.state == LetterState.WAITING, OutboxLetter.leased_until > now)
    rows = await db.execute(
        sa.select(OutboxLetter.domain, in_minute, sa.func.count().filter(is_going))
        .where(OutboxLetter.leased_at > now - max(LEASE, MINUTE), OutboxLetter.connection_id.is_(None))
        .group_by(OutboxLetter.domain)
    )
    return {domain: DomainUse(in_last_minute, on_the_way) for domain, in_last_minute, on_the_way in rows}


async def _choose(db: Session, now: datetime, allowance: Allowance, most: int) -> list[int]:
    """The ids of letters that may go, looking past those of full domains for as long as there are others."""
    chosen: list[int] = []
    while True:
        due = await _list_due(db, now, chosen, allowance.full)
        for letter_id, domain in due:
            if len(chosen) < most and allowance.take(domain):
                chosen.append(letter_id)
        if len(chosen) == most or len(due) < AT_A_TIME:
            return chosen


async def _list_due(
    db: Session, now: datetime, chosen: Collection[int], full: Collection[str]
) -> Sequence[tuple[int, str]]:
    rows = await db.execute(
        sa.select(OutboxLetter.id, OutboxLetter.domain)
        .where(_is_due(now), OutboxLetter.id.not_in(chosen), OutboxLetter.domain.not_in(full))
        .order_by(OutboxLetter.not_before, OutboxLetter.id)
        .limit(AT_A_TIME)
    )
    return [(letter_id, domain) for letter_id, domain in rows]


async def record_sent(db: Session, letter_ids: Collection[int], now: datetime) -> None:
    """Note that our mail server took these letters."""
    await db.execute(
        sa.update(OutboxLetter)
        .where(OutboxLetter.id.in_(letter_ids))
        .values(
            state=LetterState.SENT,
            sent_at=now,
            error=None,
            leased_until=None,
            attempts=OutboxLetter.attempts + 1,
        )
        .execution_options(synchronize_session=False)
    )


async def give_back(db: Session, letters: Collection[LeasedLetter]) -> None:
    """Put letters that were taken and not begun back as they were; not those that another worker holds by now."""
    for until in {letter.leased_until for letter in letters}:
        ids = [letter.id for letter in letters if letter.leased_until == until]
        await db.execute(
            sa.update(OutboxLetter)
            .where(OutboxLetter.id.in_(ids), OutboxLetter.leased_until == until)
            .values(leased_until=None, leased_at=None)
            .execution_options(synchronize_session=False)
        )
