"""What each address was sent today, and its list of this week."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.chasing import MANUAL, PROMISE
from coord_service.domain.wall_time import midnight_in_london
from coord_service.operations.chase_rules import LADDERS, ChaseRules
from coord_service.storage.chase_ledger import list_listed, list_written_since
from coord_service.storage.database import Session


@dataclass(frozen=True, slots=True)
class LettersOf:
    """What some addresses had by ``today``: anything today, and the last list of this week. And who owes much."""

    today: date
    written: Collection[str]
    listed_on: Mapping[str, date]
    owing_much: Collection[str]


async def load_letters_of(db: Session, rules: ChaseRules, addresses: Collection[str], now: datetime) -> LettersOf:
    """What these addresses had."""
    today = day_in_london(now)
    owing_much = rules.owing_much.intersection(addresses)
    monday = midnight_in_london(today - timedelta(days=today.weekday()))
    besides = {subject: [*rules.ladder(subject).nearest, PROMISE, MANUAL] for subject in LADDERS}
    listed = await list_listed(db, owing_much, monday, besides) if owing_much else {}
    return LettersOf(
        today=today,
        written=await list_written_since(db, addresses, midnight_in_london(today)),
        listed_on={address: day_in_london(at) for address, at in listed.items()},
        owing_much=owing_much,
    )
