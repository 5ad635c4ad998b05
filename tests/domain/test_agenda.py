"""Notes that two people type at once become one text, and nothing that either added is lost."""

from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.agenda import USUAL_AGENDAS, merge_notes, tidy_headings
from coord_service.domain.meetings import Purpose

TEXTS = st.lists(
    st.sampled_from(["Mum: sleeps better", "School: reads more", "OT: chair ordered", "", "a", "b"]), max_size=8
)


def test_two_who_add_at_the_end_are_both_kept():
    assert merge_notes("one", "one\ntheirs", "one\nmine") == "one\ntheirs\nmine"


def test_a_line_rewritten_by_one_and_an_addition_by_the_other_both_stand():
    assert merge_notes("one\ntwo", "ONE\ntwo", "one\ntwo\nthree") == "ONE\ntwo\nthree"


def test_a_line_that_both_rewrote_is_kept_in_both_versions():
    assert merge_notes("one\ntwo", "one\ntwo, said Mum", "one\ntwo, said Dad") == "one\ntwo, said Mum\ntwo, said Dad"


def test_a_line_being_typed_is_not_doubled_when_it_grows_beside_an_addition():
    assert merge_notes("a\nMum sa", "a\ntheirs\nMum sa", "a\nMum says yes") == "a\ntheirs\nMum says yes"


def test_a_line_taken_out_stays_out():
    assert merge_notes("one\ntwo\nthree", "one\nthree", "one\ntwo\nthree\nfour") == "one\nthree\nfour"


@given(TEXTS, TEXTS, TEXTS)
def test_no_added_line_is_lost(base, theirs, mine):
    merged = merge_notes("\n".join(base), "\n".join(theirs), "\n".join(mine)).split("\n")
    assert {line for line in theirs + mine if line and line not in base} <= set(merged)


@given(TEXTS, TEXTS)
def test_one_who_changes_alone_gets_exactly_their_text(base, changed):
    old, new = "\n".join(base), "\n".join(changed)
    assert merge_notes(old, old, new) == new
    assert merge_notes(old, new, old) == new
    assert merge_notes(old, new, new) == new


def test_the_family_speaks_first_whatever_the_meeting_is_for():
    assert {USUAL_AGENDAS[purpose][0] for purpose in Purpose} == {"The family’s views"}


def test_headings_are_tidied():
    assert tidy_headings(["  One ", "", "Two  words", "One"]) == ("One", "Two words")
