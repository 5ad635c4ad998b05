"""Which times people like: noted on their page, weighed when a time is looked for. Nothing of it leaves the house."""

from collections.abc import Iterable, Sequence

from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor, Sector
from coord_service.domain.wishes import Wish, WishedTimes, as_data, check_wishes
from coord_service.operations.audit import record
from coord_service.operations.cases import refuse_stale
from coord_service.operations.guests import Guest
from coord_service.operations.people import load_person
from coord_service.operations.tools import Tools


async def set_wishes(tools: Tools, actor: Actor, person_id: int, version: int, wishes: Sequence[WishedTimes]) -> None:
    """Note which times somebody likes; none forgets them. Raises NotFound, Refused, ChangedMeanwhile."""
    require(actor, Permission.EDIT_PEOPLE)
    check_wishes(wishes)
    async with tools.database.begin() as db:
        person = await load_person(db, actor, person_id)
        refuse_stale(person.version, version)
        person.wishes = as_data(wishes) or None
        record(db, actor, "set_wishes", ("person", person.id), tools.clock.now())


def wishes_of(guests: Iterable[Guest]) -> tuple[Wish, ...]:
    """What these people like, as a search weighs it."""
    return tuple(
        Wish(guest.name, each.kind, each.hours, str(guest.person_id), guest.sector is Sector.FAMILY)
        for guest in guests
        for each in guest.habits.wishes
    )
