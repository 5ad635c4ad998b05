"""Statutory limits that follow from a date, each with its paragraph: JSON out."""

import argparse
import re
from datetime import date
from typing import Any

from coord_service.commands.terminal import BadInput, write_json
from coord_service.domain.clocks import ClockKind, Limit, due
from coord_service.errors import Refused
from coord_service.rulebook import load_clock_laws


def register(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``coord clocks``."""
    parser.add_argument("--kind", required=True, choices=[kind.value for kind in ClockKind], help="what started")
    parser.add_argument(
        "--start", required=True, type=plain_day, metavar="DATE", help="the day it started, like 2026-03-03"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write ``{"clocks": [...]}``. A start before the law commenced is bad input."""
    try:
        limits = due(load_clock_laws(), ClockKind(arguments.kind), arguments.start)
    except Refused as error:
        raise BadInput(str(error)) from error
    write_json({"clocks": [_shown(limit) for limit in limits]})
    return 0


def _shown(limit: Limit) -> dict[str, Any]:
    return {
        "id": limit.id,
        "due": limit.due_on.isoformat(),
        "law": limit.law,
        "rule": limit.rule,
        "exceptions": list(limit.exceptions),
    }


def plain_day(text: str) -> date:
    """A date like 2026-03-03 and no other spelling, for argparse's ``type=``."""
    try:
        # fromisoformat alone would also take 20260303 and 2026-W10-2.
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-03-03")
