"""Each way of going wrong has an error of its own, passes when it is mended, and says nothing personal."""

import logging
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from coord_service.domain.connections import cure_of
from coord_service.errors import (
    CalendarNonsense,
    CalendarTimedOut,
    CalendarTrouble,
    ConnectionLost,
    SignInRefused,
    Throttled,
)
from coord_service.ports import Ability, Calendar
from integrations.registry import LINES
from tests.contracts.calendars.events import HER, WORDS, appointment, at, meeting, utc
from tests.contracts.calendars.hand import OWNER, Case, Fault

ABILITY = None
WEEK = (utc(8, 0), utc(15, 0))

Call = Callable[[Calendar], Awaitable[object]]
CALLS: dict[str, tuple[Call, Ability | None]] = {
    "check": (lambda calendar: calendar.check(), None),
    "read_busy": (lambda calendar: calendar.read_busy([OWNER], *WEEK), Ability.READ_BUSY),
    "put": (lambda calendar: calendar.put(meeting()), Ability.WRITE),
    "remove": (lambda calendar: calendar.remove(meeting().uid), Ability.WRITE),
    "news": (lambda calendar: calendar.news(None), Ability.FOLLOW),
}

EXPECTED = {
    Fault.REFUSED: SignInRefused,
    Fault.SILENT: CalendarTimedOut,
    Fault.CUT: ConnectionLost,
    Fault.UNREACHABLE: ConnectionLost,
    Fault.THROTTLED: Throttled,
    Fault.NONSENSE: CalendarNonsense,
}


async def trouble_of(case: Case, fault: Fault, call: Call) -> CalendarTrouble:
    """What a call comes to while a fault lasts."""
    await case.hand.break_with(fault)
    with pytest.raises(CalendarTrouble) as caught:
        await call(case.impatient if fault is Fault.SILENT else case.calendar)
    await case.hand.mend()
    return caught.value


def calls_of(kind: str) -> list[Call]:
    """The calls that a kind is able to answer."""
    abilities = next(line.kind.abilities for line in LINES if line.kind.kind == kind)
    return [call for call, ability in CALLS.values() if ability is None or ability in abilities]


async def test_a_connection_that_works_says_what_it_can_do(kind, calendar):
    check = await calendar.check()
    assert check.words
    assert Ability.READ_BUSY in check.abilities
    assert check.abilities <= next(line.kind.abilities for line in LINES if line.kind.kind == kind)


@pytest.mark.parametrize("fault", list(Fault))
async def test_every_call_tells_each_fault_apart_and_works_again_afterwards(kind, case, fault):
    for call in calls_of(kind):
        assert type(await trouble_of(case, fault, call)) is EXPECTED[fault]
        await call(case.calendar)


async def test_whoever_throttles_is_asked_again_when_it_says(case):
    trouble = await trouble_of(case, Fault.THROTTLED, CALLS["read_busy"][0])
    assert isinstance(trouble, Throttled)
    assert trouble.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize("fault", list(Fault))
async def test_one_cure_is_said(case, fault):
    """In the sentence itself, or by the kind of error: not in neither, and not in both."""
    trouble = await trouble_of(case, fault, CALLS["check"][0])
    says_it_itself = len(re.findall(r"[.?!:](?:\s|$)", str(trouble))) > 1
    assert says_it_itself is not bool(cure_of(type(trouble).__name__)), str(trouble)


@pytest.mark.parametrize("fault", [None, *Fault])
async def test_nothing_personal_reaches_a_log_or_an_error(kind, case, caplog, fault):
    caplog.set_level(logging.DEBUG)
    await case.hand.add(appointment(at(9, 10), at(9, 11)))
    said = []
    with capture_logs() as lines:
        for call in calls_of(kind):
            if fault is None:
                await call(case.calendar)
            else:
                trouble = await trouble_of(case, fault, call)
                said.append(f"{trouble} {trouble!r}")
    text = "\n".join([caplog.text, *map(str, lines), *said])
    assert [each for each in (WORDS, OWNER, HER, *case.secrets) if each in text] == []
