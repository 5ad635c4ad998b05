"""Looking at children: the list, and what stands on each page about one child."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.meetings import Answer
from coord_service.domain.people import Actor
from coord_service.domain.searching import ChildFilter
from coord_service.domain.team import MemberFacts, Standing, standings
from coord_service.operations.cases import load_child
from coord_service.operations.tools import Tools
from coord_service.storage import around_child, cases
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    AuditEntry,
    Child,
    Contact,
    Meeting,
    Membership,
    User,
)

PAGE = 50
NEWS = timedelta(days=7)  # how long a child handed over is news


@dataclass(frozen=True, slots=True)
class Overview:
    """What every page about a child shows on top: the record, and how much is open."""

    child: Child
    open: around_child.OpenCounts


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the team, and where they stand, the most urgent first; ``due_on`` is of the advice they owe."""

    membership: Membership
    standings: tuple[Standing, ...]
    answer: Answer | None
    advice: tuple[AdviceRequest, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """The team around a child now, who was in it, and the meeting that the answers are for."""

    members: tuple[Member, ...]
    former: tuple[Membership, ...]
    next_meeting: Meeting | None


async def list_children(
    tools: Tools, actor: Actor, wanted: ChildFilter, page: int
) -> tuple[Sequence[tuple[Child, datetime | None]], int]:
    """One page of children, the actor's own first, each with the start of the next meeting; and how many there are."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        window = (PAGE, (page - 1) * PAGE)
        rows = await cases.list_children(db, wanted, first=actor.user_id, now=tools.clock.now(), window=window)
        return rows, await cases.count_children(db, wanted)


async def list_lead_workers(tools: Tools, actor: Actor) -> Sequence[User]:
    """Who may carry a child, by name."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        return await cases.list_lead_workers(db)


async def list_staff_names(tools: Tools, actor: Actor) -> Mapping[int, str]:
    """Everybody who has or had an account, by user id: the parties to a handing over."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        return await cases.list_staff_names(db)


async def list_handed_over(tools: Tools, actor: Actor) -> Sequence[tuple[Child, datetime]]:
    """The children that became the actor's in the last seven days by being handed over, the latest first."""
    require(actor, Permission.SEE_CASES)
    if actor.user_id is None:
        return ()
    async with tools.database.read() as db:
        return await cases.list_handed_over(db, actor.user_id, tools.clock.now() - NEWS)


async def load_overview(tools: Tools, actor: Actor, child_id: int) -> Overview:
    """The head of every page about a child. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        child = await load_child(db, child_id)
        return Overview(child, await around_child.count_open(db, child_id, tools.clock.now()))


async def load_team(tools: Tools, actor: Actor, child_id: int) -> Team:
    """The team with everybody's standing: answers to the next meeting, advice owed, missing addresses."""
    require(actor, Permission.SEE_CASES)
    now = tools.clock.now()
    async with tools.database.read() as db:
        memberships = await cases.list_memberships(db, child_id)
        meeting = await around_child.load_next_meeting(db, child_id, now)
        answers = await around_child.list_answers(db, meeting.id if meeting else None)
        owed = await around_child.list_open_advice(db, child_id)
    today = day_in_london(now)
    members = tuple(_member(each, answers, owed, today) for each in memberships if each.ended_on is None)
    return Team(members, tuple(each for each in memberships if each.ended_on is not None), meeting)


def _member(membership: Membership, answers: dict[int, Answer], owed: Sequence[AdviceRequest], today: date) -> Member:
    person = membership.person
    mine = tuple(each for each in owed if _owes(each, membership))
    answer = answers.get(person.id)
    facts = MemberFacts(bool(person.email), answer, [each.due_on for each in mine])
    return Member(membership, standings(facts, today), answer, mine)


def _owes(request: AdviceRequest, membership: Membership) -> bool:
    """Their own request, or one to their service that nobody there has been named for."""
    if request.person_id is not None:
        return request.person_id == membership.person_id
    return request.service_id == membership.person.service_id


async def list_meetings_to_pass(tools: Tools, actor: Actor, child_id: int) -> Sequence[Meeting]:
    """The child's meetings ahead that its lead worker convenes: they go with the child when it is handed over."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        child = await load_child(db, child_id)
        ahead = await around_child.list_meetings_ahead(db, child.id, tools.clock.now())
        return [each for each in ahead if each.convenor_id == child.lead_worker_id]


async def list_child_meetings(
    tools: Tools, actor: Actor, child_id: int, page: int
) -> tuple[Sequence[tuple[Meeting, int, int]], int]:
    """A page of the child's meetings, each with how many are invited and how many coming; and how many there are."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        rows = await around_child.list_child_meetings(db, child_id, (PAGE, (page - 1) * PAGE))
        return rows, await around_child.count_child_meetings(db, child_id)


async def list_child_advice(
    tools: Tools, actor: Actor, child_id: int, page: int
) -> tuple[Sequence[AdviceRequest], int]:
    """A page of what was asked about the child, open first; and how much there is."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        rows = await around_child.list_child_advice(db, child_id, (PAGE, (page - 1) * PAGE))
        return rows, await around_child.count_child_advice(db, child_id)


async def list_child_actions(tools: Tools, actor: Actor, child_id: int, page: int) -> tuple[Sequence[Action], int]:
    """A page of the child's actions, open first; and how many there are."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        rows = await around_child.list_child_actions(db, child_id, (PAGE, (page - 1) * PAGE))
        return rows, await around_child.count_child_actions(db, child_id)


async def list_contacts(tools: Tools, actor: Actor, child_id: int, page: int) -> tuple[Sequence[Contact], int]:
    """A page of what was said about the child, the latest first; and how much there is."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        rows = await around_child.list_contacts(db, child_id, (PAGE, (page - 1) * PAGE))
        return rows, await around_child.count_contacts(db, child_id)


async def list_history(
    tools: Tools, actor: Actor, child_id: int, record_types: Sequence[str], page: int
) -> tuple[Sequence[tuple[AuditEntry, str | None]], int]:
    """A page of everything that was done about the child, with the names of the staff; and how much there is."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        rows = await around_child.list_history(db, child_id, record_types, (PAGE, (page - 1) * PAGE))
        return rows, await around_child.count_history(db, child_id, record_types)
