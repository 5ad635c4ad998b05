"""What must not leave the house in an invitation."""

from datetime import date

import pytest

from coord_service.domain.private_words import find_private_words

NAMES = ["Zoë", "Okafor-Bell", "Mrs An Li", "Seán O'Neill", "Grace", "May"]
BIRTHDAYS = [date(2015, 4, 3)]


def found_in(text: str) -> list[str]:
    return find_private_words(text, NAMES, BIRTHDAYS)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Please bring what Zoë likes", "Zoë"),
        ("please bring what zoe likes", "zoe"),
        ("ZOE'S report", "ZOE"),
        ("The Bell family will come", "Bell"),
        ("okafor-bell papers", "okafor-bell"),
        ("Mrs Li asked for an interpreter", "Li"),
        ("Mr O’Neill rings before", "O’Neill"),
        ("Ask Grace what helps", "Grace"),
        ("born 3/4/2015", "3/4/2015"),
        ("born 03.04.15", "03.04.15"),
        ("born 2015-04-03", "2015-04-03"),
        ("born on the 3rd of April 2015", "3rd of April 2015"),
        ("born Apr 3, 2015", "Apr 3, 2015"),
        ("NHS 943 476 5919", "943 476 5919"),
        ("9434765919", "9434765919"),
        ("943-476-5918", "943-476-5918"),
        ("UPN H801200001001", "H801200001001"),
    ],
)
def test_private_words_are_found_as_they_stand(text: str, word: str) -> None:
    assert found_in(text) == [word]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Please say grace before lunch if you may, and do ring the bells",
        "We meet on 3 April 2027 and on 03/04/2026",
        "Ring 01632 960 001 or 07700 900123",
        "Bring the zoetrope; parking is behind the belltower",
        "Join with code 9434765918",
        "Half an hour at most",
    ],
)
def test_ordinary_words_and_numbers_are_left_alone(text: str) -> None:
    assert found_in(text) == []


def test_each_word_is_named_once_and_in_order() -> None:
    assert found_in("Zoë and Grace, and Zoë again, 3/4/2015") == ["Zoë", "Grace", "3/4/2015"]
