"""Operations are tested in a whole installation."""

from tests.installation import clock, tools

__all__ = ["clock", "tools"]
