"""``make fuzz SECONDS=60 SEED=1``: bends the corpus and messages of our own until the time is up.

Prints one JSON line: how many were tried, of which kinds, what was found. Each finding is a file in ``--keep``; put it
into ``tests/corpus/itip`` with the verdict it should get, and mend the programme. Exit 1 when there is a finding.
"""

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random

from integrations.itip import read_copy
from tests.fuzz.bending import Bender
from tests.fuzz.promises import check
from tests.fuzz.stock import CORPUS, meetings, stock

MOST_FINDINGS = 50


def main(words: list[str]) -> int:
    """Try bent messages until the time is up."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1, help="the same seed tries the same messages in the same order")
    parser.add_argument("--keep", type=Path, default=Path(".coord/fuzz"), help="where findings are put")
    arguments = parser.parse_args(words)
    random = Random(arguments.seed)
    bender, places = Bender(random, stock()), [read_copy((CORPUS / "meeting.ics").read_bytes()), *meetings()]
    kinds: Counter[str] = Counter()
    findings: dict[str, str] = {}
    until = time.monotonic() + arguments.seconds
    while time.monotonic() < until and len(findings) < MOST_FINDINGS:
        raw, place = bender.message(), random.choice(places)
        try:
            kinds[check(raw, place)] += 1
        except Exception as error:  # noqa: BLE001 - any error is a finding
            kinds["finding"] += 1
            where = _where(error)
            if where not in findings:
                findings[where] = _keep(raw, where, arguments.keep)
                print(f"{where}: {findings[where]}", file=sys.stderr, flush=True)
    print(json.dumps({"seed": arguments.seed, "tried": kinds.total(), "kinds": kinds, "findings": findings}))
    return 1 if findings else 0


def _where(error: Exception) -> str:
    """What went wrong and in which line of ours: one finding each."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    promise = str(error).partition(":")[0] if isinstance(error, AssertionError) else ""
    return f"{type(error).__name__} {promise[:80]} at {Path(frame.filename).name}:{frame.lineno}"


def _keep(raw: bytes, where: str, folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"finding-{len(list(folder.iterdir())) + 1:03}.bin"
    path.write_bytes(raw)
    path.with_suffix(".txt").write_text(where + "\n")
    return str(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
