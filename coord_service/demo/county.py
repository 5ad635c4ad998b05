"""Meadowshire: its agencies, their services, the people who work there, and the council's own staff."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from coord_service.demo.names import FAMILY_NAMES, GIVEN_NAMES
from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.storage.database import Session
from coord_service.storage.tables import Agency, Leave, Person, Service, User

PASSWORD = "meadow-lane-42"  # noqa: S105 - everybody's in the demo, printed when it starts
COUNCIL = "Meadowshire County Council (demo)"


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """A service to be made: ``key`` names it in this package, ``role`` is what its people are in a team."""

    key: str
    name: str
    role: str
    phone: str


@dataclass(frozen=True, slots=True)
class AgencyPlan:
    """An agency to be made, and the domain of its addresses."""

    name: str
    sector: Sector
    domain: str
    services: tuple[ServicePlan, ...]


AGENCIES = (
    AgencyPlan(
        "Meadowshire Learning Support",
        Sector.EDUCATION,
        "learning.meadowshire.example",
        (
            ServicePlan("ep", "Educational Psychology Service", "Educational psychologist", "01632 960 101"),
            ServicePlan("teaching", "Specialist Teaching Service", "Specialist teacher", "01632 960 102"),
        ),
    ),
    AgencyPlan(
        "Meadowshire Children's Social Care",
        Sector.SOCIAL_CARE,
        "care.meadowshire.example",
        (
            ServicePlan("disability", "Children with Disabilities Team", "Social worker", "01632 960 111"),
            ServicePlan("early_help", "Early Help Hub", "Family support worker", "01632 960 112"),
        ),
    ),
    AgencyPlan(
        "Rivermead Community Health",
        Sector.HEALTH,
        "rivermead-health.example",
        (
            ServicePlan("salt", "Speech and Language Therapy", "Speech and language therapist", "01632 960 121"),
            ServicePlan("ot", "Children's Occupational Therapy", "Occupational therapist", "01632 960 122"),
            ServicePlan("paediatrics", "Community Paediatrics", "Community paediatrician", "01632 960 123"),
        ),
    ),
    AgencyPlan(
        "Fennel Row Clinic",
        Sector.HEALTH,
        "fennelrow.example",
        (ServicePlan("camhs", "Child and Adolescent Mental Health", "Mental health practitioner", "01632 960 131"),),
    ),
    AgencyPlan(
        "Larkfield Primary School",
        Sector.EDUCATION,
        "larkfield.example",
        (ServicePlan("primary", "Larkfield SEND office", "SENCO", "01632 960 141"),),
    ),
    AgencyPlan(
        "Oakbridge Academy",
        Sector.EDUCATION,
        "oakbridge.example",
        (ServicePlan("secondary", "Oakbridge Inclusion", "SENCO", "01632 960 151"),),
    ),
    AgencyPlan(
        "Brightwater College",
        Sector.EDUCATION,
        "brightwater.example",
        (ServicePlan("college", "Brightwater Learning Support", "Learning support manager", "01632 960 161"),),
    ),
    AgencyPlan(
        "Harbour Families",
        Sector.VOLUNTARY,
        "harbourfamilies.example",
        (ServicePlan("harbour", "Harbour Family Advice", "Family adviser", "01632 960 171"),),
    ),
)

STAFF_OF_SERVICE = 5  # twelve services: sixty professionals

# What somebody needs to sign in; the password is the demo's own and is printed when it starts.
STAFF = (
    ("Rowan Samplewell", "rowan", Role.LEAD_WORKER),
    ("Priya Mockridge", "priya", Role.LEAD_WORKER),
    ("Tom Exampleby", "tom", Role.LEAD_WORKER),
    ("Helen Trialwick", "helen", Role.MANAGER),
    ("Sam Placeholt", "sam", Role.ADMINISTRATOR),
)

MORNINGS = [{"days": ["MO", "TU", "WE", "TH"], "start": "08:30", "end": "13:00"}]
SCHOOL_HOURS = [{"days": ["MO", "TU", "WE", "TH", "FR"], "start": "08:30", "end": "16:00"}]


@dataclass(frozen=True, slots=True)
class County:
    """Who works in the county: a service by its key, its people in order, and the accounts by their first name."""

    services: dict[str, Service] = field(default_factory=dict)
    people: dict[str, list[Person]] = field(default_factory=dict)
    roles: dict[str, tuple[str, Sector]] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)

    @property
    def lead_workers(self) -> list[User]:
        """The lead workers, in the order of ``STAFF``."""
        return [user for user in self.users.values() if user.role is Role.LEAD_WORKER]


def add_county(db: Session, mail_domain: str, password_hash: str, now: datetime) -> County:
    """Make everybody who works in the county, a few of them on leave soon."""
    county, names = County(), _names()
    for plan in AGENCIES:
        agency = Agency(name=plan.name, sector=plan.sector)
        for each in plan.services:
            service = _service(agency, plan, each, next(names))
            county.services[each.key] = service
            county.roles[each.key] = (each.role, plan.sector)
            county.people[each.key] = [_professional(service, plan, each, next(names)) for _ in range(STAFF_OF_SERVICE)]
    for name, short, role in STAFF:
        county.users[short] = _user(name, f"{short}@{mail_domain}", role, password_hash, now)
    db.add_all([*county.services.values(), *county.users.values()])
    db.add_all(person for people in county.people.values() for person in people)
    return county


def leave_of(county: County, today: date) -> list[Leave]:
    """Who is away for a few days in the next weeks."""
    away = [county.people["ep"][1], county.people["salt"][0], county.people["disability"][2]]
    return [
        Leave(
            person_id=person.id,
            starts_on=today + timedelta(days=4 * number),
            ends_on=today + timedelta(days=9 * number),
        )
        for number, person in enumerate(away, start=1)
    ]


def _names() -> Iterator[str]:
    """One hundred and more different names, plain to see as invented, the same ones every time."""
    for turn in range(len(FAMILY_NAMES)):
        for number, given in enumerate(GIVEN_NAMES):
            yield f"{given} {FAMILY_NAMES[(number * 7 + turn) % len(FAMILY_NAMES)]}"


def address_of(name: str, domain: str) -> str:
    """juniper.testwood@… for Juniper Testwood."""
    return f"{name.lower().replace(' ', '.')}@{domain}"


def _service(agency: Agency, plan: AgencyPlan, service: ServicePlan, manager: str) -> Service:
    return Service(
        agency=agency,
        name=service.name,
        mailbox=f"{service.key.replace('_', '.')}.office@{plan.domain}",
        phone=service.phone,
        manager_name=manager,
        manager_email=address_of(manager, plan.domain),
    )


def _professional(service: Service, plan: AgencyPlan, of: ServicePlan, name: str) -> Person:
    hours: list[dict[str, Any]] | None = SCHOOL_HOURS if of.role == "SENCO" else None
    return Person(
        kind=PersonKind.PROFESSIONAL,
        name=name,
        email=address_of(name, plan.domain),
        phone=service.phone,
        job_title=of.role,
        service=service,
        working_hours=MORNINGS if name.startswith("Bryony") else hours,
    )


def _user(name: str, email: str, role: Role, password_hash: str, now: datetime) -> User:
    person = Person(kind=PersonKind.STAFF, name=name, email=email, phone="01632 960 001", job_title="SEND team")
    return User(person=person, email=email, role=role, password_hash=password_hash, is_active=True, created_at=now)
