"""What is shown of advice requests: one with its whole history, and those that need somebody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.advice import HAPPENING_NAMES, AdviceKind, AdviceStatus, Happening, ReceiptBasis
from coord_service.domain.delivery import LetterState
from coord_service.domain.people import Actor
from coord_service.errors import NotFound, Refused
from coord_service.operations.advice_letters import Holder, find_holder
from coord_service.operations.receipts import CHASING
from coord_service.operations.tools import Tools
from coord_service.storage import advice as rows
from coord_service.storage.chasing import CALL
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    AdviceEvent,
    AdviceRequest,
    Chase,
    Child,
    Contact,
    Document,
    OutboxLetter,
    Person,
    Service,
)

LETTER_NAMES = {
    "ask_advice": "The request",
    "advice_receipt": "A receipt for the answer",
    "advice_not_enough": "What is still missing",
    "advice_not_needed": "That it is no longer needed",
    "fresh_link": "A fresh link",
}
AUDIENCE_NAMES = {
    "holder": "whoever holds it",
    "service_manager": "the service’s manager",
    "send_manager": "the SEND manager",
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A line of a request's history; ``delivery`` is a letter's (waiting, sent, failed, bounced, withdrawn)."""

    at: datetime
    what: str
    words: str
    by: str
    delivery: str | None = None
    letter_id: int | None = None


@dataclass(frozen=True, slots=True)
class AdviceView:
    """One request, as its page shows it."""

    request: AdviceRequest
    holder: Holder | None
    documents: Sequence[Document]
    history: Sequence[HistoryLine]
    undo_until: datetime | None
    is_unchecked: bool
    problem_words: str | None
    troubled: OutboxLetter | None
    days_late: int
    is_receipt_sure: bool


@dataclass(frozen=True, slots=True)
class AdviceNeed:
    """A request that needs its lead worker: late, promised for today, answered with a "can't", come and unchecked."""

    request_id: int
    child: Child
    service: str
    person: str | None
    kind: AdviceKind
    due_on: date
    days_late: int
    promised_on: date | None
    is_promised_today: bool
    problem: str | None
    is_unchecked: bool = False
    escalated_to: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class CallDue:
    """A family to ring about an action of theirs."""

    child: Child
    person: Person
    what: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AskChoices:
    """Who can be asked about a child."""

    child: Child
    services: Sequence[Service]
    people: Sequence[Person]


async def load_ask_choices(tools: Tools, actor: Actor, child_id: int) -> AskChoices:
    """The child, every service, and who works there. Raises NotFound."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.read() as db:
        child = await rows.load_child_to_ask(db, child_id)
        if child is None:
            raise NotFound("There is no such child.")
        return AskChoices(child, await rows.list_services(db), await rows.list_professionals(db))


async def view_request(tools: Tools, actor: Actor, request_id: int) -> AdviceView:
    """One request with everything that happened to it. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        request = await rows.load_request(db, request_id)
        if request is None:
            raise NotFound("There is no such advice request.")
        documents = await rows.list_documents(db, request_id)
        events = await rows.list_events(db, request_id)
        letters = await rows.list_letters(db, request_id)
        history = await _history(db, request_id, events, letters)
    now = tools.clock.now()
    return AdviceView(
        request=request,
        holder=_holder(request),
        documents=documents,
        history=history,
        undo_until=_undo_until(request, letters, now),
        is_unchecked=_is_unchecked(request, events),
        problem_words=_problem_words(request, events),
        troubled=_troubled(request, letters),
        days_late=(day_in_london(now) - request.due_on).days,
        is_receipt_sure=request.receipt_basis not in {None, ReceiptBasis.ACCEPTED_BY_SERVER},
    )


async def _history(
    db: Session, request_id: int, events: Sequence[AdviceEvent], letters: Sequence[OutboxLetter]
) -> list[HistoryLine]:
    contacts = await rows.list_contacts(db, request_id)
    chases = await rows.list_chases(db, request_id)
    names = await rows.list_user_names(db, sorted({number for event in events if (number := _user_id(event.by))}))
    lines = [
        *_told(events, names),
        *_spoken(contacts),
        *_written(letters),
        *_chased(chases, {letter.id: letter for letter in letters}),
    ]
    return sorted(lines, key=lambda line: line.at)


def _user_id(by: str) -> int | None:
    kind, _, number = by.partition(":")
    return int(number) if kind == "user" and number.isdecimal() else None


def _told(events: Sequence[AdviceEvent], names: Mapping[int, str]) -> Iterator[HistoryLine]:
    """What happened; a call is shown from the contacts, whoever logged it."""
    for event in events:
        if event.what != Happening.PHONED:
            by = names.get(_user_id(event.by) or 0, event.by)
            yield HistoryLine(event.at, HAPPENING_NAMES[Happening(event.what)], event.words, by)


def _spoken(contacts: Sequence[Contact]) -> Iterator[HistoryLine]:
    for contact in contacts:
        yield HistoryLine(contact.at, contact.kind.capitalize(), contact.note, contact.by_user.person.name)


