"""The pictures of the report, drawn on the server. Beneath each stands a table with the same facts.

The bands of lateness go from light to dark, so that they can be told apart in print and without colour; the darker ones
carry a pattern as well. Nothing depends on a colour alone: bars carry their numbers, points their percentages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from coord_service.domain.figures import BAND_NAMES, LateBand, Share

WIDTH = 340  # small, so that letters are still read on a phone
_LABEL, _BAR, _ROW = 13, 18, 42
_TOP, _PLOT, _LEFT, _RIGHT, _INSET = 18, 120, 42, 18, 20

# fill, colour of the number on it, what is drawn over the fill in an 8 by 8 tile
_LOOKS: dict[LateBand, tuple[str, str, str]] = {
    LateBand.WEEK: ("#e4eff9", "#0b0c0c", ""),
    LateBand.FORTNIGHT: ("#a8cbe8", "#0b0c0c", ""),
    LateBand.FOUR_WEEKS: ("#5694ca", "#0b0c0c", ""),
    LateBand.EIGHT_WEEKS: ("#1d5a94", "#ffffff", '<path d="M-2 10 10-2M2 14 14 2" stroke="#17497a" stroke-width="2"/>'),
    LateBand.LONGER: ("#0b2540", "#ffffff", '<path d="M0 4H8" stroke="#16365a" stroke-width="2"/>'),
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the ageing chart: whose it is, and how much of it is how late."""

    name: str
    bands: Mapping[LateBand, int]

    @property
    def total(self) -> int:
        """All of it."""
        return sum(self.bands.values())


def gather_bars(bars: Sequence[Bar], most: int = 15) -> list[Bar]:
    """As many as can be read in one picture, which has the most overdue; the rest in one bar at the end."""
    late = [bar for bar in bars if bar.total]
    if len(late) <= most:
        return late
    rest = late[most - 1 :]
    added = {band: sum(bar.bands[band] for bar in rest) for band in LateBand}
    return [*late[: most - 1], Bar(f"{len(rest):,} more", added)]


def draw_ageing(bars: Sequence[Bar], words: str) -> Markup:
    """A stacked bar for each, on a common scale. ``words`` name the picture to a screen reader."""
    longest = max((bar.total for bar in bars), default=1)
    rows = Markup("").join(_draw_bar(bar, number * _ROW, longest) for number, bar in enumerate(bars))
    return _frame(len(bars) * _ROW, words, _patterns() + rows)


def draw_key(band: LateBand) -> Markup:
    """The little box of the legend; the picture beside it brings the pattern."""
    return Markup(
        '<svg class="coord-chart__key" width="24" height="14" viewBox="0 0 24 14" aria-hidden="true" '
        'focusable="false"><rect x=".5" y=".5" width="23" height="13" fill="url(#band-{})" stroke="#505a5f"/></svg>'
    ).format(band.value)


def _patterns() -> Markup:
    tiles = Markup("").join(
        Markup(
            '<pattern id="band-{}" width="8" height="8" patternUnits="userSpaceOnUse">'
            '<rect width="8" height="8" fill="{}"/>{}</pattern>'
        ).format(band.value, fill, Markup(over))  # noqa: S704 - our own drawing, from the table above
        for band, (fill, _, over) in _LOOKS.items()
    )
    return Markup("<defs>{}</defs>").format(tiles)


def _draw_bar(bar: Bar, top: int, longest: int) -> Markup:
    pieces, left = [], 0.0
    for band, count in bar.bands.items():
        width = round(count / longest * (WIDTH - 40), 1)
        if count:
            pieces.append(_draw_piece(band, count, (left, width), top + _LABEL + 5))
        left = round(left + width, 1)
    return Markup(
        '<text x="0" y="{}" font-size="13" fill="#0b0c0c">{}</text>{}'
        '<text x="{}" y="{}" font-size="13" font-weight="bold" fill="#0b0c0c">{}</text>'
    ).format(top + _LABEL, _short(bar.name), Markup("").join(pieces), left + 5, top + _LABEL + 19, f"{bar.total:,}")


def _draw_piece(band: LateBand, count: int, span: tuple[float, float], top: int) -> Markup:
    left, width = span
    said = f"{count:,}"
    number = Markup("")
    if width > 7 * len(said) + 4:
        number = Markup('<text x="{}" y="{}" font-size="11" text-anchor="middle" fill="{}">{}</text>').format(
            round(left + width / 2, 1), top + 13, _LOOKS[band][1], said
        )
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="url(#band-{})" stroke="#505a5f" stroke-width=".7">'
        "<title>{}: {}</title></rect>{}"
    ).format(left, top, width, _BAR, band.value, BAND_NAMES[band], said, number)


def draw_trend(months: Sequence[tuple[date, Share]], words: str) -> Markup:
    """Percent on time, a point a month; a month in which nothing fell due leaves a gap in the line."""
    step = (WIDTH - _LEFT - _RIGHT - _INSET) / max(1, len(months) - 1)
    points = [
        (round(_LEFT + _INSET + number * step, 1), first, share.percent) for number, (first, share) in enumerate(months)
    ]
    labels = Markup("").join(
        Markup('<text x="{}" y="{}" font-size="12" text-anchor="middle" fill="#383f43">{}</text>').format(
            x, _TOP + _PLOT + 18, f"{first:%b}"
        )
        for x, first, _ in points
    )
    line = Markup('<path d="{}" fill="none" stroke="#144e81" stroke-width="2.5"/>').format(_path(points))
    marks = Markup("").join(_draw_mark(x, percent) for x, _, percent in points if percent is not None)
    return _frame(_TOP + _PLOT + 26, words, _scale() + line + marks + labels)


def _scale() -> Markup:
    return Markup("").join(
        Markup(
            '<path d="M{} {}H{}" stroke="#d2d4d6" stroke-width="1"/>'
            '<text x="{}" y="{}" font-size="11" text-anchor="end" fill="#505a5f">{}</text>'
        ).format(_LEFT, _height(percent), WIDTH - _RIGHT, _LEFT - 5, _height(percent) + 4, f"{percent}%")
        for percent in (0, 50, 100)
    )


def _path(points: Sequence[tuple[float, date, int | None]]) -> str:
    """Through the points; the pen is lifted where there is none."""
    steps, pen = [], "M"
    for x, _, percent in points:
        if percent is None:
            pen = "M"
            continue
        steps.append(f"{pen}{x} {_height(percent)}")
        pen = "L"
    return "".join(steps) or "M0 0"


def _draw_mark(x: float, percent: int) -> Markup:
    y = _height(percent)
    said_at = y - 8 if percent < 90 else y + 18
    return Markup(
        '<circle cx="{}" cy="{}" r="4" fill="#ffffff" stroke="#144e81" stroke-width="2.5"/>'
        '<text x="{}" y="{}" font-size="12" font-weight="bold" text-anchor="middle" fill="#0b0c0c" stroke="#ffffff" '
        'stroke-width="3" paint-order="stroke">{}</text>'
    ).format(x, y, x, said_at, f"{percent}%")


def _height(percent: int) -> float:
    return round(_TOP + _PLOT * (100 - percent) / 100, 1)


def _frame(height: int, words: str, content: Markup) -> Markup:
    return Markup(
        '<svg class="coord-chart" viewBox="0 0 {} {}" role="img" aria-label="{}" font-family="arial, sans-serif">'
        "{}</svg>"
    ).format(WIDTH, height, words, content)


def _short(name: str) -> str:
    return name if len(name) <= 44 else f"{name[:43]}…"
