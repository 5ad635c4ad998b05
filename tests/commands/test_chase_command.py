"""``coord chase`` as a script sees it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from coord_service.operations.tools import Tools
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import start_asking
from tests.installation import StandingClock, clock, tools

__all__ = ["clock", "tools"]


def coord_chase(tools: Tools | None, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    url = tools.settings.database if tools else f"sqlite+aiosqlite:///{folder / 'none.sqlite'}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COORD_")}
    return subprocess.run(
        [sys.executable, "-m", "coord_service", "chase", *words],
        env=environment | {"COORD_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_rehearsal_says_who_would_get_what_and_why_the_others_do_not(
    tools: Tools, clock: StandingClock, mail_servers: DemoMail, tmp_path: Path
) -> None:
    asking = await start_asking(tools, clock, mail_servers)
    await asking.ask()
    late = json.loads(coord_chase(tools, "--dry-run", "--as-of", "2026-04-21", folder=tmp_path).stdout)
    assert [(letter["to"], letter["letter"]) for letter in late["letters"]] == [
        (asking.shah.email, "chase_advice"),
        (asking.service.manager_email, "escalate_advice"),
    ]
    assert late["letters"][0]["chases"][0]["step"] == "+5"
    assert late["not_chased"] == []
    early = json.loads(coord_chase(tools, "--dry-run", "--as-of", "2026-03-04", folder=tmp_path).stdout)
    assert early["letters"] == []
    assert early["not_chased"][0]["look_again"] == "2026-03-27"
    assert "Testwood" not in json.dumps([late, early])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--as-of", "2026-04-21"], "--as-of needs --dry-run"),
        (["--dry-run", "--as-of", "1999-01-01"], "outside the years"),
        (["--dry-run", "--as-of", "21 April"], "is not a date like"),
        (["--dry-run"], "run coord migrate"),
    ],
)
def test_bad_input_ends_with_two_and_one_line(words: list[str], sentence: str, tmp_path: Path) -> None:
    done = coord_chase(None, *words, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
