"""Connected calendars in words."""

import pytest

from coord_service import errors
from coord_service.domain.connections import CAN, CURES, cure_of, is_domain, read_domains, reads_address, say_abilities
from coord_service.ports import Ability

# Of many causes: the sentence of each says what to do (the contract holds every kind of calendar to that).
SAYS_ITSELF = {errors.SignInRefused, errors.AddressRefused, errors.ServiceClosed}


def test_every_trouble_has_a_cure_or_says_it_itself():
    troubles = {each for each in vars(errors).values() if isinstance(each, type)}
    named = {each for each in troubles if issubclass(each, errors.CalendarTrouble)} - {errors.CalendarTrouble}
    assert set(CURES) == named - SAYS_ITSELF
    assert all(cure_of(each.__name__) for each in CURES)
    assert not any(cure_of(each.__name__) for each in SAYS_ITSELF)
    assert cure_of(None) == ""


def test_every_ability_has_its_words():
    assert list(CAN) == [each.value for each in Ability]


def test_what_a_connection_can_not_do_is_said_too():
    can, cannot = say_abilities(["read_busy"], is_councils=True)
    assert can == [CAN["read_busy"]]
    assert cannot == [CAN["read_others"], CAN["write"], CAN["follow"]]


def test_nothing_is_said_of_colleagues_where_they_are_never_asked_about():
    can, cannot = say_abilities(list(CAN), is_councils=False)
    assert (can, cannot) == ([CAN["read_busy"], CAN["write"], CAN["follow"]], [])


def test_mail_domains_are_read_as_people_type_them():
    assert read_domains(" @Kent.gov.uk, x.nhs.uk;x.nhs.uk  ") == ("kent.gov.uk", "x.nhs.uk")


@pytest.mark.parametrize(
    ("text", "expected"), [("kent.gov.uk", True), ("kent", False), ("a@b.uk", False), ("a..b", False)]
)
def test_a_mail_domain_is_told_from_other_words(text, expected):
    assert is_domain(text) is expected


def test_a_council_reads_its_own_domains_and_no_others():
    assert reads_address(["kent.gov.uk"], "j.doe@Kent.gov.uk")
    assert not reads_address(["kent.gov.uk"], "j.doe@evilkent.gov.uk")
    assert not reads_address(["kent.gov.uk"], "j.doe@sub.kent.gov.uk")
