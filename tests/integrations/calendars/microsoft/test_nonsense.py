"""Whatever Graph answers, a call ends with an answer of ours or a CalendarTrouble, never with anything else."""

import asyncio
import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.errors import CalendarTrouble
from integrations.calendars.microsoft.conversation import Conversation, Graph, Json, Question
from integrations.calendars.microsoft.event_body import replace_words
from integrations.calendars.microsoft.events import find_events, put_event, remove_event
from integrations.calendars.microsoft.following import tell_news
from integrations.calendars.microsoft.line import Answer
from integrations.calendars.microsoft.mark import mark_of
from integrations.calendars.microsoft.schedule import read_schedules
from tests.contracts.calendars.events import HER, STAMP, meeting, utc
from tests.contracts.calendars.hand import OWNER

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("9999-99-99T00:00:00"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
WALL = {"dateTime": "2027-03-09T14:00:00.0000000", "timeZone": "UTC"}
EVENT: Json = {
    "id": "AAMkAGI1AAAt9AHjAAA=",
    "@odata.etag": 'W/"1"',
    "createdDateTime": "2027-03-01T09:00:00Z",
    "type": "singleInstance",
    "isOrganizer": True,
    "isAllDay": False,
    "isOnlineMeeting": True,
    "onlineMeeting": {"joinUrl": "https://teams.example/1"},
    "body": {"contentType": "html", "content": "<html><body>Words<div>" + "_" * 40 + "</div></body></html>"},
    "start": WALL,
    "end": WALL,
    "attendees": [
        {"emailAddress": {"address": HER}, "status": {"response": "accepted", "time": "2027-03-01T10:00:00Z"}}
    ],
    "singleValueExtendedProperties": [mark_of(meeting(), "content", STAMP).write()],
}
PAGE: Json = {"value": [EVENT, {"id": "gone", "@removed": {"reason": "deleted"}}], "@odata.deltaLink": "https://x/1"}
SCHEDULE: Json = {
    "value": [
        {
            "scheduleId": OWNER,
            "availabilityView": "0123",
            "scheduleItems": [{"status": "busy", "start": WALL, "end": WALL}],
        }
    ]
}
UNREADABLE: Json = {
    "value": [{"scheduleId": OWNER, "error": {"responseCode": "ErrorNoFreeBusyAccess", "message": "No."}}]
}
FEW: tuple[Any, ...] = (None, True, 7, float("inf"), "", "x", "\ud800", [], [None], ["x"], {}, {"x": 1})


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield (*path, key)
        yield from places(each, (*path, key))


def each_spoilt(whole: Json) -> Iterator[Json]:
    """The answer with one of its values another, or missing: every one, one after the other."""
    for path in places(whole):
        for junk in (*FEW, ...):
            answer = copy.deepcopy(whole)
            spot = answer
            for key in path[:-1]:
                spot = spot[key]
            if junk is ...:
                del spot[path[-1]]
            else:
                spot[path[-1]] = junk
            yield answer


@st.composite
def spoilt(draw: st.DrawFn, whole: Json) -> Json:
    """An answer in which up to three values are something else, or missing."""
    answer = copy.deepcopy(whole)
    for path in draw(st.lists(st.sampled_from(list(places(whole))), min_size=1, max_size=3)):
        spot = answer
        try:
            for key in path[:-1]:
                spot = spot[key]
            if draw(st.booleans()):
                spot[path[-1]] = draw(JUNK)
            else:
                del spot[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue
    return answer


class Answering:
    """Stands for Graph: every question gets the same answer."""

    def __init__(self, answer: Json) -> None:
        self._answer = Answer(200, {}, json.dumps(answer).encode())

    async def answer(self, _question: Question, _deadline: float) -> Answer:
        return self._answer


async def survive(answer: Json, wanted: str) -> None:
    graph = Conversation(cast("Graph", Answering(answer)), asyncio.get_running_loop().time() + 60)
    with suppress(CalendarTrouble):
        match wanted:
            case "schedule":
                await read_schedules(graph, [OWNER], (utc(9, 0), utc(10, 0)))
            case "find":
                await find_events(graph)
            case "put":
                await put_event(graph, meeting(sequence=1, description="New."), OWNER, STAMP)
            case "remove":
                await remove_event(graph, meeting().uid)
            case "news":
                first = await tell_news(graph, None, OWNER, STAMP)
                await tell_news(graph, first.token, OWNER, STAMP)


@pytest.mark.parametrize("wanted", ["find", "put", "remove", "news"])
async def test_one_thing_that_makes_no_sense_in_an_event_is_survived(wanted: str):
    for answer in each_spoilt(PAGE):
        await survive(answer, wanted)


async def test_one_thing_that_makes_no_sense_in_a_schedule_is_survived():
    for whole in (SCHEDULE, UNREADABLE):
        for answer in each_spoilt(whole):
            await survive(answer, "schedule")


@given(spoilt(SCHEDULE))
async def test_several_in_a_schedule_are_survived(answer: Json):
    await survive(answer, "schedule")


@given(spoilt(PAGE), st.sampled_from(["find", "put", "remove", "news"]))
async def test_several_in_events_are_survived(answer: Json, wanted: str):
    await survive(answer, wanted)


@given(JUNK)
def test_a_body_that_is_none_is_left_alone(kept: Any):
    assert replace_words(kept, "New.") is None


async def test_half_of_an_emoji_that_microsoft_cut_off_spoils_nothing():
    answer = {**PAGE, "value": [{**EVENT, "onlineMeeting": {"joinUrl": "https://x.example/\ud83d"}}]}
    graph = Conversation(cast("Graph", Answering(answer)), asyncio.get_running_loop().time() + 60)
    [event] = (await tell_news(graph, None, OWNER, STAMP)).events
    assert event.join_url == "https://x.example/\ufffd"
