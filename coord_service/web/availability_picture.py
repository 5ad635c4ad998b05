"""The availability picture: a small drawing a day, a bar a person. Patterns say what colours say."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from markupsafe import Markup

from coord_service.domain.availability import PRESENCE_NAMES, DiaryStretch, Presence
from coord_service.operations.found import DayShown, PersonShown
from coord_service.web.wording import say_time

WIDTH, HEAD, ROW, BAR_TOP, BAR = 300, 20, 36, 18, 13
_SHORT = {Presence.UNSEEN: "nothing known", Presence.AWAY: "away"}
HOUR_MARKS = 2  # a line every two hours

# fill, then what is drawn over it in an 8 by 8 tile: each kind can be told without colour
_LOOKS: dict[Presence, tuple[str, str]] = {
    Presence.FREE: ("#cce2d8", ""),
    Presence.BUSY: ("#144e81", '<path d="M-2 10 10-2M2 14 14 2" stroke="#ffffff" stroke-width="1.5"/>'),
    Presence.TENTATIVE: ("#fff7bf", '<path d="M4 0V8" stroke="#594d00" stroke-width="1.5"/>'),
    Presence.AWAY: ("#fcd6c3", '<circle cx="4" cy="4" r="1.8" fill="#6e3619"/>'),
    Presence.OUTSIDE: ("#f3f2f1", '<path d="M0 4H8" stroke="#b1b4b6" stroke-width="1"/>'),
    Presence.UNSEEN: ("#ffffff", '<circle cx="4" cy="4" r="1.2" fill="#00703c"/>'),
    Presence.UNKNOWN: ("#ffffff", '<path d="M0 0 8 8M8 0 0 8" stroke="#505a5f" stroke-width="1"/>'),
}


def draw_patterns() -> Markup:
    """The patterns that the drawings of a page share; put it once, before them."""
    tiles = Markup("").join(
        Markup(
            '<pattern id="presence-{}" width="8" height="8" patternUnits="userSpaceOnUse">'
            '<rect width="8" height="8" fill="{}"/>{}</pattern>'
        ).format(presence.value, fill, Markup(over))  # noqa: S704 - our own drawing, from the table above
        for presence, (fill, over) in _LOOKS.items()
    )
    return Markup(
        '<svg class="coord-availability__patterns" width="0" height="0" aria-hidden="true" focusable="false">'
        "<defs>{}</defs></svg>"
    ).format(tiles)


def draw_key(presence: Presence) -> Markup:
    """The little box of the legend."""
    return Markup(
        '<svg class="coord-availability__key" width="24" height="14" viewBox="0 0 24 14" aria-hidden="true" '
        'focusable="false"><rect x=".5" y=".5" width="23" height="13" fill="url(#presence-{})" stroke="#505a5f"/></svg>'
    ).format(presence.value)


def draw_day(shown: DayShown, words: str) -> Markup:
    """One day: a bar a person on a common scale, the times on offer framed. ``words`` name it to a screen reader."""
    height = HEAD + ROW * len(shown.people) + 4
    rows = Markup("").join(_draw_person(shown, person, HEAD + ROW * row) for row, person in enumerate(shown.people))
    frames = "".join(
        _frame(shown, offer.start_at, offer.end_at, HEAD + ROW * row)
        for offer in shown.offers
        for row in range(len(shown.people))
    )
    return Markup(
        '<svg class="coord-availability__day" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>'
    ).format(WIDTH, height, words, _draw_hours(shown, height), rows, Markup(frames))  # noqa: S704 - numbers alone


def list_presences(days: Iterable[DayShown]) -> list[Presence]:
    """The kinds that occur on these days, in the order of the legend."""
    seen = {stretch.presence for day in days for person in day.people for stretch in person.stretches}
    return [presence for presence in PRESENCE_NAMES if presence in seen]


def say_stretches(person: PersonShown) -> str:
    """A person's day in words, for the table: “free 9am to 11am, busy 11am to 1pm”; outside hours only if all day."""
    told = [each for each in person.stretches if each.presence is not Presence.OUTSIDE]
    if not told:
        return PRESENCE_NAMES[Presence.OUTSIDE]
    words = ", ".join(map(_say_stretch, told))
    return words[:1].upper() + words[1:]


def _say_stretch(stretch: DiaryStretch) -> str:
    words = _SHORT.get(stretch.presence, PRESENCE_NAMES[stretch.presence].lower())
    return f"{words} {_say_clock(stretch.start_at)} to {_say_clock(stretch.end_at)}"


@lru_cache(maxsize=4096)  # the same quarters of the same days, for everybody, in the picture and in the table
def _say_clock(instant: datetime) -> str:
    return say_time(instant)


def _at(shown: DayShown, instant: datetime) -> float:
    """Where an instant lies from left to right."""
    return round((instant - shown.start_at) / (shown.end_at - shown.start_at) * WIDTH, 1)


def _draw_hours(shown: DayShown, height: int) -> Markup:
    marks = []
    instant = shown.start_at
    while instant <= shown.end_at:
        at = _at(shown, instant)
        anchor = "start" if at == 0 else "end" if at == WIDTH else "middle"
        marks.append(
            Markup(
                '<path d="M{} {}V{}" stroke="#b1b4b6" stroke-width="1"/>'
                '<text x="{}" y="11" font-size="11" text-anchor="{}" fill="#383f43">{}</text>'
            ).format(at, HEAD - 4, height, at, anchor, say_time(instant))
        )
        instant += timedelta(hours=HOUR_MARKS)
    return Markup("").join(marks)


def _draw_person(shown: DayShown, person: PersonShown, top: int) -> Markup:
    bars = "".join(_bar(shown, each, top + BAR_TOP) for each in person.stretches)
    label = Markup(
        '<text x="2" y="{}" font-size="13" fill="#0b0c0c" stroke="#ffffff" stroke-width="5" paint-order="stroke">{}'
        "</text>"
    ).format(top + 13, person.name)
    if person.note:
        label += Markup(
            '<text x="{}" y="{}" font-size="10.5" text-anchor="end" fill="#383f43" stroke="#ffffff" stroke-width="4" '
            'paint-order="stroke">{}</text>'
        ).format(WIDTH, top + 13, person.note)
    return label + Markup(bars)  # noqa: S704 - numbers, and a word of ours


def _bar(shown: DayShown, stretch: DiaryStretch, top: int) -> str:
    """A page has hundreds of them, with nothing to escape: plain text is written in a tenth of the time."""
    left, right = _at(shown, stretch.start_at), _at(shown, stretch.end_at)
    return (
        f'<rect x="{left}" y="{top}" width="{round(right - left, 1)}" height="{BAR}" '
        f'fill="url(#presence-{stretch.presence.value})" stroke="#505a5f"><title>{_say_stretch(stretch)}</title></rect>'
    )


def _frame(shown: DayShown, start_at: datetime, end_at: datetime, top: int) -> str:
    left, right = _at(shown, start_at), _at(shown, end_at)
    return (
        f'<rect x="{left}" y="{top + BAR_TOP - 2}" width="{round(right - left, 1)}" height="{BAR + 4}" '
        'fill="none" stroke="#00703c" stroke-width="3" rx="2"/>'
    )
