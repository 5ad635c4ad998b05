"""Chase what is due now, once; or, with --dry-run, say who would get what and why, and why the others don't."""

import argparse
import asyncio
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.exc import DBAPIError

from coord_service.bootstrap import build
from coord_service.clock import LONDON, day_in_london
from coord_service.commands.clocks import plain_day
from coord_service.commands.installation import load_settings
from coord_service.commands.terminal import BadInput, write_json
from coord_service.operations.chase_letters import Digest
from coord_service.operations.chase_plan import Planned
from coord_service.operations.chasing import NotChased, Rehearsal, rehearse_chases, send_due_chases
from coord_service.operations.tools import Tools
from coord_service.rulebook import YEARS

SWEPT_AT = time(9)  # a rehearsal stands for the first sweep of its day


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``coord chase``."""
    parser.add_argument("--dry-run", action="store_true", help="write to nobody, and say what would be sent")
    parser.add_argument("--as-of", type=plain_day, metavar="DATE", help="rehearse this day at 9am; today if not given")


def run(arguments: argparse.Namespace) -> int:
    """Sweep or rehearse. A day without --dry-run is bad input: mails go out now or not at all."""
    if arguments.as_of and not arguments.dry_run:
        raise BadInput("--as-of needs --dry-run: what is sent is sent today")
    if arguments.as_of and arguments.as_of.year not in YEARS[1:-1]:
        raise BadInput(f"{arguments.as_of} is outside the years whose working days are known: 2014 to 2059")
    tools = build(load_settings())
    try:
        write_json(asyncio.run(_chase(tools, arguments.as_of, is_dry=arguments.dry_run)))
    except (DBAPIError, OSError) as error:
        raise BadInput("the database does not answer or has no tables yet: run coord migrate") from error
    return 0


async def _chase(tools: Tools, as_of: date | None, *, is_dry: bool) -> dict[str, Any]:
    try:
        if not is_dry:
            swept = await send_due_chases(tools)
            return {"letters": swept.letters, "chases": swept.chases, "calls": swept.calls}
        day = as_of or day_in_london(tools.clock.now())
        now = datetime.combine(day, SWEPT_AT, LONDON)
        return show_rehearsal(await rehearse_chases(tools, now), now)
    finally:
        await tools.close()


def show_rehearsal(rehearsal: Rehearsal, now: datetime) -> dict[str, Any]:
    """What a sweep would do, as JSON: cases by their reference, and no child's name."""
    return {
        "as_of": day_in_london(now).isoformat(),
        "letters": [_letter(digest) for digest in rehearsal.digests],
        "calls": [_chase_of(each) for each in rehearsal.calls],
        "held": _held(rehearsal),
        "not_chased": [_not_chased(each) for each in rehearsal.not_chased],
    }


def _held(rehearsal: Rehearsal) -> dict[str, Any] | None:
    """What waits after silence, until the end of which day, and why."""
    if rehearsal.hold is None:
        return None
    chases = [_chase_of(each) | {"to": each.owed.address} for each in rehearsal.held]
    return {"until": rehearsal.hold.until_on.isoformat(), "why": rehearsal.hold.why, "chases": chases}


def _letter(digest: Digest) -> dict[str, Any]:
    return {
        "to": digest.address,
        "letter": "escalate_advice" if digest.escalated else "chase_advice",
        "chases": [_chase_of(each) for each in digest.planned],
    }


def _chase_of(planned: Planned) -> dict[str, Any]:
    owed, step = planned.owed, planned.step
    return {
        "subject": owed.subject,
        "id": owed.id,
        "reference": owed.reference,
        "due": owed.due_on.isoformat(),
        "step": step.step,
        "audience": owed.audience,
        "why": step.why,
    }


def _not_chased(each: NotChased) -> dict[str, Any]:
    return {
        "subject": each.subject,
        "id": each.id,
        "reference": each.reference,
        "due": each.due_on.isoformat(),
        "why": each.why,
        "look_again": each.look_again_on.isoformat() if each.look_again_on else None,
    }
