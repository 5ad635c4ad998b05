"""``coord user``: the first administrator, before anybody can sign in."""

import asyncio
from pathlib import Path

import pytest

from coord_service.__main__ import main
from coord_service.commands.migrate import migrate
from coord_service.settings import Settings


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty, migrated installation that the environment names."""
    monkeypatch.setenv("COORD_DATA_DIR", str(tmp_path))
    asyncio.run(migrate(Settings(data_dir=tmp_path)))


def add(email: str = "ada@example.org") -> int:
    return main(["user", "add", "--name", "Ada Quill", "--email", email, "--role", "administrator"])


@pytest.mark.usefixtures("installation")
def test_adding_an_account_prints_the_link_to_choose_a_password(capsys):
    assert add() == 0
    assert "http://127.0.0.1:8080/password/" in capsys.readouterr().out
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out == "ada@example.org\tAdministrator\tinvited\n"


@pytest.mark.usefixtures("installation")
def test_an_account_is_not_added_twice(capsys):
    add()
    capsys.readouterr()
    assert add("ADA@example.org") == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "coord user: There is an account with this e-mail address already\n")


@pytest.mark.usefixtures("installation")
def test_an_address_that_is_none_is_refused(capsys):
    assert add("ada") == 2
    assert "correct format" in capsys.readouterr().err


def test_a_database_without_tables_says_what_to_do(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COORD_DATA_DIR", str(tmp_path))
    assert main(["user", "list"]) == 2
    assert "run coord migrate" in capsys.readouterr().err
