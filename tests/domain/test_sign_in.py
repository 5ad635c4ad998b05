"""Which passwords won't do, and how long a guesser waits."""

from datetime import UTC, datetime, timedelta

import pytest

from coord_service.domain.mail_addresses import has_address_shape
from coord_service.domain.sign_in import password_problem, wait_until

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
EMAIL = "ada.quill@example.org"


@pytest.mark.parametrize(
    "password",
    [
        "short words",
        "ada.quill@example.org",
        "Password12345",
        "passwordpassword",
        "aaaaaaaaaaaaaaa",
        "123456789012345",
        "qwertyuiop123!",
        "Correct Horse Battery Staple",
    ],
)
def test_passwords_that_a_guesser_tries_first_are_refused(password):
    assert password_problem(password, EMAIL)


@pytest.mark.parametrize(
    "password", ["three plain garden words", "Zwölf grüne Äpfel", "x7#kLp0!qWz9", "  spaces count  "]
)
def test_a_long_password_of_its_own_will_do(password):
    assert password_problem(password, EMAIL) is None


def failures(count: int, last: datetime = NOW) -> list[datetime]:
    return [last - timedelta(seconds=count - 1 - n) for n in range(count)]


def test_the_first_tries_are_heard_at_once():
    assert wait_until(failures(3), failures(3)) is None


def test_the_wait_doubles_with_every_failure_up_to_five_minutes():
    waits = [wait_until(failures(count), []) for count in (4, 5, 6, 7, 20, 2000)]
    assert [(wait - NOW).total_seconds() for wait in waits if wait] == [2, 4, 8, 16, 300, 300]


def test_an_office_that_shares_an_address_has_many_tries_and_never_waits_longer_than_a_minute():
    assert wait_until([], failures(39)) is None
    wait = wait_until([], failures(500))
    assert wait == NOW + timedelta(minutes=1)


@pytest.mark.parametrize("address", ["a@example.org", "o'neill+send@sub.example.co.uk", "x" * 64 + "@example.org"])
def test_addresses_that_mail_servers_take(address):
    assert has_address_shape(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@b",
        "a@b@example.org",
        ".a@example.org",
        "a..b@example.org",
        "a@-example.org",
        "a@example..org",
        "a b@example.org",
        "a@example.org\nBcc: b@example.org",
        "Ada <a@example.org>",
        "ä@example.org",
        "x" * 65 + "@example.org",
        "a@" + "x" * 260 + ".org",
    ],
)
def test_addresses_that_can_not_be_sent_to(address):
    assert not has_address_shape(address)
