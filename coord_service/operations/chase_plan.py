"""Which chases are due at an instant: the database finds what can be, the ladder decides (`domain.chasing`)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from coord_service.clock import day_in_london
from coord_service.domain.chasing import Call, ChaseFacts, Decision, Due, Sent, next_chase
from coord_service.domain.ladders import Anchors, Audience, Climb, Ladder, LadderKind
from coord_service.domain.wall_time import midnight_in_london
from coord_service.domain.working_days import WorkingDays
from coord_service.operations.chase_lists import LettersOf, load_letters_of
from coord_service.operations.chase_rules import LADDERS, ChaseRules
from coord_service.storage.chase_ledger import list_came_back, list_ledger
from coord_service.storage.chasing import (
    Fallen,
    FallenSteps,
    Owed,
    is_of_same_chase,
    list_open,
    list_owed,
    load_first_due,
)
from coord_service.storage.database import Session
from coord_service.storage.tables import Chase

# Until agencies' co-ordinators and heads of service are on record, the SEND manager stands for them.
REACHED = (Audience.HOLDER, Audience.SERVICE_MANAGER, Audience.SEND_MANAGER)
OLDEST_ASSESSMENT = timedelta(weeks=20)
OLDEST_PROMISE = timedelta(days=60)  # one broken longer ago was chased since, as the ladder went on
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Planned:
    """A chase to be sent (or, for a family, a call to be made): what is owed, to whom, by which step."""

    owed: Owed
    step: Due | Call
    owes_much: bool = False  # the holder: they get a list a week, and little besides


async def plan_chases(db: Session, rules: ChaseRules, now: datetime) -> list[Planned]:
    """Every chase that is due now, in the order of the due dates."""
    planned: list[Planned] = []
    for subject in LADDERS:
        planned += await _plan(db, rules, await _list_owed(db, rules, subject, now), now)
    return sorted(planned, key=_oldest_and_nearest_first)


async def plan_again(db: Session, rules: ChaseRules, planned: Sequence[Planned], now: datetime) -> list[Planned]:
    """What is still due of it, from what is on record by now."""
    groups: dict[tuple[str, str], set[int]] = {}
    for each in planned:
        groups.setdefault((each.owed.subject, each.owed.audience), set()).add(each.owed.id)
    found: list[Planned] = []
    for (subject, audience), ids in groups.items():
        owed = [each for each in await list_open(db, subject, rules.day(now), audience, ids) if each.is_reachable]
        found += await _plan(db, rules, owed, now)
    return sorted(found, key=_oldest_and_nearest_first)


async def _plan(db: Session, rules: ChaseRules, owed: Sequence[Owed], now: datetime) -> list[Planned]:
    return [
        Planned(each, step, known.owes_much)
        for each, known, step in await decide(db, rules, owed, now)
        if isinstance(step, Call) or (isinstance(step, Due) and each.audience in step.audience)
    ]


def _oldest_and_nearest_first(planned: Planned) -> tuple[date, str, int, int]:
    owed = planned.owed
    return owed.due_on, owed.subject, owed.id, rank(owed)


def rank(owed: Owed) -> int:
    """How far above the holder an audience stands."""
    return REACHED.index(Audience(owed.audience))


async def _list_owed(db: Session, rules: ChaseRules, subject: str, now: datetime) -> Sequence[Owed]:
    first_due = await load_first_due(db, subject)
    if first_due is None:
        return []
    day = rules.day(now)
    return await list_owed(db, subject, _find_fallen(rules, subject, first_due, day.on), day)


async def decide(
    db: Session, rules: ChaseRules, owed: Sequence[Owed], now: datetime
) -> Sequence[tuple[Owed, ChaseFacts, Decision]]:
    """What the ladder says of each, from the ledger and from who was written to today and this week."""
    if not owed:
        return []
    subject = owed[0].subject
    ledger: dict[int, list[Chase]] = {}
    for chase in await list_ledger(db, subject, {each.id for each in owed}):
        ledger.setdefault(chase.subject_id, []).append(chase)
    came_back = await list_came_back(db, [chase.letter_id for rows in ledger.values() for chase in rows])
    letters = await load_letters_of(db, rules, {each.address for each in owed if each.address}, now)
    ladder = rules.ladder(subject)
    facts = [_facts(rules, each, _reached_by(ledger.get(each.id, []), each, came_back), letters) for each in owed]
    decisions = {known: next_chase(ladder, known, now, rules.working_days) for known in set(facts)}  # many are alike
    return [(each, known, decisions[known]) for each, known in zip(owed, facts, strict=True)]


def _reached_by(ledger: Sequence[Chase], owed: Owed, came_back: Collection[int]) -> list[Chase]:
    """The ledger without what came back from another address than today's: that has reached nobody."""
    return [chase for chase in ledger if chase.letter_id not in came_back or chase.address == owed.address]


