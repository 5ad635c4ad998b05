"""How many examples a property is tried with, where it isn't the profile's own number (tests/conftest.py)."""

from hypothesis import settings


def examples(of_a_hundred: int) -> settings:
    """So many where the profile tries a hundred, as "house" does, and as many times more where it tries more."""
    return settings(max_examples=max(1, of_a_hundred * settings().max_examples // 100))
