"""The notes of a meeting, as somebody without an account reads them behind a personal link."""

from collections.abc import Sequence
from dataclasses import dataclass

from coord_service.domain.meetings import NEUTRAL_TITLES
from coord_service.errors import NotFound
from coord_service.operations.circulating import load_circulation, say_owner
from coord_service.operations.holding import Section, line_of, sections_of
from coord_service.operations.links import OpenedLink
from coord_service.operations.tools import Tools
from coord_service.storage.holding import list_agenda
from coord_service.storage.tables import Action, Child, Meeting


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader may see: of the children whose team they are in, and nobody else's."""

    meeting: Meeting
    title: str
    children: Sequence[Child]
    sections: Sequence[Section]
    actions: Sequence[tuple[Action, str]]


async def load_reading(tools: Tools, link: OpenedLink) -> Reading:
    """The notes behind a link; who may read them is looked at again at every opening. Raises NotFound."""
    meeting_id, person_id = link.about.meeting_id or 0, link.about.person_id or 0
    async with tools.database.read() as db:
        facts = await load_circulation(db, tools, meeting_id)
        items = await list_agenda(db, meeting_id)
    reader = next((each for each in facts.readers if each.person.id == person_id), None)
    if reader is None or not reader.children:
        raise NotFound("These notes are no longer shared with you. Ring us if you think they should be.")
    known = {None, *(child.id for child in reader.children)}
    return Reading(
        meeting=facts.meeting,
        title=NEUTRAL_TITLES[facts.meeting.purpose],
        children=reader.children,
        sections=sections_of(facts.meeting, [line_of(each) for each in items if each.child_id in known]),
        actions=[(each, say_owner(facts.meeting, each, person_id)) for each in facts.actions_for(reader)],
    )
