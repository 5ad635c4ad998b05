"""Who people are: sectors, kinds of person, staff roles, and the actor behind a change."""

from dataclasses import dataclass
from enum import StrEnum


class Sector(StrEnum):
    """The part of the world somebody stands in around the child: one slice of the picture of the team."""

    FAMILY = "family"
    EDUCATION = "education"
    HEALTH = "health"
    SOCIAL_CARE = "social_care"
    VOLUNTARY = "voluntary"
    COUNCIL = "council"


SECTOR_NAMES = {
    Sector.FAMILY: "Family",
    Sector.EDUCATION: "Education",
    Sector.HEALTH: "Health",
    Sector.SOCIAL_CARE: "Social care",
    Sector.VOLUNTARY: "Voluntary sector",
    Sector.COUNCIL: "Council SEND team",
}


class PersonKind(StrEnum):
    """What somebody is to us: a family member is never chased, staff can sign in, a professional answers by link."""

    PROFESSIONAL = "professional"
    FAMILY = "family"
    STAFF = "staff"


class Role(StrEnum):
    """What a member of staff does; each permission is given to roles in ``access``."""

    LEAD_WORKER = "lead_worker"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


ROLE_NAMES = {Role.LEAD_WORKER: "Lead worker", Role.MANAGER: "Manager", Role.ADMINISTRATOR: "Administrator"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is behind a change: a signed-in member of staff, somebody with a personal link, or a job.

    ``label`` goes into the audit; for a link it is ``link:<person id>``, for a job ``job:<name>``: never a name.
    """

    label: str
    user_id: int | None = None
    person_id: int | None = None
    role: Role | None = None

    @classmethod
    def job(cls, name: str) -> "Actor":
        """The service itself, doing a job by its name."""
        return cls(label=f"job:{name}")

    @classmethod
    def link(cls, person_id: int | None) -> "Actor":
        """Somebody without an account, who holds a personal link."""
        return cls(label=f"link:{person_id or 'service'}", person_id=person_id)


def normal_address(address: str) -> str:
    """An e-mail address as it is compared and kept: trimmed, lower case."""
    return address.strip().lower()
