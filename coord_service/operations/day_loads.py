"""What another meeting would be to people who have some here already: as they say, else as the council does."""

from collections.abc import Iterable

from coord_service.domain.day_load import DayLoad, Strain, strains_of
from coord_service.operations.diaries import KnownTimes
from coord_service.operations.finding_rules import load_finding_rules
from coord_service.operations.guests import Guest, Habits
from coord_service.storage.database import Session


async def find_strains(db: Session, guests: Iterable[Guest], known: KnownTimes) -> tuple[Strain, ...]:
    """Theirs over the days that are known; what only stands in calendars outside is no meeting that we can tell."""
    usual = (await load_finding_rules(db)).load
    return tuple(
        strain
        for guest, diary in zip(guests, known.diaries, strict=True)
        for strain in strains_of(diary, known.meetings.get(guest.person_id, ()), load_of(guest.habits, usual))
    )


def load_of(habits: Habits, usual: DayLoad) -> DayLoad:
    """What a day can take of somebody."""
    most = usual.most_meetings if habits.most_meetings is None else habits.most_meetings
    between = usual.minutes_between if habits.minutes_between is None else habits.minutes_between
    return DayLoad(most, between)
