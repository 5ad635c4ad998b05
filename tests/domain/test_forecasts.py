"""Which limits will be missed, from the pace of the last year; and the sentence that says why."""

from datetime import date, timedelta

import pytest

from coord_service.domain.case_clocks import AdviceClock, CaseFacts, Lifting, case_clocks
from coord_service.domain.case_steps import CaseStep, Step
from coord_service.domain.children import PlanStatus
from coord_service.domain.forecasts import FEWEST, Outlook, Owed, Pace, Paces, forecast
from coord_service.rulebook import load_clock_laws

LAWS = load_clock_laws()
ASKED = date(2026, 1, 5)  # 16 weeks end on 27 April, 20 on 25 May
TODAY = date(2026, 3, 2)
EP = "Educational psychology"


def pace(*days):
    counts = {}
    for each in days:
        counts[each] = counts.get(each, 0) + 1
    return Pace(counts)


def forecasts(start_on, known, *, promised_on=None, today=TODAY, lifted=(), deciding=None, decided=True):
    owed = Owed(7, 3, EP, start_on, start_on + timedelta(days=42), promised_on)
    steps = [Step(CaseStep.ASSESSMENT_REQUESTED, ASKED)]
    steps += [Step(CaseStep.ASSESSMENT_DECIDED, ASKED + timedelta(days=30))] if decided else []
    advice = (AdviceClock(7, EP, owed.start_on, owed.due_on),)
    clocks = case_clocks(LAWS, CaseFacts(PlanStatus.ASSESSMENT, tuple(steps), lifted, advice), today)
    return {each.clock: each for each in forecast(LAWS, clocks, [owed], Paces({3: known}, deciding or pace()), today)}


def test_advice_that_usually_takes_too_long_will_miss_its_limit_and_the_sentence_says_why():
    found = forecasts(date(2026, 2, 2), pace(50, 60, 61, 61, 70))["advice"]
    assert found.outlook is Outlook.WILL_MISS
    assert found.why == (
        "Educational psychology’s advice usually takes 61 days; at that pace it comes on 4 April 2026, "
        "19 days after the limit."
    )


@pytest.mark.parametrize(
    ("days", "outlook"),
    [(42, None), (43, Outlook.WILL_MISS)],  # to the day: the 42nd is in time
)
def test_a_day_decides(days, outlook):
    found = forecasts(date(2026, 2, 16), pace(*[days] * 5)).get("advice")
    assert (found.outlook if found else None) is outlook


def test_what_is_missed_one_time_in_ten_may_be_missed():
    found = forecasts(date(2026, 2, 16), pace(*[30] * 8, 50, 60))["advice"]
    assert found.outlook is Outlook.MAY_MISS
    assert found.why.startswith("One time in ten Educational psychology takes 50 days; then it comes on 7 April 2026")


def test_four_answers_are_too_few_to_tell_and_five_are_not():
    assert FEWEST == 5
    few = forecasts(date(2026, 2, 16), pace(*[90] * 4))
    assert {each.outlook for each in few.values()} == {Outlook.TOO_FEW}
    assert "too few answers in the last year to tell" in few["final_plan"].why
    assert forecasts(date(2026, 2, 16), pace(*[90] * 5))["final_plan"].outlook is Outlook.WILL_MISS


@pytest.mark.parametrize(
    ("comes_on", "no_plan", "final"),
    [
        (date(2026, 4, 27), False, False),  # the last day of the 16 weeks
        (date(2026, 4, 28), True, False),
        (date(2026, 5, 10), True, False),  # and 15 days for the family: the 25th, the last of the 20 weeks
        (date(2026, 5, 11), True, True),
    ],
)
def test_sixteen_and_twenty_weeks_wait_for_the_last_advice(comes_on, no_plan, final):
    """Regs 10(1) and 13(2); between draft and plan lie the 15 days of reg 13(1)."""
    start_on = date(2026, 2, 16)
    found = forecasts(start_on, pace(*[(comes_on - start_on).days] * 5))
    assert [found.get(clock) is not None for clock in ("decide_no_plan", "final_plan")] == [no_plan, final]


def test_the_final_plan_says_how_the_days_add_up():
    found = forecasts(date(2026, 2, 16), pace(*[90] * 5))["final_plan"]
    assert found.why == (
        "Educational psychology’s advice usually takes 90 days; at that pace it comes on 17 May 2026, and with the "
        "family’s time for its views the final plan goes on 1 June 2026, 7 days after the limit."
    )


def without_advice(today, *steps, owed=()):
    facts = CaseFacts(PlanStatus.ASSESSMENT, (Step(CaseStep.ASSESSMENT_REQUESTED, ASKED), *steps))
    paces = Paces({3: pace(*[35] * 5)})
    found = forecast(LAWS, case_clocks(LAWS, facts, today), owed, paces, today)
    return {each.clock: each for each in found}


