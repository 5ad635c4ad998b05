"""One person's day in stretches: what is known of each, for a picture and for the table beneath it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from itertools import pairwise

from coord_service.domain.diaries import BlockStatus, Diary, Span, from_microseconds, microseconds, open_spans


class Presence(StrEnum):
    """What is known of somebody at a time; where several hold, the first counts."""

    OUTSIDE = "outside"
    AWAY = "away"
    BUSY = "busy"
    TENTATIVE = "tentative"
    UNKNOWN = "unknown"
    UNSEEN = "unseen"
    FREE = "free"


PRESENCE_NAMES = {
    Presence.FREE: "Free",
    Presence.BUSY: "Busy",
    Presence.TENTATIVE: "Tentative",
    Presence.AWAY: "Away (leave or holiday)",
    Presence.OUTSIDE: "Outside working hours",
    Presence.UNKNOWN: "Not known",
    Presence.UNSEEN: "Nothing known against it: no calendar to look in",
}

_STATUSES = (
    (Presence.AWAY, BlockStatus.OOF),
    (Presence.BUSY, BlockStatus.BUSY),
    (Presence.TENTATIVE, BlockStatus.TENTATIVE),
)


@dataclass(frozen=True, slots=True)
class DiaryStretch:
    """From an aware instant until before another, one thing is known of somebody."""

    start_at: datetime
    end_at: datetime
    presence: Presence


def stretches_of(diary: Diary, zone: tzinfo, start_at: datetime, end_at: datetime) -> tuple[DiaryStretch, ...]:
    """The time from ``start_at`` until before ``end_at`` in as few stretches as tell everything the diary knows."""
    within = (microseconds(start_at), microseconds(end_at))
    opened = open_spans(diary.working_hours, zone, within) if diary.working_hours else [within]
    near = _near(diary, start_at, end_at)
    blocks = [(presence, list(near.spans(status))) for presence, status in _STATUSES]
    edges = sorted({*within, *_edges(opened, within), *(e for _, spans in blocks for e in _edges(spans, within))})
    found: list[tuple[int, int, Presence]] = []
    for start, end in pairwise(edges):
        presence = _presence_at(start, opened, blocks, diary)
        if found and found[-1][2] is presence:
            found[-1] = (found[-1][0], end, presence)
        else:
            found.append((start, end, presence))
    return tuple(DiaryStretch(from_microseconds(a), from_microseconds(b), presence) for a, b, presence in found)


def _near(diary: Diary, start_at: datetime, end_at: datetime) -> Diary:
    """The diary with the blocks alone that touch a time: a picture of a day needs few of them."""
    since, until = start_at.astimezone(UTC) - diary.travel, end_at.astimezone(UTC) + diary.travel
    return replace(diary, busy=tuple(each for each in diary.busy if each.start_at < until and since < each.end_at))


def _edges(spans: Iterable[Span], within: Span) -> Iterable[int]:
    return (edge for span in spans for edge in span if within[0] < edge < within[1])


def _presence_at(
    instant: int, opened: Iterable[Span], blocks: Iterable[tuple[Presence, list[Span]]], diary: Diary
) -> Presence:
    if not _covers(opened, instant):
        return Presence.OUTSIDE
    for presence, spans in blocks:
        if _covers(spans, instant):
            return presence
    if diary.is_unknown:
        return Presence.UNKNOWN
    return Presence.UNSEEN if diary.is_unseen else Presence.FREE


def _covers(spans: Iterable[Span], instant: int) -> bool:
    return any(start <= instant < end for start, end in spans)
