"""Mail made to do harm: it is judged, and what comes after it is judged too."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
import structlog

from coord_service.domain import itip
from coord_service.domain.meetings import Answer
from coord_service.logs import configure_logs
from coord_service.operations.inbound import judge_mail
from coord_service.operations.meeting_page import view_meeting
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import InboundMail
from tests.builders import a_child, a_meeting, a_person, a_user, actor_for
from tests.installation import StandingClock
from tests.operations.attendee_mail import VOUCHED

HEAD = VOUCHED + b"From: shah@nhs.example\r\nTo: send.team@example.org\r\nSubject: Re\r\n"
ANSWER = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:{uid}\r\nSEQUENCE:1407317367304\r\n"
    "DTSTAMP:20260303T100500Z\r\nCOMMENT:a\0b\r\nATTENDEE;PARTSTAT=DECLINED:mailto:shah@nhs.example\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What an installation would log."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


async def arrive(tools: Tools, *mails: bytes) -> list[str | None]:
    """They are kept and judged; the verdicts."""
    async with tools.database.begin() as db:
        for uid, content in enumerate(mails, start=1):
            received = {"mailbox": "box", "uidvalidity": 1, "uid": uid, "received_at": tools.clock.now()}
            db.add(InboundMail(**received, content=content))
    await judge_mail(tools)
    async with tools.database.read() as db:
        return list(await db.scalars(sa.select(InboundMail.verdict).order_by(InboundMail.id)))


async def test_a_huge_sequence_and_a_null_do_not_lose_an_answer(tools: Tools, clock: StandingClock) -> None:
    worker = await a_user(tools)
    shah = await a_person(tools, "Dr Priya Shah", email="shah@nhs.example")
    meeting_id = await a_meeting(tools, worker, await a_child(tools, worker), shah)
    clock.move(seconds=61)
    await deliver_outbox(tools)
    uid = (await view_meeting(tools, actor_for(worker), meeting_id)).meeting.uid
    reply = HEAD + b"Content-Type: text/calendar; method=REPLY\r\n\r\n" + ANSWER.format(uid=uid).encode()
    poison = [
        HEAD + b"\r\nhello\0there",
        HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
        HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 500_000,
        b"\xff\0" * 1000,
        b"",
    ]
    verdicts = await arrive(tools, *poison, reply)
    assert "poison" not in verdicts
    assert verdicts[-1] == "applied"
    view = await view_meeting(tools, actor_for(worker), meeting_id)
    assert Answer.DECLINED in [each.attendee.answer for each in view.invitations]


async def test_a_mail_that_breaks_us_is_set_aside_and_its_words_are_not_logged(tools: Tools, log: io.StringIO) -> None:
    class Breaking:
        """A codec with a fault in it."""

        def read_mail(self, content: bytes) -> itip.Message:
            if b"Xanthippe" in content:
                raise ValueError(f"cannot read {content.decode()}")
            return tools.codec.read_mail(content)

    broken = replace(tools, codec=Breaking())  # type: ignore[arg-type]
    verdicts = await arrive(broken, HEAD + b"\r\nXanthippe Quorndale", HEAD + b"\r\nhello")
    assert verdicts[0] == "poison"
    assert verdicts[1] not in {None, "poison"}
    assert "mail_not_judged" in log.getvalue()
    assert "ValueError" in log.getvalue()
    assert "Xanthippe" not in log.getvalue()
