"""Whoever owes much gets one list a week, and besides it the last step before a due date and the first after it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from coord_service.clock import LONDON
from coord_service.domain.chasing import ChaseFacts, Due, Nothing, Sent, next_chase
from coord_service.domain.ladders import LadderKind
from coord_service.rulebook import load_ladders, load_working_days

DAYS = load_working_days()
ADVICE = load_ladders()[LadderKind.ADVICE]
FACTS = ChaseFacts(asked_on=date(2026, 1, 12), due_on=date(2026, 2, 23), owes_much=True)  # due on a Monday


def decide(facts, day):
    return next_chase(ADVICE, facts, datetime.combine(day, time(12), LONDON), DAYS)


@pytest.mark.parametrize(
    ("kind", "names"), [("advice", {"-3", "+1"}), ("review_papers", {"-5", "+1"}), ("action", {"-3", "+1"})]
)
def test_the_steps_nearest_to_the_due_date_go_besides(kind, names):
    assert load_ladders()[LadderKind(kind)].nearest == names


def test_what_falls_after_the_list_of_the_week_waits_for_the_next_one():
    listed = replace(FACTS, listed_on=date(2026, 3, 2), sent=(Sent("+1", FACTS.due_on, date(2026, 2, 24)),))
    assert decide(listed, date(2026, 3, 3)) == Nothing(
        "They owe much: it waits for their list of the week from 9 March 2026.", date(2026, 3, 9)
    )
    due = decide(listed, date(2026, 3, 9))
    assert isinstance(due, Due)
    assert (due.step, due.is_for_list) == ("+10", True)


def test_the_nearest_steps_and_broken_promises_do_not_wait():
    day_after = decide(replace(FACTS, listed_on=date(2026, 2, 23)), date(2026, 2, 24))
    assert isinstance(day_after, Due)
    assert (day_after.step, day_after.is_for_list) == ("+1", False)
    promised = replace(
        FACTS,
        listed_on=date(2026, 3, 2),
        promised_on=date(2026, 3, 4),
        sent=(Sent("+5", FACTS.due_on, date(2026, 3, 2)),),
    )
    assert isinstance(decide(promised, date(2026, 3, 5)), Due)


def test_the_next_list_goes_on_a_tuesday_where_monday_is_a_bank_holiday():
    facts = ChaseFacts(date(2026, 3, 2), date(2026, 4, 13), owes_much=True, listed_on=date(2026, 4, 27))
    decision = decide(facts, date(2026, 4, 29))
    assert isinstance(decision, Nothing)
    assert decision.look_again_on == date(2026, 5, 5)


def test_every_step_after_the_due_date_comes_in_some_list():
    facts, found = FACTS, []
    for count in range(60):
        day = FACTS.due_on + timedelta(days=count)
        decision = decide(facts, day)
        if isinstance(decision, Due):
            found.append((f"{day:%a}", decision.step))
            row = Sent(decision.step, decision.anchor_on, day)
            listed = day if decision.is_for_list else facts.listed_on
            facts = replace(facts, sent=(*facts.sent, row), listed_on=listed)
    assert found == [
        ("Mon", "-3"),
        ("Tue", "+1"),
        ("Mon", "+5"),
        ("Mon", "+10"),
        ("Mon", "+15"),
        ("Mon", "+15 repeat +20"),
        ("Mon", "+15 repeat +25"),
        ("Wed", "+15 repeat +30"),  # Good Friday and Easter Monday lie between
        ("Wed", "+15 repeat +35"),
        ("Wed", "+15 repeat +40"),
    ]