def _facts(rules: ChaseRules, owed: Owed, ledger: Sequence[Chase], letters: LettersOf) -> ChaseFacts:
    today = letters.today
    is_holder = owed.audience == Audience.HOLDER
    return ChaseFacts(
        asked_on=day_in_london(owed.asked_at),
        due_on=owed.due_on,
        sent=tuple(
            Sent(chase.step, chase.anchor_on, day_in_london(chase.chased_at))
            for chase in ledger
            if is_of_same_chase(chase, owed)
        ),
        next_limit_on=rules.next_limit(owed.assessment_requested_on, today),
        limit_known_on=owed.assessment_corrected_on,
        promised_on=owed.promised_on,
        paused_until_on=owed.paused_until_on,
        last_mail_on=today if owed.address in letters.written else None,
        is_held_by_family=owed.is_family,
        terms=rules.terms if owed.is_at_school else None,
        owes_much=is_holder and owed.address in letters.owing_much,
        listed_on=letters.listed_on.get(owed.address or "") if is_holder else None,
    )


def _find_fallen(rules: ChaseRules, subject: str, first_due: date, today: date) -> FallenSteps:
    ladder = rules.ladder(subject)
    return FallenSteps(
        by_due=_by_due(ladder, rules.working_days, first_due, today),
        by_limit=tuple(_by_limit(ladder, rules, today)) if ladder.kind is LadderKind.ADVICE else (),
        by_promise=tuple(
            Fallen(promised_on, audience, midnight_in_london(promised_on + ONE_DAY))
            for promised_on in _days(today - OLDEST_PROMISE, today - ONE_DAY)
            for audience in REACHED
        ),
    )


@lru_cache(maxsize=8)
def _by_due(ladder: Ladder, working_days: WorkingDays, first_due: date, today: date) -> tuple[Fallen, ...]:
    """For every due date since the first, the step that has fallen last. The same all day long, so it is kept."""
    last_due = working_days.add(today, 1 - ladder.steps[0].days)
    return tuple(
        Fallen(due_on, audience, midnight_in_london(rung.on))
        for due_on in _days(first_due, last_due)
        if (rung := Climb(ladder, Anchors(date.min, due_on), working_days).latest(today)) and rung.on >= ladder.since_on
        for audience in _reached(rung.step.audience)
    )


def _by_limit(ladder: Ladder, rules: ChaseRules, today: date) -> Iterator[Fallen]:
    """For every day on which an assessment may have been asked for, the step that its next limit has made fall."""
    for requested_on in _days(today - OLDEST_ASSESSMENT, today):
        limit_on = rules.next_limit(requested_on, today)
        fallen = [
            (on, step)
            for step in ladder.steps
            if step.before_limit is not None and limit_on is not None
            if ladder.since_on <= (on := rules.working_days.add(limit_on, -step.before_limit)) <= today
        ]
        if fallen:
            on, step = fallen[-1]
            for audience in _reached(step.audience):
                yield Fallen(requested_on, audience, midnight_in_london(on))


def _reached(audience: Collection[Audience]) -> Iterator[Audience]:
    return (each for each in REACHED if each in audience)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))
