"""The report's pictures: nothing, one, thousands; what they say is what the tables say."""

import itertools
from datetime import date

import pytest

from coord_service.domain.figures import LateBand, Share
from coord_service.web.charts import Bar, draw_ageing, draw_trend, gather_bars
from tests.web.markup import read_markup


def a_bar(name, *counts):
    return Bar(name, dict(zip(LateBand, counts, strict=True)))


def words(picture):
    return [text.text for text in read_markup(str(picture)).all("text")]


def test_one_bar_says_its_name_its_bands_and_their_sum():
    picture = draw_ageing([a_bar("Speech", 5, 0, 3, 0, 2)], "How late")
    assert words(picture) == ["Speech", "5", "3", "2", "10"]
    assert [title.text for title in read_markup(str(picture)).all("title")] == [
        "1 to 7 days: 5",
        "15 to 28 days: 3",
        "57 days or more: 2",
    ]


def test_nothing_is_an_empty_picture():
    assert words(draw_ageing([], "How late")) == []
    assert draw_trend([(date(2026, 3, 1), Share())], "On time")


def test_thousands_are_gathered_and_none_is_lost():
    bars = [a_bar(f"Service {number}", 1, 0, 0, 0, number) for number in range(2000)]
    shown = gather_bars(sorted(bars, key=lambda bar: -bar.total))
    assert len(shown) == 15
    assert shown[-1].name == "1,986 more"
    assert sum(bar.total for bar in shown) == sum(bar.total for bar in bars)
    assert draw_ageing(shown, "How late")


def test_what_is_not_late_has_no_bar():
    assert gather_bars([a_bar("Physio", 0, 0, 0, 0, 0)]) == []


def test_a_name_is_shown_and_never_read_as_markup():
    assert words(draw_ageing([a_bar("<b>Speech & co", 1, 0, 0, 0, 0)], "“How” <late>"))[0] == "<b>Speech & co"


def test_each_band_looks_different_without_colour():
    patterns = read_markup(str(draw_ageing([], "x"))).all("pattern")
    fills = [pattern.one("rect")["fill"] for pattern in patterns]
    light = [sum(int(fill[place : place + 2], 16) for place in (1, 3, 5)) for fill in fills]
    assert light == sorted(light, reverse=True)
    assert all(before - after > 60 for before, after in itertools.pairwise(light))


@pytest.mark.parametrize(
    ("shares", "said", "strokes"),
    [
        ([Share(1, 2), Share(2, 2), Share(0, 3)], ["50%", "100%", "0%"], "MLL"),
        ([Share(1, 2), Share(), Share(1, 4)], ["50%", "25%"], "MM"),
        ([Share(), Share(), Share()], [], "M"),
    ],
)
def test_a_month_in_which_nothing_fell_due_leaves_a_gap(shares, said, strokes):
    months = [(date(2026, month, 1), share) for month, share in enumerate(shares, start=1)]
    picture = read_markup(str(draw_trend(months, "On time")))
    marks = picture.all("circle")
    assert len(marks) == len(said)
    assert [text.text for text in picture.all("text")][3 : 3 + len(said)] == said
    assert [text.text for text in picture.all("text")][-3:] == ["Jan", "Feb", "Mar"]
    line = next(path for path in picture.all("path") if path.get("stroke-width") == "2.5")
    assert "".join(letter for letter in line["d"] if letter.isalpha()) == strokes
