"""From the notice that the law wants until its limit. Today is Tuesday 3 March 2026."""

from datetime import date

from coord_service.domain.lawful import lawful_days, review_limit
from coord_service.domain.meetings import Purpose
from coord_service.rulebook import load_clock_laws, load_working_days

TODAY = date(2026, 3, 3)
WORKING_DAYS = load_working_days()


def days(purpose: Purpose, limit_on: date | None = None, today: date = TODAY):
    return lawful_days(purpose, today, limit_on, WORKING_DAYS)


def test_only_a_review_wants_notice() -> None:
    assert days(Purpose.TAC).earliest_on == date(2026, 3, 4)
    assert days(Purpose.TAC).words == ""
    assert days(Purpose.REVIEW).earliest_on == date(2026, 3, 17)


def test_notice_that_ends_on_a_day_off_ends_on_the_next_working_day() -> None:
    assert days(Purpose.REVIEW, today=date(2026, 3, 20)).earliest_on == date(2026, 4, 7)  # Good Friday to Easter Monday


def test_a_council_can_give_notice_of_its_own_where_the_law_wants_none() -> None:
    own = lawful_days(Purpose.TAC, TODAY, None, WORKING_DAYS, 10)
    assert own.words == "Your council gives 10 days’ notice, so not before Friday 13 March 2026."
    assert [own.against(date(2026, 3, day)) for day in (12, 13)] == ["Less than 10 days’ notice", ""]
    assert lawful_days(Purpose.REVIEW, TODAY, None, WORKING_DAYS, 10) == days(Purpose.REVIEW)


def test_both_bounds_are_said() -> None:
    assert days(Purpose.REVIEW, date(2026, 6, 1)).words == (
        "A review needs two weeks’ notice (reg 20(3)), so not before Tuesday 17 March 2026; it must be held by Monday "
        "1 June 2026, which leaves time for the decision."
    )


def test_a_limit_before_the_end_of_the_notice_leaves_nothing_lawful() -> None:
    assert not days(Purpose.REVIEW, date(2026, 3, 17)).is_empty
    late = days(Purpose.REVIEW, date(2026, 3, 16))
    assert late.is_empty
    assert late.words.startswith("Nothing lawful is left: a review needs two weeks’ notice")


def test_the_law_says_what_it_has_against_a_day() -> None:
    lawful = days(Purpose.REVIEW, date(2026, 6, 1))
    said = [lawful.against(date(2026, *day)) for day in ((3, 16), (3, 17), (6, 1), (6, 2))]
    assert said == ["Less than two weeks’ notice", "", "", "After the limit"]


def test_a_review_leaves_four_weeks_for_the_decision_and_the_earliest_of_several_children_counts() -> None:
    laws, reviewed_on = load_clock_laws(), [date(2025, 6, 29), None, date(2025, 9, 1)]
    assert review_limit(laws, Purpose.REVIEW, reviewed_on) == date(2026, 6, 1)
    assert review_limit(laws, Purpose.TAC, reviewed_on) is None
    assert review_limit(laws, Purpose.REVIEW, [None]) is None
