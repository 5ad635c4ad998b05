"""The clocks of one case: what started them, what ended them, and how each stands on a day.

Everything follows from the dates of the case's steps: nothing is stored, so that a corrected date corrects all of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import product, starmap

from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.children import PlanStatus
from coord_service.domain.clocks import ClockKind, ClockLaw, ClockRule, Ends, Limit, law_on, limit_of
from coord_service.errors import Refused

HALF_A_YEAR = timedelta(days=183)
A_YEAR = timedelta(days=366)  # how far back something that must precede a meeting or a transfer is looked for


class ClockState(StrEnum):
    """How a clock stands. ``UNRECORDED``: it is over, and nobody put on record when."""

    DONE = "done"
    DONE_LATE = "done_late"
    DUE = "due"
    LATE = "late"
    LIFTED = "lifted"
    VOID = "void"
    UNRECORDED = "unrecorded"


OPEN_STATES = frozenset({ClockState.DUE, ClockState.LATE})

CLOCK_NAMES = {
    "decide_assess": "Decide whether to assess (6 weeks)",
    "decide_no_plan": "Say so if there will be no plan (16 weeks)",
    "final_plan": "Send the final plan (20 weeks)",
    "advice": "Advice (6 weeks)",
    "draft_views": "The family’s time for its views on the draft (15 days)",
    "review_notice": "Give notice of the review meeting (2 weeks before)",
    "review_papers": "Circulate the papers for the review (2 weeks before)",
    "review_report": "Send the report of the review (2 weeks)",
    "review_decision": "Send the decision after the review (4 weeks)",
    "review_due": "Finish the annual review, decision included (12 months)",
    "amend_views": "The family’s time for its views on the amendments (15 days)",
    "amend_final": "Send the amended plan (8 weeks)",
    "reassess_final": "Send the final plan after the reassessment (14 weeks)",
    "transfer_in": "Pass the plan to the new authority (15 working days)",
    "transfer_told": "Tell the family about the transfer (6 weeks)",
    "phase_transfer": "Review and amend before the next phase (15 February)",
    "phase_transfer_post16": "Review and amend before post-16 (31 March)",
    "phase_transfer_between": "Review and amend before the next institution (5 months)",
    "under5_review": "Consider a review (3 to 6 months)",
}

_STARTED_BY = {
    CaseStep.ASSESSMENT_REQUESTED: ClockKind.ASSESSMENT,
    CaseStep.DRAFT_SERVED: ClockKind.DRAFT,
    CaseStep.REVIEW_HELD: ClockKind.REVIEW,
    CaseStep.AMENDMENT_NOTICE: ClockKind.AMENDMENT,
    CaseStep.REASSESSMENT_NOTICE: ClockKind.REASSESSMENT,
    CaseStep.MOVE_KNOWN: ClockKind.MOVE,
    CaseStep.PLAN_TRANSFERRED: ClockKind.TRANSFER,
    CaseStep.PHASE_TRANSFER: ClockKind.PHASE,
    CaseStep.PHASE_TO_POST16: ClockKind.PHASE_POST16,
    CaseStep.PHASE_BETWEEN_POST16: ClockKind.PHASE_BETWEEN,
}
_REVIEWED = frozenset({CaseStep.REVIEWED, CaseStep.PLAN_ISSUED})  # the next review is counted from these
DECIDES_REVIEW = frozenset({CaseStep.REVIEW_DECIDED, CaseStep.AMENDMENT_NOTICE})
# Where a case has to stand for these clocks to be running still.
_RUNS_WHILE = {ClockKind.ASSESSMENT: PlanStatus.ASSESSMENT, ClockKind.REVIEW: PlanStatus.PLAN}


def clock_name(clock: str) -> str:
    """A clock in words; one that a later law brought is called by its id until somebody names it."""
    return CLOCK_NAMES.get(clock, clock.replace("_", " ").capitalize())


def started_by(laws: Iterable[ClockLaw], what: CaseStep) -> frozenset[str]:
    """The clocks that a step starts, under any law."""
    kind, is_review = _STARTED_BY.get(what), what in _REVIEWED
    return frozenset(
        rule.id
        for law in laws
        for rule in law.rules
        if rule.kind is kind or (is_review and (rule.ends is Ends.NEXT or rule.kind is ClockKind.UNDER5))
    )


@dataclass(frozen=True, slots=True)
class Lifting:
    """An exception that holds: the paragraph that lifts one clock, told apart from others like it by its start."""

    clock: str
    start_on: date
    paragraph: str
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class AdviceClock:
    """A request for advice that is open or answered: ``start_on`` is its receipt, until that is known its asking."""

    request_id: int
    who: str
    start_on: date
    due_on: date
    came_on: date | None = None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is on record about one case. ``under_five_until`` is the day of the fifth birthday."""

    plan_status: PlanStatus
    steps: tuple[Step, ...] = ()
    lifted: tuple[Lifting, ...] = ()
    advice: tuple[AdviceClock, ...] = ()
    under_five_until: date | None = None