def _written(letters: Sequence[OutboxLetter]) -> Iterator[HistoryLine]:
    for letter in letters:
        if letter.letter not in CHASING:
            what = f"Mail: {LETTER_NAMES.get(letter.letter, letter.subject)}"
            at = letter.sent_at or letter.created_at
            yield HistoryLine(at, what, _delivery_words(letter), letter.recipient, delivery_of(letter), letter.id)


def _chased(chases: Sequence[Chase], letters: Mapping[int, OutboxLetter]) -> Iterator[HistoryLine]:
    for chase in chases:
        if chase.audience == CALL:
            yield HistoryLine(chase.chased_at, "Call to make", "A family is never written to.", "")
            continue
        letter = letters.get(chase.letter_id or 0)
        words = f"To {AUDIENCE_NAMES.get(chase.audience, chase.audience)}, {say_step(chase.step)}."
        if letter:
            words = f"{words} {_delivery_words(letter)}".strip()
        delivery, number = (delivery_of(letter), letter.id) if letter else (None, None)
        yield HistoryLine(chase.chased_at, "Reminder", words, chase.address, delivery, number)


def say_step(step: str) -> str:
    """A step of a ladder in words: "+5" falls 5 working days after the due date."""
    days, _, repeat = step.partition(" repeat ")
    if not days.lstrip("+-").isdecimal():
        return {"promise": "as the promised day had passed", "manual": "by hand"}.get(step, step)
    side = "before" if days.startswith("-") else "after"
    number = days.lstrip("+-")
    unit = "working day" if number == "1" else "working days"
    again = f", repeated ({repeat})" if repeat else ""
    return f"{number} {unit} {side} the due date{again}"


def delivery_of(letter: OutboxLetter) -> str:
    """What became of a letter, in one word."""
    return "bounced" if letter.bounced_at else letter.state.value


def _delivery_words(letter: OutboxLetter) -> str:
    if letter.bounced_at:
        return "Their mail server returned it: nobody has read it."
    return letter.error or ""


def _holder(request: AdviceRequest) -> Holder | None:
    try:
        return find_holder(request.service, request.person)
    except Refused:
        return None


def _undo_until(request: AdviceRequest, letters: Sequence[OutboxLetter], now: datetime) -> datetime | None:
    """Until when nothing has gone, so that a withdrawal leaves no trace outside."""
    waiting = [letter for letter in letters if letter.letter == "ask_advice" and letter.state is LetterState.WAITING]
    is_open = request.status is AdviceStatus.OPEN
    return next((letter.not_before for letter in waiting if is_open and letter.not_before > now), None)


def _is_unchecked(request: AdviceRequest, events: Sequence[AdviceEvent]) -> bool:
    last = next((event.what for event in reversed(events) if event.what in {"received", "checked"}), None)
    return request.status is AdviceStatus.RECEIVED and last == Happening.RECEIVED


def _problem_words(request: AdviceRequest, events: Sequence[AdviceEvent]) -> str | None:
    if request.problem is None:
        return None
    return next((f"{event.by}: {event.words}" for event in reversed(events) if event.what == request.problem), None)


def _troubled(request: AdviceRequest, letters: Sequence[OutboxLetter]) -> OutboxLetter | None:
    """The newest letter, where it did not arrive and somebody still has to answer."""
    last = letters[-1] if letters else None
    is_lost = last is not None and (last.bounced_at is not None or last.state is LetterState.FAILED)
    return last if is_lost and request.status is AdviceStatus.OPEN else None


async def load_advice_needs(tools: Tools, actor: Actor, lead_worker_id: int | None) -> list[AdviceNeed]:
    """What needs a lead worker (or, with None, anybody): the earliest due first, then what came and is unchecked."""
    require(actor, Permission.SEE_CASES)
    today = day_in_london(tools.clock.now())
    async with tools.database.read() as db:
        late = await rows.list_needs(db, lead_worker_id, today)
        unchecked = await rows.list_unchecked(db, lead_worker_id)
        escalated = await rows.list_escalations(db, [request.id for request in late])
    return [
        *(_need(request, today, escalated.get(request.id, ())) for request in late),
        *(_need(request, today, is_unchecked=True) for request in unchecked),
    ]


def _need(
    request: AdviceRequest, today: date, escalated_to: Sequence[str] = (), *, is_unchecked: bool = False
) -> AdviceNeed:
    return AdviceNeed(
        request_id=request.id,
        child=request.child,
        service=request.service.name,
        person=request.person.name if request.person else None,
        kind=request.kind,
        due_on=request.due_on,
        days_late=max(0, (today - request.due_on).days),
        promised_on=request.promised_on,
        is_promised_today=request.promised_on == today,
        problem=request.problem,
        is_unchecked=is_unchecked,
        escalated_to=escalated_to,
    )


async def list_calls_due(tools: Tools, actor: Actor, lead_worker_id: int | None) -> list[CallDue]:
    """Families to ring about what they hold; a call logged since takes them off."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        found = await rows.list_calls(db, lead_worker_id)
    calls = {chase.subject_id: CallDue(child, person, what, chase.chased_at) for chase, child, person, what in found}
    return list(calls.values())
