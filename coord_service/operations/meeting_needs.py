"""What a lead worker's meetings and their post ask for, as rows of the home page."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.itip import Question
from coord_service.domain.meetings import PURPOSE_NAMES
from coord_service.domain.needs import NeedKind
from coord_service.domain.wall_time import midnight_in_london
from coord_service.operations.case_needs import About, Need, about_child
from coord_service.storage.chasing import ACTION, ADVICE
from coord_service.storage.database import Session
from coord_service.storage.home import (
    MailLine,
    MeetingLine,
    list_answers_to_decide,
    list_booked_meetings,
    list_changed_there,
    list_children,
    list_children_of,
    list_mail_to_decide,
    list_unanswered,
)
from coord_service.storage.undelivered import LostLetter, list_lost_chases, list_lost_letters

WEEK = timedelta(days=8)  # today and the seven days after it
UNRECORDED_FOR = timedelta(days=28)  # longer ago, nobody remembers who came

_KINDS = {
    Question.SENDER: NeedKind.DOUBTFUL,
    Question.STRANGER: NeedKind.STRANGER,
    Question.LIST: NeedKind.STRANGER,
    Question.SUBSTITUTE: NeedKind.STRANGER,
    Question.DELEGATE: NeedKind.DELEGATE,
}

Abouts = Mapping[int, tuple[About, ...]]


async def list_meetings(db: Session, user_id: int, now: datetime) -> list[Need]:
    """Meetings of the week to come with who has not answered, and those of which nobody noted who came."""
    today = day_in_london(now)
    since, until = midnight_in_london(today - UNRECORDED_FOR), midnight_in_london(today + WEEK)
    lines = await list_booked_meetings(db, user_id, since, until)
    ids = [line.meeting_id for line in lines]
    abouts = await _abouts(db, ids)
    unanswered: dict[int, list[str]] = defaultdict(list)
    for meeting_id, name in await list_unanswered(db, ids):
        unanswered[meeting_id].append(name)
    return [_meeting(line, abouts, unanswered[line.meeting_id], now) for line in lines]


def _meeting(line: MeetingLine, abouts: Abouts, unanswered: Collection[str], now: datetime) -> Need:
    is_over = line.ends_at <= now
    return Need(
        NeedKind.MEETING_UNRECORDED if is_over else NeedKind.MEETING_SOON,
        abouts.get(line.meeting_id, ()),
        ("meeting", line.meeting_id),
        what=PURPOSE_NAMES[line.purpose],
        at=line.starts_at,
        others=() if is_over else tuple(unanswered),
    )


async def _abouts(db: Session, meeting_ids: Iterable[int]) -> Abouts:
    found: dict[int, tuple[About, ...]] = defaultdict(tuple)
    for meeting_id, child in await list_children_of(db, set(meeting_ids)):
        found[meeting_id] += (about_child(child),)
    return found


async def list_post(db: Session, user_id: int, now: datetime) -> list[Need]:
    """Answers and mail to decide about, and letters that did not arrive."""
    answers = await list_answers_to_decide(db, user_id, now)
    changed = await list_changed_there(db, user_id, now)
    mails = await list_mail_to_decide(db, user_id)
    lost = [
        *await list_lost_letters(db, user_id, now),
        *await list_lost_chases(db, ADVICE, user_id),
        *await list_lost_chases(db, ACTION, user_id),
    ]
    filed: list[MailLine | LostLetter] = [*mails, *lost]
    meeting_ids = (
        {each for each, _ in changed}
        | {line.meeting_id for line in answers}
        | {line.meeting_id for line in filed if line.meeting_id}
    )
    abouts = await _abouts(db, meeting_ids)
    children = await _children(db, {line.child_id for line in filed if line.child_id})
    found = [
        Need(
            NeedKind.PROPOSED if line.proposed_start else NeedKind.REFUSED,
            abouts.get(line.meeting_id, ()),
            ("meeting", line.meeting_id),
            who=line.name,
            what=line.comment or "",
            at=line.proposed_start or line.starts_at,
        )
        for line in answers
    ]
    found += [
        Need(NeedKind.CHANGED_THERE, abouts.get(meeting_id, ()), ("meeting", meeting_id), at=there_start)
        for meeting_id, there_start in changed
    ]
    found += [_mail(line, abouts, children) for line in mails]
    undelivered = [_lost(line, abouts, children) for line in lost]
    return found + list({(need.record, need.who): need for need in undelivered}.values())


async def _children(db: Session, child_ids: Collection[int]) -> Abouts:
    return {child.id: (about_child(child),) for child in await list_children(db, child_ids)}


def _record(line: MailLine | LostLetter) -> tuple[str, int]:
    for kind, number in (
        ("meeting", line.meeting_id),
        ("advice", line.advice_request_id),
        ("action", line.action_id),
        ("poll", line.draft_id if isinstance(line, LostLetter) else None),
    ):
        if number is not None:
            return kind, number
    assert isinstance(line, MailLine), "every letter of ours is about something"
    return "mail", line.mail_id


def _about(line: MailLine | LostLetter, abouts: Abouts, children: Abouts) -> tuple[About, ...]:
    if line.meeting_id is not None:
        return abouts.get(line.meeting_id, ())
    return children.get(line.child_id or 0, ())


def _mail(line: MailLine, abouts: Abouts, children: Abouts) -> Need:
    return Need(
        _KINDS.get(line.question, NeedKind.MAIL) if line.question else NeedKind.MAIL,
        _about(line, abouts, children),
        _record(line),
        who=line.sender or "Somebody",
        what=line.why or "",
        at=line.received_at,
    )


def _lost(line: LostLetter, abouts: Abouts, children: Abouts) -> Need:
    return Need(
        NeedKind.UNDELIVERED,
        _about(line, abouts, children),
        _record(line),
        who=line.recipient,
        what=line.error or "",
        at=line.lost_at,
    )
