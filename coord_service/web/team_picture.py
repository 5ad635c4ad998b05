"""The picture of the team: the child in the middle, six sectors around, everybody on the rim with name and standing.

Pure geometry: values in, places on a drawing out; the template draws them. People stand in rows to the left and the
right of an oval, so that no text can meet another however many they are; what is too long for its row is cut.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from coord_service.domain.people import SECTOR_NAMES, Sector
from coord_service.domain.team import Standing

WIDTH = 1080
MIDDLE = WIDTH / 2
REACH = 150.0  # from the middle to the rim, sideways
MARGIN = 14.0
HEADING, PERSON, NOBODY, GAP = 28.0, 42.0, 24.0, 16.0  # heights of rows
LEAST_HEIGHT = 380.0
CHILD_RADIUS = 50.0
NAME_SIZE, ROLE_SIZE = 16, 14

# Always the same places, so that people learn where to look; each side from the top.
LEFT = (Sector.FAMILY, Sector.HEALTH, Sector.COUNCIL)
RIGHT = (Sector.EDUCATION, Sector.SOCIAL_CARE, Sector.VOLUNTARY)


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody to be drawn: where they stand in the world, and the most urgent thing about them."""

    sector: Sector
    name: str
    role: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Slice:
    """One sector's part of the oval, as an SVG path, and its heading beside it."""

    sector: Sector
    path: str
    heading: str
    x: float
    y: float
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Spot:
    """One person on the rim: where the mark goes, where the words begin, and the words, cut to fit."""

    x: float
    y: float
    text_x: float
    name: str
    role: str
    standing: Standing
    is_left: bool


@dataclass(frozen=True, slots=True)
class TeamPicture:
    """Everything to be drawn, on a canvas WIDTH wide and ``height`` high."""

    height: float
    slices: tuple[Slice, ...]
    spots: tuple[Spot, ...]

    @property
    def width(self) -> float:
        """How wide the canvas is."""
        return WIDTH

    @property
    def child(self) -> tuple[float, float]:
        """Where the child is."""
        return MIDDLE, self.height / 2


def draw_team(figures: Sequence[Figure]) -> TeamPicture:
    """The picture of these people."""
    groups = {sector: [each for each in figures if each.sector is sector] for sector in Sector}
    needed = max(sum(_height(groups[sector]) for sector in side) for side in (LEFT, RIGHT))
    height = max(LEAST_HEIGHT, needed + 2 * MARGIN)
    left = _Side(groups, LEFT, height, is_left=True)
    right = _Side(groups, RIGHT, height, is_left=False)
    return TeamPicture(height, (*left.slices(), *right.slices()), (*left.spots(), *right.spots()))


def _height(people: Sequence[Figure]) -> float:
    return GAP + HEADING + (len(people) * PERSON if people else NOBODY)


class _Side:
    """One half of the oval with its three sectors, which share out whatever height is left over."""

    def __init__(
        self, groups: dict[Sector, list[Figure]], sectors: tuple[Sector, ...], height: float, *, is_left: bool
    ) -> None:
        self._groups, self._sectors, self._height, self._is_left = groups, sectors, height, is_left
        used = sum(_height(groups[sector]) for sector in sectors)
        self._spare = (height - 2 * MARGIN - used) / len(sectors)

    def _tops(self) -> list[float]:
        """Where each sector begins, and where the last one ends."""
        tops = [MARGIN]
        for sector in self._sectors:
            tops.append(tops[-1] + _height(self._groups[sector]) + self._spare)
        return tops

    def _rim(self, y: float) -> float:
        """Where the oval's edge is at this height."""
        radius = self._height / 2 - 2
        across = max(0.0, 1 - ((y - self._height / 2) / radius) ** 2)
        return MIDDLE + (-1 if self._is_left else 1) * REACH * math.sqrt(across)

    def _beside(self, x: float) -> float:
        return x - 20 if self._is_left else x + 20

    def slices(self) -> list[Slice]:
        """The three parts of this half."""
        tops = self._tops()
        tops[0], tops[-1] = 2.0, self._height - 2
        return [
            self._slice(sector, (top, bottom), self._first_row(top_of_rows))
            for sector, top, bottom, top_of_rows in zip(self._sectors, tops, tops[1:], self._tops(), strict=False)
        ]

    def _first_row(self, top: float) -> float:
        return top + (GAP + self._spare) / 2 + HEADING / 2

    def _slice(self, sector: Sector, span: tuple[float, float], y: float) -> Slice:
        (top, bottom), middle, radius = span, self._height / 2, self._height / 2 - 2
        path = (
            f"M{MIDDLE:.1f} {middle:.1f}L{self._rim(top):.1f} {top:.1f}"
            f"A{REACH:.1f} {radius:.1f} 0 0 {0 if self._is_left else 1} {self._rim(bottom):.1f} {bottom:.1f}Z"
        )
        x = self._beside(self._outermost(y))
        return Slice(sector, path, SECTOR_NAMES[sector], x, y, not self._groups[sector])

    def _outermost(self, y: float) -> float:
        """The rim over the height of a row of text, so that no letter stands on the oval."""
        edges = [self._rim(y - HEADING / 2), self._rim(y + HEADING / 2)]
        return min(edges) if self._is_left else max(edges)

    def spots(self) -> list[Spot]:
        """Everybody of this half, from the top."""
        found = []
        for sector, top in zip(self._sectors, self._tops(), strict=False):
            y = self._first_row(top) + HEADING / 2 + PERSON / 2
            for figure in self._groups[sector]:
                found.append(self._spot(figure, y))
                y += PERSON
        return found

    def _spot(self, figure: Figure, y: float) -> Spot:
        x = self._rim(y)
        text_x = self._beside(self._outermost(y))
        room = text_x - MARGIN if self._is_left else WIDTH - MARGIN - text_x
        name, role = fit(figure.name, room, NAME_SIZE), fit(figure.role, room, ROLE_SIZE)
        return Spot(x, y, text_x, name, role, figure.standing, self._is_left)


def fit(text: str, room: float, size: int) -> str:
    """The text, cut with an ellipsis where it would be wider than ``room`` at this size of letters."""
    if sum(map(_width, text)) * size <= room:
        return text
    left, kept = room / size - 1, ""
    for mark in text:
        left -= _width(mark)
        if left < 0:
            break
        kept += mark
    return kept.rstrip() + "…"


def _width(mark: str) -> float:
    """How wide a letter can be, as a part of its size: generous, so that nothing runs over."""
    if unicodedata.combining(mark):
        return 0.0
    if unicodedata.east_asian_width(mark) in "WF":
        return 1.1
    if mark in "WMm@%—…":
        return 1.0
    if mark in "ijlftrI.,:;'’·()- ":
        return 0.4
    return 0.78 if mark.isupper() else 0.61
