"""The cases behind each figure of the chase report."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from coord_service.domain.advice import AdviceKind
from coord_service.domain.figures import Figure
from coord_service.domain.people import PersonKind
from coord_service.storage.database import Session
from coord_service.storage.report_conditions import (
    Moment,
    Narrowing,
    Query,
    came_on,
    chases,
    fell_due,
    from_actions,
    from_requests,
    is_escalated,
    is_open,
    is_overdue,
    is_received,
    is_silent,
    is_unchased,
    last_chase,
    narrow,
    overdue_actions,
)
from coord_service.storage.tables import Action, AdviceRequest, Agency, Chase, Child, Person, Service, User

_WORKER_PERSON = aliased(Person, name="worker_person")


@dataclass(frozen=True, slots=True)
class Case:
    """One request in a list of cases, with what a row of the page or of a download says."""

    request_id: int
    child_id: int
    reference: str
    given_name: str
    family_name: str
    agency: str
    service: str
    person: str | None
    is_family: bool
    kind: AdviceKind
    their_reference: str | None
    lead_worker: str
    asked_at: datetime
    due_on: date
    promised_on: date | None
    came_on: str | None  # as it was noted; else the day of ``ended_at``
    ended_at: datetime | None
    chases: int
    last_chased_at: datetime | None


@dataclass(frozen=True, slots=True)
class ActionCase:
    """One overdue action."""

    action_id: int
    child_id: int
    reference: str
    given_name: str
    family_name: str
    agency: str
    owner: str
    what: str
    due_on: date
    promised_on: date | None


# What a figure counts, and so what its list of cases holds; the figure on time opens to all that fell due.
_CONDITIONS = {
    Figure.OPEN: is_open,
    Figure.OVERDUE: is_overdue,
    Figure.SILENT: is_silent,
    Figure.UNCHASED: is_unchased,
    Figure.ESCALATED: is_escalated,
    Figure.ON_TIME: fell_due,
}


async def list_cases(
    db: Session, figure: Figure, moment: Moment, chosen: Narrowing, window: tuple[int, int] | None
) -> tuple[list[Case], int]:
    """The cases behind a figure, the longest due first, and how many there are; all of them without a window."""
    query = (
        _cases(moment)
        .where(_CONDITIONS[figure](moment), narrow(chosen))
        .order_by(AdviceRequest.due_on, AdviceRequest.id)
    )
    if window is not None:
        query = query.limit(window[0]).offset(window[1])
    rows = (await db.execute(query)).all()
    return [Case(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


def _cases(moment: Moment) -> Query:
    """The columns of a Case in their order, and the number of all rows."""
    chased = sa.select(sa.func.count()).select_from(Chase).where(chases(moment))
    query = sa.select(
        AdviceRequest.id,
        Child.id,
        Child.reference,
        Child.given_name,
        Child.family_name,
        Agency.name,
        Service.name,
        Person.name,
        sa.func.coalesce(Person.kind == PersonKind.FAMILY, sa.false()),
        AdviceRequest.kind,
        AdviceRequest.their_reference,
        _WORKER_PERSON.name,
        AdviceRequest.asked_at,
        AdviceRequest.due_on,
        AdviceRequest.promised_on,
        sa.case((is_received(moment), came_on())),
        sa.case((is_received(moment), AdviceRequest.ended_at)),
        chased.correlate(AdviceRequest).scalar_subquery(),
        last_chase(moment),
        sa.func.count().over(),
    )
    return (
        from_requests(query)
        .join(Agency, Agency.id == Service.agency_id)
        .join(User, User.id == Child.lead_worker_id)
        .join(_WORKER_PERSON, _WORKER_PERSON.id == User.person_id)
        .outerjoin(Person, Person.id == AdviceRequest.person_id)
    )


async def list_overdue_actions(
    db: Session, moment: Moment, chosen: Narrowing, agency: str | None, window: tuple[int, int]
) -> tuple[list[ActionCase], int]:
    """Overdue actions, the longest due first, and how many there are."""
    rows = (
        await db.execute(
            from_actions(
                sa.select(
                    Action.id,
                    Child.id,
                    Child.reference,
                    Child.given_name,
                    Child.family_name,
                    Action.agency,
                    Person.name,
                    Action.what,
                    Action.due_on,
                    Action.promised_on,
                    sa.func.count().over(),
                )
            )
            .where(overdue_actions(moment, chosen, agency))
            .order_by(Action.due_on, Action.id)
            .limit(window[0])
            .offset(window[1])
        )
    ).all()
    return [ActionCase(*row[:-1]) for row in rows], rows[0][-1] if rows else 0
