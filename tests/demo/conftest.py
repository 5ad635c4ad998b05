"""The demo's pages are tested in a whole installation, with real mail out and in."""

from tests.installation import clock, tools

__all__ = ["clock", "tools"]
