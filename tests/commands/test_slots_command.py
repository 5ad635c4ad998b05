"""``coord slots``: what scripts rely on, and one line on stderr for everything it can't start on."""

import io
import json
import sys

import pytest

from coord_service.__main__ import main

WINDOW = {"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T12:00:00Z"}


def given(**changes):
    value = {
        "window": WINDOW,
        "duration_minutes": 60,
        "step_minutes": 60,
        "time_zone": "Europe/London",
        "attendees": [{"id": "a", "required": True}],
    }
    return {**value, **changes}


@pytest.fixture
def coord(tmp_path, capfd):
    def run(value, *options):
        file = tmp_path / "search.json"
        file.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        code = main(["slots", *options, str(file)])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def slots(coord, value):
    code, out, err = coord(value)
    assert (code, err) == (0, "")
    return json.loads(out)["slots"]


def test_a_slot_says_when_how_good_who_and_why(coord):
    assert slots(coord, given(limit=1)) == [
        {
            "start": "2026-03-02T09:00:00Z",
            "end": "2026-03-02T10:00:00Z",
            "score": 10_000,
            "free": ["a"],
            "tentative": [],
            "absent": [],
            "unknown": [],
            "reasons": ["Everyone free"],
        }
    ]


def test_asked_for_it_says_what_would_have_to_give_for_a_better_time(coord):
    busy = [{"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T10:00:00Z"}]
    value = given(attendees=[{"id": "a"}, {"id": "b", "required": False, "busy": busy}])
    _, out, _ = coord(value, "--better")
    better = "If b could move what they have between 9am and 10am, everybody could come then"
    assert {slot["start"][11:16]: slot["better"] for slot in json.loads(out)["slots"]} == {
        "09:00": better,
        "10:00": None,
        "11:00": None,
    }
    value["attendees"][1] |= {"required": True, "busy": [busy[0] | {"end": "2026-03-02T12:00:00Z"}]}
    _, out, _ = coord(value, "--better")
    enough = "If b could move what they have between 9am and 12pm, everybody could come on Monday 2 March at 9am"
    assert json.loads(out) == {"slots": [], "better": [enough]}


def test_instants_come_back_in_the_offset_of_the_windows_start(coord):
    window = {"start": "2026-03-02T10:00:00+01:00", "end": WINDOW["end"]}
    assert slots(coord, given(window=window))[0]["start"] == "2026-03-02T10:00:00+01:00"


def test_null_is_the_same_as_missing(coord):
    attendee = {
        "id": "a",
        "required": None,
        "busy": None,
        "working_hours": None,
        "unknown": None,
        "travel_minutes": None,
    }
    value = given(attendees=[attendee], quorum=None, earliest=None, latest=None, limit=None)
    assert slots(coord, value) == slots(coord, given())


def test_everything_that_can_be_said_of_an_attendee_counts(coord):
    attendee = {
        "id": "a",
        "required": False,
        "busy": [{"start": "2026-03-02T09:00:00Z", "end": "2026-03-02T09:30:00Z", "status": "tentative"}],
        "working_hours": [{"days": ["MO"], "start": "09:00", "end": "11:00"}],
        "unknown": False,
        "travel_minutes": 31,
    }
    value = given(attendees=[attendee], latest="2026-03-02T12:00:00Z", quorum=[{"any_of": ["a"], "at_least": 0}])
    found = slots(coord, value)
    assert [slot["tentative"] for slot in found] == [["a"], ["a"], []]
    assert found[2]["absent"] == ["a"]


def test_a_block_may_reach_to_either_end_of_the_calendar(coord):
    busy = [{"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-12:00", "status": "free"}]
    value = given(
        attendees=[{"id": "a", "busy": busy}], earliest="0001-01-01T00:00:00+14:00", latest="9999-12-31T23:59:59-12:00"
    )
    assert len(slots(coord, value)) == 3


def test_the_search_can_come_on_standard_input(monkeypatch, capfd):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(given()).encode())))
    assert main(["slots"]) == 0
    assert len(json.loads(capfd.readouterr().out)["slots"]) == 3


def attendee(**changes):
    return given(attendees=[{"id": "a", **changes}])


def hours(**changes):
    return attendee(working_hours=[{"days": ["MO"], "start": "09:00", "end": "17:00", **changes}])


def block(start="2026-03-02T09:00:00Z", end="2026-03-02T10:00:00Z", **changes):
    return attendee(busy=[{"start": start, "end": end, **changes}])


