"""Import children, professionals and teams from CSV files (UTF-8, comma, a first line of column names).

Repeat it every night: records are found again by "key", the other system's own; what a file does not name stays as
it is. Everything is imported or, if any row is wrong, nothing: every wrong row is named on standard error, exit 1.
"""

import argparse
import asyncio
import sys
from collections.abc import Iterable, Sequence

from sqlalchemy.exc import DBAPIError
from tqdm import tqdm

from coord_service.bootstrap import build
from coord_service.commands.installation import load_settings
from coord_service.commands.serving import require_newest_schema
from coord_service.commands.terminal import BadInput, read_bytes
from coord_service.errors import Refused
from coord_service.operations.import_rows import ImportRow
from coord_service.operations.imports import LAYOUTS, ImportFile, Outcome, import_records
from coord_service.operations.tools import Tools

WORDS = """
sector: education, health, social_care, voluntary, council. plan_status: support, assessment, plan.
lead_worker: the address a lead worker signs in with. required: yes or no. sharing: not_asked, agreed, refused.
Dates: 2016-03-01 or 01/03/2016. child and person in teams: keys of the other two files.
"""


def register(parser: argparse.ArgumentParser) -> None:
    """Add the arguments; the help names every column."""
    for kind, layout in LAYOUTS.items():
        columns = f"columns: {', '.join(layout.needed)}; may have: {', '.join(layout.optional)}"
        parser.add_argument(f"--{kind}", metavar="FILE", help=columns)
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.epilog = WORDS


def run(arguments: argparse.Namespace) -> int:
    """Import, or say what is wrong."""
    names = {kind: getattr(arguments, kind) for kind in LAYOUTS if getattr(arguments, kind)}
    if not names:
        raise BadInput("name at least one file: --professionals, --children or --teams")
    files = {kind: ImportFile(name, read_bytes(name)) for kind, name in names.items()}
    try:
        outcome = asyncio.run(_import(build(load_settings()), files, is_dry_run=arguments.dry_run))
    except Refused as error:
        raise BadInput(str(error)) from error
    except (DBAPIError, OSError) as error:
        raise BadInput(f"the database did not answer, nothing was imported: {error.args[0]}") from error
    return _tell(outcome)


async def _import(tools: Tools, files: dict[str, ImportFile], *, is_dry_run: bool) -> Outcome:
    try:
        await require_newest_schema(tools.database)
        return await import_records(tools, files, _with_bar, is_dry_run=is_dry_run)
    finally:
        await tools.close()


def _with_bar(kind: str, rows: Sequence[ImportRow]) -> Iterable[ImportRow]:
    """A progress bar on standard error, where somebody watches."""
    return tqdm(rows, desc=kind, unit=" rows", disable=None, leave=False)


def _tell(outcome: Outcome) -> int:
    for fault in outcome.faults:
        sys.stderr.write(f"{fault}\n")
    if outcome.faults:
        rows = len({(fault.file, fault.line) for fault in outcome.faults})
        sys.stderr.write(f"Nothing was imported: {rows} {'row is' if rows == 1 else 'rows are'} wrong.\n")
        return 1
    verb = "imported" if outcome.is_kept else "would be imported"
    for kind, tally in outcome.tallies.items():
        print(f"{kind} {verb}: {tally.new} new, {tally.changed} changed, {tally.same} as they were")
    return 0
