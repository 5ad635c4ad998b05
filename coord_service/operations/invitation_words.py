"""Words that go into an invitation, an update or a cancellation: nothing in them tells who the child is (DOMAIN §6)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from coord_service.domain.people import Sector
from coord_service.domain.private_words import find_private_words
from coord_service.storage.database import Session
from coord_service.storage.meetings import list_team_members
from coord_service.storage.tables import Child


@dataclass(frozen=True, slots=True)
class InvitationWords:
    """What somebody typed that will be mailed: free text by the field it stands in, the place, the link to join by."""

    texts: dict[str, str | None]
    place: str | None = None
    online_url: str | None = None


async def faults_of_words(
    db: Session, children: Sequence[Child], words: InvitationWords, today: date
) -> dict[str, str]:
    """What would tell a reader who the child is, as a sentence a field; empty where nothing does.

    In a place only full names count (a school may be called St Thomas), in a link only names (it is full of numbers).
    """
    team = await list_team_members(db, [child.id for child in children], today)
    family = [each.person.name for each in team if each.sector is Sector.FAMILY]
    names = [*(f"{child.given_name} {child.family_name}" for child in children), *family]
    birthdays = [child.born_on for child in children]
    faults: dict[str, str] = {}
    for name, text in words.texts.items():
        if found := find_private_words(text or "", names, birthdays):
            faults[name] = (
                f"Take out {_listed(found)}: whoever sees the calendar reads an invitation, so no name, birthday or "
                "number of a child or family goes into it. Write “the child” or “the family” instead"
            )
    if told := [name for name in names if name.casefold() in (words.place or "").casefold()]:
        faults["place"] = f"Take out {_listed(told)}: no name of a child or family goes into an invitation"
    longer = [part for name in names for part in name.split() if len(part) > 2]
    if told := find_private_words(re.sub(r"\d", " ", words.online_url or ""), longer, []):
        faults["online_url"] = (
            f"Make a link without {_listed(told)}: no name of a child or family goes into an invitation"
        )
    return faults


def _listed(words: Sequence[str]) -> str:
    return " and ".join(f"“{word}”" for word in words)
