"""A pause of the reminders about one request, with a reason and an end. No date moves with it."""

from dataclasses import dataclass
from datetime import date

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.advice import Happening, fault_of_pause
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, Refused
from coord_service.operations.advice_history import Told, note, put_on_record, take_up_open
from coord_service.operations.tools import Tools


@dataclass(frozen=True, slots=True)
class PauseChasing:
    """Until the end of which day nobody is reminded, and why."""

    request_id: int
    until_on: date
    reason: str


async def pause_chasing(tools: Tools, actor: Actor, pause: PauseChasing) -> None:
    """Remind nobody about this request through a day. Raises NotFound, Refused when it is over, InvalidForm."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up_open(db, pause.request_id)
        now = tools.clock.now()
        if fault := fault_of_pause(pause.until_on, day_in_london(now)):
            raise InvalidForm({"until_on": fault})
        request.paused_until_on = pause.until_on
        words = f"Until {pause.until_on:%-d %B %Y}. {pause.reason}"
        note(db, request, Told(Happening.PAUSED, words, actor.label), now)
        put_on_record(db, actor, "pause_chasing", request, now, until_on=pause.until_on.isoformat())


async def resume_chasing(tools: Tools, actor: Actor, request_id: int) -> None:
    """End a pause: reminders go on with the step that fell last. Raises NotFound, Refused where nothing is paused."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up_open(db, request_id)
        if request.paused_until_on is None:
            raise Refused("Reminders about this request are not paused.")
        request.paused_until_on = None
        now = tools.clock.now()
        note(db, request, Told(Happening.RESUMED, "", actor.label), now)
        put_on_record(db, actor, "resume_chasing", request, now)
