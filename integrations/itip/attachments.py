"""The files that a mail brings along, apart from what its text is drawn with."""

from email.message import Message as Part

from integrations.itip import mime
from integrations.itip.mail import CALENDAR_TYPES

MOST_FILES = 20
_NO_FILES = (
    *CALENDAR_TYPES,
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
)


def read_attachments(raw: bytes) -> tuple[bytes, ...]:
    """The content of each file in order, at most MOST_FILES. Never raises; a mail of hostile build brings none.

    A picture with a Content-ID is part of the text (a logo beneath a signature, RFC 2392) and not meant as a file.
    """
    try:
        parts = list(mime.own_parts(mime.parse_mail(raw)))
    except mime.TooMuch:
        return ()
    files = [mime.content(part) for part in parts if _is_file(part)]
    return tuple(each for each in files if each)[:MOST_FILES]


def _is_file(part: Part) -> bool:
    if part.get_content_type() in _NO_FILES:
        return False
    if part.get_content_maintype() == "image":
        return "Content-ID" not in part
    return part.get_content_maintype() != "text" or part.get_content_disposition() == "attachment"
