"""Mail in: every message is kept as it came, then judged by itself; a poisonous one never holds up the others."""

import structlog

from coord_service.errors import TemporaryFailure
from coord_service.operations.judging import judge
from coord_service.operations.tools import Tools
from coord_service.ports import Position
from coord_service.storage.post import (
    add_inbound,
    has_inbound,
    list_unjudged,
    load_inbound,
    load_position,
    save_position,
)
from coord_service.storage.tables import InboundMail

log = structlog.get_logger()
AT_ONCE = 50
ROUNDS = 5  # a message that lets somebody in has others judged again: so often within one run


async def read_mailbox(tools: Tools) -> int:
    """Fetch what is new in the mailbox, keep it, judge it; how many messages came. Nothing is lost by stopping here."""
    if tools.mailbox is None:
        return 0
    count = 0
    while fetched := await _keep_new_mail(tools):
        count += fetched
        await judge_mail(tools)
    await judge_mail(tools)  # what an earlier run kept and did not come to
    return count


async def _keep_new_mail(tools: Tools) -> int:
    mailbox = tools.mailbox
    if mailbox is None:
        return 0
    async with tools.database.read() as db:
        after = await load_position(db, mailbox.name)
    fetched = await mailbox.fetch(after, AT_ONCE)
    if not fetched:
        return 0
    async with tools.database.begin() as db:
        for mail in fetched:
            place = Position(mail.uidvalidity, mail.uid)
            if not await has_inbound(db, mailbox.name, place):
                add_inbound(
                    db,
                    InboundMail(
                        mailbox=mailbox.name,
                        uidvalidity=place.uidvalidity,
                        uid=place.uid,
                        content=mail.content,
                        received_at=tools.clock.now(),
                    ),
                )
        await save_position(db, mailbox.name, place)
    return len(fetched)


async def judge_mail(tools: Tools) -> None:
    """Judge every message that nobody has looked at, each in a transaction of its own."""
    for _ in range(ROUNDS):
        async with tools.database.read() as db:
            waiting = [mail.id for mail in await list_unjudged(db)]
        if not waiting:
            return
        for mail_id in waiting:
            await _judge_one(tools, mail_id)


async def _judge_one(tools: Tools, mail_id: int) -> None:
    try:
        await judge(tools, mail_id)
    except TemporaryFailure:
        raise
    except Exception as error:  # a poison message is set aside with its reason, whatever the reason
        log.exception("mail_not_judged", mail_id=mail_id)
        await _set_aside(tools, mail_id, error)


async def _set_aside(tools: Tools, mail_id: int, error: Exception) -> None:
    async with tools.database.begin() as db:
        mail = await load_inbound(db, mail_id)
        if mail is not None and mail.judged_at is None:
            mail.judged_at, mail.verdict = tools.clock.now(), "poison"
            mail.why = f"This message could not be read ({type(error).__name__}). IT can look at the original."
            mail.needs_decision = True
