"""Asking for advice: to a service, and a person in it where one is named; again, of somebody else, or no longer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.advice import AdviceKind, AdviceStatus, Happening
from coord_service.domain.delivery import LetterState
from coord_service.domain.people import Actor, PersonKind, normal_address
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.advice_history import Told, end, note, put_on_record, take_up_open
from coord_service.operations.advice_letters import (
    AdviceLetter,
    Holder,
    find_holder,
    post_advice_letter,
    refuse_private_words,
)
from coord_service.operations.receipts import ASKING, advice_due_on
from coord_service.operations.tools import Tools
from coord_service.storage.advice import (
    add_request,
    load_child_to_ask,
    load_last_ask,
    load_open_twin,
    load_professional,
    revoke_links,
    withdraw_letters,
)
from coord_service.storage.database import Session
from coord_service.storage.people import load_service
from coord_service.storage.tables import AdviceRequest, Child, OutboxLetter, Person, Service


@dataclass(frozen=True, slots=True)
class AskForAdvice:
    """Advice under one letter of reg 6(1), of a service; ``is_another`` asks although the same is open already."""

    child_id: int
    service_id: int
    person_id: int | None
    kind: AdviceKind
    question: str
    is_another: bool = False


@dataclass(frozen=True, slots=True)
class ReplaceRequest:
    """The same advice, asked of somebody else."""

    request_id: int
    service_id: int
    person_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class SendAgain:
    """The same letter once more: to the holder, or to another address."""

    request_id: int
    to_address: str | None = None


async def ask_for_advice(tools: Tools, actor: Actor, ask: AskForAdvice) -> int:
    """Ask; the letter goes when the time for undoing is over. The id of the request.

    Raises InvalidForm for a service or person that can't be asked, for a question that tells who the child is, and for
    a request that is open already unless another one is wanted.
    """
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await _ask(db, tools, actor, ask)
    await tools.wake()
    return request.id


async def _ask(db: Session, tools: Tools, actor: Actor, ask: AskForAdvice) -> AdviceRequest:
    child, (service, person) = await _load_child(db, ask.child_id), await _load_asked(db, ask)
    refuse_private_words(child, "question", ask.question)
    if not ask.is_another and await load_open_twin(db, child.id, service.id, ask.kind):
        raise InvalidForm({"is_another": f"{service.name} has an open request like this. Tick to ask once more."})
    now = tools.clock.now()
    request = AdviceRequest(
        child_id=child.id,
        service_id=service.id,
        person_id=person.id if person else None,
        kind=ask.kind,
        question=ask.question,
        asked_at=now,
        due_on=advice_due_on(tools.rulebook, day_in_london(now)),
    )
    request.child, request.service, request.person = child, service, person
    await add_request(db, request)
    holder = _holder_or_fault(service, person)
    note(db, request, Told(Happening.ASKED, f"Asked {holder.name}.", actor.label), now)
    put_on_record(db, actor, "ask_for_advice", request, now, service_id=service.id)
    await post_advice_letter(db, tools, request, AdviceLetter(ASKING, holder, not_before=_undo_ends(tools, now)))
    return request


async def _load_child(db: Session, child_id: int) -> Child:
    child = await load_child_to_ask(db, child_id)
    if child is None:
        raise NotFound("There is no such child.")
    if child.closed_at is not None:
        raise Refused("This case is closed: open it again before you ask for advice.")
    return child


async def _load_asked(db: Session, ask: AskForAdvice | ReplaceRequest) -> tuple[Service, Person | None]:
    service = await load_service(db, ask.service_id)
    if service is None:
        raise InvalidForm({"service_id": "Choose a service from the list"})
    if ask.person_id is None:
        return service, None
    person = await load_professional(db, ask.person_id)
    if person is None or person.kind is not PersonKind.PROFESSIONAL or person.service_id != service.id:
        raise InvalidForm({"person_id": f"Choose somebody who works in {service.name}, or nobody"})
    return service, person


def _holder_or_fault(service: Service, person: Person | None) -> Holder:
    try:
        return find_holder(service, person)
    except Refused as error:
        raise InvalidForm({"service_id": str(error)}) from error


def _undo_ends(tools: Tools, now: datetime) -> datetime:
    return now + timedelta(seconds=tools.settings.undo_seconds)


async def send_request_again(tools: Tools, actor: Actor, again: SendAgain) -> None:
    """Send the request once more, with a fresh link.

    Where the last one bounced or never went, nobody has received the request: receipt starts anew with this one.
    """
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up_open(db, again.request_id)
        now = tools.clock.now()
        if _has_not_arrived(await load_last_ask(db, request.id)) and request.receipt_basis is not None:
            request.received_on = request.receipt_basis = None
            request.due_on = advice_due_on(tools.rulebook, day_in_london(request.asked_at))
        holder = find_holder(request.service, request.person)
        if again.to_address:
            holder = Holder(request.service.name, normal_address(again.to_address), None)
        await withdraw_letters(db, request.id, now)  # one that still waits goes in this one's place
        elsewhere = ", to another address" if again.to_address else ""
        note(db, request, Told(Happening.SENT_AGAIN, f"Sent to {holder.name}{elsewhere}.", actor.label), now)
        put_on_record(db, actor, "send_request_again", request, now, to_another_address=bool(again.to_address))
        await post_advice_letter(db, tools, request, AdviceLetter(ASKING, holder))
    await tools.wake()


def _has_not_arrived(letter: OutboxLetter | None) -> bool:
    return letter is not None and letter.bounced_at is not None


async def withdraw_request(tools: Tools, actor: Actor, request_id: int, reason: str) -> None:
    """Ask no longer. Letters that have not gone never go; whoever was asked is told that it is not needed."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up_open(db, request_id)
        now = tools.clock.now()
        end(request, AdviceStatus.WITHDRAWN, now)
        note(db, request, Told(Happening.WITHDRAWN, reason, actor.label), now)
        put_on_record(db, actor, "withdraw_request", request, now)
        await _call_off(db, tools, request, now)
    await tools.wake()


