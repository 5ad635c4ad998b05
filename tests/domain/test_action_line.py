"""An action typed as one line is understood, or asked about."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.action_line import Namesake, find_owners, read_action_line

TODAY = date(2026, 3, 3)  # a Tuesday
PRIYA, AMIT, LEO, OKORO = 1, 2, 3, 4
PEOPLE = (
    Namesake(PRIYA, "Dr Priya Shah", "Occupational therapist"),
    Namesake(AMIT, "Amit Shah", "Father"),
    Namesake(LEO, "Leo Park", "Educational psychologist", is_self=True),
    Namesake(OKORO, "Ms Ada Okoro", "SENCO"),
)


def read(line):
    return read_action_line(line, PEOPLE, TODAY)


@pytest.mark.parametrize(
    ("line", "owner", "what", "due_on"),
    [
        ("Dr Shah: send OT report by 12 June", PRIYA, "send OT report", date(2026, 6, 12)),
        ("dr shah - send OT report by 12th June", PRIYA, "send OT report", date(2026, 6, 12)),
        ("Priya Shah to send OT report by 12/6", PRIYA, "send OT report", date(2026, 6, 12)),
        ("P Shah: send it 12.06.26", PRIYA, "send it", date(2026, 6, 12)),
        ("Okoro: draft the timetable by June 12", OKORO, "draft the timetable", date(2026, 6, 12)),
        ("SENCO: draft the timetable by 2026-06-12", OKORO, "draft the timetable", date(2026, 6, 12)),
        ("EP will visit the class in 2 weeks", LEO, "visit the class", date(2026, 3, 17)),
        ("me: ring the school tomorrow", LEO, "ring the school", date(2026, 3, 4)),
        ("Ada Okoro: book a room by Friday", OKORO, "book a room", date(2026, 3, 6)),
        ("Father: bring the letter this Thursday", AMIT, "bring the letter", date(2026, 3, 5)),
        ("Okoro: by the 12th of June share the plan", OKORO, "share the plan", date(2026, 6, 12)),
        ("Okoro: share the plan within a month", OKORO, "share the plan", date(2026, 4, 3)),
        ("Okoro: share the plan by Friday 12 June 2026", OKORO, "share the plan", date(2026, 6, 12)),
        ("Okoro: share the plan by 2 January", OKORO, "share the plan", date(2027, 1, 2)),
    ],
)
def test_a_plain_line_is_understood(line, owner, what, due_on):
    found = read(line)
    assert (found.owner_id, found.what, found.due_on) == (owner, what, due_on)


@pytest.mark.parametrize(
    ("line", "due_on", "question"),
    [
        ("Okoro: x by next Friday", date(2026, 3, 13), "“Next Friday” can be Friday 6 March 2026 or Friday 13 March"),
        ("Okoro: x by Tuesday", date(2026, 3, 10), "Today is Tuesday: is Tuesday 10 March 2026 meant?"),
        ("Okoro: x by Monday 12 June", date(2026, 6, 12), "12 June 2026 is a Friday"),
        ("Okoro: x by 1 February", date(2027, 2, 1), "1 February has passed this year"),
        ("Okoro: x by 1 February 2026", date(2026, 2, 1), "Sunday 1 February 2026 has passed"),
        ("Okoro: x by 31 February", None, "There is no such day"),
        ("Okoro: x by 40/50", None, "There is no such day"),
        ("Okoro: x asap", None, "Which day is “asap”?"),
        ("Okoro: x next week", None, "Which day is “next week”?"),
        ("Okoro: x", None, "By when?"),
    ],
)
def test_a_day_in_doubt_is_asked_about(line, due_on, question):
    found = read(line)
    assert found.due_on == due_on
    assert question in " ".join(found.questions)


def test_what_is_not_understood_stays_in_the_words():
    assert read("Okoro: share the plan by 31 February").what == "share the plan by 31 February"
    assert read("Report: to school asap").what == "Report: to school asap"


def test_two_people_of_one_name_are_asked_about():
    found = read("Shah: send the report by Friday")
    assert found.owner_ids == (PRIYA, AMIT)
    assert found.owner_id is None
    assert "Dr Priya Shah or Amit Shah" in found.questions[0]


def test_a_title_tells_two_people_of_one_name_apart():
    assert read("Dr Shah: send the report by Friday").owner_ids == (PRIYA,)


def test_the_whole_name_wins_over_a_part_of_it():
    people = (Namesake(1, "Jo Park"), Namesake(2, "Jo Park Lee"))
    assert find_owners("Jo Park", people) == [1]


def test_somebody_who_is_not_there_is_not_made_an_owner():
    found = read("Mr Nobody: send the report by Friday")
    assert found.owner_ids == ()
    assert "Nobody at this meeting or in the team is called “Mr Nobody”" in found.questions[0]


def test_a_line_without_a_name_asks_who():
    found = read("send the report by Friday")
    assert (found.owner_ids, found.what, found.due_on) == ((), "send the report", date(2026, 3, 6))
    assert found.questions == ("Who does it? No name was found at the start of the line.",)


WORDS = st.sampled_from(
    [
        "Shah",
        "Okoro",
        "SENCO",
        "me",
        "to",
        "will",
        ":",
        "-",
        "–",
        "by",
        "before",
        "next",
        "this",
        "Friday",
        "mon",
        "12",
        "31",
        "June",
        "Feb",
        "12/6",
        "29/2/2027",
        "in",
        "two",
        "weeks",
        "999",
        "months",
        "0000-00-00",
        "2026-02-30",
        "today",
        "(",
        ")",
        ".",
        ",",
        "%",
        "’",
        "the",
        "of",
        "9999",
        "dr",
    ]
)


@given(
    st.one_of(st.text(max_size=600), st.lists(WORDS, max_size=12).map(" ".join)),
    st.dates(date(2014, 1, 1), date(2150, 1, 1)),
)
def test_any_line_is_read_without_inventing_an_owner(line, today):
    found = read_action_line(line, PEOPLE, today)
    assert set(found.owner_ids) <= {PRIYA, AMIT, LEO, OKORO}
    for owner in found.owner_ids:
        person = next(each for each in PEOPLE if each.person_id == owner)
        named = line.casefold()
        initials = "".join(word[0] for word in person.role.casefold().split())
        called = [
            *person.name.casefold().split(),
            person.role.casefold(),
            initials,
            *(["me", "i", "myself"] if person.is_self else []),
        ]
        assert any(each in named for each in called)
    assert found.owner_id is not None or found.questions
    assert found.due_on is not None or found.questions
    assert found.due_on is None or found.due_on >= today or found.questions


@given(st.text(max_size=200), st.text(max_size=200))
def test_nobody_owns_a_line_when_nobody_is_there(who, what):
    assert read_action_line(f"{who}: {what}", (), TODAY).owner_ids == ()
