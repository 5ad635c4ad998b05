"""Agencies and the services inside them: whose mailbox outlives whoever works there."""

from collections.abc import Sequence
from dataclasses import dataclass

from coord_service.domain.access import Permission, require
from coord_service.domain.addressing import can_be_written_to
from coord_service.domain.people import Actor, Sector, normal_address
from coord_service.domain.searching import PersonFilter
from coord_service.errors import InvalidForm, NotFound
from coord_service.operations.audit import record
from coord_service.operations.people import PAGE, kinds_seen_by
from coord_service.operations.tools import Tools
from coord_service.storage import people
from coord_service.storage.database import Session
from coord_service.storage.tables import Agency, Person, Service


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What is known of a service. ``mailbox`` is where requests go until somebody there is named."""

    agency_id: int
    name: str
    mailbox: str | None = None
    phone: str | None = None
    manager_name: str | None = None
    manager_email: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """One service and up to 50 of the people who work there; ``people_count`` is how many there are."""

    service: Service
    people: tuple[Person, ...]
    people_count: int


async def list_agencies(tools: Tools, actor: Actor) -> Sequence[Agency]:
    """Every agency by name."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        return await people.list_agencies(db)


async def list_all_services(tools: Tools, actor: Actor) -> Sequence[Service]:
    """Every service with its agency, to choose from."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        return [service for service, _ in await people.list_services(db)]


async def list_services(
    tools: Tools, actor: Actor, sector: Sector | None, words: Sequence[str], page: int
) -> tuple[Sequence[tuple[Service, int]], int]:
    """A page of services with how many people work in each; and how many services there are."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        rows = await people.list_services(db, sector=sector, words=words, window=(PAGE, (page - 1) * PAGE))
        return rows, await people.count_services(db, sector=sector, words=words)


async def load_service_card(tools: Tools, actor: Actor, service_id: int) -> ServiceCard:
    """One service with its people. Raises NotFound."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        service = await _load(db, service_id)
        wanted = PersonFilter(kinds=kinds_seen_by(actor), service_id=service.id)
        rows = await people.list_people(db, wanted, (PAGE, 0))
        return ServiceCard(service, tuple(rows), await people.count_people(db, wanted))


async def _load(db: Session, service_id: int) -> Service:
    service = await people.load_service(db, service_id)
    if service is None:
        raise NotFound("There is no such service.")
    return service


async def add_agency(tools: Tools, actor: Actor, name: str, sector: Sector) -> int:
    """Keep a new agency; its id. Raises InvalidForm for a name that exists."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        agency = Agency(name=await _free_agency_name(db, name), sector=sector)
        people.add_agency(db, agency)
        await db.flush()
        record(db, actor, "add_agency", ("agency", agency.id), tools.clock.now())
        return agency.id


async def load_agency(tools: Tools, actor: Actor, agency_id: int) -> Agency:
    """One agency. Raises NotFound."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        return await _load_agency(db, agency_id)


async def _load_agency(db: Session, agency_id: int) -> Agency:
    agency = await people.load_agency(db, agency_id)
    if agency is None:
        raise NotFound("There is no such agency.")
    return agency


async def correct_agency(tools: Tools, actor: Actor, agency_id: int, name: str, sector: Sector) -> None:
    """Write down what is right now; teams keep the sector people joined in. Raises NotFound, InvalidForm."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        agency = await _load_agency(db, agency_id)
        agency.name, agency.sector = await _free_agency_name(db, name, but=agency.id), sector
        record(db, actor, "correct_agency", ("agency", agency.id), tools.clock.now())


async def _free_agency_name(db: Session, name: str, but: int | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise InvalidForm({"name": "Enter the agency’s name"})
    existing = await people.find_agency(db, name)
    if existing is not None and existing.id != but:
        raise InvalidForm({"name": f"{existing.name} is on our records already"})
    return name


async def add_service(tools: Tools, actor: Actor, facts: ServiceFacts) -> int:
    """Keep a new service; its id. Raises InvalidForm."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        service = Service(**await _checked(db, facts))
        people.add_service(db, service)
        await db.flush()
        record(db, actor, "add_service", ("service", service.id), tools.clock.now())
        return service.id


async def correct_service(tools: Tools, actor: Actor, service_id: int, facts: ServiceFacts) -> None:
    """Write down what is right now. Raises NotFound, InvalidForm."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        service = await _load(db, service_id)
        columns = await _checked(db, facts, but=service.id)
        changed = [name for name, value in columns.items() if getattr(service, name) != value]
        for name in changed:
            setattr(service, name, columns[name])
        if changed:
            record(db, actor, "correct_service", ("service", service.id), tools.clock.now(), fields=changed)


async def _checked(db: Session, facts: ServiceFacts, but: int | None = None) -> dict[str, object]:
    """The columns as they are kept. Raises InvalidForm."""
    wrong: dict[str, str] = {}
    name = " ".join(facts.name.split())
    if not name:
        wrong["name"] = "Enter the service’s name"
    if await people.load_agency(db, facts.agency_id) is None:
        wrong["agency_id"] = "Choose the agency it belongs to"
    for field, address in (("mailbox", facts.mailbox), ("manager_email", facts.manager_email)):
        if address and not can_be_written_to(address):
            wrong[field] = "Enter an e-mail address in the correct format, like name@example.org"
    existing = await people.find_service(db, facts.agency_id, name)
    if existing is not None and existing.id != but:
        wrong["name"] = f"{existing.name} of this agency is on our records already"
    if wrong:
        raise InvalidForm(wrong)
    return {
        "agency_id": facts.agency_id,
        "name": name,
        "mailbox": normal_address(facts.mailbox or "") or None,
        "phone": facts.phone,
        "manager_name": facts.manager_name,
        "manager_email": normal_address(facts.manager_email or "") or None,
    }
