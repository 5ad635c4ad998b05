"""Polls and the times held for them: what they read and change, a statement each."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from coord_service.domain.delivery import LetterState
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    BookingDraft,
    Meeting,
    OutboxLetter,
    PersonalLink,
    Poll,
    PollTime,
    PollVoter,
)


def add_poll(db: Session, poll: Poll) -> None:
    """Keep a new poll with its times and voters."""
    db.add(poll)


async def lock_asker(db: Session, draft_id: int) -> None:
    """Whoever else asks people about times of this booking waits until the transaction ends."""
    await db.execute(sa.select(BookingDraft.id).where(BookingDraft.id == draft_id).with_for_update(key_share=True))


async def load_latest_poll(db: Session, draft_id: int) -> Poll | None:
    """The latest poll of a booking that was not taken back, with all that was said."""
    return await _load(db, sa.select(Poll).where(Poll.draft_id == draft_id, Poll.withdrawn_at.is_(None)))


async def load_poll(db: Session, poll_id: int) -> Poll | None:
    """One poll, with all that was said."""
    return await _load(db, sa.select(Poll).where(Poll.id == poll_id))


async def lock_poll(db: Session, poll_id: int) -> Poll | None:
    """The same; whoever else answers, closes or withdraws it waits until the transaction ends."""
    await db.execute(sa.select(Poll.id).where(Poll.id == poll_id).with_for_update(key_share=True))
    return await load_poll(db, poll_id)


async def _load(db: Session, query: sa.Select[Poll]) -> Poll | None:
    found: Poll | None = await db.scalar(
        query.order_by(Poll.id.desc())
        .limit(1)
        .options(
            selectinload(Poll.times),
            selectinload(Poll.voters).joinedload(PollVoter.person),
            selectinload(Poll.voters).selectinload(PollVoter.choices),
        )
        .execution_options(populate_existing=True)
    )
    return found


async def list_open_polls(db: Session, draft_id: int) -> Sequence[int]:
    """The polls of a booking that still take answers."""
    rows = await db.scalars(
        sa.select(Poll.id).where(Poll.draft_id == draft_id, Poll.closed_at.is_(None), Poll.withdrawn_at.is_(None))
    )
    return rows.all()


@dataclass(frozen=True, slots=True)
class PollLine:
    """How far the latest poll of a booking is."""

    draft_id: int
    asked: int
    answered: int
    closes_at: datetime
    closed_at: datetime | None


async def list_poll_lines(db: Session, draft_ids: Iterable[int]) -> dict[int, PollLine]:
    """The latest poll of each of these bookings, where there is one."""
    latest = (
        sa.select(sa.func.max(Poll.id))
        .where(Poll.draft_id.in_(list(draft_ids)), Poll.withdrawn_at.is_(None))
        .group_by(Poll.draft_id)
    )
    rows = await db.execute(
        sa.select(
            Poll.draft_id,
            sa.func.count(PollVoter.id),
            sa.func.count(PollVoter.answered_at),
            Poll.closes_at,
            Poll.closed_at,
        )
        .join(PollVoter, PollVoter.poll_id == Poll.id)
        .where(Poll.id.in_(latest))
        .group_by(Poll.id)
    )
    return {line.draft_id: line for line in (PollLine(*row) for row in rows)}


def _is_booked() -> sa.ColumnElement[bool]:
    return sa.select(Meeting.id).where(Meeting.draft_id == Poll.draft_id).correlate(Poll).exists()


async def list_polls_to_remind(db: Session, now: datetime) -> Sequence[int]:
    """Open polls whose reminder is due and has not gone."""
    rows = await db.scalars(
        sa.select(Poll.id).where(
            Poll.closed_at.is_(None),
            Poll.withdrawn_at.is_(None),
            Poll.reminded_at.is_(None),
            Poll.remind_at <= now,
            Poll.closes_at > now,
            sa.not_(_is_booked()),
        )
    )
    return rows.all()


async def list_polls_to_close(db: Session, now: datetime) -> Sequence[int]:
    """Polls whose time to answer is over, or whose meeting is booked."""
    rows = await db.scalars(
        sa.select(Poll.id)
        .where(Poll.closed_at.is_(None), Poll.withdrawn_at.is_(None))
        .where(sa.or_(Poll.closes_at <= now, _is_booked()))
    )
    return rows.all()


async def has_poll_letter_gone(db: Session, poll_id: int, now: datetime) -> bool:
    """Whether a letter of a poll has reached somebody, or is being sent at this moment."""
    is_being_sent = sa.and_(OutboxLetter.state == LetterState.WAITING, OutboxLetter.leased_until > now)
    found = await db.scalar(
        sa.select(OutboxLetter.id)
        .where(OutboxLetter.poll_id == poll_id)
        .where(sa.or_(OutboxLetter.state == LetterState.SENT, is_being_sent))
        .limit(1)
    )
    return found is not None


async def has_letter_gone(db: Session, key: str) -> bool:
    """Whether a letter has gone; where not, it is taken back."""
    await db.execute(
        sa.update(OutboxLetter)
        .where(OutboxLetter.key == key, OutboxLetter.state == LetterState.WAITING, OutboxLetter.leased_until.is_(None))
        .values(state=LetterState.WITHDRAWN)
    )
    kept = sa.select(OutboxLetter.id).where(OutboxLetter.key == key, OutboxLetter.state != LetterState.WITHDRAWN)
    return await db.scalar(kept) is not None


async def withdraw_poll_letters(db: Session, poll_id: int, letters: Collection[str], now: datetime) -> None:
    """Take back the letters of a poll, of these kinds, that have not gone."""
    await db.execute(
        sa.update(OutboxLetter)
        .where(OutboxLetter.poll_id == poll_id, OutboxLetter.letter.in_(letters))
        .where(OutboxLetter.state == LetterState.WAITING)
        .where(sa.or_(OutboxLetter.leased_until.is_(None), OutboxLetter.leased_until <= now))
        .values(state=LetterState.WITHDRAWN)
    )


async def revoke_poll_links(db: Session, poll_id: int, now: datetime) -> None:
    """Close every link to a poll."""
    await db.execute(
        sa.update(PersonalLink)
        .where(PersonalLink.poll_id == poll_id, PersonalLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def find_held_time(db: Session, uid: str) -> int | None:
    """The time that is, or was, kept in a calendar under this UID."""
    found: int | None = await db.scalar(sa.select(PollTime.id).where(PollTime.held_uid == uid))
    return found


async def list_held_times(
    db: Session, person_ids: Iterable[int], starts_at: datetime, ends_at: datetime, except_draft: int | None
) -> Sequence[tuple[int, datetime, datetime]]:
    """Times that these people keep free while others are asked: (person, start, end), those of one booking left out."""
    rows = await db.execute(
        sa.select(PollTime.holder_id, PollTime.starts_at, PollTime.ends_at)
        .join(Poll, Poll.id == PollTime.poll_id)
        .where(
            PollTime.holder_id.in_(list(person_ids)),
            PollTime.released_at.is_(None),
            PollTime.starts_at < ends_at,
            PollTime.ends_at > starts_at,
            Poll.draft_id != (except_draft or 0),
        )
    )
    return [(holder_id or 0, start, end) for holder_id, start, end in rows]


async def list_polls_to_release(db: Session, now: datetime) -> Sequence[int]:
    """Polls whose held times nobody needs any more: too old, taken back, or their meeting is booked or given up."""
    is_over = sa.or_(
        PollTime.held_until <= now,
        Poll.withdrawn_at.is_not(None),
        BookingDraft.discarded_at.is_not(None),
        _is_booked(),
    )
    rows = await db.scalars(
        sa.select(Poll.id)
        .join(PollTime, PollTime.poll_id == Poll.id)
        .join(BookingDraft, BookingDraft.id == Poll.draft_id)
        .where(PollTime.held_uid.is_not(None), PollTime.released_at.is_(None), is_over)
        .distinct()
    )
    return rows.all()


async def load_asker(db: Session, poll: Poll) -> BookingDraft | None:
    """The booking that a poll belongs to, thrown away or not."""
    return await db.get(BookingDraft, poll.draft_id)


async def list_latest_letters(db: Session, poll_id: int) -> dict[int, OutboxLetter]:
    """The latest letter of a poll to each person, by person id."""
    rows = await db.scalars(
        sa.select(OutboxLetter)
        .where(OutboxLetter.poll_id == poll_id, OutboxLetter.letter.in_(["ask_times", "remind_times"]))
        .order_by(OutboxLetter.id)
    )
    return {letter.person_id or 0: letter for letter in rows}
