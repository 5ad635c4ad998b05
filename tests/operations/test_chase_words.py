"""Every step of every ladder has words, in every part of a digest, and none of them blames."""

from datetime import date

import pytest

from coord_service.operations.history_lines import say_step
from coord_service.rulebook import load_ladders
from integrations.mail.letters import write_words


def a_line(letter: str, days_late: int, promised_on: date | None) -> dict[str, object]:
    return {
        "reference": "KD-4827M",
        "their_reference": "EP/44",
        "kind": "(d) educational psychologist",
        "what": "d",
        "due_on": date(2026, 4, 14),
        "days_late": days_late,
        "promised_on": promised_on,
        "holder": "Dr Shah",
        "asked_of": None,
        "service": "Educational Psychology",
        "letter": letter,
        "link": "https://send.example/a/token",
        "history": [(date(2026, 3, 3), "Asked")],
    }


def a_digest(line: dict[str, object], advice: int, actions: int, late: int) -> dict[str, object]:
    return {
        "council": "Example County Council",
        "phone": "01632 960 000",
        "to_name": "Dr Shah",
        "owed": [line],
        "escalated": [line],
        "advice_count": advice,
        "action_count": actions,
        "late_count": late,
        "answer_by": date(2026, 4, 28),
        "is_list": False,
        "besides": 0,
        "next_words": "On Tuesday 28 April 2026 we will ask again.",
    }


def steps() -> list[tuple[str, int, date | None]]:
    found = {(step.letter, step.days, None) for ladder in load_ladders().values() for step in ladder.steps}
    promises = {(ladder.promise_letter, 3, date(2026, 4, 10)) for ladder in load_ladders().values()}
    return sorted(found | promises, key=str)


@pytest.mark.parametrize(("letter", "days_late", "promised_on"), steps())
@pytest.mark.parametrize("digest", ["chase_advice", "escalate_advice"])
def test_every_step_of_a_ladder_has_its_words(
    digest: str, letter: str, days_late: int, promised_on: date | None
) -> None:
    bare = write_words(digest, a_digest(a_line("", days_late, None), 1, 0, 0)).text
    words = write_words(digest, a_digest(a_line(letter, days_late, promised_on), 1, 0, 0)).text
    assert len(words) > len(bare)
    assert "breach" not in words.lower()
    assert "KD-4827M (yours: EP/44)" in words
    assert "https://send.example/a/token" in words


@pytest.mark.parametrize(
    ("advice", "actions", "late", "subject"),
    [
        (2, 0, 1, "2 pieces of advice are due (1 late)"),
        (1, 0, 0, "1 piece of advice is due"),
        (1, 0, 1, "1 piece of advice is late"),
        (0, 2, 0, "2 actions are due"),
        (1, 2, 2, "1 piece of advice and 2 actions are due (2 late)"),
    ],
)
def test_the_subject_counts_what_is_owed(advice: int, actions: int, late: int, subject: str) -> None:
    assert write_words("chase_advice", a_digest(a_line("", -1, None), advice, actions, late)).subject == subject


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("-10", "10 working days before the due date"),
        ("+1", "1 working day after the due date"),
        ("+15 repeat +25", "25 working days after the due date, again"),
        ("+15 repeat -1", "1 working day before the due date, again"),
        ("+15 repeat 2", "15 working days after the due date, repeated (2)"),  # as it was named before
        ("promise", "as the promised day had passed"),
    ],
)
def test_a_step_is_said_in_words(step: str, words: str) -> None:
    assert say_step(step) == words
