"""Whether a mail address looks right for whoever it belongs to."""

from coord_service.domain.itip.addresses import BREAKS, bare_address
from coord_service.domain.mail_addresses import has_address_shape

# Providers of private mailboxes: fine for a family, worth a second look for a professional.
PRIVATE_PROVIDERS = frozenset(
    {
        *("gmail.com", "googlemail.com", "hotmail.com", "hotmail.co.uk", "outlook.com", "live.co.uk", "live.com"),
        *("icloud.com", "me.com", "yahoo.com", "yahoo.co.uk", "btinternet.com", "sky.com", "aol.com", "proton.me"),
    }
)


def can_be_written_to(address: str) -> bool:
    """Whether mail can be sent there: one @, a domain with a dot, nothing that could break a header."""
    # What a mail's header may be forgiven (spaces, brackets), somebody who types an address is asked to look at.
    return BREAKS.search(address) is None and has_address_shape(bare_address(address))


def address_warning(address: str | None, *, is_professional: bool) -> str:
    """What to notice about somebody's address, in a sentence; "" when it looks right."""
    if not address:
        return "No e-mail address: they can’t be invited or asked by mail. Ring them, or add one."
    if not can_be_written_to(address):
        return "This e-mail address can’t be right: mail will not reach it. Correct it."
    if is_professional and bare_address(address).rpartition("@")[2] in PRIVATE_PROVIDERS:
        return "A private mailbox, not one at work. Check that it is theirs and that they may use it for this."
    return ""
