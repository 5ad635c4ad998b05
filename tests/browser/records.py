"""Records that no demo has: links whose tokens a test knows, bookings half filled in, and records that are bare."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from coord_service.demo.fill import PASSWORD
from coord_service.domain.bookings import Need, What
from coord_service.domain.meetings import MeetingMode, MeetingStatus, Purpose
from coord_service.domain.people import Role
from coord_service.operations.booking import AnswerWhat, ChooseTime, choose_time, save_who, start_booking
from coord_service.operations.passwords import hash_password
from coord_service.operations.post import LINK_LIFE, hash_token
from coord_service.operations.tools import Tools
from coord_service.storage.accounts import list_users
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Attendee,
    CalendarConnection,
    Child,
    Meeting,
    Membership,
    OneTimeLink,
    PersonalLink,
    PollVoter,
    User,
)
from tests.builders import a_child, a_person, a_service, actor_for


def token_of(door: str) -> str:
    """The token of a link that :func:`add_doors` made."""
    return f"a-door-for-browser-tests-{door}"


async def add_doors(tools: Tools) -> None:
    """A link of each purpose, one that is over and one withdrawn, one for a password; a booking at each step."""
    now = tools.clock.now()
    async with tools.database.begin() as db:
        worker = await _first(db, Role.LEAD_WORKER)
        makers = (_meeting_link, _notes_link, _advice_link, _action_link, _poll_link)
        links = [await make(db) for make in makers]
        for link in links:
            link.token_hash, link.created_at, link.expires_at = hash_token(token_of(link.purpose)), now, now + LINK_LIFE
        expired, withdrawn = await _advice_link(db), await _advice_link(db)
        expired.token_hash, expired.created_at, expired.expires_at = hash_token(token_of("expired")), now, now
        withdrawn.token_hash, withdrawn.created_at = hash_token(token_of("withdrawn")), now
        withdrawn.expires_at, withdrawn.revoked_at = now + LINK_LIFE, now
        password = OneTimeLink(
            token_hash=hash_token(token_of("password")), user_id=worker.id, expires_at=now + timedelta(days=1)
        )
        db.add_all([*links, expired, withdrawn, password, _tested_calendar(worker, now)])
    await _begin_bookings(tools, worker)


def _tested_calendar(worker: User, now: datetime) -> CalendarConnection:
    """A calendar that was tested, and waits to be connected."""
    return CalendarConnection(
        person_id=worker.person_id,
        kind="memory",
        domains=[],
        settings={"server": "county"},
        abilities=["read_busy"],
        tested_at=now,
        tested_words="It answers.",
        worked_at=now,
        added_by_id=worker.id,
    )


async def _first(db: Session, role: Role) -> User:
    """Who ``Served.email_of`` signs in."""
    return next(user for user in await list_users(db) if user.role is role and user.is_active)


async def _meeting_link(db: Session) -> PersonalLink:
    query = sa.select(Attendee).join(Meeting, Meeting.id == Attendee.meeting_id)
    attendee = await db.scalar(query.where(Meeting.status == MeetingStatus.BOOKED, Attendee.removed_at.is_(None)))
    assert attendee
    return PersonalLink(
        purpose="meeting",
        address=attendee.email,
        person_id=attendee.person_id,
        meeting_id=attendee.meeting_id,
        attendee_id=attendee.id,
    )


async def _notes_link(db: Session) -> PersonalLink:
    query = sa.select(Attendee).join(Meeting, Meeting.id == Attendee.meeting_id)
    attendee = await db.scalar(query.where(Meeting.status == MeetingStatus.HELD))
    assert attendee
    return PersonalLink(
        purpose="notes",
        address=attendee.email,
        person_id=attendee.person_id,
        meeting_id=attendee.meeting_id,
        attendee_id=attendee.id,
    )


async def _advice_link(db: Session) -> PersonalLink:
    request = await db.scalar(sa.select(AdviceRequest).where(AdviceRequest.ended_at.is_(None)))
    assert request
    return PersonalLink(
        purpose="advice", address="office@service.example", person_id=request.person_id, advice_request_id=request.id
    )


async def _action_link(db: Session) -> PersonalLink:
    action = await db.scalar(sa.select(Action).where(Action.ended_at.is_(None)))
    assert action
    return PersonalLink(
        purpose="action", address="owner@service.example", person_id=action.owner_id, action_id=action.id
    )


async def _poll_link(db: Session) -> PersonalLink:
    voter = await db.scalar(sa.select(PollVoter).where(PollVoter.answered_at.is_(None)))
    assert voter
    return PersonalLink(purpose="poll", address=voter.email, person_id=voter.person_id, poll_id=voter.poll_id)


async def _begin_bookings(tools: Tools, worker: User) -> None:
    """Two bookings of the same child: one that wants a time, one that is ready to be sent."""
    async with tools.database.read() as db:
        team = sa.select(Membership.child_id, sa.func.count()).where(Membership.ended_on.is_(None))
        largest = team.group_by(Membership.child_id).order_by(sa.func.count().desc())
        open_children = sa.select(Child.id).where(Child.closed_at.is_(None))
        child_id = await db.scalar(largest.where(Membership.child_id.in_(open_children)))
        people = (await db.scalars(sa.select(Membership.person_id).where(Membership.child_id == child_id))).all()
    start = (tools.clock.now() + timedelta(days=14)).replace(minute=0, second=0, microsecond=0)
    needs = dict.fromkeys(people, Need.REQUIRED)
    for place, starts_at in (("Room 1", None), ("Room 2", start)):
        what = What((child_id or 0,), Purpose.TAC, worker.id, 60, MeetingMode.PLACE, place, None, None)
        draft_id = await start_booking(tools, actor_for(worker), AnswerWhat(what))
        await save_who(tools, actor_for(worker), draft_id, needs)
        if starts_at:
            await choose_time(tools, actor_for(worker), draft_id, ChooseTime(starts_at, 60))


async def add_bare_records(tools: Tools) -> None:
    """Three accounts; a child, a person and a service that nothing hangs on; a booking for the child."""
    password_hash = await hash_password(tools, PASSWORD)
    users = {}
    for role in Role:
        person = await a_person(tools, f"Robin {role.value.title()}", email=f"{role.value}@example.org")
        user = User(person_id=person.id, email=f"{role.value}@example.org", role=role, created_at=tools.clock.now())
        user.password_hash = password_hash
        async with tools.database.begin() as db:
            db.add(user)
        users[role] = user
    worker = users[Role.LEAD_WORKER]
    child = await a_child(tools, worker)
    await a_person(tools, "Nobody’s Colleague")
    await a_service(tools)
    what = What((child.id,), Purpose.TAC, worker.id, 60, MeetingMode.PLACE, "Room 1", None, None)
    await start_booking(tools, actor_for(worker), AnswerWhat(what))
