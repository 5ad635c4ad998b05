"""What the lead worker notes about a request: a call, the true day of receipt, advice that came, whether it will do."""

from dataclasses import dataclass
from datetime import date

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission, require
from coord_service.domain.advice import (
    ADVICE_PART_NAMES,
    AdvicePart,
    AdviceStatus,
    Happening,
    ReceiptBasis,
    fault_of_promise,
)
from coord_service.domain.people import Actor
from coord_service.errors import ChangedMeanwhile, InvalidForm, Refused
from coord_service.operations.advice_history import Told, end, note, put_on_record, take_up, take_up_open
from coord_service.operations.advice_letters import AdviceLetter, find_holder, post_advice_letter, refuse_private_words
from coord_service.operations.documents import Upload, keep_document
from coord_service.operations.receipts import advice_due_on, runs_from_sending
from coord_service.operations.tools import Tools
from coord_service.storage.around_child import add_contact
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceRequest, Contact


@dataclass(frozen=True, slots=True)
class PhoneAnswer:
    """What somebody said on the telephone, with the day they promised, if they did."""

    request_id: int
    who: str
    words: str
    promised_on: date | None = None


@dataclass(frozen=True, slots=True)
class CorrectReceipt:
    """When they received the request, how we know, and why the record was wrong; ``version`` is the page's."""

    request_id: int
    version: int
    received_on: date
    basis: ReceiptBasis
    reason: str


@dataclass(frozen=True, slots=True)
class AdviceByHand:
    """Advice that came another way (post, mail, a meeting), on a day, with the paper where there is one."""

    request_id: int
    came_on: date
    words: str
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class CheckAdvice:
    """Which parts the advice speaks of, and what is missing."""

    request_id: int
    parts: frozenset[AdvicePart]
    missing: str | None = None


async def log_phone_answer(tools: Tools, actor: Actor, answer: PhoneAnswer) -> None:
    """Keep a call about a request: human contact, and a promise where one was made."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up(db, answer.request_id)
        now = tools.clock.now()
        if answer.promised_on:
            _promise(request, answer.promised_on, day_in_london(now))
        add_contact(
            db,
            Contact(
                child_id=request.child_id,
                person_id=request.person_id,
                service_id=request.service_id,
                advice_request_id=request.id,
                kind="call",
                note=_with_promise(answer),
                at=now,
                by_user_id=actor.user_id,
            ),
        )
        note(db, request, Told(Happening.PHONED, _with_promise(answer), actor.label), now)
        put_on_record(db, actor, "log_phone_answer", request, now, promised_on=_iso(answer.promised_on))


def _promise(request: AdviceRequest, promised_on: date, today: date) -> None:
    if request.status is not AdviceStatus.OPEN:
        raise Refused("This request is over: a promise changes nothing any more.")
    if fault := fault_of_promise(promised_on, today):
        raise InvalidForm({"promised_on": fault})
    request.promised_on, request.problem = promised_on, None


def _with_promise(answer: PhoneAnswer) -> str:
    promise = f" (promised by {answer.promised_on:%-d %B %Y})" if answer.promised_on else ""
    return f"{answer.who}: {answer.words}{promise}"


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


async def correct_receipt(tools: Tools, actor: Actor, correct: CorrectReceipt) -> None:
    """Put the date of receipt right; the due date follows it, and the audit says what both were.

    For the council's own services and schools the six weeks run from sending (Code of Practice 9.41): their due date
    stays where it is.

    Raises InvalidForm for a day before the asking or after today, ChangedMeanwhile for a page that is out of date.
    """
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up_open(db, correct.request_id)
        now = tools.clock.now()
        if request.version != correct.version:
            raise ChangedMeanwhile("Something happened to this request since you opened the page: look at it again.")
        _refuse_wrong_day(request, correct.received_on, day_in_london(now), "received_on")
        was_received_on, was_due_on = request.received_on, request.due_on
        request.received_on, request.receipt_basis = correct.received_on, correct.basis
        if not runs_from_sending(tools, request):
            request.due_on = advice_due_on(tools.rulebook, correct.received_on)
        told = Told(Happening.RECEIPT_CORRECTED, _correction(request, was_due_on, correct.reason), actor.label)
        note(db, request, told, now)
        put_on_record(
            db,
            actor,
            "correct_receipt",
            request,
            now,
            was={"received_on": _iso(was_received_on), "due_on": _iso(was_due_on)},
            now_is={"received_on": _iso(request.received_on), "due_on": _iso(request.due_on)},
        )


def _correction(request: AdviceRequest, was_due_on: date, reason: str) -> str:
    return (
        f"Received on {request.received_on:%-d %B %Y}, so due on {request.due_on:%-d %B %Y} "
        f"(was {was_due_on:%-d %B %Y}). {reason}"
    )


def _refuse_wrong_day(request: AdviceRequest, day: date, today: date, field: str) -> None:
    asked_on = day_in_london(request.asked_at)
    if day > today:
        raise InvalidForm({field: "Give today or an earlier day: this one is still to come"})
    if day < asked_on:
        raise InvalidForm({field: f"Give {asked_on:%-d %B %Y} or a later day: it was asked for then"})


async def receive_advice_by_hand(tools: Tools, actor: Actor, came: AdviceByHand) -> None:
    """Note that the advice came another way; the chasing ends."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up_open(db, came.request_id)
        now = tools.clock.now()
        _refuse_wrong_day(request, came.came_on, day_in_london(now), "came_on")
        if came.upload:
            await keep_document(db, request, came.upload, actor.label, tools)
        end(request, AdviceStatus.RECEIVED, now)
        words = f"Came on {came.came_on:%-d %B %Y}. {came.words}"
        note(db, request, Told(Happening.RECEIVED, words, actor.label, {"on": _iso(came.came_on)}), now)
        put_on_record(db, actor, "receive_advice_by_hand", request, now, came_on=_iso(came.came_on))


