"""Every date that recurring-ical-events finds, and no other: the library is the oracle of the quick way."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import event, given
from hypothesis import strategies as st

from integrations.calendars.entries import Question
from integrations.calendars.expansion import busy_blocks
from tests.examples import examples
from tests.integrations.calendars.diaries import LONDON, by_the_library, calendar

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = [LONDON, ZoneInfo("America/New_York"), ZoneInfo("Australia/Sydney"), UTC]
FIRST = date(2019, 1, 1)


@dataclass
class Made:
    """A series as it is written: one VEVENT, and those of its dates that were changed."""

    start: datetime | date
    lines: list[str]
    changed: list[str] = field(default_factory=list)


def written(name: str, when: datetime | date) -> str:
    if not isinstance(when, datetime):
        return f"{name};VALUE=DATE:{when:%Y%m%d}"
    if when.tzinfo is UTC:
        return f"{name}:{when:%Y%m%dT%H%M%S}Z"
    return f"{name};TZID={when.tzinfo}:{when:%Y%m%dT%H%M%S}"


@st.composite
def rules(draw: st.DrawFn, start: datetime | date) -> str:
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    some_days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=4, unique=True)
    if freq == "WEEKLY" and draw(st.booleans()):
        parts += [f"BYDAY={','.join(draw(some_days))}", f"WKST={draw(st.sampled_from(['MO', 'SU']))}"]
    if freq == "MONTHLY":
        numbered = st.builds("{}{}".format, st.sampled_from([1, 2, 3, 4, 5, -1, -2]), st.sampled_from(DAYS))
        month_days = st.lists(st.sampled_from([1, 15, 28, 29, 31, -1, -3]), min_size=1, max_size=2, unique=True)
        parts += draw(
            st.sampled_from(
                [
                    [],
                    [f"BYDAY={draw(numbered)}"],
                    [f"BYDAY={draw(numbered)},{draw(numbered)}"],
                    [f"BYMONTHDAY={','.join(map(str, draw(month_days)))}"],
                    [f"BYDAY={','.join(draw(some_days))}", f"BYSETPOS={draw(st.sampled_from([1, 2, -1]))}"],
                ]
            )
        )
    if freq == "YEARLY" and draw(st.booleans()):
        parts += [
            f"BYMONTH={draw(st.integers(1, 12))}",
            f"BYDAY={draw(st.integers(1, 4))}{draw(st.sampled_from(DAYS))}",
        ]
    ends = draw(st.sampled_from(["never", "never", "count", "until"]))
    if ends == "count":
        parts.append(f"COUNT={draw(st.integers(1, 900))}")
    if ends == "until":
        until = start + timedelta(days=draw(st.integers(0, 3_000)))
        parts.append(
            f"UNTIL={until.astimezone(UTC):%Y%m%dT%H%M%SZ}" if isinstance(until, datetime) else f"UNTIL={until:%Y%m%d}"
        )
    return ";".join(parts)


@st.composite
def series(draw: st.DrawFn) -> Made:
    day = FIRST + timedelta(days=draw(st.integers(0, 2_900)))
    clock = time(
        draw(st.integers(4, 22)), draw(st.sampled_from([0, 15, 30]))
    )  # not in an hour that comes twice or never
    is_timed = draw(st.integers(0, 3)) > 0
    start = datetime.combine(day, clock, draw(st.sampled_from(ZONES))) if is_timed else day
    length = (
        timedelta(minutes=draw(st.sampled_from([15, 60, 90]))) if is_timed else timedelta(days=draw(st.integers(1, 3)))
    )
    made = Made(start, [written("DTSTART", start), written("DTEND", start + length)])
    if draw(st.integers(0, 5)) == 0:
        return made
    made.lines.append(f"RRULE:{draw(rules(start))}")
    near = [start + timedelta(weeks=each) for each in draw(st.lists(st.integers(0, 20), max_size=4, unique=True))]
    for each in near[:1]:
        made.lines.append(written("EXDATE", each))
    for each in near[1:2]:
        made.lines.append(written("RDATE", each))
    for each in near[2:]:
        moved = each + timedelta(days=draw(st.integers(-40, 40)))
        made.changed.append(
            "\n".join([written("RECURRENCE-ID", each), written("DTSTART", moved), written("DTEND", moved + length)])
        )
    return made


def file_of(diary: list[Made]) -> bytes:
    events = [f"UID:{n}@x\n" + "\n".join(made.lines) for n, made in enumerate(diary)]
    changed = [f"UID:{n}@x\n{lines}" for n, made in enumerate(diary) for lines in made.changed]
    return calendar(*events, *changed)


@examples(300)
@given(st.lists(series(), min_size=1, max_size=4), st.integers(-30, 600), st.integers(1, 200))
def test_every_date_is_the_librarys(diary: list[Made], begins: int, days: int) -> None:
    start_at = datetime.combine(diary[0].start, time(9), LONDON) + timedelta(days=begins)
    asked = Question(start_at, start_at + timedelta(days=days), LONDON)
    raw = file_of(diary)
    found = [(block.start_at, block.end_at) for block in busy_blocks(raw, asked)]
    event(f"dates: {min(3, len(found))}")
    assert sorted(found) == by_the_library(raw, asked)
