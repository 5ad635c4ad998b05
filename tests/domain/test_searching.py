from datetime import date

import pytest

from coord_service.domain.searching import days_meant, is_misread_reference, reference_meant, search_words

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    "text",
    ["3 March 2026", "3rd march 2026", "Tuesday 3 March, 2026", "March 3 2026", "3/3/2026", "3.3.26", "2026-03-03"],
)
def test_a_day_may_be_written_in_many_ways(text):
    assert days_meant(text, TODAY) == (date(2026, 3, 3),)


def test_a_day_without_a_year_means_the_years_around_us():
    assert days_meant("3 mar", TODAY) == (date(2025, 3, 3), date(2026, 3, 3), date(2027, 3, 3))


def test_days_close_by_have_names():
    assert days_meant("Tomorrow", TODAY) == (date(2026, 3, 11),)


@pytest.mark.parametrize("text", ["", "31 February 2026", "99/99/9999", "Marchbanks 3x", "3 Mayfield", "0000-00-00"])
def test_what_is_no_day_means_none(text):
    assert days_meant(text, TODAY) == ()


def test_the_29th_of_february_exists_in_leap_years_only():
    assert days_meant("29 February", date(2027, 1, 1)) == (date(2028, 2, 29),)


def test_a_reference_is_understood_without_hyphen_and_capitals():
    assert reference_meant(" kd 4827m ") == "KD-4827M"
    assert reference_meant("KD4827M") == "KD-4827M"
    assert reference_meant("Kd Baker") is None


def test_a_slip_in_a_reference_is_noticed():
    good = next(
        f"KD-4827{letter}" for letter in "ABCDEFGHJKLMNPQRTUVWXYZ" if not is_misread_reference(f"KD-4827{letter}")
    )
    assert is_misread_reference("KD-4872" + good[-1])


def test_a_pasted_page_becomes_few_short_words():
    words = search_words("x" * 10_000 + "\0 " + "word " * 1000)
    assert len(words) == 8
    assert max(map(len, words)) == 100
    assert "\0" not in "".join(words)
