"""What we write, read by ical.js: Thunderbird's parser, which shares nothing with ours (issue 3)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coord_service.domain.itip import Attendee, Event, Method, Outgoing, diff
from coord_service.domain.itip.series import move_date
from integrations.itip import write_calendar
from integrations.itip.vtimezone import vtimezone_text
from tests.fuzz.stock import meetings
from tests.integrations.itip.test_writing import ZONES, events
from tests.invitations import NOW, SHAH, START, meeting, minutes, series
from tests.servers.ical_js import offsets_by_ical_js, read_with_ical_js

HOUR = timedelta(hours=1)


def as_instant(when: date) -> str:
    return when.astimezone(UTC).isoformat() if isinstance(when, datetime) else when.isoformat()


def test_ical_js_reads_every_message_that_we_write() -> None:
    sent = [each for event in meetings() for each in (*diff(None, event, NOW).outgoing,
                                                      *diff(event, None, minutes(9)).outgoing)]  # fmt: skip
    for each, read in zip(sent, read_with_ical_js(map(write_calendar, sent)), strict=True):
        assert read["method"] == each.method
        written = [each.event, *each.event.overrides]
        assert [(one["uid"], one["sequence"], one["status"]) for one in read["events"]] == [
            (one.uid, one.sequence, one.status) for one in written
        ]
        assert [(one["start"], one["end"]) for one in read["events"]] == [
            (as_instant(one.start), as_instant(one.end)) for one in written
        ]
        assert {one["address"] for event in read["events"] for one in event["attendees"]} == {
            f"mailto:{each.recipient}"
        }


def test_ical_js_finds_the_dates_of_a_series_across_the_change_of_the_clocks() -> None:
    (read,) = read_with_ical_js([write_calendar(diff(None, series(SHAH), NOW).outgoing[0])])
    assert read["events"][0]["dates"] == [as_instant(START + n * timedelta(weeks=6)) for n in range(5)]


def test_ical_js_finds_the_date_that_was_moved() -> None:
    second = START + timedelta(weeks=6)
    (read,) = read_with_ical_js(
        [write_calendar(diff(series(SHAH), move_date(series(SHAH), second, second + HOUR), NOW).outgoing[0])]
    )
    (event,) = read["events"]
    assert (event["recurrence_id"], event["start"]) == (as_instant(second), as_instant(second + HOUR))


def test_names_and_texts_come_out_as_they_went_in() -> None:
    """RFC 6868, RFC 5545 §3.3.11."""
    name, text = 'Zoë "Z" Ångström, EP; ^n', "One, two; three\\four\nfive \N{GRINNING FACE}" * 9
    event = meeting(Attendee(SHAH, name=name), summary=text, description=text, location=text)
    ((read,),) = (
        each["events"] for each in read_with_ical_js([write_calendar(Outgoing(SHAH, Method.REQUEST, True, event))])
    )
    assert (read["summary"], read["description"], read["location"]) == (text, text, text)
    assert read["attendees"][0]["parameters"]["cn"] == name
    assert {"rsvp": "TRUE", "partstat": "NEEDS-ACTION", "role": "REQ-PARTICIPANT"}.items() <= (
        read["attendees"][0]["parameters"].items()
    )


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(st.lists(events().map(lambda each: replace(each, rrule="", exdates=(), overrides=())), min_size=1, max_size=5))
def test_ical_js_reads_whatever_can_be_written(written: list[Event]) -> None:
    read = read_with_ical_js([write_calendar(Outgoing(SHAH, Method.REQUEST, True, each)) for each in written])
    for event, ((one,)) in zip(written, (each["events"] for each in read), strict=True):
        assert (one["uid"], one["start"], one["end"]) == (event.uid, as_instant(event.start), as_instant(event.end))
        assert (one["summary"] or "") == event.summary


def walls_around_changes(zone: ZoneInfo) -> list[datetime]:
    """Every hour, and the minute before it, within two days of each change of the clocks, 2020 to 2040; and noons."""
    walls = [datetime(year, month, 15, 12) for year in range(2020, 2041) for month in range(1, 13)]  # noqa: DTZ001
    day = datetime(2020, 1, 1, tzinfo=UTC)
    while day.year <= 2040:
        if day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset():
            around = (day.astimezone(zone).replace(tzinfo=None) + n * HOUR for n in range(-24, 48))
            walls += [each for hour in around for each in (hour, hour - timedelta(minutes=1))]
        day += timedelta(days=1)
    return walls


def possible_offsets(zone: ZoneInfo, wall: datetime) -> set[float]:
    """One, or the two that a wall time can mean in the hour that the clocks skip or repeat (PEP 495)."""
    both = (wall.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    return {each.total_seconds() for each in both if each is not None}


@pytest.mark.itip("1.6")
@pytest.mark.parametrize("name", ZONES)
def test_the_offsets_of_our_zones_equal_zoneinfo_s_at_every_hour_of_change_through_2040(name: str) -> None:
    """RFC 5545 §3.6.5; nextcloud/calendar#4429."""
    zone, text = ZoneInfo(name), vtimezone_text(name)
    assert text
    walls = walls_around_changes(zone)
    found = offsets_by_ical_js(text, [f"{each:%Y-%m-%dT%H:%M:%S}" for each in walls])
    wrong = [wall for wall, each in zip(walls, found, strict=True) if each not in possible_offsets(zone, wall)]
    assert wrong[:3] == []
    assert len(walls) > 5_000 or len({*found}) == 1
