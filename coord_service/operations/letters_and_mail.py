"""One letter as it was sent, one mail as it came: byte for byte, with what was made of it."""

from coord_service.domain.access import Permission, require
from coord_service.domain.people import Actor
from coord_service.errors import NotFound
from coord_service.operations.advice_by_mail import look_through
from coord_service.operations.explaining import Line, explain
from coord_service.operations.tools import Tools
from coord_service.storage.cases import list_staff_names
from coord_service.storage.post import load_inbound, load_letter
from coord_service.storage.tables import InboundMail, OutboxLetter

ABOUT_ACCOUNTS = frozenset({"invite_user", "reset_password"})  # whoever reads the link in them can sign in


async def view_letter(tools: Tools, actor: Actor, letter_id: int) -> OutboxLetter:
    """A letter as it was sent, byte for byte. Raises NotFound; a letter about an account is nobody else's to read."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        letter = await load_letter(db, letter_id, with_content=True)
    if letter is None or letter.letter in ABOUT_ACCOUNTS:
        raise NotFound("There is no such letter.")
    return letter


async def view_mail(tools: Tools, actor: Actor, mail_id: int) -> InboundMail:
    """A mail as it came, byte for byte. Raises NotFound."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        mail = await load_inbound(db, mail_id, with_content=True)
    if mail is None:
        raise NotFound("There is no such mail.")
    return mail


def count_files(tools: Tools, mail: InboundMail) -> int:
    """How many files a mail brings that can be kept as advice. The mail comes with its bytes."""
    return 0 if mail.left_out else len(look_through(tools, mail).uploads)


async def explain_mail(tools: Tools, actor: Actor, mail: InboundMail) -> list[Line]:
    """What was understood from a mail, and why it was judged as it was. The mail comes with its bytes."""
    require(actor, Permission.SEE_CASES)
    async with tools.database.read() as db:
        return explain(tools, mail, await list_staff_names(db))
