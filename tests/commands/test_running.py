"""The commands that run the service, as a shell sees them: exit code, what is said, and where."""

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from coord_service.commands.installation import unknown_settings
from coord_service.operations.keeping_mail import HANDED_OVER
from coord_service.storage.schema import newest_revision
from tests.operations.attendee_mail import hand_over, write_words
from tests.servers.processes import free_port, wait_until_listening

COORD = [sys.executable, "-m", "coord_service"]
Shell = subprocess.CompletedProcess[str]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """A shell without any settings of ours, but these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COORD_")}
    return plain | {"COORD_DATA_DIR": str(folder), "PYTHONUNBUFFERED": "1"} | settings


def coord(folder: Path, *words: str, **settings: str) -> Shell:
    return subprocess.run(
        [*COORD, *words], env=environment(folder, **settings), capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_every_faulty_setting_is_named_at_once(tmp_path: Path):
    shell = coord(tmp_path, "serve", COORD_PORT="many", COORD_MAIL_FROM="nobody", COORD_SMTP_HOTS="mail.example.org")
    assert (shell.returncode, shell.stdout) == (2, "")
    for name in ("COORD_PORT", "COORD_MAIL_FROM", "COORD_SMTP_HOTS", "is it COORD_SMTP_HOST?"):
        assert name in shell.stderr


def test_only_our_own_variables_are_looked_at():
    assert unknown_settings({"PATH": "", "COORD_PORT": "1", "COORD_TEST_POSTGRES_URL": "x", "OTHER_COORD_X": ""}) == []


def test_migrating_up_and_down_says_where_the_database_is(tmp_path: Path):
    assert f"at revision {newest_revision()}" in coord(tmp_path, "migrate").stdout
    assert "no tables" in coord(tmp_path, "migrate", "--to", "base").stdout
    shell = coord(tmp_path, "migrate", "--to", "9999")
    assert (shell.returncode, shell.stdout) == (2, "")
    assert "9999" in shell.stderr


def test_serving_a_database_that_was_not_migrated_is_refused(tmp_path: Path):
    shell = coord(tmp_path, "serve", COORD_PORT="0")
    assert shell.returncode == 2
    assert "run `coord migrate` first" in shell.stderr


def test_a_busy_port_is_said_in_a_line(tmp_path: Path):
    with taken_port() as port:
        for command in ("serve", "demo"):
            shell = coord(tmp_path, command, COORD_PORT=str(port))
            assert (shell.returncode, shell.stdout) == (2, "")
            assert shell.stderr == (
                f"coord {command}: port {port} is in use by another program: "
                "stop that one, or set COORD_PORT to a free port\n"
            )


def test_the_demos_pages_cannot_be_switched_on_outside_the_demo(tmp_path: Path):
    shell = coord(tmp_path, "serve", COORD_DEMO="true", COORD_PORT="0")
    assert shell.returncode == 2
    assert "COORD_DEMO is for `coord demo` alone" in shell.stderr


def test_working_without_redis_is_refused(tmp_path: Path):
    shell = coord(tmp_path, "work")
    assert shell.returncode == 2
    assert "COORD_REDIS_URL is not set" in shell.stderr


def test_serving_ends_well_when_it_is_asked_to(tmp_path: Path):
    assert coord(tmp_path, "migrate").returncode == 0
    settings = environment(tmp_path, COORD_PORT="0", COORD_SMTP_HOST="127.0.0.1", COORD_SMTP_PORT="9")
    with subprocess.Popen([*COORD, "serve"], env=settings, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if '"serving"' in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_busy_port_for_mail_is_said_in_a_line(tmp_path: Path, redis_url: str, command: str):
    assert coord(tmp_path, "migrate").returncode == 0
    with taken_port() as port:
        settings = {"COORD_PORT": "0", "COORD_MAIL_LISTEN_PORT": str(port)}
        settings |= {"COORD_REDIS_URL": redis_url} if command == "work" else {}
        shell = coord(tmp_path, command, **settings)
    assert (shell.returncode, shell.stdout) == (2, "")
    [line] = shell.stderr.splitlines()
    assert f"mail can't be taken on 127.0.0.1 port {port} (" in line
    assert line.endswith("set COORD_MAIL_LISTEN_PORT to a free one")


@pytest.mark.parametrize("command", ["serve", "work"])
def test_the_process_that_does_the_jobs_takes_mail_that_is_handed_over(tmp_path: Path, redis_url: str, command: str):
    """`coord serve` where there is no Redis, `coord work` where there is one."""
    assert coord(tmp_path, "migrate").returncode == 0
    port, redis = free_port(), redis_url if command == "work" else ""
    settings = environment(tmp_path, COORD_PORT="0", COORD_MAIL_LISTEN_PORT=str(port), COORD_REDIS_URL=redis)
    with subprocess.Popen([*COORD, command], env=settings, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until_listening(port)
            asyncio.run(hand_over(port, write_words("zoe@nhs.example", "Please ring me")))
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    with sqlite3.connect(tmp_path / "coord.sqlite") as database:
        assert database.execute("SELECT mailbox FROM inbound_mail").fetchall() == [(HANDED_OVER,)]
    database.close()


@pytest.mark.parametrize("url", ["postgresql+asyncpg://nobody@127.0.0.1:1/none", ""])
def test_the_check_names_each_part_and_the_cure(tmp_path: Path, url: str):
    shell = coord(tmp_path, "check", COORD_DATABASE_URL=url, COORD_REDIS_URL="redis://127.0.0.1:1/0",
                  COORD_SMTP_PORT="9", COORD_IMAP_HOST="127.0.0.1", COORD_IMAP_PORT="9")  # fmt: skip
    assert (shell.returncode, shell.stderr) == (1, "")
    lines = shell.stdout.splitlines()
    assert [(line[:6].strip(), line[6:16].strip()) for line in lines if line[0] != " "] == [
        ("ok", "settings"),
        ("wrong", "database"),
        ("wrong", "redis"),
        ("wrong", "mail out"),
        ("wrong", "mail in"),
        ("ok", "listener"),
        ("wrong", "key"),
        ("ok", "calendars"),
    ]
    assert "Run `coord migrate`." in shell.stdout or "COORD_DATABASE_URL" in shell.stdout
    for name in ("COORD_REDIS_URL", "COORD_SMTP_HOST", "COORD_IMAP_HOST", "COORD_SECRETS_KEY"):
        assert name in shell.stdout


def test_importing_nothing_asks_for_a_file(tmp_path: Path):
    shell = coord(tmp_path, "import")
    assert shell.returncode == 2
    assert "--professionals" in shell.stderr


def test_an_import_with_a_wrong_row_names_it_and_keeps_nothing(tmp_path: Path):
    coord(tmp_path, "migrate")
    file = tmp_path / "people.csv"
    file.write_text(
        "key,name,agency,sector,service\nP1,Zoë Fictonby,Newtown,health,Therapy\nP2,,Newtown,health,Therapy\n"
    )
    shell = coord(tmp_path, "import", "--professionals", str(file))
    assert (shell.returncode, shell.stdout) == (1, "")
    assert shell.stderr == f"{file} line 3: name is empty\nNothing was imported: 1 row is wrong.\n"
    file.write_text("key,name,agency,sector,service\nP1,Zoë Fictonby,Newtown,health,Therapy\n")
    for said in ("would be imported: 1 new", "imported: 1 new", "imported: 0 new, 0 changed, 1 as they were"):
        dry = ["--dry-run"] if said.startswith("would") else []
        assert said in coord(tmp_path, "import", "--professionals", str(file), *dry).stdout
