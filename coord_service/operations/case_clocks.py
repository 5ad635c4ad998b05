"""The clocks of cases from what is on record: of one child, of all children of a lead worker."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.advice import ReceiptBasis
from coord_service.domain.case_clocks import AdviceClock, CaseClock, CaseFacts, Lifting, case_clocks
from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.children import PlanStatus, birthday
from coord_service.domain.clocks import ClockLaw, counts_from_sending
from coord_service.domain.lawful import review_limit
from coord_service.domain.meetings import Purpose
from coord_service.domain.people import Actor
from coord_service.operations.cases import load_child
from coord_service.operations.tools import Tools
from coord_service.storage.case_events import (
    AdviceLine,
    Whose,
    list_advice,
    list_events,
    list_liftings,
    list_reviews,
    list_steps,
)
from coord_service.storage.clock_exceptions import list_exceptions
from coord_service.storage.database import Session
from coord_service.storage.date_corrections import list_corrections
from coord_service.storage.tables import CaseEvent, Child, ClockException, DateCorrection

FIVE = 5  # until then the Code advises a review every 3 to 6 months (9.178)


class Dated(Protocol):
    """A case's record: what of it starts clocks."""

    @property
    def plan_status(self) -> PlanStatus:
        """Where it stands."""

    @property
    def assessment_requested_on(self) -> date | None:
        """When the assessment was asked for."""

    @property
    def last_review_on(self) -> date | None:
        """When it was last reviewed, or the plan made."""


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What is on record beside the cases themselves, by child."""

    steps: dict[int, list[Step]]
    lifted: dict[int, list[Lifting]]

    def facts(self, child_id: int, record: Dated, advice: tuple[AdviceClock, ...] = ()) -> CaseFacts:
        """Everything about one case; its advice too, where it is given."""
        steps = [*self.steps.get(child_id, ()), *steps_of_record(record)]
        return CaseFacts(record.plan_status, tuple(steps), tuple(self.lifted.get(child_id, ())), advice)


@dataclass(frozen=True, slots=True)
class ClocksView:
    """What the page of a child's clocks shows; ``untold``: the exceptions that the family has not been told of."""

    child: Child
    clocks: Sequence[CaseClock]
    events: Sequence[CaseEvent]
    untold: Sequence[ClockException]
    corrections: Sequence[DateCorrection]
    today: date


async def view_clocks(tools: Tools, actor: Actor, child_id: int) -> ClocksView:
    """The clocks of one child as they stand today, and what was recorded. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    today = day_in_london(tools.clock.now())
    async with tools.database.read() as db:
        child = await load_child(db, child_id)
        case = await load_case_facts(db, tools, child)
        events = await list_events(db, child_id)
        exceptions = await list_exceptions(db, child_id)
        corrections = await list_corrections(db, child_id)
    untold = [each for each in exceptions if each.told_on is None and each.withdrawn_at is None]
    return ClocksView(child, case_clocks(tools.rulebook.clock_laws, case, today), events, untold, corrections, today)


async def load_case_facts(db: Session, tools: Tools, child: Child) -> CaseFacts:
    """Everything on record about one case, its advice too."""
    whose = Whose(child_id=child.id)
    case = (await load_on_record(db, whose)).facts(child.id, child)
    return CaseFacts(
        plan_status=case.plan_status,
        steps=case.steps,
        lifted=case.lifted,
        advice=tuple(advice_clock(tools.rulebook.clock_laws, line) for line in await list_advice(db, whose)),
        under_five_until=birthday(child.born_on, FIVE),
    )


async def last_review_day(db: Session, tools: Tools, purpose: Purpose, children: Sequence[Child]) -> date | None:
    """The last day for a review of these children that keeps every limit which runs for them: the 12 months (CFA 2014
    s44), and where one of them moves to the next phase, its day (reg 18). None for other purposes, and without limits.
    """
    if purpose is not Purpose.REVIEW:
        return None
    laws, today = tools.rulebook.clock_laws, day_in_london(tools.clock.now())
    days = [review_limit(laws, purpose, [child.last_review_on for child in children])]
    for child in children:
        case = (await load_on_record(db, Whose(child_id=child.id))).facts(child.id, child)
        days += [clock.limit.meet_by_on for clock in case_clocks(laws, case, today) if clock.is_open]
    return min((day for day in days if day is not None), default=None)


async def load_on_record(db: Session, whose: Whose) -> OnRecord:
    """What is on record beside some cases: in as many statements for a thousand as for one."""
    steps = await list_steps(db, whose)
    for child_id, starts_at, booked_at in await list_reviews(db, whose):
        steps.setdefault(child_id, []).extend(_steps_of_review(starts_at, booked_at))
    return OnRecord(steps, await list_liftings(db, whose))


def _steps_of_review(starts_at: datetime, booked_at: datetime) -> Iterable[Step]:
    """A review that is booked through the service gives its notice on the day of the booking (reg 20(3))."""
    yield Step(CaseStep.REVIEW_HELD, day_in_london(starts_at))
    yield Step(CaseStep.REVIEW_NOTICE, day_in_london(booked_at))


def steps_of_record(record: Dated) -> Iterable[Step]:
    """The steps that stand on the child's record itself."""
    if record.assessment_requested_on is not None:
        yield Step(CaseStep.ASSESSMENT_REQUESTED, record.assessment_requested_on)
    if record.last_review_on is not None:
        yield Step(CaseStep.REVIEWED, record.last_review_on)


def came_on(line: AdviceLine) -> date | None:
    """The day on which advice came: as it was noted, else when it was received here."""
    if line.came_on:
        return date.fromisoformat(line.came_on)
    return day_in_london(line.ended_at) if line.ended_at else None


def start_of(laws: Sequence[ClockLaw], line: AdviceLine) -> date:
    """The day from which the six weeks run: the receipt, until that is known the asking (reg 8(1)).

    For the council's own services and schools it is the day on which the request went (Code of Practice 9.41), which is
    the day on which their mail server took it.
    """
    asked_on = day_in_london(line.asked_at)
    is_said = line.receipt_basis not in {None, ReceiptBasis.ACCEPTED_BY_SERVER}
    if is_said and counts_from_sending(laws, line.sector, asked_on):
        return asked_on
    return line.received_on or asked_on


def advice_clock(laws: Sequence[ClockLaw], line: AdviceLine) -> AdviceClock:
    """A request as its clock."""
    return AdviceClock(line.request_id, line.service, start_of(laws, line), line.due_on, came_on(line))
