"""A small invented county for booking: a child with a team, a sibling, two lead workers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from coord_service.domain.children import Sharing
from coord_service.domain.people import PersonKind, Role, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Agency, Child, Leave, Membership, Person, Service, User
from integrations import itip
from integrations.mail.stationery import Stationery

STARTED = date(2025, 9, 1)


class Codec:
    """The real codec, as the port asks for it."""

    write_calendar = staticmethod(itip.write_calendar)
    read_mail = staticmethod(itip.read_mail)


def real_letters() -> Stationery:
    return Stationery(
        from_name="SEND team",
        from_address="send.team@example.org",
        house_facts={"council": "Example County Council", "phone": "01632 960 000"},
    )


@dataclass
class World:
    """Ids of what :func:`make_world` made."""

    child: int
    sibling: int
    other_child: int
    lead: int
    other_lead: int
    mother: int
    shah: int
    okoro: int
    patel: int
    grandfather: int
    stranger: int


async def make_world(tools: Tools, lead: int) -> World:
    """Zoë Larkspur (an annual review is due by 1 June 2026) and her team, on the caseload of a user who exists."""
    async with tools.database.begin() as db:
        other_lead = User(
            person=Person(kind=PersonKind.STAFF, name="Noor Whitfield", email="noor.whitfield@example.org"),
            email="noor.whitfield@example.org",
            role=Role.LEAD_WORKER,
            password_hash=None,
            created_at=datetime(2025, 1, 1, tzinfo=UTC),
        )
        trust = Agency(name="Example NHS Trust", sector=Sector.HEALTH)
        paediatrics = Service(agency=trust, name="Community Paediatrics")
        mother = Person(kind=PersonKind.FAMILY, name="Mrs Ana Larkspur", email="ana@family.example")
        grandfather = Person(kind=PersonKind.FAMILY, name="Tom Larkspur", email=None)
        shah = Person(
            kind=PersonKind.PROFESSIONAL, name="Dr Asha Shah", email="a.shah@nhs.example", service=paediatrics
        )
        okoro = Person(kind=PersonKind.PROFESSIONAL, name="Ms Ify Okoro", email="i.okoro@school.example")
        patel = Person(kind=PersonKind.PROFESSIONAL, name="Dev Patel", email="d.patel@charity.example")
        stranger = Person(kind=PersonKind.FAMILY, name="Pat Fenn", email="pat@family.example")
        db.add_all([other_lead, mother, grandfather, shah, okoro, patel, stranger])
        await db.flush()
        children = [
            _child("KD-4827M", "Zoë", "Larkspur", lead, last_review_on=date(2025, 6, 29)),
            _child("QT-1093B", "Finn", "Larkspur", lead),
            _child("VH-7710C", "Ida", "Fenn", other_lead.id),
        ]
        db.add_all(children)
        await db.flush()
        zoe, finn, ida = children
        db.add_all(
            [
                _member(zoe, mother, "Mother", Sector.FAMILY),
                _member(zoe, grandfather, "Grandfather", Sector.FAMILY, is_required=False),
                _member(zoe, shah, "Paediatrician", Sector.HEALTH),
                _member(zoe, okoro, "SENCO", Sector.EDUCATION),
                _member(zoe, patel, "Short breaks", Sector.VOLUNTARY, is_required=False, sharing=Sharing.REFUSED),
                _member(finn, mother, "Mother", Sector.FAMILY),
                _member(ida, stranger, "Father", Sector.FAMILY),
            ]
        )
    return World(
        child=zoe.id,
        sibling=finn.id,
        other_child=ida.id,
        lead=lead,
        other_lead=other_lead.id,
        mother=mother.id,
        shah=shah.id,
        okoro=okoro.id,
        patel=patel.id,
        grandfather=grandfather.id,
        stranger=stranger.id,
    )


async def add_leave(tools: Tools, person_id: int, first: date, last: date) -> None:
    async with tools.database.begin() as db:
        db.add(Leave(person_id=person_id, starts_on=first, ends_on=last))


def _child(reference: str, given: str, family: str, lead: int, last_review_on: date | None = None) -> Child:
    return Child(
        reference=reference,
        given_name=given,
        family_name=family,
        born_on=date(2015, 4, 3),
        lead_worker_id=lead,
        last_review_on=last_review_on,
        created_at=datetime(2025, 1, 1, tzinfo=UTC),
    )


def _member(
    child: Child,
    person: Person,
    role: str,
    sector: Sector,
    *,
    is_required: bool = True,
    sharing: Sharing = Sharing.AGREED,
) -> Membership:
    return Membership(
        child_id=child.id,
        person_id=person.id,
        role=role,
        sector=sector,
        is_required=is_required,
        sharing=sharing,
        started_on=STARTED,
    )