@pytest.mark.parametrize(
    ("today", "is_missed"),
    [(date(2026, 5, 10), False), (date(2026, 5, 11), True), (date(2026, 5, 25), True), (date(2026, 5, 26), False)],
)
def test_without_a_draft_the_time_for_views_alone_decides_though_nothing_is_owed(today, is_missed):
    """Reg 13(1): on 10 May the plan may still go on the 25th; on the 26th the limit is past and has no forecast."""
    assert ("final_plan" in without_advice(today)) is is_missed


def test_a_miss_for_want_of_a_draft_says_so_and_is_no_services():
    slow = Owed(7, 3, EP, date(2026, 5, 11), date(2026, 6, 22))
    for owed in ([], [Owed(8, 4, "Therapies", date(2026, 5, 1), date(2026, 6, 12))]):
        found = without_advice(date(2026, 5, 12), owed=owed)["final_plan"]
        assert (found.outlook, found.service_id) == (Outlook.WILL_MISS, None)
        assert found.why == (
            "No draft has been served: were it served today, the family’s time for its views would let the final plan "
            "go on 27 May 2026, 2 days after the limit."
        )
    assert without_advice(date(2026, 5, 12), owed=[slow])["final_plan"].service_id == 3


def test_once_a_draft_is_served_advice_is_not_followed_by_another_time_for_views():
    owed = [Owed(7, 3, EP, date(2026, 4, 10), date(2026, 5, 22))]  # after 35 days: on 15 May
    draft = Step(CaseStep.DRAFT_SERVED, date(2026, 4, 20))
    assert "final_plan" in without_advice(date(2026, 5, 4), owed=owed)
    assert "final_plan" not in without_advice(date(2026, 5, 4), draft, owed=owed)
    assert "final_plan" not in without_advice(date(2026, 5, 20), draft)
    before = Step(CaseStep.DRAFT_SERVED, ASKED - timedelta(days=300))
    assert "final_plan" in without_advice(date(2026, 5, 20), before)


def test_a_promise_counts_more_than_the_pace():
    found = forecasts(date(2026, 2, 2), pace(*[61] * 5), promised_on=date(2026, 3, 13))
    assert "advice" not in found
    late = forecasts(date(2026, 2, 2), pace(*[30] * 5), promised_on=date(2026, 3, 18))["advice"]
    assert late.why == "Educational psychology’s advice is promised for 18 March 2026, 2 days after the limit."
    broken = forecasts(date(2026, 2, 2), pace(*[61] * 5), promised_on=date(2026, 3, 1))
    assert "usually takes 61 days" in broken["advice"].why


def test_what_has_waited_longer_than_usual_is_judged_by_what_is_slow_and_then_by_today():
    known = pace(*[20] * 8, 100, 110)
    slow = forecasts(date(2026, 2, 2), known)
    assert "takes longer than usual; one in ten takes 100 days and comes on 13 May 2026" in slow["advice"].why
    over = forecasts(date(2026, 1, 12), pace(*[20] * 10), today=date(2026, 5, 1))
    assert "final_plan" not in over  # 1 May and 15 days are still in time
    over = forecasts(date(2026, 1, 12), pace(*[20] * 10), today=date(2026, 5, 11))
    assert "longer than nine in ten do; it comes at the earliest on 11 May 2026" in over["final_plan"].why


def test_what_is_lifted_or_past_has_no_forecast():
    lifted = (Lifting("final_plan", ASKED, "reg 10(4)(c)"),)
    known = pace(*[120] * 5)
    assert "final_plan" in forecasts(date(2026, 2, 16), known)
    assert "final_plan" not in forecasts(date(2026, 2, 16), known, lifted=lifted)
    assert "decide_no_plan" not in forecasts(date(2026, 2, 16), known, today=date(2026, 4, 28))


def test_the_worst_of_several_is_named():
    owed = [
        Owed(1, 1, "Therapies", date(2026, 2, 16), date(2026, 3, 30)),
        Owed(2, 2, EP, date(2026, 2, 16), date(2026, 3, 30)),
    ]
    facts = CaseFacts(PlanStatus.ASSESSMENT, (Step(CaseStep.ASSESSMENT_REQUESTED, ASKED),))
    paces = Paces({1: pace(*[100] * 5), 2: pace(*[110] * 5)})
    found = forecast(LAWS, case_clocks(LAWS, facts, TODAY), owed, paces, TODAY)
    final = next(each for each in found if each.clock == "final_plan")
    assert (final.service_id, final.outlook) == (2, Outlook.WILL_MISS)


def test_decisions_have_a_pace_of_their_own():
    known = forecasts(date(2026, 2, 2), pace(), deciding=pace(*[45] * 5), decided=False, today=date(2026, 2, 2))
    assert known["decide_assess"].why == (
        "Decisions whether to assess usually take 45 days here; at that pace this one comes on 19 February 2026, "
        "3 days after the limit."
    )
    few = forecasts(date(2026, 2, 2), pace(), deciding=pace(*[45] * 4), decided=False, today=date(2026, 2, 2))
    assert "decide_assess" not in few
