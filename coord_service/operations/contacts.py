"""Logging a call, a visit, a talk: the human contact that mails don't replace."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor, PersonKind
from coord_service.errors import InvalidForm
from coord_service.operations.audit import record
from coord_service.operations.cases import load_child
from coord_service.operations.people import load_person
from coord_service.operations.tools import Tools
from coord_service.storage.around_child import add_contact, find_same_contact
from coord_service.storage.tables import Contact

DOUBLE_CLICK = timedelta(seconds=60)


class ContactKind(StrEnum):
    """How people spoke."""

    CALL = "call"
    TALK = "talk"
    VISIT = "visit"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class LogContact:
    """What was said, and with whom: ``person_id`` is none for somebody outside our records."""

    child_id: int
    person_id: int | None
    kind: ContactKind
    note: str


async def log_contact(tools: Tools, actor: Actor, request: LogContact) -> int:
    """Keep a contact as of now; its id, the first one's when the same is sent again within a minute.

    With somebody of the family it is also when the family last heard from us. Raises InvalidForm, NotFound.
    """
    require(actor, Permission.EDIT_CASES)
    if not request.note.strip():
        raise InvalidForm({"note": "Write what was said, in a few words"})
    now = tools.clock.now()
    async with tools.database.begin() as db:
        child = await load_child(db, request.child_id)
        person = None if request.person_id is None else await load_person(db, actor, request.person_id)
        contact = Contact(
            child_id=child.id,
            person_id=person and person.id,
            service_id=person and person.service_id,
            kind=request.kind,
            note=request.note.strip(),
            at=now,
            by_user_id=actor.user_id,
        )
        existing = await find_same_contact(db, contact, now - DOUBLE_CLICK)
        if existing is not None:
            return existing
        add_contact(db, contact)
        if person is not None and person.kind is PersonKind.FAMILY:
            child.family_heard_at = now
        await db.flush()
        facts = {"child_id": child.id, "person_id": contact.person_id, "kind": request.kind.value}
        record(db, actor, "log_contact", ("contact", contact.id), now, **facts)
        return contact.id
