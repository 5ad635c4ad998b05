"""Who holds a request, and the letters about it: the reference alone says which child, in subject and body."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from coord_service.domain.advice import ADVICE_KIND_NAMES
from coord_service.domain.private_words import find_private_words
from coord_service.errors import InvalidForm, Refused
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.advice import count_letters
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceRequest, Child, Person, Service


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever has to answer: a person where one is named and can be reached, else the service's mailbox."""

    name: str
    address: str
    person_id: int | None


@dataclass(frozen=True, slots=True)
class AdviceLetter:
    """A letter about a request; ``to`` is the holder unless another address was given."""

    letter: str
    to: Holder
    facts: Mapping[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    with_link: bool = True


def find_holder(service: Service, person: Person | None) -> Holder:
    """Who gets the letters. Raises Refused where neither the person nor the service has an address."""
    if person and person.email:
        return Holder(person.name, person.email, person.id)
    if service.mailbox:
        return Holder(service.name, service.mailbox, None)
    who = f"{person.name} and {service.name} have" if person else f"{service.name} has"
    raise Refused(f"{who} no e-mail address. Add one on the page of the service, or ask somebody else.")


def refuse_private_words(child: Child, name: str, words: str) -> None:
    """Raise InvalidForm for a field that goes out by mail and tells who the child is."""
    found = find_private_words(words, [child.given_name, child.family_name], [child.born_on])
    if found:
        quoted = ", ".join(f"“{word}”" for word in found)
        raise InvalidForm({name: f"This goes by mail: leave out {quoted}. The reference says who it is about."})


async def post_advice_letter(db: Session, tools: Tools, request: AdviceRequest, order: AdviceLetter) -> None:
    """Queue a letter about a request, mostly with a personal link of its own for that address."""
    now = tools.clock.now()
    about = About(person_id=order.to.person_id, child_id=request.child_id, advice_request_id=request.id)
    number = await count_letters(db, request.id)
    facts = {**request_facts(tools, request), **order.facts}
    if order.with_link:
        facts["link"] = make_link(db, tools, Door("advice", order.to.address, about), now)
    posting = Posting(
        key=f"advice:{request.id}:{number}:{order.letter}",
        letter=order.letter,
        to_name=order.to.name,
        to_address=order.to.address,
        facts=facts,
        about=about,
        not_before=order.not_before,
    )
    await put_letter(db, tools, posting, now)
    await db.flush()


def request_facts(tools: Tools, request: AdviceRequest) -> dict[str, Any]:
    """What every letter about a request may say."""
    lead_worker = request.child.lead_worker.person
    return {
        "reference": request.child.reference,
        "their_reference": request.their_reference,
        "service": request.service.name,
        "kind": ADVICE_KIND_NAMES[request.kind],
        "question": request.question,
        "asked_on": request.asked_at,
        "due_on": request.due_on,
        "asks": lead_worker.name,
        "phone": lead_worker.phone or tools.settings.contact_phone,
    }
