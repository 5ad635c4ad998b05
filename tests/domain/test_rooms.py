"""Rooms that will do, the way between places, and the people without whom a family can't take part."""

from dataclasses import dataclass
from datetime import timedelta

from coord_service.domain.needed_roles import NeededRole, fills, roles_needed, say_missing
from coord_service.domain.rooms import RoomFeature, RoomNeed, TravelTimes, Whereabouts

TOWN, HALL, VALLEY = Whereabouts(1, "Town"), Whereabouts(2, "Town"), Whereabouts(3, "Valley")
STEP_FREE, LOOP = RoomFeature.STEP_FREE, RoomFeature.HEARING_LOOP


def test_a_room_will_do_that_has_the_seats_and_everything_needed() -> None:
    need = RoomNeed(6, frozenset({STEP_FREE}))
    assert need.is_met_by(6, [LOOP, STEP_FREE])
    assert not need.is_met_by(5, [STEP_FREE])
    assert not need.is_met_by(40, [LOOP])


def test_what_is_needed_is_said_in_words() -> None:
    assert RoomNeed(1).words == "a seat"
    assert RoomNeed(6, frozenset({LOOP, STEP_FREE})).words == "6 seats and step-free access and hearing loop"


def test_the_way_is_nothing_within_a_place_short_within_an_area_and_as_set_or_usual_beyond() -> None:
    times = TravelTimes({frozenset({"Town", "Valley"}): 45}, usual=30, nearby=10)
    assert times.needed(TOWN, TOWN) == timedelta()
    assert times.needed(TOWN, HALL) == timedelta(minutes=10)
    assert times.needed(VALLEY, TOWN) == times.needed(TOWN, VALLEY) == timedelta(minutes=45)
    assert times.needed(TOWN, Whereabouts(4, "Coast")) == timedelta(minutes=30)


@dataclass
class Record:
    interpreter: str | None = None
    needs_advocate: bool = False


def test_records_ask_for_an_interpreter_and_an_advocate() -> None:
    assert roles_needed([Record(), Record("")]) == frozenset()
    assert roles_needed([Record("Polish"), Record(needs_advocate=True)]) == set(NeededRole)


def test_a_role_is_filled_by_any_that_has_its_word() -> None:
    needed = [NeededRole.INTERPRETER, NeededRole.ADVOCATE]
    assert fills("BSL Interpreter", needed)
    assert not fills("Mother", needed)
    [said] = say_missing(needed, ["Interpreter (Polish)", "Mother"])
    assert said.startswith("The record asks for an advocate, and nobody invited is one")
