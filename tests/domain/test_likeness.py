import pytest

from coord_service.domain.likeness import near_same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dr Jaya Shah", "jaya shah"),
        ("Jaya Shah", "J. Shah"),
        ("Shah, Jaya", "Dr Jaya Shah"),
        ("Zoë O’Brien", "Zoe O'Brien"),
        ("Katharine Mills", "Katherine Mills"),
        ("Dr Shah", "Dr Jaya Shah"),
    ],
)
def test_the_same_person_written_differently_is_recognised(one, other):
    assert near_same_name(one, other)
    assert near_same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Jaya Shah", "Meera Shah"), ("Ann Lee", "Tom Reed"), ("", "Jaya Shah"), ("!!!", "???"), ("Dr Okoro", "Dr Shah")],
)
def test_different_people_stay_different(one, other):
    assert not near_same_name(one, other)