@dataclass(frozen=True, slots=True)
class CaseClock:
    """One clock of the case as it stands; ``days_late`` counts to its end, or to the day it is looked at.

    ``ended_by`` is the step that ended it; advice is ended by itself. ``paragraph`` is that of an exception. ``who``
    and ``request_id`` are those of the advice that it is about.
    """

    limit: Limit
    start_on: date
    state: ClockState
    ended_on: date | None = None
    ended_by: CaseStep | None = None
    days_late: int = 0
    paragraph: str | None = None
    is_minimum: bool = False
    is_limit: bool = True
    who: str = ""
    request_id: int | None = None

    @property
    def name(self) -> str:
        """What has to be done."""
        return f"{clock_name(self.limit.id)}: {self.who}" if self.who else clock_name(self.limit.id)

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do it, in time or late."""
        return self.state in OPEN_STATES and self.is_limit and not self.is_minimum


def case_clocks(laws: Sequence[ClockLaw], case: CaseFacts, today: date) -> list[CaseClock]:
    """Every clock of a case, by its start and then by its limit. A start before the law has none."""
    found = [*_of_steps(laws, case, today), *_of_advice(laws, case, today)]
    return sorted(found, key=lambda each: (each.start_on, each.limit.due_on))


def is_review_on_its_way(case: CaseFacts) -> bool:
    """Whether a review meeting is booked, or was held and is not decided yet."""
    held, reviewed = _days(case, frozenset({CaseStep.REVIEW_HELD})), _days(case, frozenset({CaseStep.REVIEWED}))
    return max(held, default=date.min) > max(reviewed, default=date.min)


def reviewed_on(steps: Iterable[Step], decided_on: date) -> date | None:
    """The review that a decision is about: the last meeting, or, where none was noted since the last review, itself.

    None for a decision that comes within half a year of a review whose meeting was not noted: it is that one's own.
    """
    known = list(steps)
    held = max((each.on for each in known if each.what is CaseStep.REVIEW_HELD and each.on <= decided_on), default=None)
    last = max((each.on for each in known if each.what in _REVIEWED and each.on < decided_on), default=date.min)
    if held is not None and held >= last:
        return held
    return decided_on if decided_on - HALF_A_YEAR >= last else None


@dataclass(frozen=True, slots=True)
class _Span:
    """The start of a clock between the one before it and the one after it."""

    before: date | None
    start_on: date
    after: date | None


def _of_steps(laws: Sequence[ClockLaw], case: CaseFacts, today: date) -> Iterator[CaseClock]:
    for kind, ends_next in product(ClockKind, (False, True)):
        for span in _until_reassessed(case, kind, _spans(_starts(case, kind, ends_next))):
            law = _law_or_none(laws, span.start_on)
            for rule in law.rules if law else ():
                if rule.kind is kind and (rule.ends is Ends.NEXT) is ends_next and _has_started(rule, span, today):
                    yield _stand(rule, _due_on(rule, laws, span, case), span, case, today)


def _starts(case: CaseFacts, kind: ClockKind, ends_next: bool) -> set[date]:
    """The days on which these clocks started.

    A review meeting starts its own clocks. The next review is counted from the last one that was decided, or from the
    day the plan was made; and anew from a meeting that was held since.
    """
    started = _days(case, frozenset(step for step, started in _STARTED_BY.items() if started is kind))
    decided = (reviewed_on(case.steps, day) for day in _days(case, DECIDES_REVIEW))
    reviewed = _days(case, _REVIEWED) | {day for day in decided if day is not None}
    if kind is ClockKind.REVIEW and ends_next:
        return reviewed | {day for day in started if day > max(reviewed, default=date.min)}
    if kind is ClockKind.UNDER5 and case.under_five_until is not None:
        return {day for day in [max(reviewed, default=date.max)] if day < case.under_five_until}
    return started


def _days(case: CaseFacts, steps: frozenset[CaseStep]) -> set[date]:
    return {step.on for step in case.steps if step.what in steps}


def _spans(starts: Iterable[date]) -> Iterator[_Span]:
    days = sorted(starts)
    return starmap(_Span, zip([None, *days[:-1]], days, [*days[1:], None], strict=True)) if days else iter(())


def _until_reassessed(case: CaseFacts, kind: ClockKind, spans: Iterable[_Span]) -> Iterator[_Span]:
    """An assessment is over when a reassessment starts: the plan that follows then is that one's."""
    notices = _days(case, frozenset({CaseStep.REASSESSMENT_NOTICE})) if kind is ClockKind.ASSESSMENT else set()
    for span in spans:
        until = min((day for day in notices if day > span.start_on), default=date.max)
        yield replace(span, after=until) if until < (span.after or date.max) else span


