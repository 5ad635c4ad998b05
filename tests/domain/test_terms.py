"""School terms: on which days schools are closed, and the files that councils hand out."""

from datetime import date

import pytest

from coord_service.domain.term_files import MOST_ROWS, read_term_file
from coord_service.domain.terms import SchoolDates, SchoolDatesKind, SchoolTerms
from coord_service.errors import Refused

TERM, BREAK = SchoolDatesKind.TERM, SchoolDatesKind.BREAK
AUTUMN = SchoolDates("Autumn term", TERM, date(2026, 9, 2), date(2026, 12, 18))
HALF = SchoolDates("Half-term", BREAK, date(2026, 10, 26), date(2026, 10, 30))
SPRING = SchoolDates("Spring term", TERM, date(2027, 1, 4), date(2027, 3, 25))
SUMMER = SchoolDates("Summer term", TERM, date(2027, 4, 12), date(2027, 7, 21))
YEAR = SchoolTerms((AUTUMN, HALF, SPRING, SUMMER))


@pytest.mark.parametrize(
    ("day", "is_closed"),
    [
        (date(2026, 9, 1), False),  # before anything is known
        (date(2026, 9, 2), False),
        (date(2026, 10, 25), False),
        (date(2026, 10, 26), True),
        (date(2026, 10, 30), True),
        (date(2026, 12, 18), False),
        (date(2026, 12, 19), True),
        (date(2027, 1, 3), True),
        (date(2027, 7, 22), True),
        (date(2027, 8, 31), True),
        (date(2027, 9, 1), False),  # of the next year nothing is known
    ],
)
def test_schools_are_closed_in_breaks_and_between_terms(day: date, is_closed: bool) -> None:
    assert YEAR.is_closed(day) is is_closed


def test_without_dates_nobody_is_away() -> None:
    assert list(SchoolTerms().closed(date(2026, 8, 1), date(2026, 8, 31))) == []
    assert SchoolTerms((HALF,)).known_until is None


def test_what_is_known_ends_with_the_last_term_or_with_the_summer_after_it() -> None:
    assert SchoolTerms((AUTUMN,)).known_until == date(2026, 12, 18)
    assert YEAR.known_until == date(2027, 8, 31)


def test_closed_days_come_in_runs_and_within_the_span() -> None:
    assert list(YEAR.closed(date(2026, 10, 28), date(2026, 12, 25))) == [
        (date(2026, 10, 28), date(2026, 10, 30)),
        (date(2026, 12, 19), date(2026, 12, 25)),
    ]


CSV = """Term,First day,Last day
Autumn term,02/09/2026,18/12/2026
Half-term,2026-10-26,2026-10-30
Training day,04/01/2027,
"""


def test_a_table_is_read_with_british_or_iso_dates_and_a_single_day() -> None:
    found = read_term_file(CSV.encode())
    assert found.faults == []
    assert found.dates == [AUTUMN, HALF, SchoolDates("Training day", BREAK, date(2027, 1, 4), date(2027, 1, 4))]


def test_a_table_may_say_the_kind_itself() -> None:
    text = "name,from,until,kind\nMichaelmas,2026-09-02,2026-12-18,term\nOut of term,2026-10-26,2026-10-30,break\n"
    assert [each.kind for each in read_term_file(text.encode()).dates] == [TERM, BREAK]


def test_each_row_that_is_wrong_is_named() -> None:
    text = (
        "name,first,last,kind\nA term,31/02/2026,,\n,2026-01-01,,\nB term,2026-03-01,2026-02-01,\nC,2026-01-01,,day\n"
    )
    faults = read_term_file(text.encode()).faults
    assert [fault.split(" has ")[0].split(" ends ")[0] for fault in faults] == ["Row 2", "Row 3", "Row 4", "Row 5"]
    assert "“31/02/2026” where a date such as 2026-09-01 or 01/09/2026 should be" in faults[0]


ICS = """BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20260902
DTEND;VALUE=DATE:20261219
SUMMARY:Autumn
  term
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261026
DTEND;VALUE=DATE:20261031
SUMMARY:Half-term
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261109
SUMMARY:Admissions close\\, online
END:VEVENT
END:VCALENDAR
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_calendar_is_read_and_what_is_no_term_is_left_out_by_name(ending: str) -> None:
    found = read_term_file(ICS.replace("\n", ending).encode())
    assert found.dates == [AUTUMN, HALF]
    assert found.left_out == ["Admissions close, online"]


def test_a_table_from_a_spreadsheet_in_another_encoding_is_read() -> None:
    assert (
        read_term_file("name,first,last\nTerm – 1,2026-09-02,2026-12-18\n".encode("cp1252")).dates[0].name == "Term – 1"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04\x00\x00", "neither a CSV file nor an ICS file"),
        (b"", "name and first day and last day is missing"),
        (b"name,first\n", "last day is missing"),
        (b"name,first,last\nHalf-term,2026-10-26,2026-10-30\n", "no term in this file"),
        (b"name,first,last\n" + b"Term,2026-09-01,2026-09-02\n" * MOST_ROWS, "more than 500 rows"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "no term in this file"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(content: bytes, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read_term_file(content)


def test_hostile_dates_are_faults_and_no_crash() -> None:
    for value in ("00010101", "99991231", "2026", "٢٠٢٦٠٩٠٢", ""):
        ics = f"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:A term\nDTSTART:{value}\nDTEND:{value}\nEND:VEVENT\n"
        assert len(read_term_file(ics.encode()).faults) == 1
