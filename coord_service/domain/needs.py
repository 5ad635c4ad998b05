"""What can need a lead worker, in the order it is shown, and what a child's dates alone ask for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from coord_service.domain.case_clocks import CaseClock, ClockState
from coord_service.domain.children import PlanStatus
from coord_service.domain.clocks import ClockKind, ClockLaw, Limit, due
from coord_service.domain.working_days import WorkingDays
from coord_service.errors import Refused


class NeedGroup(StrEnum):
    """The groups of "What needs you", in their order."""

    TODAY = "today"
    DECIDE = "decide"
    UNDELIVERED = "undelivered"
    ADVICE = "advice"
    ACTIONS = "actions"
    LIMITS = "limits"
    ARRANGE = "arrange"


GROUP_NAMES = {
    NeedGroup.TODAY: "Today, tomorrow, and calls to make",
    NeedGroup.DECIDE: "Decide",
    NeedGroup.UNDELIVERED: "Could not be delivered",
    NeedGroup.ADVICE: "Advice overdue or promised for today",
    NeedGroup.ACTIONS: "Actions overdue",
    NeedGroup.LIMITS: "Limits in the next 10 working days, forecast to be missed, or missed",
    NeedGroup.ARRANGE: "To arrange, to finish, and new to you",
}


class NeedKind(StrEnum):
    """What needs somebody, in the order of its group."""

    MEETING_SOON = "meeting_soon"
    MEETING_UNRECORDED = "meeting_unrecorded"
    CALL_OWED = "call_owed"
    CALL_SILENT = "call_silent"
    REFUSED = "refused"
    PROPOSED = "proposed"
    CHANGED_THERE = "changed_there"
    POLL_OVER = "poll_over"
    STRANGER = "stranger"
    DELEGATE = "delegate"
    DOUBTFUL = "doubtful"
    MAIL = "mail"
    ADVICE_PROBLEM = "advice_problem"
    ADVICE_UNCHECKED = "advice_unchecked"
    ACTION_NOT_MINE = "action_not_mine"
    UNDELIVERED = "undelivered"
    ADVICE_LATE = "advice_late"
    ADVICE_PROMISED = "advice_promised"
    ACTION_MINE = "action_mine"
    ACTION_LATE = "action_late"
    LIMIT = "limit"
    LIMIT_FORECAST = "limit_forecast"
    LIMIT_MISSED = "limit_missed"
    REVIEW = "review"
    TAC = "tac"
    POLL_OPEN = "poll_open"
    DRAFT = "draft"
    HANDED_OVER = "handed_over"


KINDS_OF = {
    NeedGroup.TODAY: (
        NeedKind.MEETING_SOON,
        NeedKind.MEETING_UNRECORDED,
        NeedKind.CALL_OWED,
        NeedKind.CALL_SILENT,
    ),
    NeedGroup.DECIDE: (
        NeedKind.REFUSED,
        NeedKind.PROPOSED,
        NeedKind.CHANGED_THERE,
        NeedKind.POLL_OVER,
        NeedKind.STRANGER,
        NeedKind.DELEGATE,
        NeedKind.DOUBTFUL,
        NeedKind.MAIL,
        NeedKind.ADVICE_PROBLEM,
        NeedKind.ADVICE_UNCHECKED,
        NeedKind.ACTION_NOT_MINE,
    ),
    NeedGroup.UNDELIVERED: (NeedKind.UNDELIVERED,),
    NeedGroup.ADVICE: (NeedKind.ADVICE_LATE, NeedKind.ADVICE_PROMISED),
    NeedGroup.ACTIONS: (NeedKind.ACTION_MINE, NeedKind.ACTION_LATE),
    NeedGroup.LIMITS: (NeedKind.LIMIT, NeedKind.LIMIT_FORECAST, NeedKind.LIMIT_MISSED),
    NeedGroup.ARRANGE: (NeedKind.REVIEW, NeedKind.TAC, NeedKind.POLL_OPEN, NeedKind.DRAFT, NeedKind.HANDED_OVER),
}

SILENT_AFTER = 20  # working days in which a family hears nothing
LIMITS_WITHIN = 10  # working days
REVIEW_WITHIN = timedelta(weeks=12)
TAC_EVERY = timedelta(weeks=6)
FIRST_TAC_WITHIN = timedelta(weeks=3)  # the first is wanted within 3 to 6 weeks (DOMAIN §5)


@dataclass(frozen=True, slots=True)
class CaseDates:
    """The dates of one open case that say what is to be done; ``opened_on`` is when its record began."""

    plan_status: PlanStatus
    opened_on: date
    last_review_on: date | None = None
    family_heard_on: date | None = None
    last_met_on: date | None = None
    next_meeting_on: date | None = None
    next_review_on: date | None = None


def silent_since(case: CaseDates, today: date, working_days: WorkingDays) -> date | None:
    """The day since which a family has heard nothing, if that is 20 working days or more ago."""
    since = case.family_heard_on or case.opened_on
    return since if since <= working_days.add(today, -SILENT_AFTER) else None


def limits_ahead(clocks: Iterable[CaseClock], today: date, working_days: WorkingDays) -> list[CaseClock]:
    """The limits of a case that nobody has met yet and that fall from today until ten working days on.

    Advice is left out: what is owed has rows of its own.
    """
    until = working_days.add(today, LIMITS_WITHIN)
    return [each for each in _of_ours(clocks) if each.state is ClockState.DUE and each.limit.due_on <= until]


def limits_missed(clocks: Iterable[CaseClock]) -> list[CaseClock]:
    """The limits of a case that have passed unmet, the longest first; what an exception lifts is not missed."""
    missed = (each for each in _of_ours(clocks) if each.state is ClockState.LATE)
    return sorted(missed, key=lambda each: each.limit.due_on)


def _of_ours(clocks: Iterable[CaseClock]) -> Iterable[CaseClock]:
    return (each for each in clocks if each.is_open and each.request_id is None)


def review_to_arrange(case: CaseDates, laws: Sequence[ClockLaw], today: date) -> date | None:
    """The last day to meet so that a review due within 12 weeks can be decided in time, if none is booked."""
    if case.plan_status is not PlanStatus.PLAN or case.next_review_on is not None:
        return None
    limit = _review_due(laws, case.last_review_on)
    return limit.meet_by_on if limit is not None and limit.due_on <= today + REVIEW_WITHIN else None


def tac_to_arrange(case: CaseDates, today: date) -> date | None:
    """The day since which a next meeting is wanted: six weeks after the last; three after the record began, for the
    first one, unless the child has a plan already. None while one is booked."""
    if case.next_meeting_on is not None:
        return None
    if case.last_met_on is None and case.plan_status is PlanStatus.PLAN:
        return None
    wanted_on = case.last_met_on + TAC_EVERY if case.last_met_on else case.opened_on + FIRST_TAC_WITHIN
    return wanted_on if wanted_on < today else None


def _review_due(laws: Sequence[ClockLaw], last_on: date | None) -> Limit | None:
    """None where no last review is known, or one from before the law."""
    try:
        limits = due(laws, ClockKind.REVIEW, last_on) if last_on is not None else []
    except Refused:
        limits = []
    return next((each for each in limits if each.id == "review_due"), None)