WRONG = {
    "not JSON": b"{",
    "not UTF-8": b'{"window": "\xff"}',
    "not an object": [],
    "nested beyond reason": b"[" * 100_000,
    "an unknown key": given(colour="red"),
    "an unknown key of the window": given(window={**WINDOW, "zone": "x"}),
    "an unknown key of an attendee": attendee(name="Ms Khan"),
    "an unknown key of a block": block(title="secret"),
    "an unknown key of hours": hours(zone="UTC"),
    "an unknown key of a quorum": given(quorum=[{"any_of": ["a"], "of": 1}]),
    "no window": given(window=None),
    "no attendees": given(attendees=None),
    "no duration": given(duration_minutes=None),
    "no step": given(step_minutes=None),
    "no time zone": given(time_zone=None),
    "an attendee without id": given(attendees=[{"required": True}]),
    "an empty id": given(attendees=[{"id": ""}]),
    "an id that is half a letter": b'{"window":{"start":"2026-03-02T09:00:00Z","end":"2026-03-02T12:00:00Z"},'
    b'"duration_minutes":60,"step_minutes":60,"time_zone":"UTC","attendees":[{"id":"\\ud800"}]}',
    "two attendees of one id": given(attendees=[{"id": "a"}, {"id": "a"}]),
    "a quorum of strangers": given(quorum=[{"any_of": ["z"], "at_least": 1}]),
    "a quorum that names somebody twice": given(quorum=[{"any_of": ["a", "a"]}]),
    "a quorum below nought": given(quorum=[{"any_of": ["a"], "at_least": -1}]),
    "a quorum of numbers": given(quorum=[{"any_of": [1]}]),
    "a window without offset": given(window={**WINDOW, "start": "2026-03-02T09:00:00"}),
    "a window that is only a day": given(window={**WINDOW, "start": "2026-03-02"}),
    "a window that ends before it starts": given(window={"start": WINDOW["end"], "end": WINDOW["start"]}),
    "a window in the first century": given(window={"start": "0001-01-01T00:00:00+14:00", "end": WINDOW["end"]}),
    "a window of ten years": given(window={**WINDOW, "end": "2036-03-02T09:00:00Z"}),
    "more starts than a year has minutes": given(window={**WINDOW, "end": "2028-03-02T09:00:00Z"}, step_minutes=1),
    "earliest without offset": given(earliest="2026-03-02T09:00:00"),
    "latest that is no instant": given(latest="soon"),
    "a duration of nought": given(duration_minutes=0),
    "a duration that is a fraction": given(duration_minutes=30.5),
    "a duration that is true": given(duration_minutes=True),
    "a duration beyond reason": given(duration_minutes=10**30),
    "a step below nought": given(step_minutes=-15),
    "a step that is not a number": b'{"step_minutes": NaN}',
    "a limit below nought": given(limit=-1),
    "an unknown time zone": given(time_zone="Europe/Camelot"),
    "a time zone that is a path": given(time_zone="../../etc/passwd"),
    "a time zone that is a folder": given(time_zone="Europe"),
    "attendees in an object": given(attendees={"id": "a"}),
    "required that is a word": attendee(required="yes"),
    "unknown that is a number": attendee(unknown=1),
    "travel below nought": attendee(travel_minutes=-5),
    "a block without offset": block(start="2026-03-02T09:00:00"),
    "a block that ends before it starts": block(end="2026-03-02T08:00:00Z"),
    "a block of an unknown status": block(status="asleep"),
    "a day that is none": hours(days=["MONDAY"]),
    "a day that is a number": hours(days=[1]),
    "hours that end before they start": hours(end="08:00"),
    "an hour that is none": hours(start="9:00"),
    "an hour past midnight": hours(end="24:30"),
}


@pytest.mark.parametrize("value", WRONG.values(), ids=WRONG.keys())
def test_bad_input_ends_with_one_line_and_nothing_else(coord, value):
    code, out, err = coord(value)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("coord slots: ")


def test_a_file_that_is_not_there_is_bad_input(capfd):
    assert main(["slots", "/nowhere/search.json"]) == 2
    assert "can't read" in capfd.readouterr().err


def test_a_key_is_named_where_it_stands(coord):
    assert coord(block(title="x"))[2] == "coord slots: attendees[0] busy[0] has an unknown key 'title'\n"


def test_an_instant_without_offset_is_refused_however_often_it_comes(coord):
    naive = {"start": "2026-03-02T09:00:00", "end": "2026-03-02T10:00:00Z"}
    value = given(attendees=[{"id": who, "busy": [naive, naive]} for who in "ab"])
    assert coord(value)[2].startswith("coord slots: attendees[0] busy[0]: start")
