"""Chasing: each row of the ladders on its day, what holds a chase back, what ends it, and what never happens."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.clock import LONDON
from coord_service.domain.chasing import MANUAL, Call, ChaseFacts, Due, Ending, Nothing, Sent, next_chase
from coord_service.domain.ladders import Audience, Ladder, LadderKind, Step
from coord_service.domain.terms import SchoolDates, SchoolDatesKind, SchoolTerms
from coord_service.errors import Refused
from coord_service.rulebook import load_ladders, load_working_days
from tests.examples import examples

DAYS = load_working_days()
LADDERS = load_ladders()
ADVICE = LADDERS[LadderKind.ADVICE]
ONE_DAY = timedelta(days=1)

# Advice asked for on Monday 12 January 2026 and due on Monday 23 February: no bank holiday until Easter.
FACTS = ChaseFacts(asked_on=date(2026, 1, 12), due_on=date(2026, 2, 23))


def noon(day):
    return datetime.combine(day, time(12), LONDON)


def chase(facts, day, ladder=ADVICE):
    return next_chase(ladder, facts, noon(day), DAYS)


def sent(step, on, facts=FACTS):
    return Sent(step, facts.due_on, on)


def run(facts, first, last, ladder=ADVICE):
    """Look once a day at noon, writing the ledger as the operation does; (day, step) of all that was sent."""
    found = []
    for count in range((last - first).days + 1):
        day = first + count * ONE_DAY
        decision = chase(facts, day, ladder)
        if not isinstance(decision, Nothing):
            found.append((day, decision.step))
            facts = replace(facts, sent=(*facts.sent, Sent(decision.step, decision.anchor_on, day)))
    return found


@pytest.mark.parametrize(
    ("kind", "offsets"),
    [
        (
            "advice",
            {"-10": -10, "-3": -3, "+1": 1, "+5": 5, "+10": 10, "+15": 15, "+15 repeat +20": 20, "+15 repeat +25": 25},
        ),
        (
            "review_papers",
            {"-10": -10, "-5": -5, "+1": 1, "+3": 3, "+5": 5, "+8": 8, "+8 repeat +9": 9, "+8 repeat +10": 10},
        ),
        ("action", {"-3": -3, "+1": 1, "+5": 5, "+10": 10, "+10 repeat +20": 20, "+10 repeat +30": 30}),
    ],
)
def test_each_step_goes_out_once_on_its_working_day(kind, offsets):
    expected = [(DAYS.add(FACTS.due_on, days), step) for step, days in offsets.items()]
    assert run(FACTS, FACTS.asked_on, expected[-1][0], LADDERS[LadderKind(kind)]) == expected


def test_higher_steps_reach_further_and_keep_everybody_before_them():
    for ladder in LADDERS.values():
        reach = [set(step.audience) for step in ladder.steps]
        assert all(lower <= higher for lower, higher in pairwise(reach))
        assert reach[0] == {Audience.HOLDER}


def test_the_head_of_service_is_written_to_when_it_goes_into_the_report():
    for ladder in LADDERS.values():
        assert all((Audience.HEAD_OF_SERVICE in step.audience) == step.is_reported for step in ladder.steps)


def test_nothing_is_sent_the_day_before_a_step():
    decision = chase(replace(FACTS, sent=(sent("-3", date(2026, 2, 18)),)), date(2026, 2, 23))
    assert decision == Nothing(
        "Last sent was -3 on 18 February 2026; next is step +1 on 24 February 2026.", date(2026, 2, 24)
    )


def test_a_decision_says_why():
    decision = chase(FACTS, date(2026, 2, 24))
    assert isinstance(decision, Due)
    assert decision.why == "Step +1 fell on 24 February 2026: due on 23 February 2026 and not received."
    assert (decision.step, decision.anchor_on, decision.letter) == ("+1", FACTS.due_on, "chase_not_reached_us")


def test_the_day_after_a_due_date_before_easter_is_the_tuesday():
    facts = ChaseFacts(asked_on=date(2026, 2, 19), due_on=date(2026, 4, 2))
    easter = [step for step in run(facts, date(2026, 4, 2), date(2026, 4, 8)) if step[1] == "+1"]
    assert easter == [(date(2026, 4, 7), "+1")]


def test_a_due_date_on_a_sunday_counts_from_there():
    facts = ChaseFacts(asked_on=date(2026, 1, 11), due_on=date(2026, 2, 22))
    assert run(facts, date(2026, 2, 16), date(2026, 2, 24))[1:] == [
        (date(2026, 2, 18), "-3"),
        (date(2026, 2, 23), "+1"),
    ]


def test_a_step_before_the_asking_is_passed_over():
    facts = ChaseFacts(asked_on=date(2026, 2, 18), due_on=date(2026, 2, 23))
    assert run(facts, date(2026, 2, 18), date(2026, 2, 24)) == [(date(2026, 2, 24), "+1")]


def test_after_an_outage_only_the_latest_step_goes_out():
    assert run(FACTS, date(2026, 3, 12), date(2026, 3, 16)) == [(date(2026, 3, 12), "+10"), (date(2026, 3, 16), "+15")]


def test_after_a_year_only_the_latest_repeat_goes_out():
    day = DAYS.add(FACTS.due_on, 15 + 40 * 5 + 2)
    assert run(FACTS, day, DAYS.add(day, 3)) == [(day, "+15 repeat +215"), (DAYS.add(day, 3), "+15 repeat +220")]


@pytest.mark.parametrize(("first", "then"), [(1, 20), (20, 1), (5, 7), (3, 2)])
def test_another_repeat_goes_on_from_what_was_sent_and_skips_nothing(first, then):
    often = replace(ADVICE, repeat_every=first)
    changed_on = DAYS.add(FACTS.due_on, 15 + 41)
    sent_before = run(FACTS, FACTS.asked_on, changed_on, often)
    facts = replace(FACTS, sent=tuple(sent(step, on) for on, step in sent_before))
    changed = replace(ADVICE, repeat_every=then, since_on=changed_on + timedelta(days=1))
    expected = [day for count in range(1, 150) if (day := DAYS.add(FACTS.due_on, 15 + count * then)) > changed_on]
    until = DAYS.add(changed_on, 60)
    assert [on for on, _ in run(facts, changed.since_on, until, changed)] == [day for day in expected if day <= until]


def test_a_limit_that_has_passed_makes_no_repeat_of_a_name_that_was_sent_before_it():
    """Brought forward by a limit, the last step was repeated early; from its own day on it is repeated again."""
    limited = replace(FACTS, due_on=date(2026, 3, 1), next_limit_on=date(2026, 3, 13))  # a Sunday, and 9 days after it
    before = run(limited, FACTS.asked_on, date(2026, 3, 13))
    later = replace(limited, next_limit_on=None, sent=tuple(sent(step, on, limited) for on, step in before))
    assert before[-1] == (date(2026, 3, 13), "+15 repeat +10")
    assert run(later, date(2026, 3, 14), date(2026, 4, 8)) == [
        (date(2026, 3, 27), "+15 repeat +20"),
        (date(2026, 4, 7), "+15 repeat +25"),
    ]


def test_repeats_that_were_counted_by_an_earlier_version_are_not_sent_again():
    day = DAYS.add(FACTS.due_on, 15 + 10)
    facts = replace(FACTS, sent=(sent("+15 repeat 2", day),))
    assert run(facts, day, DAYS.add(day, 5)) == [(DAYS.add(day, 5), "+15 repeat +30")]


def test_a_chase_by_hand_today_holds_the_ladder_back_until_tomorrow():
    facts = replace(FACTS, sent=(Sent(MANUAL, FACTS.due_on, date(2026, 2, 24)),))
    assert run(facts, date(2026, 2, 24), date(2026, 2, 26)) == [(date(2026, 2, 25), "+1")]


def test_somebody_chased_for_another_request_today_waits_until_tomorrow():
    facts = replace(FACTS, last_mail_on=date(2026, 2, 27))
    decision = chase(facts, date(2026, 2, 27))
    assert isinstance(decision, Nothing)
    assert decision.look_again_on == date(2026, 3, 2)


def test_a_clock_set_back_sends_nothing_again():
    facts = replace(FACTS, sent=(sent("+5", date(2026, 3, 2)),))
    assert run(facts, date(2026, 2, 20), date(2026, 3, 2)) == []


@pytest.mark.parametrize("ending", list(Ending))
def test_what_ends_it_ends_it_on_the_same_day(ending):
    assert chase(replace(FACTS, ended_by=ending), date(2026, 2, 24)) == Nothing(f"It is over: {ending}.", None)


def test_papers_are_asked_for_daily_until_the_meeting_and_never_on_it():
    meeting = date(2026, 3, 9)
    facts = replace(FACTS, over_on=meeting)
    found = run(facts, DAYS.add(FACTS.due_on, 8), meeting + 3 * ONE_DAY, LADDERS[LadderKind.REVIEW_PAPERS])
    assert [day for day, _ in found] == [date(2026, 3, 5), date(2026, 3, 6)]


def test_a_promise_holds_the_next_chase_back_to_the_working_day_after():
    facts = replace(FACTS, promised_on=date(2026, 2, 27))
    assert run(facts, date(2026, 2, 19), date(2026, 3, 2)) == [(date(2026, 3, 2), "+5")]


def test_a_promise_is_asked_about_though_no_step_falls_then():
    facts = replace(FACTS, promised_on=date(2026, 2, 25), sent=(sent("+1", date(2026, 2, 24)),))
    assert run(facts, date(2026, 2, 25), date(2026, 3, 2)) == [(date(2026, 2, 26), "promise"), (date(2026, 3, 2), "+5")]


def test_a_promise_before_the_first_step_is_asked_about_once():
    facts = replace(FACTS, promised_on=date(2026, 1, 20))
    assert run(facts, date(2026, 1, 12), date(2026, 2, 8)) == [(date(2026, 1, 21), "promise")]


def test_asking_about_a_promise_keeps_whoever_the_ladder_had_reached():
    facts = replace(FACTS, promised_on=date(2026, 3, 4), sent=(sent("+5", date(2026, 3, 2)),))
    decision = chase(facts, date(2026, 3, 5))
    assert isinstance(decision, Due)
    assert (decision.audience, decision.letter) == (
        (Audience.HOLDER, Audience.SERVICE_MANAGER),
        "chase_promise_passed",
    )


def test_a_second_promise_is_asked_about_again():
    facts = replace(FACTS, promised_on=date(2026, 3, 4), sent=(Sent("promise", date(2026, 2, 20), date(2026, 3, 2)),))
    assert chase(facts, date(2026, 3, 4)) == Nothing("Promised by 4 March 2026.", date(2026, 3, 5))
    assert isinstance(chase(facts, date(2026, 3, 5)), Due)


def test_a_pause_lasts_through_its_last_day_and_moves_no_due_date():
    facts = replace(FACTS, paused_until_on=date(2026, 3, 6))
    assert chase(facts, date(2026, 3, 6)) == Nothing("Paused until 6 March 2026.", date(2026, 3, 9))
    assert chase(facts, date(2026, 3, 9)).step == "+10"


def test_the_later_of_a_pause_and_a_promise_holds():
    facts = replace(FACTS, paused_until_on=date(2026, 3, 6), promised_on=date(2026, 3, 10))
    assert chase(facts, date(2026, 3, 5)) == Nothing("Promised by 10 March 2026.", date(2026, 3, 11))


@pytest.mark.parametrize(
    ("instant", "again"),
    [
        (datetime(2026, 2, 24, 7, 59, tzinfo=UTC), date(2026, 2, 24)),
        (datetime(2026, 2, 24, 18, 0, tzinfo=UTC), date(2026, 2, 25)),
        (datetime(2026, 2, 27, 18, 0, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 2, 28, 12, 0, tzinfo=UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 30, 6, 59, tzinfo=UTC), date(2026, 3, 30)),  # 07:59 in London, the clocks having changed
    ],
)
def test_nothing_goes_out_outside_hours(instant, again):
    decision = next_chase(ADVICE, FACTS, instant, DAYS)
    assert isinstance(decision, Nothing)
    assert decision.look_again_on == again


def test_a_family_is_called_never_written_to():
    decision = chase(replace(FACTS, is_held_by_family=True), date(2026, 2, 24))
    assert isinstance(decision, Call)
    assert decision.why.startswith("The family holds this.")


def test_the_next_limit_brings_escalation_forward():
    """Advice that falls due in week 12 of 20 is escalated by its own due date; in week 18, by the limit."""
    week = timedelta(weeks=1)
    request = date(2026, 1, 5)
    limit = request + 20 * week
    early = ChaseFacts(request + 6 * week, request + 12 * week, next_limit_on=limit)
    assert (DAYS.add(early.due_on, 10), "+10") in run(early, early.asked_on, limit)
    late = ChaseFacts(request + 12 * week, request + 18 * week, next_limit_on=limit)
    assert (DAYS.add(limit, -20), "+10") in run(late, late.asked_on, limit)
    assert (DAYS.add(limit, -10), "+15") in run(late, late.asked_on, limit)


def test_a_day_before_the_limit_that_was_over_when_asked_is_no_escalation():
    facts = replace(FACTS, next_limit_on=date(2026, 1, 20))
    assert run(facts, date(2026, 1, 13), date(2026, 4, 30)) == run(FACTS, date(2026, 1, 13), date(2026, 4, 30))


def test_a_limit_that_a_correction_moved_into_the_past_makes_nothing_of_the_past_fall():
    """Found on 3 March to end on 24 March: what would have fallen 20 working days before it is not made up for."""
    known = replace(FACTS, due_on=date(2026, 3, 20), next_limit_on=date(2026, 3, 24))
    corrected = replace(known, limit_known_on=date(2026, 3, 3))
    assert run(known, date(2026, 3, 3), date(2026, 3, 3)) == [(date(2026, 3, 3), "+10")]
    assert "+10" not in {step for _, step in run(corrected, date(2026, 3, 3), date(2026, 3, 9))}
    assert (date(2026, 3, 10), "+15") in run(corrected, date(2026, 3, 3), date(2026, 3, 10))  # 10 before: still to come


def test_a_limit_that_moves_away_does_not_repeat_the_escalation_it_brought():
    facts = replace(FACTS, sent=(sent("+10", date(2026, 2, 25)), sent("+5", date(2026, 3, 2))))
    assert run(facts, date(2026, 3, 3), date(2026, 3, 16)) == [(date(2026, 3, 16), "+15")]


def test_a_due_date_corrected_by_days_sends_no_lower_step_again():
    corrected = replace(FACTS, due_on=date(2026, 2, 26), sent=(sent("+5", date(2026, 3, 2)),))
    assert run(corrected, date(2026, 3, 3), date(2026, 3, 5)) == [(date(2026, 3, 5), "+5")]


def test_a_corrected_due_date_starts_the_ladder_again():
    corrected = replace(FACTS, due_on=date(2026, 4, 20), sent=(sent("+1", date(2026, 2, 24)),))
    assert run(corrected, date(2026, 2, 25), date(2026, 4, 21)) == [
        (date(2026, 4, 2), "-10"),
        (date(2026, 4, 15), "-3"),
        (date(2026, 4, 21), "+1"),
    ]


STEP = Step("+1", 1, (Audience.HOLDER,), "letter")


@pytest.mark.parametrize(
    ("steps", "repeat_every"),
    [((), 5), ((STEP,), 0), ((STEP, replace(STEP, name="+0", days=0)), 5), ((STEP, replace(STEP, days=2)), 5)],
    ids=["no steps", "no repeat", "out of order", "two of one name"],
)
def test_a_ladder_that_stands_still_is_refused(steps, repeat_every):
    with pytest.raises(Refused):
        Ladder(LadderKind.ACTION, steps, repeat_every, "promise")


def terms(asked_on):
    """A term, holidays of up to eight weeks, and a term."""
    days = st.tuples(st.integers(-60, 60), st.integers(1, 56))
    return days.map(
        lambda each: SchoolTerms(
            (
                SchoolDates("One", SchoolDatesKind.TERM, asked_on - 90 * ONE_DAY, asked_on + each[0] * ONE_DAY),
                SchoolDates("Two", SchoolDatesKind.TERM, asked_on + sum(each) * ONE_DAY, asked_on + 200 * ONE_DAY),
            )
        )
    )


@st.composite
def stories(draw):
    """A request, what is known of it, and the instants at which the sweep happens to run, outages and all."""
    asked_on = draw(st.dates(date(2025, 1, 1), date(2026, 12, 31)))
    near = st.integers(1, 120).map(lambda days: asked_on + timedelta(days=days))
    facts = ChaseFacts(
        asked_on=asked_on,
        due_on=draw(near),
        next_limit_on=draw(st.none() | near),
        promised_on=draw(st.none() | near),
        paused_until_on=draw(st.none() | near),
        is_held_by_family=draw(st.booleans()),
        terms=draw(st.none() | terms(asked_on)),
    )
    gap = st.sampled_from([1, 3, 7, 13, 24, 24, 24, 26, 72, 1000]).map(lambda hours: timedelta(hours=hours))
    instant = datetime.combine(asked_on, time(9), UTC)
    instants = [instant := instant + each for each in draw(st.lists(gap, min_size=10, max_size=80))]
    return draw(st.sampled_from(list(LADDERS.values()))), facts, instants


def tell(ladder, facts, instants):
    for now in instants:
        decision = next_chase(ladder, facts, now, DAYS)
        yield now, facts, decision
        if not isinstance(decision, Nothing):
            row = Sent(decision.step, decision.anchor_on, now.astimezone(LONDON).date())
            facts = replace(facts, sent=(*facts.sent, row))


@examples(80)
@given(stories())
def test_never_two_in_a_day_never_outside_hours_never_the_same_step_twice(story):
    ladder, facts, instants = story
    chases = [(now, each) for now, _, each in tell(ladder, facts, instants) if not isinstance(each, Nothing)]
    days = [now.astimezone(LONDON).date() for now, _ in chases]
    assert len(set(days)) == len(days)
    assert all(DAYS.within_hours(now) for now, _ in chases)
    assert len({(each.step, each.anchor_on) for _, each in chases}) == len(chases)
    assert all(isinstance(each, Call) is facts.is_held_by_family for _, each in chases)
    assert all(day > facts.asked_on for day in days)
    held = max([day for day in (facts.promised_on, facts.paused_until_on) if day], default=facts.asked_on)
    assert all(day > held for day in days)
    assert not any(facts.terms.is_closed(day) for day in days if facts.terms)


@examples(80)
@given(stories(), st.sampled_from(Ending))
def test_never_after_the_end(story, ending):
    ladder, facts, instants = story
    ended = replace(facts, ended_by=ending)
    assert all(each == Nothing(each.why, None) for _, _, each in tell(ladder, ended, instants))


@examples(80)
@given(stories())
def test_there_is_always_a_next_step_sooner_or_later(story):
    ladder, facts, instants = story
    *_, (now, facts, decision) = tell(ladder, facts, instants)
    for _ in range(10):
        if not isinstance(decision, Nothing):
            return
        assert decision.look_again_on is not None
        following = DAYS.opens_at(decision.look_again_on)
        assert following > now or DAYS.within_hours(following)
        now, decision = following, next_chase(ladder, facts, following, DAYS)
    pytest.fail(f"looked again ten times and nothing came: {decision}")


@examples(80)
@given(stories())
def test_looking_again_when_told_to_misses_nothing(story):
    """Between now and the day to look again, no earlier look would have found anything to send."""
    ladder, facts, instants = story
    for now, known, decision in tell(ladder, facts, instants[:6]):
        if isinstance(decision, Nothing) and decision.look_again_on:
            day = now.astimezone(LONDON).date() + ONE_DAY
            while day < decision.look_again_on:
                assert isinstance(chase(known, day, ladder), Nothing)
                day += ONE_DAY
