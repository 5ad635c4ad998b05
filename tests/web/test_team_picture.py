"""The picture's geometry: nothing meets anything else, however many people there are and whatever they are called."""

import itertools

import pytest

from coord_service.domain.people import Sector
from coord_service.domain.team import Standing
from coord_service.web.team_picture import LEFT, MIDDLE, NAME_SIZE, RIGHT, WIDTH, Figure, draw_team, fit

CROWDS = {
    "nobody": [],
    "one": [Sector.FAMILY],
    "eight": [*Sector, Sector.HEALTH, Sector.HEALTH],
    "twenty-five": [*itertools.islice(itertools.cycle(Sector), 25)],
    "all in health": [Sector.HEALTH] * 25,
}


def figures(crowd):
    return [
        Figure(sector, f"Person {number} " + "W" * 200, "role " * 50, Standing.CLEAR)
        for number, sector in enumerate(crowd)
    ]


@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
def test_rows_of_text_never_overlap(crowd):
    picture = draw_team(figures(crowd))
    for is_left in (True, False):
        spots = sorted(spot.y for spot in picture.spots if spot.is_left is is_left)
        headings = [part.y for part in picture.slices if (part.x < MIDDLE) is is_left]
        assert all(below - above >= 42 for above, below in itertools.pairwise(spots))
        for heading, spot in itertools.product(headings, spots):
            assert abs(heading - spot) >= 30
        assert all(14 <= y <= picture.height - 20 for y in (*spots, *headings))


@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
def test_text_stays_on_the_canvas_and_off_the_oval(crowd):
    for spot in draw_team(figures(crowd)).spots:
        room = spot.text_x if spot.is_left else WIDTH - spot.text_x
        assert len(spot.name) * 0.4 * NAME_SIZE <= room
        assert spot.text_x < spot.x - 10 if spot.is_left else spot.text_x > spot.x + 10


def test_everybody_is_drawn_once_on_the_side_of_their_sector():
    picture = draw_team(figures(CROWDS["twenty-five"]))
    assert len(picture.spots) == 25
    assert {part.sector for part in picture.slices} == {*LEFT, *RIGHT} == set(Sector)
    assert sum(spot.is_left for spot in picture.spots) == sum(sector in LEFT for sector in CROWDS["twenty-five"])


def test_a_sector_without_anybody_is_still_there():
    assert [part.sector for part in draw_team(figures([Sector.FAMILY])).slices if not part.is_empty] == [Sector.FAMILY]


def test_what_fits_is_left_alone_and_what_does_not_is_cut():
    assert fit("Dr Shah", 200, 16) == "Dr Shah"
    assert fit("Prof. Anne-Marie Featherstonehaugh", 120, 16).endswith("…")
    assert len(fit("山田太郎" * 20, 120, 16)) <= 8
    assert fit("", 10, 16) == ""
