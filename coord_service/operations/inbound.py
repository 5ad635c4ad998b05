"""Mail in: every message is kept as it came, then judged by itself; a poisonous one never holds up the others."""

import structlog

from coord_service.operations.judging import judge
from coord_service.operations.keeping_mail import keep_fetched
from coord_service.operations.tools import Tools
from coord_service.storage.database import passes_by_itself
from coord_service.storage.post import list_unjudged, load_inbound

log = structlog.get_logger()
ROUNDS = 5  # a message that lets somebody in has others judged again: so often within one run
MOST_TRIES = 10  # to judge a message, where the fault is one that passes


async def read_mailbox(tools: Tools) -> int:
    """Fetch what is new in the mailbox, keep it, judge it; how many messages came. Nothing is lost by stopping here."""
    await judge_mail(tools)  # what was handed over, and what an earlier run kept and did not come to
    if tools.mailbox is None:
        return 0
    count = 0
    while fetched := await keep_fetched(tools, tools.mailbox):
        count += fetched
        await judge_mail(tools)
    return count


async def judge_mail(tools: Tools) -> None:
    """Judge every message that nobody has looked at, each in a transaction of its own."""
    left: set[int] = set()  # for the next run: their fault passes, but not at once
    for _ in range(ROUNDS):
        async with tools.database.read() as db:
            waiting = [mail.id for mail in await list_unjudged(db) if mail.id not in left]
        if not waiting:
            return
        for mail_id in waiting:
            if not await _is_judged(tools, mail_id):
                left.add(mail_id)


async def _is_judged(tools: Tools, mail_id: int) -> bool:
    try:
        await judge(tools, mail_id)
    except Exception as error:  # one message must not hold up the others, whatever the reason
        log.exception("mail_not_judged", mail_id=mail_id)
        await _note_fault(tools, mail_id, error)
        return False
    return True


async def _note_fault(tools: Tools, mail_id: int, error: Exception) -> None:
    """Leave the message for the next run where the fault passes by itself, ten times at most; else set it aside.

    A database that is away ends the run here, and no try is counted.
    """
    async with tools.database.begin() as db:
        mail = await load_inbound(db, mail_id)
        if mail is None or mail.judged_at is not None:
            return
        mail.tries += 1
        if passes_by_itself(error) and mail.tries < MOST_TRIES:
            return
        mail.judged_at, mail.verdict = tools.clock.now(), "poison"
        mail.why = f"This message could not be read ({type(error).__name__}). IT can look at the original."
        mail.needs_decision = True
