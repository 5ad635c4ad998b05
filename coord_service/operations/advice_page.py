"""What is shown of advice requests: one with its whole history, and those that need somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.advice import AdviceKind, AdviceStatus, Happening, ReceiptBasis
from coord_service.domain.delivery import LetterState
from coord_service.domain.people import Actor
from coord_service.errors import NotFound, Refused
from coord_service.operations.advice_letters import Holder, find_holder
from coord_service.operations.history_lines import HistoryLine, chased, spoken, told, user_id_of, written
from coord_service.operations.tools import Tools
from coord_service.storage import advice as rows
from coord_service.storage.database import Session
from coord_service.storage.tables import (
    AdviceEvent,
    AdviceRequest,
    Child,
    Document,
    OutboxLetter,
    Person,
    Service,
)


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
    is_paused: bool  # nobody is reminded today
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
        is_paused=request.paused_until_on is not None and day_in_london(now) <= request.paused_until_on,
        is_receipt_sure=request.receipt_basis not in {None, ReceiptBasis.ACCEPTED_BY_SERVER},
    )


async def _history(
    db: Session, request_id: int, events: Sequence[AdviceEvent], letters: Sequence[OutboxLetter]
) -> list[HistoryLine]:
    contacts = await rows.list_contacts(db, request_id)
    chases = await rows.list_chases(db, request_id)
    names = await rows.list_user_names(db, sorted({number for event in events if (number := user_id_of(event.by))}))
    lines = [
        *told(events, names),
        *spoken(contacts),
        *written(letters),
        *chased(chases, {letter.id: letter for letter in letters}),
    ]
    return sorted(lines, key=lambda line: line.at)


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
