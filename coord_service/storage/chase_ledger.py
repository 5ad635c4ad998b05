"""The ledger of chases: what was sent about what, to whom, and that nothing goes twice."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from coord_service.clock import day_in_london
from coord_service.domain.actions import ActionStatus
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.delivery import LetterState
from coord_service.domain.ladders import Audience
from coord_service.errors import CoordError
from coord_service.storage.chasing import ACTION, ADVICE, TABLES
from coord_service.storage.database import Session
from coord_service.storage.tables import Action, AdviceEvent, AdviceRequest, Chase, OutboxLetter


class ChasedMeanwhile(CoordError):
    """Another sweep has chased the same a moment ago."""


async def list_ledger(db: Session, subject: str, ids: Collection[int]) -> Sequence[Chase]:
    """What was sent about these, oldest first."""
    rows = await db.scalars(
        sa.select(Chase).where(Chase.subject == subject, Chase.subject_id.in_(ids)).order_by(Chase.id)
    )
    return rows.all()


async def list_written_since(db: Session, addresses: Collection[str], since: datetime) -> set[str]:
    """Which of these addresses have been chased, for anything, since an instant."""
    rows = await db.scalars(
        sa.select(Chase.address).where(Chase.address.in_(addresses), Chase.chased_at >= since).distinct()
    )
    return set(rows)


async def list_listed(
    db: Session, addresses: Collection[str], since: datetime, besides: Mapping[str, Collection[str]]
) -> dict[str, datetime]:
    """When each of these addresses last had a list: what was chased there as holder, but for steps that go besides."""
    is_besides = sa.or_(
        *(sa.and_(Chase.subject == subject, Chase.step.in_(steps)) for subject, steps in besides.items())
    )
    rows = await db.execute(
        sa.select(Chase.address, sa.func.max(Chase.chased_at))
        .where(Chase.address.in_(addresses), Chase.chased_at >= since, Chase.audience == Audience.HOLDER.value)
        .where(~is_besides)
        .group_by(Chase.address)
    )
    return dict(rows.all())


async def lock_owed(db: Session, subject: str, ids: Collection[int]) -> None:
    """Make another sweep, or an answer, wait until this transaction is over."""
    table = TABLES[subject]
    await db.execute(sa.select(table.id).where(table.id.in_(ids)).order_by(table.id).with_for_update())


async def keep_chases(db: Session, chases: Sequence[Chase]) -> None:
    """Enter chases in the ledger. Raises ChasedMeanwhile when one of them is there already."""
    db.add_all(chases)
    await write_unless_chased(db)


async def write_unless_chased(db: Session) -> None:
    """Write what is waiting. Raises ChasedMeanwhile when a letter or a chase of the same key is there already."""
    try:
        await db.flush()
    except IntegrityError as error:
        raise ChasedMeanwhile("The same was chased a moment ago.") from error


async def list_histories(db: Session, request_ids: Collection[int]) -> Sequence[AdviceEvent]:
    """What happened to these advice requests, in order."""
    rows = await db.scalars(
        sa.select(AdviceEvent).where(AdviceEvent.request_id.in_(request_ids)).order_by(AdviceEvent.at, AdviceEvent.id)
    )
    return rows.all()


async def are_all_chases_wanted(db: Session, letter_id: int) -> bool:
    """Whether everything a digest chases is still open and not promised for later since."""
    for subject, is_open in (
        (ADVICE, AdviceRequest.status == AdviceStatus.OPEN),
        (ACTION, Action.status == ActionStatus.OPEN),
    ):
        table = TABLES[subject]
        rows = await db.execute(
            sa.select(is_open, table.promised_on, Chase.chased_at)
            .select_from(Chase)
            .join(table, table.id == Chase.subject_id)
            .where(Chase.subject == subject, Chase.letter_id == letter_id)
        )
        for still_open, promised_on, chased_at in rows:
            if not still_open or (promised_on and promised_on >= day_in_london(chased_at)):
                return False
    return True


async def take_back_chases(db: Session, letter: OutboxLetter) -> None:
    """Withdraw a letter that has not gone; of a digest, nothing was sent, and so the ledger says."""
    await db.execute(sa.delete(Chase).where(Chase.letter_id == letter.id))
    letter.state = LetterState.WITHDRAWN


async def name_digest(db: Session, key: str) -> str:
    """The key of the next digest of an address and a day: a digest that was withdrawn makes room for another.

    Raises ChasedMeanwhile when the address has had its digest of the day.
    """
    states = await db.scalars(sa.select(OutboxLetter.state).where(OutboxLetter.key.startswith(key, autoescape=True)))
    earlier = states.all()
    if any(state is not LetterState.WITHDRAWN for state in earlier):
        raise ChasedMeanwhile("This address has had its mail for today.")
    return f"{key}:{len(earlier)}"
