"""What becomes of a letter, which letters may go now, and when a server that is away is tried again."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.delivery import (
    BACK_OFF,
    Allowance,
    DomainLimits,
    DomainUse,
    GiveUp,
    TryAgain,
    after_failure,
    next_probe,
)

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


def waits(*, is_refusal: bool) -> list[float]:
    return [(next_probe(tries, NOW, is_refusal=is_refusal) - NOW).total_seconds() for tries in range(1, 8)]


def test_a_failure_that_does_not_pass_is_given_up_at_once():
    assert after_failure(1, NOW, "There is no mailbox.", passes_by_itself=False) == GiveUp("There is no mailbox.")


def test_a_failure_that_passes_is_tried_again_later_and_later_for_about_three_days():
    tries = [after_failure(number, NOW, "busy", passes_by_itself=True) for number in range(1, len(BACK_OFF) + 1)]
    delays = [each.at - NOW for each in tries if isinstance(each, TryAgain)]
    assert delays == sorted(delays)
    assert timedelta(days=2, hours=12) < sum(delays, timedelta()) < timedelta(days=4)
    last = after_failure(len(BACK_OFF) + 1, NOW, "busy", passes_by_itself=True)
    assert isinstance(last, GiveUp)
    assert "Last answer: busy" in last.why


def test_a_server_that_is_away_is_tried_within_half_a_minute_always():
    assert waits(is_refusal=False) == [10, 10, 20, 30, 30, 30, 30]


def test_a_server_that_refuses_us_is_asked_less_and_less_often():
    assert waits(is_refusal=True) == [30, 60, 120, 300, 300, 300, 300]


def test_without_limits_every_letter_goes():
    allowance = Allowance({"nhs.example": DomainUse(500, 500)}, DomainLimits())
    assert all(allowance.take("nhs.example") for _ in range(100))


def test_what_a_domain_has_had_counts_and_others_are_not_held_up():
    used = {"nhs.example": DomainUse(in_last_minute=8), "school.example": DomainUse(on_the_way=2)}
    allowance = Allowance(used, DomainLimits(per_minute=10, at_once=2))
    assert allowance.full == {"school.example"}
    taken = [domain for domain in ["nhs.example", "school.example", "gp.example"] * 3 if allowance.take(domain)]
    assert Counter(taken) == {"nhs.example": 2, "gp.example": 2}
    assert allowance.full == {"nhs.example", "school.example", "gp.example"}


@given(
    st.lists(st.sampled_from("abc"), max_size=60),
    st.integers(0, 9),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from("abc"), st.builds(DomainUse, st.integers(0, 9), st.integers(0, 9))),
)
def test_no_domain_ever_gets_more_than_its_limits(letters, per_minute, at_once, used):
    allowance = Allowance(used, DomainLimits(per_minute, at_once))
    begun = Counter(domain for domain in letters if allowance.take(domain))
    for domain, number in begun.items():
        had = used.get(domain, DomainUse())
        assert not per_minute or had.in_last_minute + number <= per_minute
        assert not at_once or had.on_the_way + number <= at_once
