"""``make bench``: every module here named ``bench_…`` has ``figures()``; each figure is one JSON line."""

import importlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from tests.benchmarks.measuring import Figure


def main(wanted: list[str]) -> int:
    """Run the benchmarks named, or all; 2 for a name that is none."""
    names = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    if unknown := [name for name in wanted if name not in names]:
        print(f"no benchmark is called {unknown[0]}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    for name in wanted or names:
        figures: Iterable[Figure] = importlib.import_module(f"tests.benchmarks.bench_{name}").figures()
        for figure in figures:
            print(json.dumps({"bench": name, **asdict(figure)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
