"""The fuzzer itself: the same seed tries the same, and a broken promise is found and kept."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.__main__ import main
from tests.fuzz.bending import Bender
from tests.fuzz.promises import PromiseBroken, check
from tests.fuzz.stock import meetings, stock


def test_the_same_seed_bends_the_same_way() -> None:
    first, second = (Bender(Random(7), stock()) for _ in range(2))
    assert [first.message() for _ in range(50)] == [second.message() for _ in range(50)]


@pytest.mark.parametrize("seed", range(3))
def test_no_bent_message_breaks_a_promise(seed: int) -> None:
    """Some hundreds of them; ``make fuzz`` tries as many as there is time for."""
    bender, places = Bender(Random(seed), stock()), meetings()
    for n in range(150):
        check(bender.message(), places[n % len(places)])


def test_a_finding_is_a_file_and_a_bad_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(raw: bytes, meeting: object) -> None:
        raise PromiseBroken("something happened: and this is what")

    monkeypatch.setattr("tests.fuzz.__main__.check", broken)
    assert main(["--seconds", "0.2", "--keep", str(tmp_path)]) == 1
    assert [each.suffix for each in sorted(tmp_path.iterdir())] == [".bin", ".txt"]
