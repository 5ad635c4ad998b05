"""The ledger of chases: what was sent about what, to whom, and that nothing goes twice."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

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

AnyOf = TypeVar("AnyOf", int, str)
AT_A_TIME = 10_000
MOST_DIGESTS = 50  # that may be withdrawn in a day for one address, before nothing more goes there on that day


class ChasedMeanwhile(CoordError):
    """Another sweep has chased the same a moment ago."""


async def list_ledger(db: Session, subject: str, ids: Collection[int]) -> Sequence[Chase]:
    """What was sent about these, oldest first of each."""
    found: list[Chase] = []
    for some in _at_a_time(ids):
        rows = sa.select(Chase).where(Chase.subject == subject, Chase.subject_id.in_(some)).order_by(Chase.id)
        found += (await db.scalars(rows)).all()
    return found


async def list_came_back(db: Session, letter_ids: Collection[int | None]) -> set[int]:
    """Which of these letters were returned."""
    found: set[int] = set()
    for some in _at_a_time([each for each in letter_ids if each is not None]):
        rows = sa.select(OutboxLetter.id).where(OutboxLetter.id.in_(some), OutboxLetter.bounced_at.is_not(None))
        found |= set(await db.scalars(rows))
    return found


async def list_written_since(db: Session, addresses: Collection[str], since: datetime) -> set[str]:
    """Which of these addresses have been chased, for anything, since an instant."""
    found: set[str] = set()
    for some in _at_a_time(addresses):
        rows = sa.select(Chase.address).where(Chase.address.in_(some), Chase.chased_at >= since).distinct()
        found |= set(await db.scalars(rows))
    return found


def _at_a_time(wanted: Collection[AnyOf]) -> Iterator[Sequence[AnyOf]]:
    """A statement takes some 32,000 values; a first sweep may ask about more."""
    ordered = list(wanted)
    return (ordered[first : first + AT_A_TIME] for first in range(0, len(ordered), AT_A_TIME))


async def list_listed(
    db: Session, addresses: Collection[str], since: datetime, besides: Mapping[str, Collection[str]]
) -> dict[str, datetime]:
    """When each of these addresses last had a list: what was chased there as holder, but for steps that go besides."""
    is_besides = sa.or_(
        *(sa.and_(Chase.subject == subject, Chase.step.in_(steps)) for subject, steps in besides.items())
    )
    query = (
        sa.select(Chase.address, sa.func.max(Chase.chased_at))
        .where(Chase.chased_at >= since, Chase.audience == Audience.HOLDER.value, ~is_besides)
        .group_by(Chase.address)
    )
    found: dict[str, datetime] = {}
    for some in _at_a_time(addresses):
        found.update((await db.execute(query.where(Chase.address.in_(some)))).all())
    return found


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
    """Whether everything a digest chases is still open, and not promised for later or paused since."""
    for subject, is_open, paused_until_on in (
        (ADVICE, AdviceRequest.status == AdviceStatus.OPEN, AdviceRequest.paused_until_on.expression),
        (ACTION, Action.status == ActionStatus.OPEN, sa.null()),
    ):
        table = TABLES[subject]
        rows = await db.execute(
            sa.select(is_open, table.promised_on, paused_until_on, Chase.chased_at)
            .select_from(Chase)
            .join(table, table.id == Chase.subject_id)
            .where(Chase.subject == subject, Chase.letter_id == letter_id)
        )
        for still_open, *held_until, chased_at in rows:
            if not still_open or any(day and day >= day_in_london(chased_at) for day in held_until):
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
    keys = [f"{key}:{number}" for number in range(MOST_DIGESTS)]
    states = await db.scalars(sa.select(OutboxLetter.state).where(OutboxLetter.key.in_(keys)))
    earlier = states.all()
    if len(earlier) == MOST_DIGESTS or any(state is not LetterState.WITHDRAWN for state in earlier):
        raise ChasedMeanwhile("This address has had its mail for today.")
    return f"{key}:{len(earlier)}"
