"""Mail that a mail server hands over, beside the jobs: kept before it is answered, judged as soon as it is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from coord_service.errors import Refused
from coord_service.operations.inbound import judge_mail
from coord_service.operations.keeping_mail import DeliveredMail, keep_delivered
from coord_service.operations.tools import Tools
from integrations.mail.listener import Door, open_door

log = structlog.get_logger()


@asynccontextmanager
async def mail_door(tools: Tools) -> AsyncIterator[int | None]:
    """Take mail while the block runs, where COORD_MAIL_LISTEN_PORT is set; yields the port, or None where it is not.

    Raises Refused when the port can't be had.
    """
    settings = tools.settings
    if not settings.mail_listen_port:
        yield None
        return
    door = Door(settings.mail_from, settings.mail_listen_host, settings.mail_listen_port, settings.mail_listen_protocol)
    async with _kept_and_judged(tools, door) as port:
        yield port


@asynccontextmanager
async def _kept_and_judged(tools: Tools, door: Door) -> AsyncIterator[int]:
    is_kept = asyncio.Event()

    async def keep(sender: str, recipients: tuple[str, ...], content: bytes) -> None:
        await keep_delivered(tools, DeliveredMail(sender, recipients, content))
        is_kept.set()

    judging = asyncio.create_task(_judge(tools, is_kept), name="judge_handed_over")
    try:
        async with open_door(door, keep) as port:
            yield port
    except OSError as error:
        where = f"{door.host} port {door.port}"
        raise Refused(
            f"mail can't be taken on {where} ({error.strerror}): set COORD_MAIL_LISTEN_PORT to a free one"
        ) from error
    finally:
        judging.cancel()
        await asyncio.gather(judging, return_exceptions=True)


async def _judge(tools: Tools, is_kept: asyncio.Event) -> None:
    while True:
        await is_kept.wait()
        is_kept.clear()
        try:
            await judge_mail(tools)
        except Exception:  # the next message, or the next round of the mailbox's job, tries again
            log.exception("handed_over_not_judged")