async def check_advice(tools: Tools, actor: Actor, check: CheckAdvice) -> bool:
    """Note whether the advice will do. If not, it goes back with what is missing, and the clock did not stop.

    Raises InvalidForm unless all three parts are there or it is said what is missing.
    """
    require(actor, Permission.ASK_FOR_ADVICE)
    is_enough = not check.missing
    if is_enough and check.parts != set(AdvicePart):
        raise InvalidForm({"missing": "Say what is missing, or tick all three parts"})
    async with tools.database.begin() as db:
        request = await take_up(db, check.request_id)
        if request.status is not AdviceStatus.RECEIVED:
            raise Refused("There is nothing to check: the advice has not come, or it went back already.")
        now = tools.clock.now()
        put_on_record(db, actor, "check_advice", request, now, parts=sorted(check.parts), is_enough=is_enough)
        if check.missing:
            refuse_private_words(request.child, "missing", check.missing)
            await _give_back(db, tools, actor, request, check)
        else:
            note(db, request, Told(Happening.CHECKED, "Speaks of needs, provision and outcomes.", actor.label), now)
    await tools.wake()
    return is_enough


async def _give_back(db: Session, tools: Tools, actor: Actor, request: AdviceRequest, check: CheckAdvice) -> None:
    now = tools.clock.now()
    request.status, request.ended_at = AdviceStatus.OPEN, None
    absent = [ADVICE_PART_NAMES[part] for part in AdvicePart if part not in check.parts]
    note(db, request, Told(Happening.NOT_ENOUGH, check.missing or "", actor.label, {"absent": absent}), now)
    holder = find_holder(request.service, request.person)
    facts = {"missing": check.missing, "absent": absent}
    await post_advice_letter(db, tools, request, AdviceLetter("advice_not_enough", holder, facts))


async def settle_answer(tools: Tools, actor: Actor, request_id: int, words: str) -> None:
    """Note what became of a "can't" or "wrong person": the request stays open and with whoever has it."""
    require(actor, Permission.ASK_FOR_ADVICE)
    async with tools.database.begin() as db:
        request = await take_up_open(db, request_id)
        now = tools.clock.now()
        request.problem = None
        note(db, request, Told(Happening.SETTLED, words, actor.label), now)
        put_on_record(db, actor, "settle_answer", request, now)
