"""The rules about pages are held to the real application."""

from tests.web.conftest import clock, tools

__all__ = ["clock", "tools"]
