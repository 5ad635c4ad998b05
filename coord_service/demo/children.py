"""Forty children, their families, and the team around each."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from coord_service.demo.county import County, address_of
from coord_service.demo.names import CHILDREN, FAMILY_NAMES
from coord_service.domain.children import PlanStatus, Sharing, new_reference
from coord_service.domain.people import PersonKind, Sector
from coord_service.domain.rooms import RoomFeature
from coord_service.domain.wishes import WishedTimes, WishKind, as_data
from coord_service.storage.database import Session
from coord_service.storage.tables import Child, Membership, Person

FAMILY_DOMAIN = "families.example"
SCHOOL_RUN = (  # what many parents say
    WishedTimes(WishKind.GOOD, spans=((9 * 60 + 15, 14 * 60 + 45),)),
    WishedTimes(WishKind.NOT, frozenset({2})),
)
SIBLINGS = {1: 0, 9: 8, 21: 20}  # this child lives with that one; 0 and 1 are twins
SHIELDED = 5
NEEDS_STEP_FREE = 3
WITH_INTERPRETER = {7: "British Sign Language: book two interpreters", 13: "Polish, for the grandmother"}
CLOSED = {38: "Moved out of the county", 39: "Left education"}

# Days since the assessment was asked for: limits near, far and just missed (6, 16 and 20 weeks are 42, 112, 140).
ASSESSMENT_AGES = (3, 9, 20, 33, 36, 40, 41, 60, 75, 90, 104, 110, 125, 134, 138, 143)
# Days since the last review: most meet in good time, some are due, one is late (a year is 365).
REVIEW_AGES = (20, 75, 130, 180, 240, 290, 310, 322, 330, 338, 345, 352, 358, 380)


@dataclass(slots=True)
class Team:
    """A child with everybody around them; the first member is a parent."""

    child: Child
    members: list[Membership] = field(default_factory=list)


def add_children(db: Session, county: County, dice: Random, now: datetime) -> list[Team]:
    """Make the children, a third of them on each lead worker's caseload."""
    teams: list[Team] = []
    for number, given in enumerate(CHILDREN):
        sibling = teams[SIBLINGS[number]] if number in SIBLINGS else None
        child = _child(number, given, sibling, dice, now)
        child.lead_worker = county.lead_workers[SIBLINGS.get(number, number) // 2 % 3]
        team = Team(child)
        team.members += _family(number, team, sibling, now)
        team.members += _professionals(number, team, county, now)
        teams.append(team)
        db.add(child)
        db.add_all(team.members)
    return teams


def _child(number: int, given: str, sibling: Team | None, dice: Random, now: datetime) -> Child:
    today = now.date()
    family = sibling.child.family_name if sibling else FAMILY_NAMES[(number * 5) % len(FAMILY_NAMES)]
    is_twin = sibling is not None and number == 1
    born_on = sibling.child.born_on if sibling and is_twin else _birthday(number, today)
    child = Child(
        reference=new_reference(dice.randrange),
        given_name=given,
        family_name=family,
        born_on=born_on,
        setting=_setting(born_on, today),
        interpreter=WITH_INTERPRETER.get(number),
        access_needs=[RoomFeature.STEP_FREE] if number == NEEDS_STEP_FREE else [],
        is_shielded=number == SHIELDED,
        created_at=now - timedelta(days=400 + number),
        family_heard_at=now - timedelta(days=(number * 3) % 29, hours=number % 5),
    )
    _set_plan(child, number, today)
    if number in CLOSED:
        child.closed_at, child.closed_reason = now - timedelta(days=15), CLOSED[number]
    return child


def _birthday(number: int, today: date) -> date:
    """From two to nineteen years ago."""
    return today - timedelta(days=365 * (2 + number % 18) + (number * 37) % 360)


def _setting(born_on: date, today: date) -> str | None:
    age = (today - born_on).days // 365
    if age < 4:
        return None
    return "Larkfield Primary School" if age < 11 else "Oakbridge Academy" if age < 16 else "Brightwater College"


def _set_plan(child: Child, number: int, today: date) -> None:
    """A third in assessment, a third with a plan, the rest on support; each with the dates that limits count from."""
    index = number // 3
    if number % 3 == 0 and index < len(ASSESSMENT_AGES):
        child.plan_status = PlanStatus.ASSESSMENT
        child.assessment_requested_on = today - timedelta(days=ASSESSMENT_AGES[index])
    elif number % 3 == 1 and index < len(REVIEW_AGES):
        child.plan_status = PlanStatus.PLAN
        child.last_review_on = today - timedelta(days=REVIEW_AGES[index])
    else:
        child.plan_status = PlanStatus.SUPPORT


def _family(number: int, team: Team, sibling: Team | None, now: datetime) -> list[Membership]:
    """One parent or two; brothers and sisters share theirs."""
    if sibling is not None:
        parents = [(each.person, each.role) for each in sibling.members if each.sector is Sector.FAMILY]
    else:
        roles = ("Mother", "Father") if number % 3 else ("Mother",) if number % 2 else ("Grandmother",)
        parents = [(_parent(number, role, team.child), role) for role in roles]
    return [_member(team.child, person, role, Sector.FAMILY, now) for person, role in parents]


def _parent(number: int, role: str, child: Child) -> Person:
    given = {"Mother": "Verity", "Father": "Laurie", "Grandmother": "Constance"}[role]
    name = f"{given} {child.family_name}"
    has_mail = number % 11 != 10  # some families are reached by telephone alone
    address = address_of(f"{given} {child.family_name}{number}", FAMILY_DOMAIN)
    return Person(
        kind=PersonKind.FAMILY,
        name=name,
        email=address if has_mail else None,
        phone=f"07700 900{number:03d}",
        wishes=as_data(SCHOOL_RUN) if number % 2 == 0 else None,
    )


def _professionals(number: int, team: Team, county: County, now: datetime) -> list[Membership]:
    keys = [_school(team.child), ("ep", "paediatrics", "camhs")[number % 3], ("salt", "ot")[number % 2]]
    if number % 2:
        keys.append(("disability", "early_help")[number % 4 // 2])
    if number % 5 == 0:
        keys.append("harbour")
    if number % 4 == 0:
        keys.append("teaching")
    members = []
    for place, key in enumerate(dict.fromkeys(keys)):
        role, sector = county.roles[key]
        person = county.people[key][(number + place) % 5]
        member = _member(team.child, person, role, sector, now)
        member.is_required = place < 3
        if number % 9 == 4 and place == 2:
            member.sharing, member.sharing_on = Sharing.NOT_ASKED, None
        if number == 17 and place == 3:
            member.sharing = Sharing.REFUSED
        members.append(member)
    return members


def _school(child: Child) -> str:
    names = {"Larkfield Primary School": "primary", "Oakbridge Academy": "secondary", "Brightwater College": "college"}
    return names.get(child.setting or "", "early_help")


def _member(child: Child, person: Person, role: str, sector: Sector, now: datetime) -> Membership:
    return Membership(
        child=child,
        person=person,
        role=role,
        sector=sector,
        is_required=True,
        sharing=Sharing.AGREED,
        sharing_on=(now - timedelta(days=200)).date(),
        started_on=(now - timedelta(days=200)).date(),
    )
