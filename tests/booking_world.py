"""A small invented county for booking: a child with a team, a sibling, and a child on somebody else's caseload."""

from dataclasses import dataclass
from datetime import date

from coord_service.domain.children import Sharing
from coord_service.domain.people import PersonKind, Sector
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Child, Person, User
from tests.builders import a_child, a_member, a_person, a_service, a_user


@dataclass
class World:
    """Ids of what :func:`make_world` made."""

    lead: int
    child: int
    sibling: int
    other_child: int
    mother: int
    grandfather: int
    shah: int
    okoro: int
    patel: int


async def make_world(tools: Tools, lead: User) -> World:
    """Zoë Larkspur, her brother Finn, Ida Fenn, and Zoë's team. An annual review is due by 1 June 2026."""
    other = await a_user(tools, name="Noor Whitfield")
    zoe = await _child(tools, lead, "KD-4827M", "Zoë Larkspur", last_review_on=date(2025, 6, 29))
    finn = await _child(tools, lead, "QT-1093B", "Finn Larkspur")
    ida = await _child(tools, other, "VH-7710C", "Ida Fenn")
    paediatrics = await a_service(tools, "Community Paediatrics")
    mother = await _family(tools, "Mrs Ana Larkspur", "ana@family.example")
    grandfather = await _family(tools, "Tom Larkspur", None)
    father = await _family(tools, "Pat Fenn", "pat@family.example")
    shah = await a_person(tools, "Dr Asha Shah", email="a.shah@nhs.example", service_id=paediatrics.id)
    okoro = await a_person(tools, "Ms Ify Okoro", email="i.okoro@school.example")
    patel = await a_person(tools, "Dev Patel", email="d.patel@charity.example")
    for child, parent, role in ((zoe, mother, "Mother"), (finn, mother, "Mother"), (ida, father, "Father")):
        await a_member(tools, child, parent, role=role, sector=Sector.FAMILY)
    await a_member(tools, zoe, grandfather, role="Grandfather", sector=Sector.FAMILY, is_required=False)
    await a_member(tools, zoe, shah, role="Paediatrician")
    await a_member(tools, zoe, okoro, role="SENCO", sector=Sector.EDUCATION)
    await a_member(tools, zoe, patel, role="Short breaks", sector=Sector.VOLUNTARY, sharing=Sharing.REFUSED)
    return World(
        lead=lead.id,
        child=zoe.id,
        sibling=finn.id,
        other_child=ida.id,
        mother=mother.id,
        grandfather=grandfather.id,
        shah=shah.id,
        okoro=okoro.id,
        patel=patel.id,
    )


async def _child(tools: Tools, lead: User, reference: str, name: str, **changes: object) -> Child:
    given, family = name.split()
    facts = {"reference": reference, "given_name": given, "family_name": family, "born_on": date(2015, 4, 3)}
    return await a_child(tools, lead, **facts, **changes)


async def _family(tools: Tools, name: str, email: str | None) -> Person:
    return await a_person(tools, name, kind=PersonKind.FAMILY, email=email)
