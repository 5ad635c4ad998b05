"""One box that finds children, people and meetings by any part of a name, a reference, or a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, may, require
from coord_service.domain.people import Actor
from coord_service.domain.searching import ChildFilter, PersonFilter, days_meant, reference_meant, search_words
from coord_service.domain.wall_time import day_span
from coord_service.operations.people import kinds_seen_by, teams_of
from coord_service.operations.tools import Tools
from coord_service.storage import cases, people
from coord_service.storage.database import Session
from coord_service.storage.search import count_meetings, find_meetings
from coord_service.storage.tables import Child, Meeting, Membership, Person

SHOWN = 20
SHOWN_ALL = 200

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Group(Generic[Record]):
    """What was found of one kind: the first of them, and how many there are."""

    rows: Sequence[Record]
    count: int


@dataclass(frozen=True, slots=True)
class Found:
    """Everything found; ``child_id`` is set when exactly one child's reference was typed.

    ``teams`` tells people of one name apart: by person, the teams they are in, for whoever may see cases.
    """

    child_id: int | None
    children: Group[Child]
    people: Group[Person]
    meetings: Group[Meeting]
    teams: Mapping[int, Sequence[Membership]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How much there is in all."""
        return self.children.count + self.people.count + self.meetings.count


NOTHING = Found(None, Group((), 0), Group((), 0), Group((), 0))


async def search(tools: Tools, actor: Actor, text: str, *, all_meetings: bool = False) -> Found:
    """What the words find, for what the actor may see: up to 20 of each kind, or 200 meetings where asked for."""
    require(actor, Permission.SIGNED_IN)
    words = search_words(text)
    if not words:
        return NOTHING
    now = tools.clock.now()
    async with tools.database.read() as db:
        found_people = await _people(db, actor, words)
        if not may(actor, Permission.SEE_CASES):
            return Found(None, Group((), 0), found_people, Group((), 0))
        reference = reference_meant(text)
        child_id = await cases.find_reference(db, reference) if reference else None
        days = [day_span(day) for day in days_meant(text, day_in_london(now))]
        most = SHOWN_ALL if all_meetings else SHOWN
        meetings = Group(await find_meetings(db, words, days, most), await count_meetings(db, words, days))
        teams = await teams_of(db, [each.id for each in found_people.rows])
        return Found(child_id, await _children(db, actor, words, now), found_people, meetings, teams)


async def _people(db: Session, actor: Actor, words: tuple[str, ...]) -> Group[Person]:
    wanted = PersonFilter(kinds=kinds_seen_by(actor), words=words)
    return Group(await people.list_people(db, wanted, (SHOWN, 0)), await people.count_people(db, wanted))


async def _children(db: Session, actor: Actor, words: tuple[str, ...], now: datetime) -> Group[Child]:
    wanted = ChildFilter(words=words)
    rows = await cases.list_children(db, wanted, first=actor.user_id, now=now, window=(SHOWN, 0))
    return Group([child for child, _ in rows], await cases.count_children(db, wanted))