def _has_started(rule: ClockRule, span: _Span, today: date) -> bool:
    """A meeting to come has what must precede it; what follows it starts when it is held."""
    return span.start_on <= today or rule.ends is Ends.BEFORE


def _law_or_none(laws: Sequence[ClockLaw], day: date) -> ClockLaw | None:
    try:
        return law_on(laws, day)
    except Refused:
        return None


def _due_on(rule: ClockRule, laws: Sequence[ClockLaw], span: _Span, case: CaseFacts) -> date:
    due_on = rule.due_on(span.start_on, law_on(laws, span.start_on).working_days)
    if rule.not_before is None:
        return due_on
    later = (day for day in _days(case, frozenset({rule.not_before})) if day >= span.start_on)
    return max(due_on, min(later, default=due_on))


def _stand(rule: ClockRule, due_on: date, span: _Span, case: CaseFacts, today: date) -> CaseClock:
    ended = _ended(rule, due_on, span, case.steps)
    paragraph = _paragraph(case.lifted, rule.id, span.start_on)
    state = _state(due_on, ended.on if ended else None, paragraph, today)
    if ended is None:
        state = _without_end(rule, state, span, case, today)
    return CaseClock(
        limit=limit_of(rule, due_on),
        start_on=span.start_on,
        state=state,
        ended_on=ended.on if ended else None,
        ended_by=ended.what if ended else None,
        days_late=_days_late(state, due_on, ended.on if ended else today),
        paragraph=paragraph,
        is_minimum=rule.is_minimum,
        is_limit=rule.is_limit,
    )


def _without_end(rule: ClockRule, state: ClockState, span: _Span, case: CaseFacts, today: date) -> ClockState:
    """How a clock stands that nothing has ended: not needed, passed by itself, over and unrecorded, or as it is."""
    if any(step.what in rule.void_by and step.on >= span.start_on for step in case.steps):
        return ClockState.VOID
    if state is ClockState.LATE and rule.is_minimum:
        return ClockState.DONE
    if state is ClockState.LATE and not rule.is_limit:
        return ClockState.DUE
    return ClockState.UNRECORDED if state in OPEN_STATES and _is_over(rule, span, case, today) else state


