"""``coord clocks``: every limit by its paragraph, and one line on stderr for what it can't count."""

import json

import pytest

from coord_service.__main__ import main


def clocks(capfd, kind, start):
    assert main(["clocks", "--kind", kind, "--start", start]) == 0
    return json.loads(capfd.readouterr().out)["clocks"]


@pytest.mark.parametrize(
    ("kind", "start", "expected"),
    [
        (
            "assessment",
            "2026-01-05",
            {"decide_assess": "2026-02-16", "decide_no_plan": "2026-04-27", "final_plan": "2026-05-25"},
        ),
        ("advice", "2026-02-16", {"advice": "2026-03-30"}),
        ("draft", "2026-03-02", {"draft_views": "2026-03-16"}),
        (
            "review",
            "2024-02-29",
            {
                "review_notice": "2024-02-15",
                "review_papers": "2024-02-15",
                "review_report": "2024-03-14",
                "review_decision": "2024-03-28",
                "review_due": "2025-02-28",
            },
        ),
        ("amendment", "2026-03-02", {"amend_views": "2026-03-16", "amend_final": "2026-04-27"}),
        ("reassessment", "2026-03-02", {"reassess_final": "2026-06-08"}),
        ("move", "2026-03-02", {"transfer_in": "2026-03-20"}),
        ("transfer", "2026-03-02", {"transfer_told": "2026-04-13"}),
        ("phase", "2027-09-01", {"phase_transfer": "2027-02-14"}),
        ("phase_post16", "2027-09-01", {"phase_transfer_post16": "2027-03-30"}),
        ("phase_between", "2027-09-01", {"phase_transfer_between": "2027-04-01"}),
        ("under5", "2026-03-02", {"under5_review": "2026-09-02"}),
    ],
)
def test_each_kind_starts_its_clocks_in_order(capfd, kind, start, expected):
    found = clocks(capfd, kind, start)
    assert {clock["id"]: clock["due"] for clock in found} == expected
    assert [clock["id"] for clock in found] == list(expected)
    assert all(list(clock) == ["id", "due", "law", "rule", "exceptions"] and clock["rule"] for clock in found)


@pytest.mark.parametrize(
    ("kind", "paragraphs"),
    [
        ("assessment", {"reg 5(4)", "reg 10(4)"}),
        ("advice", {"reg 8(2)"}),
        ("draft", set()),
        ("review", set()),
        ("amendment", set()),
        ("reassessment", {"reg 27(3)"}),
    ],
)
def test_exceptions_belong_to_a_clock(capfd, kind, paragraphs):
    found = {each[:-3] for clock in clocks(capfd, kind, "2026-03-02") for each in clock["exceptions"]}
    assert found == paragraphs


def test_the_first_day_of_the_law_counts(capfd):
    assert clocks(capfd, "advice", "2014-09-01")[0]["due"] == "2014-10-13"


def test_a_start_in_the_future_is_fine(capfd):
    assert clocks(capfd, "draft", "2999-12-31")[0]["due"] == "3000-01-14"


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--kind", "advice"],
        ["--start", "2026-03-02"],
        ["--kind", "plan", "--start", "2026-03-02"],
        ["--kind", "advice", "--start", "2014-08-31"],
        ["--kind", "advice", "--start", "2026-02-29"],
        ["--kind", "advice", "--start", "20260302"],
        ["--kind", "advice", "--start", "2026-W10-1"],
        ["--kind", "advice", "--start", "2026-03-02T09:00:00Z"],
        ["--kind", "review", "--start", "9999-12-31"],
        ["--kind", "advice", "--start", "2026-03-02", "--weeks", "6"],
    ],
)
def test_what_can_not_be_counted_ends_with_one_line(capfd, words):
    try:
        code = main(["clocks", *words])
    except SystemExit as ended:
        code = ended.code
    out, err = capfd.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
