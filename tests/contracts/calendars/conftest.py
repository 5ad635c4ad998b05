"""Every contract test runs on each kind that has the ability its module names; on the others it is not made at all.

A module says ``ABILITY = Ability.WRITE``; ``ABILITY = None`` means every kind.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from integrations.registry import LINES
from tests.contracts.calendars.cases import CASES, ELSEWHERE
from tests.contracts.calendars.hand import Case, Hand


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" not in metafunc.fixturenames:
        return
    wanted = metafunc.module.ABILITY
    able = [line.kind.kind for line in LINES if wanted is None or wanted in line.kind.abilities]
    here = [kind for kind in able if kind in CASES and wanted not in ELSEWHERE.get(kind, ())]
    metafunc.parametrize("kind", here)


@pytest.fixture
async def case(kind: str, tmp_path: Path) -> AsyncIterator[Case]:
    """A calendar of one kind, and the hand at its other side."""
    async with CASES[kind](tmp_path) as case:
        yield case
        await case.calendar.close()
        await case.impatient.close()


@pytest.fixture
def calendar(case: Case):
    return case.calendar


@pytest.fixture
def hand(case: Case) -> Hand:
    return case.hand
