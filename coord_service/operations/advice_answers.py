"""The answers of somebody who holds a personal link: here it is, on its way, can't, wrong person.

Each is noted with the name of who gives it, and confirmed by mail to the address that was asked.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.advice import (
    CANNOT_REASON_NAMES,
    AdviceAnswer,
    AdviceStatus,
    CannotReason,
    Happening,
    fault_of_promise,
)
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.advice_history import Told, note, put_on_record, receive, take_up
from coord_service.operations.advice_letters import (
    AdviceLetter,
    Holder,
    post_advice_letter,
    refuse_private_words,
    request_facts,
)
from coord_service.operations.documents import Upload, keep_document
from coord_service.operations.links import UNKNOWN, LinkState, OpenedLink, open_link, take_link
from coord_service.operations.tools import Tools
from coord_service.storage.advice import list_documents, load_last_event, load_professional, load_request
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceRequest, Document, Person

_RECEIPTS = {
    AdviceAnswer.CANNOT: "You told us that you can’t send it, and why. The lead worker will look at it.",
    AdviceAnswer.WRONG_PERSON: "You told us whom to ask instead. The lead worker will look at it.",
}
NO_DETAILS: Mapping[str, Any] = {}
SAME_PRESS = timedelta(minutes=2)  # the same words again so soon are a second press of the same button


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers, where the link went to a mailbox, and the reference they file it under."""

    who: str | None = None
    their_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Cannot:
    """Why advice can't come, and more about it."""

    reason: CannotReason
    words: str | None = None


@dataclass(frozen=True, slots=True)
class AskedBehindLink:
    """What the page behind a link shows."""

    link: OpenedLink
    request: AdviceRequest
    facts: dict[str, object]
    documents: tuple[Document, ...]
    needs_name: bool


@dataclass(frozen=True, slots=True)
class _Answering:
    """An answer being given: the request is locked, the link is good."""

    db: Session
    tools: Tools
    link: OpenedLink
    request: AdviceRequest
    by: str
    now: datetime

    @property
    def actor(self) -> Actor:
        return Actor.link(self.link.about.person_id)


async def load_asked(tools: Tools, link: OpenedLink) -> AskedBehindLink:
    """What is asked behind a link to an advice request. Raises NotFound."""
    async with tools.database.read() as db:
        request = await load_request(db, link.about.advice_request_id or 0)
        if request is None:
            raise NotFound(UNKNOWN)
        documents = await list_documents(db, request.id)
    needs_name = link.about.person_id is None
    return AskedBehindLink(link, request, request_facts(tools, request), tuple(documents), needs_name)


async def open_asked(tools: Tools, token: str) -> AskedBehindLink | None:
    """The same from a token; None where the link opens something else, or no longer opens. Raises NotFound."""
    link = await open_link(tools, token)
    is_good = link.purpose == "advice" and link.state is LinkState.GOOD
    return await load_asked(tools, link) if is_good else None


async def send_advice(tools: Tools, token: str, answerer: Answerer, upload: Upload) -> None:
    """Here it is. Sent again after the first, it is a further document of the same request."""
    async with _answering(tools, token, answerer) as answering:
        request = answering.request
        if request.status not in {AdviceStatus.OPEN, AdviceStatus.RECEIVED}:
            raise Refused("This advice is no longer needed. Thank you all the same.")
        document = await keep_document(answering.db, request, upload, answering.by, tools)
        details = await receive(answering.db, request, answering.now)
        words = f"Document {document.name}."
        await _conclude(answering, AdviceAnswer.HERE_IT_IS, Happening.RECEIVED, words, details)
    await tools.wake()


async def promise_advice(tools: Tools, token: str, answerer: Answerer, promised_on: date) -> None:
    """On its way by a day: no chase until the working day after. The due date stays. Raises InvalidForm."""
    async with _answering_open(tools, token, answerer) as answering:
        if fault := fault_of_promise(promised_on, day_in_london(answering.now)):
            raise InvalidForm({"promised_on": fault})
        answering.request.promised_on, answering.request.problem = promised_on, None
        words = f"On its way by {promised_on:%-d %B %Y}."
        await _conclude(answering, AdviceAnswer.ON_ITS_WAY, Happening.PROMISED, words)
    await tools.wake()


