"""A message that we keep, read."""

from dataclasses import replace

from coord_service.domain import itip
from coord_service.operations.tools import Tools
from coord_service.storage.tables import InboundMail


def read_kept(tools: Tools, mail: InboundMail) -> itip.Message:
    """What a kept message says. ``mail`` has its bytes at hand.

    An answer that a calendar told was sent by nobody, so no mail server vouches for it: the organizer's calendar does,
    since its own system told it who answered.
    """
    message = tools.codec.read_mail(mail.content)
    return replace(message, authentication=itip.Authentication.PASSED) if mail.is_told else message
