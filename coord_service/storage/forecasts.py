"""How long advice, and the authority's own decisions, took in the last year: counted by the database."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from coord_service.domain.advice import AdviceStatus
from coord_service.domain.case_steps import CaseStep
from coord_service.storage.database import Session
from coord_service.storage.report_conditions import came_on
from coord_service.storage.tables import AdviceRequest, CaseEvent, Child


class DaysBetween(FunctionElement[int]):
    """Whole days from a date to a day that is written as 2026-03-03."""

    type = sa.Integer()
    inherit_cache = True


class LondonDay(FunctionElement[str]):
    """The day of an instant as 2026-03-03: in London where the database knows it, else in UTC."""

    type = sa.String()
    inherit_cache = True


@compiles(DaysBetween, "sqlite")
def _days_on_sqlite(element: DaysBetween, compiler: Any, **options: Any) -> str:
    since, until = (compiler.process(each, **options) for each in element.clauses)
    return f"CAST(julianday({until}) - julianday({since}) AS INTEGER)"


@compiles(DaysBetween, "postgresql")
def _days_on_postgres(element: DaysBetween, compiler: Any, **options: Any) -> str:
    since, until = (compiler.process(each, **options) for each in element.clauses)
    return f"(CAST({until} AS DATE) - {since})"


@compiles(LondonDay, "sqlite")
def _day_on_sqlite(element: LondonDay, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)})"


@compiles(LondonDay, "postgresql")
def _day_on_postgres(element: LondonDay, compiler: Any, **options: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'Europe/London', 'YYYY-MM-DD')"


async def count_answer_days(
    db: Session, service_ids: Collection[int], since: datetime, until: datetime
) -> dict[int, dict[int, int]]:
    """By service: how many pieces of advice took how many days from receipt until they came, of those since then."""
    came = sa.func.coalesce(came_on(), LondonDay(AdviceRequest.ended_at))
    each = (
        sa.select(AdviceRequest.service_id, DaysBetween(AdviceRequest.received_on, came).label("days"))
        .where(AdviceRequest.status == AdviceStatus.RECEIVED, AdviceRequest.received_on.is_not(None))
        .where(AdviceRequest.ended_at >= since, AdviceRequest.ended_at < until)
        .where(AdviceRequest.service_id.in_(service_ids))
        .subquery()
    )
    rows = await db.execute(
        sa.select(each.c.service_id, each.c.days, sa.func.count()).group_by(each.c.service_id, each.c.days)
    )
    found: dict[int, dict[int, int]] = {}
    for service_id, days, count in rows:
        found.setdefault(service_id, {})[max(0, days)] = count
    return found


async def count_decision_days(db: Session, since: date) -> dict[int, int]:
    """How many decisions whether to assess took how many days from the request, of those since a day."""
    decided = (CaseStep.ASSESSMENT_DECIDED, CaseStep.ASSESSMENT_REFUSED)
    rows = await db.execute(
        sa.select(CaseEvent.happened_on, Child.assessment_requested_on, sa.func.count())
        .join(Child, Child.id == CaseEvent.child_id)
        .where(CaseEvent.what.in_(decided), CaseEvent.withdrawn_at.is_(None), CaseEvent.happened_on >= since)
        .where(CaseEvent.happened_on >= Child.assessment_requested_on)
        .group_by(CaseEvent.happened_on, Child.assessment_requested_on)
    )
    found: dict[int, int] = {}
    for decided_on, asked_on, count in rows:
        if asked_on is not None:
            days = (decided_on - asked_on).days
            found[days] = found.get(days, 0) + count
    return found
