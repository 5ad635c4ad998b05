"""The chronology of a case as a PDF: what its page says, line by line."""

import asyncio
import re
from collections.abc import Sequence

from coord_service.clock import day_in_london
from coord_service.domain.people import Actor
from coord_service.domain.report_tables import ReportDocument, ReportForm, ReportTable
from coord_service.domain.wall_time import say_instant
from coord_service.operations.chronology import CHAPTER_NAMES, ChronologyFilter, ChronologyLine, view_chronology
from coord_service.operations.tools import Tools

ADDRESS_LEFT_OUT = "(an address, left out)"
_ADDRESS = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
DELIVERY_NAMES = {
    "waiting": "Waiting to be sent.",
    "sent": "Delivered to their server.",
    "failed": "Could not be sent.",
    "bounced": "Came back.",
    "withdrawn": "Not sent.",
}
SOURCES = (
    ("letter", "A letter of ours, kept word for word, with what their mail server said."),
    ("mail", "A mail that came in, kept as it came."),
    ("event", "An entry in the history of a request."),
    ("chase", "A line of the ledger that keeps anybody from being chased twice."),
    ("contact", "A call, talk or visit that a member of staff logged."),
    ("meeting", "The record of the meeting."),
    ("audit", "An entry of the audit, which nobody can change."),
)


async def download_chronology(tools: Tools, actor: Actor, child_id: int, chosen: ChronologyFilter) -> tuple[str, bytes]:
    """The child's reference, and the file. Raises NotFound."""
    child, lines = await view_chronology(tools, actor, child_id, chosen)
    day = day_in_london(tools.clock.now())
    document = ReportDocument(
        title=f"Chronology of case {child.reference}",
        subtitle=f"As on record on {day.day} {day:%B %Y}{_narrowed(chosen)}",
        figures=(),
        tables=(_table(lines),),
        notes=tuple((name.capitalize(), words) for name, words in SOURCES),
    )
    made = await asyncio.to_thread(tools.printer.print_report, document, ReportForm.PDF)
    return child.reference, made


def _narrowed(chosen: ChronologyFilter) -> str:
    words = [
        CHAPTER_NAMES[chosen.chapter].lower() if chosen.chapter else "",
        f"since {chosen.since_on.day} {chosen.since_on:%B %Y}" if chosen.since_on else "",
    ]
    return "".join(f", {each}" for each in words if each)


def _table(lines: Sequence[ChronologyLine]) -> ReportTable:
    return ReportTable(
        "What happened, in order",
        ("When", "About", "What", "Who", "Source"),
        tuple((say_instant(each.line.at), each.about, say_line(each), _who(each), each.line.source) for each in lines),
    )


def _who(each: ChronologyLine) -> str:
    return each.recipient or _without_addresses(each.line.by)


def _without_addresses(words: str) -> str:
    """The file may reach somebody from whom an address must be kept (DOMAIN §6): no address is in it."""
    return _ADDRESS.sub(ADDRESS_LEFT_OUT, words)


def say_line(each: ChronologyLine) -> str:
    """What happened, with what became of a letter."""
    line = each.line
    parts = (f"{line.what}.", DELIVERY_NAMES.get(line.delivery or "", ""), line.words)
    return _without_addresses(" ".join(part for part in parts if part))
