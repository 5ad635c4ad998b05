"""Other addresses of people: answers from them count as theirs, and nothing is ever sent there."""

from collections.abc import Sequence
from datetime import datetime

from coord_service.domain.access import Permission, require
from coord_service.domain.itip import bare_address, is_mail_address
from coord_service.domain.people import Actor
from coord_service.errors import Refused
from coord_service.operations.audit import record
from coord_service.operations.people import load_person
from coord_service.operations.tools import Tools
from coord_service.storage import other_addresses
from coord_service.storage.database import Session
from coord_service.storage.meetings import load_attendee
from coord_service.storage.tables import InboundMail, OtherAddress


async def list_known_addresses(tools: Tools, actor: Actor, person_id: int) -> Sequence[OtherAddress]:
    """Somebody's other addresses, the oldest first. Raises NotFound."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.read() as db:
        person = await load_person(db, actor, person_id)
        return await other_addresses.list_other_addresses(db, [person.id])


async def remember_address(db: Session, actor: Actor, mail: InboundMail, now: datetime) -> None:
    """Let the address that a mail came from count as its attendee's from now on. Raises Refused for somebody else's."""
    attendee = await load_attendee(db, mail.attendee_id) if mail.attendee_id else None
    address = bare_address(mail.sender or "")
    if attendee is None or not is_mail_address(address):
        raise Refused("It can’t be told whose address this would be. Believe this mail once instead.")
    others = [each for each in await other_addresses.list_people_known_at(db, address) if each.id != attendee.person_id]
    if others:
        raise Refused(
            f"{address} is the address of {others[0].name} on our records, so it can’t stand for "
            f"{attendee.person.name}. If they asked {others[0].name} to answer for them, believe this mail once."
        )
    if await other_addresses.find_other_address(db, attendee.person_id, address) is None:
        row = OtherAddress(person_id=attendee.person_id, address=address, added_at=now, added_by=actor.user_id)
        other_addresses.add_other_address(db, row)
        await db.flush()
        record(db, actor, "add_other_address", ("person", attendee.person_id), now, mail=mail.id)


async def forget_address_of(db: Session, actor: Actor, mail: InboundMail, now: datetime) -> None:
    """Forget the address that was remembered by a mail, where it is still known."""
    attendee = await load_attendee(db, mail.attendee_id) if mail.attendee_id else None
    address = bare_address(mail.sender or "")
    row = await other_addresses.find_other_address(db, attendee.person_id, address) if attendee else None
    if row is not None:
        await _forget(db, actor, row, now)


async def forget_address(tools: Tools, actor: Actor, person_id: int, number: int) -> None:
    """Let answers from an address count no longer; quiet where it is gone already. Raises NotFound."""
    require(actor, Permission.EDIT_PEOPLE)
    async with tools.database.begin() as db:
        person = await load_person(db, actor, person_id)
        row = await other_addresses.load_other_address(db, number)
        if row is not None and row.person_id == person.id:
            await _forget(db, actor, row, tools.clock.now())


async def _forget(db: Session, actor: Actor, row: OtherAddress, now: datetime) -> None:
    await other_addresses.drop_other_address(db, row)
    record(db, actor, "remove_other_address", ("person", row.person_id), now)
