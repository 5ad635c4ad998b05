"""What every decision about a chase goes by: ladders, working days, the law's limits, and when schools are open."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.clocks import ClockKind, ClockLaw, due
from coord_service.domain.ladder_changes import from_data
from coord_service.domain.ladders import Anchors, Climb, Ladder, LadderKind, Rung
from coord_service.domain.terms import SchoolTerms
from coord_service.domain.wall_time import midnight_in_london
from coord_service.domain.working_days import WorkingDays
from coord_service.operations.terms import load_terms
from coord_service.operations.tools import Tools
from coord_service.storage.chasing import ACTION, ADVICE, Day, Owed, count_owed
from coord_service.storage.council import list_ladder_settings
from coord_service.storage.database import Session
from coord_service.storage.tables import LadderSetting

LADDERS = {ADVICE: LadderKind.ADVICE, ACTION: LadderKind.ACTION}
ENDANGERED = frozenset({"decide_no_plan", "final_plan"})  # the limits of an assessment that late advice endangers
OUT_OF_OFFICE = timedelta(days=7)  # how long an automatic reply is believed: then they are written to again


@dataclass(frozen=True, slots=True)
class ChaseRules:
    """Read once a sweep. Two of them are equal where they decide alike."""

    ladders: Mapping[LadderKind, Ladder]
    working_days: WorkingDays
    clock_laws: tuple[ClockLaw, ...]
    terms: SchoolTerms
    list_from: int
    hold_from: int
    owing_much: frozenset[str]  # the addresses that get a list a week

    def ladder(self, subject: str) -> Ladder:
        """The ladder for what is owed."""
        return self.ladders[LADDERS[subject]]

    def near(self, subject: str, today: date) -> date:
        """The last due date for which the first step of the ladder has fallen."""
        return self.working_days.add(today, max(0, -self.ladder(subject).steps[0].days))

    def day(self, now: datetime) -> Day:
        """The day of an instant, and who is away on it."""
        today = day_in_london(now)
        return Day(today, self.terms.is_closed(today), midnight_in_london(today) - OUT_OF_OFFICE)

    def next_limit(self, requested_on: date | None, today: date) -> date | None:
        """The next limit of an assessment that late advice endangers; None where there is none, or none is left."""
        if requested_on is None:
            return None
        limits = due(self.clock_laws, ClockKind.ASSESSMENT, requested_on)
        return min((limit.due_on for limit in limits if limit.id in ENDANGERED and limit.due_on >= today), default=None)

    def following(self, owed: Owed, today: date) -> Rung:
        """The next step after today; at a school, on the first day from then on that somebody reads it."""
        limit_on = self.next_limit(owed.assessment_requested_on, today)
        anchors = Anchors(day_in_london(owed.asked_at), owed.due_on, limit_on, owed.assessment_corrected_on)
        rung = Climb(self.ladder(owed.subject), anchors, self.working_days).following(today)
        return replace(rung, on=self.terms.reopen_on(rung.on, self.working_days)) if owed.is_at_school else rung


def ladder_of(setting: LadderSetting, as_they_came: Mapping[LadderKind, Ladder]) -> Ladder:
    """The ladder that a setting stands for: the council's own, or as it came, from the day after it was set."""
    as_it_came = as_they_came[setting.kind]
    ladder = as_it_came if setting.ladder is None else from_data(setting.kind, setting.ladder)
    since_on = day_in_london(setting.changed_at) + timedelta(days=1) if setting.changed_at else date.min
    return replace(ladder, since_on=since_on)


async def load_chase_rules(db: Session, tools: Tools, now: datetime) -> ChaseRules:
    """The rules as they are now, and who owes so much that the rules of the list hold for them."""
    book = tools.rulebook
    terms, nobody = await load_terms(db), frozenset[str]()
    ladders = {each.kind: ladder_of(each, book.ladders) for each in await list_ladder_settings(db)}
    rules = ChaseRules(ladders, book.working_days, book.clock_laws, terms, book.list_from, book.hold_from, nobody)
    day, counts = rules.day(now), Counter[str]()
    for subject in LADDERS:
        counts.update(await count_owed(db, subject, rules.near(subject, day.on), day))
    return replace(rules, owing_much=frozenset(each for each, count in counts.items() if count >= book.list_from))
