"""Times at which a meeting can be held, best first: JSON in, JSON out."""

import argparse
from datetime import datetime
from typing import Any

from coord_service.commands.slot_input import read_search
from coord_service.commands.terminal import BadInput, read_json, write_json
from coord_service.domain.giving import find_gives
from coord_service.domain.slots import Slot, rank
from coord_service.errors import Refused

MOST_GIVES = 3


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``coord slots``."""
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the search as JSON; - or none: stdin")
    parser.add_argument(
        "--better", action="store_true", help="add to each slot what would have to give for a better one"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write ``{"slots": [...]}``, instants in the offset (or Z) of the window's start."""
    write_json(answer(read_json(arguments.file), says_better=arguments.better))
    return 0


def answer(given: Any, *, says_better: bool = False) -> dict[str, Any]:
    """The JSON that answers a search. Raises BadInput for one that makes no sense."""
    try:
        search = read_search(given)
        slots = rank(search)
    except Refused as error:
        raise BadInput(str(error)) from error
    shown = [_shown(slot, given["window"]["start"]) for slot in slots]
    if not says_better:
        return {"slots": shown}
    gives = find_gives(search)
    for each, slot in zip(shown, slots, strict=True):
        each["better"] = gives.better_than(slot) or None
    return {"slots": shown, "better": [] if slots else gives.best(MOST_GIVES)}


def _shown(slot: Slot, like: str) -> dict[str, Any]:
    return {
        "start": _instant(slot.start_at, like),
        "end": _instant(slot.end_at, like),
        "score": slot.score,
        "free": slot.free,
        "tentative": slot.tentative,
        "absent": slot.absent,
        "unknown": slot.unknown,
        "reasons": slot.reasons,
    }


def _instant(instant: datetime, like: str) -> str:
    shown = instant.astimezone(datetime.fromisoformat(like).tzinfo).isoformat()
    return shown.removesuffix("+00:00") + "Z" if like.endswith("Z") else shown
