"""What a lead worker's cases, advice and actions ask for, as rows of the home page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coord_service.clock import day_in_london
from coord_service.domain.advice import ADVICE_KIND_NAMES
from coord_service.domain.case_clocks import CaseClock, case_clocks, clock_name, is_review_on_its_way
from coord_service.domain.meetings import PURPOSE_NAMES
from coord_service.domain.needs import (
    CaseDates,
    NeedKind,
    limits_ahead,
    limits_missed,
    review_to_arrange,
    silent_since,
    tac_to_arrange,
)
from coord_service.operations.actions import ActionNeed
from coord_service.operations.advice_page import AdviceNeed, CallDue
from coord_service.operations.booking import DraftLine
from coord_service.operations.case_clocks import OnRecord, load_on_record
from coord_service.operations.forecasts import CaseForecast, forecast_cases, will_miss
from coord_service.operations.tools import Tools
from coord_service.storage.case_events import Whose
from coord_service.storage.database import Session
from coord_service.storage.home import CaseLine, list_cases_of
from coord_service.storage.tables import Child


@dataclass(frozen=True, slots=True)
class About:
    """The child a row is about."""

    child_id: int
    name: str
    reference: str


@dataclass(frozen=True, slots=True)
class Need:
    """A row: who it is about, what it is, since or until when, and the record that its button leads to.

    ``record`` is the kind of record (child, meeting, advice, action, draft) and its id. ``who`` is the person or the
    service behind it, ``what`` says more in words; ``others`` are further names (who has not answered, whom it was
    escalated to).
    """

    kind: NeedKind
    about: tuple[About, ...]
    record: tuple[str, int]
    who: str = ""
    what: str = ""
    on: date | None = None
    at: datetime | None = None
    others: tuple[str, ...] = ()


def about_child(child: Child) -> About:
    """A child's record as a row says it."""
    return About(child.id, f"{child.given_name} {child.family_name}", child.reference)


async def list_cases(db: Session, tools: Tools, user_id: int, now: datetime) -> list[Need]:
    """What the dates of somebody's open cases ask for: silent families, limits, reviews and next meetings."""
    today = day_in_london(now)
    whose = Whose(lead_worker_id=user_id)
    on_record = await load_on_record(db, whose)
    lines = await list_cases_of(db, user_id, now)
    forecasts = await forecast_cases(db, tools, whose, on_record)
    needs = [need for line in lines for need in _needs_of(line, on_record, tools, today)]
    return [*needs, *(need for each in forecasts for need in _forecast(each))]


def _forecast(case: CaseForecast) -> Iterator[Need]:
    """One row for a case, however many of its limits will be missed."""
    if misses := will_miss(case.forecasts):
        record, (first, *others) = case.record, misses
        yield Need(
            NeedKind.LIMIT_FORECAST,
            (About(record.child_id, f"{record.given_name} {record.family_name}", record.reference),),
            ("child", record.child_id),
            who=clock_name(first.clock),
            what=first.why,
            on=first.due_on,
            others=tuple(clock_name(each.clock) for each in others),
        )


def _needs_of(line: CaseLine, on_record: OnRecord, tools: Tools, today: date) -> Iterator[Need]:
    case, laws, working_days = _dates(line), tools.rulebook.clock_laws, tools.rulebook.working_days
    about = (About(line.child_id, f"{line.given_name} {line.family_name}", line.reference),)
    record = ("child", line.child_id)
    if since := silent_since(case, today, working_days):
        yield Need(NeedKind.CALL_SILENT, about, record, on=since)
    facts = on_record.facts(line.child_id, line)
    clocks = case_clocks(laws, facts, today)
    for clock in limits_ahead(clocks, today, working_days):
        yield Need(NeedKind.LIMIT, about, record, what=clock.name, who=clock.limit.law, on=clock.limit.due_on)
    yield from _missed(clocks, about)
    if not is_review_on_its_way(facts) and (meet_by := review_to_arrange(case, laws, today)):
        yield Need(NeedKind.REVIEW, about, record, on=meet_by)
    if wanted_on := tac_to_arrange(case, today):
        yield Need(NeedKind.TAC, about, record, on=wanted_on)


def _missed(clocks: Sequence[CaseClock], about: tuple[About, ...]) -> Iterator[Need]:
    """One row for a case, however many of its limits have passed."""
    if missed := limits_missed(clocks):
        first, *others = missed
        yield Need(
            NeedKind.LIMIT_MISSED,
            about,
            ("child", about[0].child_id),
            what=first.name,
            who=first.limit.law,
            on=first.limit.due_on,
            others=tuple(each.name for each in others),
        )