async def undo_request(tools: Tools, actor: Actor, request_id: int) -> None:
    """Take a request back before its letter goes. Raises Refused when it has gone."""
    async with tools.database.read() as db:
        letter = await load_last_ask(db, request_id)
    if letter is None or letter.state is not LetterState.WAITING or letter.not_before <= tools.clock.now():
        raise Refused("The request has gone already. You can withdraw it: they will be told.")
    await withdraw_request(tools, actor, request_id, "Undone before anything was sent.")


async def replace_request(tools: Tools, actor: Actor, replace: ReplaceRequest) -> int:
    """Ask somebody else the same: a request of its own, with six weeks of its own. The id of the new one."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        old = await take_up_open(db, replace.request_id)
        now = tools.clock.now()
        if (replace.service_id, replace.person_id) == (old.service_id, old.person_id):
            raise InvalidForm({"service_id": "Choose somebody else: this request is with them already"})
        end(old, AdviceStatus.REPLACED, now)
        await _call_off(db, tools, old, now)
        new = await _ask(
            db,
            tools,
            actor,
            AskForAdvice(old.child_id, replace.service_id, replace.person_id, old.kind, old.question, is_another=True),
        )
        old.replaced_by_id = new.id
        note(db, old, Told(Happening.REPLACED, replace.reason, actor.label, {"by": new.id}), now)
        put_on_record(db, actor, "replace_request", old, now, replaced_by=new.id)
    await tools.wake()
    return new.id


async def _call_off(db: Session, tools: Tools, request: AdviceRequest, now: datetime) -> None:
    await withdraw_letters(db, request.id, now)
    last = await load_last_ask(db, request.id)
    if last is not None and last.state is LetterState.SENT and last.bounced_at is None:
        to = Holder(request.person.name if request.person else request.service.name, last.recipient, last.person_id)
        await post_advice_letter(db, tools, request, AdviceLetter("advice_not_needed", to, with_link=False))
    await revoke_links(db, request.id, now)