def _is_over(rule: ClockRule, span: _Span, case: CaseFacts, today: date) -> bool:
    """Whether the case has moved on: it stands elsewhere, has started anew, or the meeting has been."""
    if case.plan_status is not _RUNS_WHILE.get(rule.kind, case.plan_status):
        return True
    if rule.ends is Ends.NEXT:
        return any(day > span.start_on for day in _days(case, _REVIEWED))
    if rule.kind is ClockKind.REVIEW and rule.ends is Ends.BEFORE:
        return today > span.start_on
    if rule.kind is ClockKind.REVIEW and rule.ends is Ends.AFTER:
        return max(_days(case, frozenset({CaseStep.REVIEWED})), default=date.min) > span.start_on
    return rule.ends is Ends.AFTER and span.after is not None and span.after <= today


def _ended(rule: ClockRule, due_on: date, span: _Span, steps: Iterable[Step]) -> Step | None:
    """The first step that ends the clock; of those that must come before its start, the last that was in time.

    What was done in time and then once more is not late, and where nothing was in time the first counts.
    """
    ending = [step for step in steps if step.what in rule.ended_by]
    after = span.after or date.max
    if rule.ends is Ends.BEFORE:
        earliest = max(span.start_on - A_YEAR, span.before or date.min)
        before = [each for each in ending if earliest < each.on <= span.start_on]
        in_time = max((each for each in before if each.on <= due_on), key=_on, default=None)
        return in_time or min(before, key=_on, default=None)
    if rule.ends is Ends.NEXT:
        return _ended_next(due_on, after, ending, [each for each in steps if each.what in _REVIEWED])
    return min((each for each in ending if span.start_on <= each.on < after), key=_on, default=None)


def _ended_next(due_on: date, after: date, ending: Iterable[Step], reviewed: Iterable[Step]) -> Step | None:
    """The decision of the next review; where that was not noted, the next review that was itself in time."""
    later = [each for each in reviewed if each.on >= after]
    following = min((each.on for each in later if each.on > after), default=date.max)
    decided = min((each for each in ending if after <= each.on < following), key=_on, default=None)
    return decided or min((each for each in later if each.on <= due_on), key=_on, default=None)


def _on(step: Step) -> date:
    return step.on


def _paragraph(lifted: Iterable[Lifting], clock: str, start_on: date, request_id: int | None = None) -> str | None:
    """Of the exception to this clock: advice is told apart by its request, anything else by its start."""
    found = (each for each in lifted if (each.clock, each.request_id) == (clock, request_id))
    return next((each.paragraph for each in found if request_id is not None or each.start_on == start_on), None)


def _state(due_on: date, ended_on: date | None, paragraph: str | None, today: date) -> ClockState:
    if ended_on is not None and ended_on <= due_on:
        return ClockState.DONE
    if paragraph is not None:
        return ClockState.LIFTED
    if ended_on is not None:
        return ClockState.DONE_LATE
    return ClockState.LATE if today > due_on else ClockState.DUE


def _days_late(state: ClockState, due_on: date, until_on: date) -> int:
    is_counted = state in {ClockState.LATE, ClockState.DONE_LATE, ClockState.LIFTED}
    return max(0, (until_on - due_on).days) if is_counted else 0


def _of_advice(laws: Sequence[ClockLaw], case: CaseFacts, today: date) -> Iterator[CaseClock]:
    for asked in case.advice:
        law = _law_or_none(laws, asked.start_on)
        for rule in law.rules if law else ():
            if rule.kind is ClockKind.ADVICE:
                yield _stand_of_advice(rule, asked, case, today)


def _stand_of_advice(rule: ClockRule, asked: AdviceClock, case: CaseFacts, today: date) -> CaseClock:
    paragraph = _paragraph(case.lifted, rule.id, asked.start_on, asked.request_id)
    state = _state(asked.due_on, asked.came_on, paragraph, today)
    return CaseClock(
        limit=limit_of(rule, asked.due_on),
        start_on=asked.start_on,
        state=state,
        ended_on=asked.came_on,
        days_late=_days_late(state, asked.due_on, asked.came_on or today),
        paragraph=paragraph,
        who=asked.who,
        request_id=asked.request_id,
    )
