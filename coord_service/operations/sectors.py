"""The slice of the picture of the team in which somebody stands."""

from coord_service.domain.people import PersonKind, Sector
from coord_service.storage.tables import Person


def sector_of(person: Person) -> Sector:
    """The slice of the picture somebody stands in: by what they are, and by their agency."""
    if person.kind is PersonKind.FAMILY:
        return Sector.FAMILY
    if person.service is not None:
        return person.service.agency.sector
    return Sector.COUNCIL
