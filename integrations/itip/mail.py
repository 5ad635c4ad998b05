"""Reads incoming mail: iMIP (RFC 6047), bounces (RFC 3464), auto-replies (RFC 3834) and what people write by hand."""

from coord_service.domain.itip import Message


def read_mail(raw: bytes, authserv: str | None = None) -> Message:
    """What a mail (or a bare calendar file) is and says. Never raises, bounded in time.

    ``authserv``: the name of our own mail server; with it, only that server's Authentication-Results are believed
    (RFC 8601 §5). None believes any.
    """
    raise NotImplementedError
