"""What the chase report counts, counted by the database as of the end of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from coord_service.domain.figures import FallenDue
from coord_service.storage.database import Session
from coord_service.storage.report_conditions import (
    Condition,
    Moment,
    Narrowing,
    came_on,
    from_actions,
    from_requests,
    is_open,
    is_overdue,
    is_received,
    is_silent,
    is_unchased,
    last_chase,
    narrow,
    overdue_actions,
)
from coord_service.storage.tables import Action, AdviceRequest, Person


@dataclass(frozen=True, slots=True)
class OpenAdvice:
    """So many open requests that are alike; ``due_on`` is None for those that are not late."""

    service_id: int
    kind: str
    person_id: int | None
    person: str | None
    due_on: date | None
    is_silent: bool
    is_unchased: bool
    count: int
    last_chased_at: datetime | None


def _flag(condition: Condition) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)


async def count_open_advice(db: Session, moment: Moment, chosen: Narrowing) -> list[OpenAdvice]:
    """Everything open, counted by service, letter, person, due date and neglect: in one statement."""
    each = (
        from_requests(
            sa.select(
                AdviceRequest.service_id,
                sa.type_coerce(AdviceRequest.kind, sa.String()).label("kind"),
                AdviceRequest.person_id,
                sa.case((is_overdue(moment), AdviceRequest.due_on)).label("due_on"),
                _flag(is_silent(moment)).label("is_silent"),
                _flag(is_unchased(moment)).label("is_unchased"),
                last_chase(moment).label("last_chased_at"),
            )
        )
        .where(is_open(moment), narrow(chosen))
        .subquery()
    )
    alike = (
        each.c.service_id,
        each.c.kind,
        each.c.person_id,
        Person.name,
        each.c.due_on,
        each.c.is_silent,
        each.c.is_unchased,
    )
    rows = await db.execute(
        sa.select(*alike, sa.func.count(), sa.func.max(each.c.last_chased_at))
        .outerjoin(Person, Person.id == each.c.person_id)
        .group_by(*alike)
    )
    return [
        OpenAdvice(service, kind, person_id, person, due_on, bool(silent), bool(unchased), count, last)
        for service, kind, person_id, person, due_on, silent, unchased, count, last in rows
    ]


async def list_fallen_due(
    db: Session, moment: Moment, chosen: Narrowing, since: date
) -> list[tuple[FallenDue, datetime | None]]:
    """All advice that fell due from a day until before the moment, and is open or received: each with the instant at
    which it was received, for where no day of receipt is noted."""
    received = is_received(moment)
    rows = await db.execute(
        from_requests(
            sa.select(
                AdviceRequest.service_id,
                sa.type_coerce(AdviceRequest.kind, sa.String()),
                AdviceRequest.due_on,
                sa.case((received, came_on())),
                sa.case((received, AdviceRequest.ended_at)),
            )
        )
        .where(sa.or_(is_open(moment), received), narrow(chosen))
        .where(AdviceRequest.due_on >= since, AdviceRequest.due_on < moment.day)
    )
    return [
        (FallenDue(service_id, kind, due_on, date.fromisoformat(came_on) if came_on else None), ended_at)
        for service_id, kind, due_on, came_on, ended_at in rows
    ]


async def count_overdue_actions(
    db: Session, moment: Moment, chosen: Narrowing, agency: str | None
) -> Sequence[tuple[str, int, date]]:
    """Overdue actions by their owner's agency: how many, and the earliest due date; the most first."""
    count = sa.func.count()
    rows = await db.execute(
        from_actions(sa.select(Action.agency, count, sa.func.min(Action.due_on)))
        .where(overdue_actions(moment, chosen, agency))
        .group_by(Action.agency)
        .order_by(count.desc(), Action.agency)
    )
    return [(name, number, oldest) for name, number, oldest in rows]
