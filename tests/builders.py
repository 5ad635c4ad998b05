"""Records for tests, with sensible defaults: ``await a_child(tools, worker)``. Straight into the tables, no letters."""

from datetime import date, timedelta
from itertools import count

from coord_service.domain.children import PlanStatus, Sharing, check_letter
from coord_service.domain.meetings import MeetingMode, Purpose
from coord_service.domain.people import Actor, PersonKind, Role, Sector
from coord_service.operations.meetings import BookMeeting, Invitee, book_meeting
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Agency, Child, Membership, Person, Service, User

_NUMBERS = count(1)


def actor_for(user: User) -> Actor:
    """What this member of staff is to an operation."""
    return Actor(label=f"user:{user.id}", user_id=user.id, person_id=user.person_id, role=user.role)


def number_of(worker: User | Actor) -> int | None:
    """The number of an account, however the test holds it."""
    return worker.user_id if isinstance(worker, Actor) else worker.id


async def a_user(tools: Tools, role: Role = Role.LEAD_WORKER, name: str = "", email: str = "") -> User:
    """A member of staff."""
    number = next(_NUMBERS)
    person = Person(
        kind=PersonKind.STAFF, name=name or f"Worker {number}", email=email or f"worker{number}@council.example"
    )
    user = User(person=person, email=person.email or "", role=role, created_at=tools.clock.now())
    async with tools.database.begin() as db:
        db.add(user)
    return user


async def a_child(tools: Tools, worker: User | Actor, **changes: object) -> Child:
    """A child on somebody's caseload."""
    body = f"KD-{next(_NUMBERS):04d}"
    facts: dict[str, object] = {
        "reference": body + check_letter(body),
        "given_name": "Juniper",
        "family_name": "Testwood",
        "born_on": date(2016, 5, 4),
        "plan_status": PlanStatus.SUPPORT,
        "lead_worker_id": number_of(worker),
        "created_at": tools.clock.now(),
        **changes,
    }
    child = Child(**facts)
    async with tools.database.begin() as db:
        db.add(child)
    return child


async def a_service(tools: Tools, name: str = "", sector: Sector = Sector.HEALTH, mailbox: str = "") -> Service:
    """A service in an agency of its own."""
    number = next(_NUMBERS)
    service = Service(
        name=name or f"Therapy {number}",
        mailbox=mailbox or f"therapy{number}@nhs.example",
        agency=Agency(name=f"Trust {number}", sector=sector),
        manager_name="Mel Manager",
        manager_email=f"manager{number}@nhs.example",
    )
    async with tools.database.begin() as db:
        db.add(service)
    return service


async def a_person(tools: Tools, name: str = "", **changes: object) -> Person:
    """A professional with an address of their own."""
    number = next(_NUMBERS)
    facts: dict[str, object] = {
        "kind": PersonKind.PROFESSIONAL,
        "name": name or f"Person {number}",
        "email": f"person{number}@nhs.example",
        **changes,
    }
    person = Person(**facts)
    async with tools.database.begin() as db:
        db.add(person)
    return person


async def a_member(tools: Tools, child: Child, person: Person, **changes: object) -> Membership:
    """Somebody's place in the team around a child."""
    facts: dict[str, object] = {
        "child_id": child.id,
        "person_id": person.id,
        "role": "Speech and language therapist",
        "sector": Sector.HEALTH,
        "is_required": True,
        "sharing": Sharing.AGREED,
        "started_on": date(2025, 9, 1),
        **changes,
    }
    member = Membership(**facts)
    async with tools.database.begin() as db:
        db.add(member)
    return member


def an_invitee(person: Person, sector: Sector = Sector.HEALTH, *, is_required: bool = True) -> Invitee:
    """Somebody to be invited."""
    return Invitee(person.id, "Somebody of the team", sector, is_required)


def a_booking(tools: Tools, worker: User, child: Child, *people: Person, **changes: object) -> BookMeeting:
    """A TAC meeting in a fortnight, at 10:00 UTC, for an hour; the convenor comes too."""
    start = (tools.clock.now() + timedelta(days=14)).replace(hour=10, minute=0, second=0, microsecond=0)
    facts: dict[str, object] = {
        "draft_id": next(_NUMBERS),
        "child_ids": (child.id,),
        "purpose": Purpose.TAC,
        "invitees": (
            Invitee(worker.person_id, "Lead worker", Sector.COUNCIL, is_required=True),
            *(an_invitee(person) for person in people),
        ),
        "starts_at": start,
        "ends_at": start + timedelta(hours=1),
        "mode": MeetingMode.PLACE,
        "place": "Elm House, Room 2",
        "online_url": None,
        "notes": None,
        "convenor_id": worker.id,
        **changes,
    }
    return BookMeeting(**facts)


async def a_meeting(tools: Tools, worker: User, child: Child, *people: Person, **changes: object) -> int:
    """A booked meeting; its invitations wait in the outbox."""
    return await book_meeting(tools, actor_for(worker), a_booking(tools, worker, child, *people, **changes))
