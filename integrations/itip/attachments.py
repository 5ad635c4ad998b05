"""The files that a mail brings along, apart from what its text is drawn with."""

from email.message import Message as Part

from coord_service.ports import AttachedFile
from integrations.itip import mime
from integrations.itip.mail import CALENDAR_TYPES

MOST_FILES = 20
_NO_FILES = (
    *CALENDAR_TYPES,
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
)


def read_attachments(raw: bytes) -> tuple[AttachedFile, ...]:
    """The files in order, at most MOST_FILES. Never raises; a mail of hostile build brings none.

    A picture with a Content-ID that is no attachment is part of the text (a logo beneath a signature, RFC 2392).
    """
    try:
        parts = list(mime.own_parts(mime.parse_mail(raw)))
    except mime.TooMuch:
        return ()
    files = [AttachedFile(mime.content(part), not _is_attached(part)) for part in parts if _is_file(part)]
    return tuple(each for each in files if each.content)[:MOST_FILES]


def _is_attached(part: Part) -> bool:
    return part.get_content_disposition() == "attachment"


def _is_file(part: Part) -> bool:
    kind = part.get_content_maintype()
    if part.get_content_type() in _NO_FILES:
        return False
    return _is_attached(part) or (kind != "text" and not (kind == "image" and "Content-ID" in part))
