"""What a meeting goes through, and how the notes of two people who type at once become one text."""

from collections.abc import Sequence
from difflib import SequenceMatcher

from coord_service.domain.meetings import Purpose

MOST_HEADINGS = 20

_TAC = (
    "The family’s views",  # the family speaks first (DOMAIN §5)
    "What has happened since last time",
    "Needs and provision",
    "What we will do",
    "Next meeting",
)
USUAL_AGENDAS = {
    Purpose.TAC: _TAC,
    Purpose.REVIEW: (
        "The family’s views",
        "The child’s or young person’s views",
        "Progress towards the outcomes",
        "Needs and provision: what should change",
        "What we will do",
        "Next meeting",
    ),
    Purpose.HOME_VISIT: ("The family’s views", "What we saw and talked about", "What we will do"),
    Purpose.OTHER: ("The family’s views", "What we talked about", "What we will do"),
}


def merge_notes(base: str, theirs: str, mine: str) -> str:
    """One text from two that began as ``base``: both changes stand, and where they meet both are kept, theirs first.

    Line by line. A line that one of them added is never lost; one that either took out or rewrote is gone.
    """
    if mine in {base, theirs}:
        return theirs
    if theirs == base:
        return mine
    old, their, my = base.split("\n"), theirs.split("\n"), mine.split("\n")
    merged: list[str] = []
    at = at_their = at_my = 0
    for end, end_their, end_my in [*_common_lines(old, their, my), (len(old), len(their), len(my))]:
        merged += _merge_stretch(old[at:end], their[at_their:end_their], my[at_my:end_my])
        merged += old[end : end + 1]
        at, at_their, at_my = end + 1, end_their + 1, end_my + 1
    return "\n".join(merged)


def _common_lines(old: list[str], their: list[str], my: list[str]) -> list[tuple[int, int, int]]:
    """The lines that all three have, in order: their positions in each."""
    in_their, in_my = _pairs(old, their), _pairs(old, my)
    return [(at, in_their[at], in_my[at]) for at in sorted(in_their.keys() & in_my.keys())]


def _pairs(one: list[str], other: list[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return {block.a + n: block.b + n for block in blocks for n in range(block.size)}


def _merge_stretch(old: list[str], their: list[str], my: list[str]) -> list[str]:
    """Lines between two that all three have."""
    if my in (old, their):
        return their
    if their == old:
        return my
    added = [line for line in their if line not in old]
    return added + [line for line in my if line not in old and line not in added]


def tidy_headings(lines: Sequence[str]) -> tuple[str, ...]:
    """The headings somebody typed, one a line: without blank lines, each once."""
    return tuple(dict.fromkeys(line for line in (" ".join(each.split()) for each in lines) if line))
