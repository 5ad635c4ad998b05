"""The rules that are data: statutory clocks, chase ladders, and the bank holidays of England.

Read once, from the package's own files, and passed into the rules of ``domain``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

from coord_service.domain.case_steps import CaseStep
from coord_service.domain.clocks import ClockKind, ClockLaw, ClockRule, Ends, Ground
from coord_service.domain.ladders import Audience, Ladder, LadderKind, Step
from coord_service.domain.people import Sector
from coord_service.domain.working_days import WorkingDays
from coord_service.errors import Refused

YEARS = range(2013, 2061)  # those that the file of bank holidays knows


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All of them, for whoever decides: pass its parts on to ``clocks.due`` and ``chasing.next_chase``."""

    clock_laws: tuple[ClockLaw, ...]
    ladders: Mapping[LadderKind, Ladder]
    working_days: WorkingDays
    list_from: int  # whoever owes so many things gets a list a week
    hold_from: int  # so many chases to managers are held after silence


def load_rulebook() -> Rulebook:
    """The rules that come with this version. Raises Refused for data that makes no sense."""
    return Rulebook(load_clock_laws(), load_ladders(), load_working_days(), load_list_from(), load_hold_from())


@cache
def load_clock_laws() -> tuple[ClockLaw, ...]:
    """Every state of the law of the statutory clocks, oldest first (``data/clocks-*.toml``)."""
    texts = (file.read_text("utf-8") for file in _data().iterdir() if file.name.startswith("clocks-"))
    return tuple(sorted((read_clock_law(text) for text in texts), key=lambda law: law.commenced_on))


@cache
def load_ladders() -> Mapping[LadderKind, Ladder]:
    """The chase ladder for each kind of waiting (``data/ladders.toml``)."""
    return {kind: _ladder(kind, _ladders_file()[kind]) for kind in LadderKind}


@cache
def load_list_from() -> int:
    """How many things somebody owes who gets a list a week (``data/ladders.toml``)."""
    number: int = _ladders_file()["weekly_list"]["from"]
    return number


@cache
def load_hold_from() -> int:
    """How many chases to managers are too many at once after silence (``data/ladders.toml``)."""
    number: int = _ladders_file()["catching_up"]["from"]
    return number


def _ladders_file() -> dict[str, Any]:
    return tomllib.loads(_data().joinpath("ladders.toml").read_text("utf-8"))


@cache
def load_working_days() -> WorkingDays:
    """Working days in England, without its bank holidays of 2013 to 2060 (``data/bank-holidays-england.txt``)."""
    lines = _data().joinpath("bank-holidays-england.txt").read_text("utf-8").splitlines()
    days = (word for line in lines if not line.startswith("#") for word in line.split())
    return WorkingDays(frozenset(map(date.fromisoformat, days)))


def _data() -> Any:
    return resources.files("coord_service") / "data"


def read_clock_law(text: str) -> ClockLaw:
    """A state of the law from the text of its file. Raises Refused where an exception has no ground."""
    entry = tomllib.loads(text)
    law = ClockLaw(
        commenced_on=entry["commencement"],
        title=entry["title"],
        rules=tuple(_clock(each) for each in entry["clock"]),
        working_days=load_working_days(),
        grounds={paragraph: Ground(ground) for paragraph, ground in entry["grounds"].items()},
    )
    unknown = {paragraph for rule in law.rules for paragraph in rule.exceptions} - law.grounds.keys()
    if unknown:
        raise Refused(f"{law.title}: nothing says what {', '.join(sorted(unknown))} is about")
    return law


def _clock(entry: dict[str, Any]) -> ClockRule:
    plain = ("id", "law", "rule", "days", "months", "working_days", "meet", "is_minimum", "is_limit")
    return ClockRule(
        kind=ClockKind(entry["kind"]),
        exceptions=tuple(entry["exceptions"]),
        before=(entry["before"][0], entry["before"][1]) if "before" in entry else None,
        ends=Ends(entry.get("ends", Ends.AFTER)),
        ended_by=frozenset(map(CaseStep, entry["ended_by"])),
        void_by=frozenset(map(CaseStep, entry.get("void_by", ()))),
        from_sending=frozenset(map(Sector, entry.get("from_sending", ()))),
        not_before=CaseStep(entry["not_before"]) if "not_before" in entry else None,
        **{name: entry[name] for name in plain if name in entry},
    )


def _ladder(kind: LadderKind, entry: dict[str, Any]) -> Ladder:
    steps = tuple(_step(each) for each in entry["steps"])
    return Ladder(kind, steps, entry["repeat_every"], entry["promise_letter"])


def _step(entry: dict[str, Any]) -> Step:
    return Step(
        name=entry["name"],
        days=entry["days"],
        audience=tuple(Audience(each) for each in entry["audience"]),
        letter=entry["letter"],
        before_limit=entry.get("before_limit"),
        is_reported=entry.get("reported", False),
    )
