"""Documents that come in: recognised by what is in them, kept under a neutral name, given out as downloads.

What a file is called, and what the browser says it is, counts for nothing.
"""

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass

import puremagic

from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor
from coord_service.errors import InvalidForm, NotFound
from coord_service.operations.advice_history import put_on_record
from coord_service.operations.tools import Tools
from coord_service.storage.advice import add_document, list_documents, load_document, load_request
from coord_service.storage.database import Session
from coord_service.storage.tables import AdviceRequest, Document

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
PDF = "application/pdf"
ENDINGS = {
    PDF: "pdf",
    DOCX: "docx",
    ODT: "odt",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heif": "heic",
}
WANTED = "a Word document (docx), a PDF, an OpenDocument text (odt) or a picture (JPEG, PNG, TIFF, GIF, WebP, HEIC)"

_ZIP = b"PK\x03\x04"
_OLD_OFFICE = bytes.fromhex("d0cf11e0a1b11ae1")  # .doc, and every Office document that a password locks
_LOCKED_PDF = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_PARTS_LIMIT = 10_000  # a text has some dozens of parts: more is no text, and nothing we unpack


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that may be kept: its content, and what it is."""

    content: bytes
    content_type: str


def check_upload(content: bytes, limit_mb: int) -> Upload:
    """Say what a file is. Raises InvalidForm (field ``document``) for one that can't be kept, saying what to do."""
    if not content:
        raise _refused("The file is empty: look at it on your computer, and choose it again")
    if len(content) > limit_mb * 1024 * 1024:
        raise _refused(f"The file is larger than {limit_mb} MB: save it smaller, or in two parts")
    return Upload(content, _type_of(content))


def _type_of(content: bytes) -> str:
    if content.startswith(_ZIP):
        return _packed_type(content)
    if content.startswith(_OLD_OFFICE):
        raise _refused(
            "This is an old Word document (.doc), or one with a password: save it as docx without a password"
        )
    found = _likely_type(content)
    if found not in ENDINGS:
        raise _refused(f"We can’t read this kind of file: send {WANTED}")
    if found == PDF and _LOCKED_PDF.search(content):
        raise _refused("This PDF has a password: save a copy without one, and send that")
    return found


def _likely_type(content: bytes) -> str:
    """What the first and last bytes say; empty when they say nothing."""
    try:
        found = puremagic.magic_string(content)  # raises, or finds nothing, by its version
    except puremagic.PureError:
        found = []
    return str(found[0].mime_type) if found else ""


def _packed_type(content: bytes) -> str:
    """Of a ZIP, by the names of its parts alone: nothing but a word of the ``mimetype`` part is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            names = {part.filename for part in parts}
            first = packed.open(parts[0]).read(100) if parts and parts[0].filename == "mimetype" else b""
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
        raise _refused("The file is damaged or locked with a password: save it again, without a password") from error
    if len(parts) <= _PARTS_LIMIT and "word/vbaProject.bin" not in names:
        if {"[Content_Types].xml", "word/document.xml"} <= names:
            return DOCX
        if first == ODT.encode() and "content.xml" in names:
            return _open_document(names)
    raise _refused(f"We can’t read this kind of file: send {WANTED}")


def _open_document(names: set[str]) -> str:
    if "encrypted-package" in names:
        raise _refused("This document has a password: save a copy without one, and send that")
    return ODT


def _refused(sentence: str) -> InvalidForm:
    return InvalidForm({"document": sentence})


async def keep_document(db: Session, request: AdviceRequest, upload: Upload, by: str, tools: Tools) -> Document:
    """Keep an upload as the request's next document; its name tells the case, the letter and the number, no more."""
    kept = await list_documents(db, request.id)
    digest = hashlib.sha256(upload.content).hexdigest()
    for document in kept:
        if document.sha256 == digest:
            return document  # the same press twice, or the same file: one document
    number = len(kept) + 1
    document = Document(
        request_id=request.id,
        name=f"{request.child.reference}-advice-{request.kind}-{request.id}-{number}.{ENDINGS[upload.content_type]}",
        content_type=upload.content_type,
        size=len(upload.content),
        sha256=digest,
        uploaded_at=tools.clock.now(),
        uploaded_by=by,
        content=upload.content,
    )
    add_document(db, document)
    return document


async def download_document(tools: Tools, actor: Actor, document_id: int) -> Document:
    """A document with its content; who took it is put on record. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.begin() as db:
        document = await load_document(db, document_id)
        request = await load_request(db, document.request_id) if document else None
        if document is None or request is None:
            raise NotFound("There is no such document.")
        put_on_record(db, actor, "download_document", request, tools.clock.now(), document_id=document.id)
    return document
