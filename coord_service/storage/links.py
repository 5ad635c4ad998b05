"""Whom a personal link may be sent to again: the addresses on file for what it opens, and nobody else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from coord_service.storage.database import Session
from coord_service.storage.tables import (
    Action,
    AdviceRequest,
    Attendee,
    Child,
    OutboxLetter,
    Person,
    PersonalLink,
    PollVoter,
    Service,
)


@dataclass(frozen=True, slots=True)
class OnFile:
    """A name and an address that we hold, and the reference of the case."""

    name: str
    address: str
    reference: str | None


async def load_on_file(db: Session, link: PersonalLink) -> OnFile | None:
    """The address on file for a link's purpose: the link's own if it still stands there, else whoever holds it now."""
    ways: dict[str, Callable[[PersonalLink], sa.Executable]] = {
        "meeting": _attendee,
        "advice": _holder_of_advice,
        "action": _owner_of_action,
        "notes": _reader_of_notes,
        "poll": _voter,
    }
    rows = await db.execute(ways[link.purpose](link))
    on_file = [OnFile(name, address, reference) for name, address, reference in rows if address]
    return next((each for each in on_file if each.address == link.address), on_file[0] if on_file else None)


def _attendee(link: PersonalLink) -> sa.Select[str, str, str | None]:
    return (
        sa.select(Person.name, Attendee.email, sa.null())
        .join(Person, Person.id == Attendee.person_id)
        .where(Attendee.id == link.attendee_id)
    )


def _holder_of_advice(link: PersonalLink) -> sa.CompoundSelect[str, str, str | None]:
    """The person, the service's mailbox, the service's manager: in the order in which they are asked."""
    base = (
        sa.select(AdviceRequest.id)
        .select_from(AdviceRequest)
        .join(Child, Child.id == AdviceRequest.child_id)
        .join(Service, Service.id == AdviceRequest.service_id)
        .outerjoin(Person, Person.id == AdviceRequest.person_id)
        .where(AdviceRequest.id == link.advice_request_id)
    )
    ways = ((Person.name, Person.email), (Service.name, Service.mailbox), (Service.manager_name, Service.manager_email))
    return sa.union_all(
        *(
            base.with_only_columns(sa.func.coalesce(name, Service.name), address, Child.reference)
            for name, address in ways
        )
    )


def _owner_of_action(link: PersonalLink) -> sa.Select[str, str | None, str | None]:
    return (
        sa.select(Person.name, Person.email, Child.reference)
        .select_from(Action)
        .join(Person, Person.id == Action.owner_id)
        .join(Child, Child.id == Action.child_id)
        .where(Action.id == link.action_id)
    )


def _reader_of_notes(link: PersonalLink) -> sa.Select[str, str | None, str | None]:
    return sa.select(Person.name, Person.email, sa.null()).where(Person.id == link.person_id)


def _voter(link: PersonalLink) -> sa.Select[str, str, str | None]:
    return (
        sa.select(Person.name, PollVoter.email, sa.null())
        .join(Person, Person.id == PollVoter.person_id)
        .where(PollVoter.poll_id == link.poll_id, PollVoter.person_id == link.person_id)
    )


async def list_links_of_attendee(db: Session, attendee_id: int) -> Sequence[PersonalLink]:
    """The personal links that somebody was sent for one meeting, the oldest first."""
    rows = await db.scalars(
        sa.select(PersonalLink).where(PersonalLink.attendee_id == attendee_id).order_by(PersonalLink.id)
    )
    return rows.all()


async def has_letter(db: Session, key: str) -> bool:
    """Whether a letter of this key was ever queued."""
    return await db.scalar(sa.select(OutboxLetter.id).where(OutboxLetter.key == key)) is not None
