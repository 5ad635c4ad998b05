"""Advice that comes as a mail with a document: kept by itself from whoever was asked, shown to decide from others."""

from collections.abc import Sequence
from dataclasses import dataclass

from coord_service.domain import itip
from coord_service.domain.advice import AdviceStatus, Happening
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.advice_history import Told, note, put_on_record, receive, take_up
from coord_service.operations.advice_letters import AdviceLetter, Holder, post_advice_letter
from coord_service.operations.documents import Upload, check_upload, keep_document
from coord_service.operations.tools import Tools
from coord_service.storage.advice import list_documents, load_professional_at
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceRequest, InboundMail

ACTOR = Actor.job("read_mailbox")
KEPT = "Their advice came with this mail: it is kept with the request, waiting to be checked."
KNOWN = "It brings a document that is kept with the request already."
OVER = "It brings a document, and nothing is asked for any more. Read it and decide."
PICTURES = "It brings pictures and no document: they may be the advice, or no more than a logo. Read it and decide."
CUT_OFF = "It brings a document, and is too large for a mail: ask for it by the link, where 50 MB may be sent."
DOUBTED = "It brings a document, and the mail server could not confirm that it is from {sender}. Read it and decide."
STRANGER = "It brings a document, from {sender}, who was not asked and is not of the service. Read it and decide."
_CAN_BE_KEPT = {AdviceStatus.OPEN, AdviceStatus.RECEIVED}


@dataclass(frozen=True, slots=True)
class Brought:
    """What a mail brings: files that can be kept, which of them were meant as files, and why others can't be kept."""

    uploads: Sequence[Upload]
    meant: Sequence[Upload]
    faults: Sequence[str]

    @property
    def has_document(self) -> bool:
        """Whether anything is no mere picture."""
        return any(not each.content_type.startswith("image/") for each in self.uploads)


def look_through(tools: Tools, mail: InboundMail) -> Brought:
    """The files of a mail, recognised by what is in them."""
    uploads, meant, faults = [], [], []
    for file in tools.codec.read_attachments(mail.content):
        try:
            upload = check_upload(file.content, tools.settings.upload_limit_mb)
        except InvalidForm as error:
            faults.append(error.fields["document"])
            continue
        uploads.append(upload)
        if not (file.is_inline and upload.content_type.startswith("image/")):
            meant.append(upload)
    return Brought(uploads, meant, faults)


async def take_advice(db: Session, tools: Tools, mail: InboundMail, message: itip.Message) -> bool:
    """Judge a mail about a request by the documents it brings; False where it brings none and its words must do."""
    if mail.advice_request_id is None or message.kind is not itip.Kind.OTHER:
        return False
    brought = look_through(tools, mail)
    if not brought.uploads:
        if brought.faults:
            mail.verdict, mail.needs_decision = "held", True
            mail.why = f"It brings a file that can’t be kept. {brought.faults[0]}."
        return bool(brought.faults)
    request = await take_up(db, mail.advice_request_id)
    obstacle = await _obstacle(db, mail, message, request) or ("" if brought.has_document else PICTURES)
    if obstacle:
        mail.verdict, mail.why, mail.needs_decision = "held", obstacle, True
        return True
    is_new = await _keep(db, tools, request, mail, brought)
    mail.verdict, mail.why = ("applied", KEPT) if is_new else ("noted", KNOWN)
    if brought.faults:
        mail.why = f"{mail.why} {_left_out(brought)}"
    return True


def _left_out(brought: Brought) -> str:
    return f"{len(brought.faults)} of its files could not be kept. {brought.faults[0]}." if brought.faults else ""


async def _obstacle(db: Session, mail: InboundMail, message: itip.Message, request: AdviceRequest) -> str:
    """Why a person has to decide; empty where nobody needs to."""
    if mail.left_out:
        return CUT_OFF
    if request.status not in _CAN_BE_KEPT:
        return OVER
    if message.authentication.is_doubtful:
        return DOUBTED.format(sender=mail.sender)
    return "" if await _was_asked(db, request, mail.sender or "") else STRANGER.format(sender=mail.sender or "nobody")


async def _was_asked(db: Session, request: AdviceRequest, sender: str) -> bool:
    """Whoever holds the request, the service's mailbox, or somebody who works in the service."""
    own = [request.person.email if request.person else None, request.service.mailbox]
    if sender and sender in {each.lower() for each in own if each}:
        return True
    return await load_professional_at(db, sender, request.service_id) is not None


async def _keep(db: Session, tools: Tools, request: AdviceRequest, mail: InboundMail, brought: Brought) -> bool:
    """Keep the documents and confirm them; False where every one of them is here already."""
    now, by = tools.clock.now(), mail.sender or "a mail"
    before = {each.id for each in await list_documents(db, request.id)}
    kept = []
    for upload in brought.meant:
        document = await keep_document(db, request, upload, by, tools)
        await db.flush()
        if document.id not in before:
            kept.append(document.name)
    if not kept:
        return False
    words = f"By mail: {', '.join(kept)}. {_left_out(brought)}".strip()
    note(db, request, Told(Happening.RECEIVED, words, by, await receive(db, request, now)), now)
    put_on_record(db, ACTOR, "receive_advice_by_mail", request, now, mail=mail.id)
    await _confirm(db, tools, request, mail, words)
    return True


async def _confirm(db: Session, tools: Tools, request: AdviceRequest, mail: InboundMail, words: str) -> None:
    if not mail.sender:
        return
    person = await load_professional_at(db, mail.sender, request.service_id)
    to = Holder(person.name if person else request.service.name, mail.sender, person.id if person else None)
    await post_advice_letter(db, tools, request, AdviceLetter("advice_receipt", to, {"answer": words, "is_here": True}))


async def keep_held_document(db: Session, tools: Tools, actor: Actor, mail: InboundMail) -> None:
    """A lead worker has read a held mail and takes its document as the advice. Raises Refused, NotFound."""
    if mail.advice_request_id is None:
        raise NotFound("This mail belongs to no request for advice.")
    brought = look_through(tools, mail)
    if mail.left_out or not brought.uploads:
        raise Refused("This mail brings no document that can be kept whole: ask for it by the link.")
    request, now = await take_up(db, mail.advice_request_id), tools.clock.now()
    if request.status not in _CAN_BE_KEPT:
        raise Refused("Nothing is asked for any more: this request was replaced or withdrawn.")
    for upload in brought.uploads:
        await keep_document(db, request, upload, mail.sender or "a mail", tools)
    words = f"By mail from {mail.sender or 'somebody'}. {_left_out(brought)}".strip()
    note(db, request, Told(Happening.RECEIVED, words, actor.label, await receive(db, request, now)), now)
    put_on_record(db, actor, "receive_advice_by_mail", request, now, mail=mail.id)