def _dates(line: CaseLine) -> CaseDates:
    return CaseDates(
        plan_status=line.plan_status,
        opened_on=day_in_london(line.created_at),
        last_review_on=line.last_review_on,
        family_heard_on=_day(line.family_heard_at),
        last_met_on=_day(line.last_met_at),
        next_meeting_on=_day(line.next_meeting_at),
        next_review_on=_day(line.next_review_at),
    )


def _day(instant: datetime | None) -> date | None:
    return day_in_london(instant) if instant else None


def calls_of(calls: Sequence[CallDue], actions: Sequence[ActionNeed]) -> Iterator[Need]:
    """Families to ring about what they hold: by the ladder, and late without a call since; each thing once."""
    for call in calls:
        about = (about_child(call.child),)
        yield Need(NeedKind.CALL_OWED, about, ("child", call.child.id), call.person.name, call.what, at=call.since)
    asked = {(call.child.id, call.person.id, call.what) for call in calls}
    for need in actions:
        action = need.action
        if _is_to_ring(need) and (action.child_id, action.owner_id, action.what) not in asked:
            about, record = (about_child(action.child),), ("child", action.child_id)
            yield Need(NeedKind.CALL_OWED, about, record, action.owner.name, action.what, on=action.due_on)


def _is_to_ring(need: ActionNeed) -> bool:
    """Owned by the family, and they have not heard from us since it fell due."""
    heard_at = need.action.child.family_heard_at
    return need.is_call and (heard_at is None or day_in_london(heard_at) <= need.action.due_on)


def actions_of(actions: Sequence[ActionNeed], calls: Sequence[CallDue]) -> Iterator[Need]:
    """Late actions, one's own first, and those whose owner says that they are somebody else's."""
    asked = {(call.child.id, call.person.id, call.what) for call in calls}
    for need in actions:
        action = need.action
        if _is_to_ring(need) or (action.child_id, action.owner_id, action.what) in asked:
            continue
        kind = NeedKind.ACTION_MINE if need.is_mine else NeedKind.ACTION_LATE
        if action.suggested_owner:
            kind = NeedKind.ACTION_NOT_MINE
        yield Need(
            kind,
            (about_child(action.child),),
            ("action", action.id),
            who=action.owner.name,
            what=action.what,
            on=action.due_on,
            others=(action.suggested_owner,) if action.suggested_owner else (),
        )


def advice_of(found: Sequence[AdviceNeed]) -> Iterator[Need]:
    """Advice that is late, promised, answered with a difficulty, or come and unchecked."""
    for each in found:
        yield Need(
            _kind_of(each),
            (about_child(each.child),),
            ("advice", each.request_id),
            who=f"{each.service} ({each.person})" if each.person else each.service,
            what=ADVICE_KIND_NAMES[each.kind],
            on=each.promised_on if _kind_of(each) is NeedKind.ADVICE_PROMISED else each.due_on,
            others=(each.problem,) if each.problem else tuple(each.escalated_to),
        )


def _kind_of(need: AdviceNeed) -> NeedKind:
    if need.is_unchecked:
        return NeedKind.ADVICE_UNCHECKED
    if need.problem:
        return NeedKind.ADVICE_PROBLEM
    return NeedKind.ADVICE_LATE if need.days_late else NeedKind.ADVICE_PROMISED


def drafts_of(drafts: Sequence[DraftLine]) -> Iterator[Need]:
    """Bookings that were begun; where people were asked about times, how far that is."""
    for each in drafts:
        names, purpose, poll = ", ".join(each.child_names), PURPOSE_NAMES[each.purpose], each.poll
        if poll is None:
            yield Need(NeedKind.DRAFT, (), ("draft", each.draft_id), names, purpose, at=each.updated_at)
            continue
        is_over = poll.closed_at is not None or poll.answered == poll.asked
        kind = NeedKind.POLL_OVER if is_over else NeedKind.POLL_OPEN
        what = f"{purpose}: {poll.answered} of {poll.asked} have said which times suit them"
        yield Need(kind, (), ("poll", each.draft_id), names, what, at=poll.closes_at)


def handed_over_of(children: Sequence[tuple[Child, datetime]]) -> Iterator[Need]:
    """Children that became somebody's lately."""
    for child, at in children:
        yield Need(NeedKind.HANDED_OVER, (about_child(child),), ("child", child.id), at=at)
