"""The picture of the clocks: bars to scale, a mark where each stands, few enough months to read."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.case_clocks import CaseFacts, Lifting, case_clocks
from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.children import PlanStatus
from coord_service.rulebook import load_clock_laws
from coord_service.web.timeline_picture import MOST_MARKS, draw_timeline

LAWS = load_clock_laws()
ASKED = date(2026, 1, 5)  # 6 weeks end on 16 February
REQUEST = Step(CaseStep.ASSESSMENT_REQUESTED, ASKED)


def bar_of(today, *steps, lifted=()):
    clocks = case_clocks(LAWS, CaseFacts(PlanStatus.ASSESSMENT, (REQUEST, *steps), lifted), today)
    picture = draw_timeline(clocks, today)
    return picture, picture.bars[0]


def test_no_clock_has_no_picture():
    assert draw_timeline([], ASKED) is None


def test_what_is_due_is_spent_until_today_and_left_until_its_limit():
    picture, bar = bar_of(date(2026, 1, 26))  # half of the six weeks
    assert [part.look for part in bar.stretches] == ["spent", "left"]
    spent, left = bar.stretches
    assert spent.width == pytest.approx(left.width, abs=0.02)
    assert left.x == picture.today
    assert bar.mark == bar.limit == pytest.approx(left.x + left.width, abs=0.02)


def test_what_is_late_goes_on_beyond_its_limit_until_today():
    picture, bar = bar_of(date(2026, 3, 2))
    assert [part.look for part in bar.stretches] == ["spent", "late"]
    assert bar.stretches[1].x == bar.limit < bar.mark == picture.today


@pytest.mark.parametrize(
    ("decided_on", "looks"), [(date(2026, 2, 2), ["spent", "left"]), (date(2026, 3, 2), ["spent", "late"])]
)
def test_what_is_done_is_marked_on_its_day(decided_on, looks):
    picture, bar = bar_of(date(2026, 4, 1), Step(CaseStep.ASSESSMENT_DECIDED, decided_on))
    assert [part.look for part in bar.stretches] == looks
    assert (bar.mark < bar.limit) is (decided_on < date(2026, 2, 16))
    assert bar.mark < picture.today


def test_what_is_lifted_has_a_look_of_its_own_and_its_limit_where_it_was():
    lifted = (Lifting("decide_assess", ASKED, "reg 5(4)(c)"),)
    (_, plain), (_, bar) = bar_of(date(2026, 3, 2)), bar_of(date(2026, 3, 2), lifted=lifted)
    assert [part.look for part in bar.stretches] == ["lifted"]
    assert bar.limit == plain.limit


@given(st.integers(0, 4000), st.integers(0, 4000))
def test_everything_lies_within_the_picture_and_the_months_have_room(back, ahead):
    today = ASKED + timedelta(days=back)
    steps = (REQUEST, Step(CaseStep.PHASE_TRANSFER, ASKED + timedelta(days=ahead)))
    picture = draw_timeline(case_clocks(LAWS, CaseFacts(PlanStatus.ASSESSMENT, steps), today), today)
    assert picture is not None
    assert 0 < len(picture.months) <= MOST_MARKS
    places = [bar.mark for bar in picture.bars] + [bar.limit for bar in picture.bars] + [picture.today]
    assert all(0 <= place <= 100 for place in places)
    for bar in picture.bars:
        assert all(part.width > 0 and part.x + part.width <= 100.1 for part in bar.stretches)