async def refuse_advice(tools: Tools, token: str, answerer: Answerer, cannot: Cannot) -> None:
    """Can't, because: goes to the lead worker, and the request stays open (reg 8(2) lifts a limit, not the duty)."""
    async with _answering_open(tools, token, answerer) as answering:
        answering.request.problem = AdviceAnswer.CANNOT.value
        words = f"{CANNOT_REASON_NAMES[cannot.reason]}. {cannot.words or ''}".strip()
        await _conclude(answering, AdviceAnswer.CANNOT, Happening.CANNOT, words)
    await tools.wake()


async def redirect_request(tools: Tools, token: str, answerer: Answerer, ask_instead: str) -> None:
    """Wrong person, ask somebody else: goes to the lead worker, and stays open until somebody else is asked."""
    async with _answering_open(tools, token, answerer) as answering:
        answering.request.problem = AdviceAnswer.WRONG_PERSON.value
        words = f"Ask instead: {ask_instead}"
        await _conclude(answering, AdviceAnswer.WRONG_PERSON, Happening.WRONG_PERSON, words)
    await tools.wake()


async def name_child(tools: Tools, token: str, answerer: Answerer) -> tuple[str, date]:
    """Tell whoever was asked whom it is about: name and birthday. Who wanted to know is put on record."""
    async with _answering(tools, token, answerer) as answering:
        request, child = answering.request, answering.request.child
        note(
            answering.db, request, Told(Happening.CHILD_NAMED, "Name and birthday shown.", answering.by), answering.now
        )
        put_on_record(answering.db, answering.actor, "name_child", request, answering.now, link_id=answering.link.id)
    return f"{child.given_name} {child.family_name}", child.born_on


@asynccontextmanager
async def _answering(tools: Tools, token: str, answerer: Answerer) -> AsyncIterator[_Answering]:
    async with tools.database.begin() as db:
        now = tools.clock.now()
        link = await take_link(db, token, "advice", now)
        request = await take_up(db, link.about.advice_request_id or 0)
        by = await _name_of(db, link, answerer)
        if answerer.their_reference:
            refuse_private_words(request.child, "their_reference", answerer.their_reference)
            request.their_reference = answerer.their_reference
        yield _Answering(db, tools, link, request, by, now)


@asynccontextmanager
async def _answering_open(tools: Tools, token: str, answerer: Answerer) -> AsyncIterator[_Answering]:
    async with _answering(tools, token, answerer) as answering:
        if answering.request.status is not AdviceStatus.OPEN:
            raise Refused("This advice has reached us, or is no longer needed: there is nothing more to answer.")
        yield answering


async def _name_of(db: Session, link: OpenedLink, answerer: Answerer) -> str:
    if answerer.who:
        return answerer.who
    person = await _asked_person(db, link)
    if person is None:
        raise InvalidForm({"who": "Enter your name: this link went to a mailbox that several people read"})
    return person.name


async def _asked_person(db: Session, link: OpenedLink) -> Person | None:
    """Whom the link was sent to by name; none where it went to a mailbox."""
    return await load_professional(db, link.about.person_id) if link.about.person_id else None


async def _conclude(
    answering: _Answering, answer: AdviceAnswer, what: Happening, words: str, details: Mapping[str, Any] = NO_DETAILS
) -> None:
    """Note the answer and confirm it by mail, unless it is the same press a second time."""
    request, now = answering.request, answering.now
    last = await load_last_event(answering.db, request.id, [what.value])
    if last and (last.words, last.by) == (words, answering.by) and now - last.at < SAME_PRESS:
        return
    note(answering.db, request, Told(what, words, answering.by, details), now)
    put_on_record(
        answering.db, answering.actor, "answer_advice", request, now, answer=answer.value, link_id=answering.link.id
    )
    # What somebody typed, their own name too, may name the child: it stays on the record and does not go out by mail.
    asked = await _asked_person(answering.db, answering.link)
    to = Holder(asked.name if asked else request.service.name, answering.link.address, asked.id if asked else None)
    said = _RECEIPTS.get(answer, words)
    facts = {"answer": said, "is_here": answer is AdviceAnswer.HERE_IT_IS}
    await post_advice_letter(answering.db, answering.tools, request, AdviceLetter("advice_receipt", to, facts))
