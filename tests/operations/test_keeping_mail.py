"""Mail is kept before it is judged, judged once, and no message and no fault holds up the others."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from coord_service.domain.meetings import Answer
from coord_service.errors import TemporaryFailure
from coord_service.operations.inbound import judge_mail, read_mailbox
from coord_service.operations.keeping_mail import DeliveredMail, keep_delivered
from coord_service.operations.tools import Tools
from coord_service.storage.tables import InboundMail
from integrations.mail.demo_maildirs import maildir_name
from integrations.mail.imap import ImapMailbox, ImapServer
from tests.operations.attendee_mail import VOUCHED, Reply, send, write_bounce, write_reply, write_words
from tests.operations.test_inbound import Conversation, talk
from tests.servers.cutting import cutting_wire

__all__ = ["talk"]
Mails = list[InboundMail]


async def kept(tools: Tools) -> Mails:
    async with tools.database.read() as db:
        return list(await db.scalars(sa.select(InboundMail).order_by(InboundMail.id)))


def through(talk: Conversation, port: int, **changes: Any) -> Tools:
    """The same installation, reading its mailbox at another port."""
    servers = talk.servers
    server = ImapServer(servers.host, port, servers.user, servers.password, tls=False, seconds=5)
    return replace(talk.tools, mailbox=ImapMailbox(replace(server, **changes)))


def number_anew(talk: Conversation) -> None:
    """What an administrator does who restores a mailbox: every message gets a new UID under a new UIDVALIDITY."""
    folder: Path = talk.servers.folder / maildir_name(talk.servers.user)
    lists = [path for path in folder.rglob("*uidlist*") if path.is_file()]
    assert lists
    for path in lists:
        path.unlink()


async def post(talk: Conversation, *mails: Any) -> None:
    for mail in mails:
        await asyncio.to_thread(send, talk.servers, mail)


def answer(talk: Conversation, partstat: str, seconds: int = 0) -> Any:
    talk.clock.move(seconds=seconds)
    return write_reply(Reply(talk.invitation, partstat, talk.address, talk.clock.now()))


async def test_a_mailbox_that_is_numbered_anew_is_read_again_and_nothing_is_judged_twice(talk: Conversation) -> None:
    words = write_words(talk.address, "Is there parking?", talk.invitation)
    await post(talk, answer(talk, "ACCEPTED"), words, words)
    await read_mailbox(talk.tools)
    before = await kept(talk.tools)
    number_anew(talk)
    await post(talk, answer(talk, "DECLINED", seconds=30))
    assert await read_mailbox(through(talk, talk.servers.imap_port)) == 4  # everything came again, and one more
    after = await kept(talk.tools)
    assert [mail.id for mail in after[:3]] == [mail.id for mail in before]
    assert [mail.judged_at for mail in after[:3]] == [mail.judged_at for mail in before]
    assert {mail.uidvalidity for mail in after} != {mail.uidvalidity for mail in before}
    assert [mail.verdict for mail in after] == ["applied", "held", "held", "applied"]
    assert talk.answer_in(await talk.view()) is Answer.DECLINED


async def test_two_workers_that_read_a_mailbox_side_by_side_keep_every_message_once(talk: Conversation) -> None:
    await read_mailbox(talk.tools)
    await post(talk, *(write_words(talk.address, f"Question {number}", talk.invitation) for number in range(6)))
    workers = [through(talk, talk.servers.imap_port) for _ in range(3)]
    await asyncio.gather(*(read_mailbox(tools) for tools in workers))
    await read_mailbox(talk.tools)
    assert len(await kept(talk.tools)) == 6
    for tools in workers:
        assert tools.mailbox is not None
        await tools.mailbox.close()


async def test_a_message_that_the_server_cannot_give_out_is_named_and_the_others_are_read(talk: Conversation) -> None:
    await post(talk, *(write_words(talk.address, f"Question {number}", talk.invitation) for number in range(3)))
    async with cutting_wire(talk.servers.imap_port) as wire:
        tools = through(talk, wire.port)
        assert tools.mailbox is not None
        _, uid, _ = [mail.uid for mail in await tools.mailbox.fetch(None, 10)]
        await tools.mailbox.close()
        wire.always = f"UID FETCH {uid} ".encode()
        for _ in range(3):
            with pytest.raises(TemporaryFailure):
                await read_mailbox(tools)
        assert await read_mailbox(tools) == 3
        await tools.mailbox.close()
    verdicts = {mail.uid: (mail.verdict, mail.why, mail.needs_decision) for mail in await kept(talk.tools)}
    assert [verdict for verdict, _, _ in verdicts.values()] == ["held", "poison", "held"]
    why = "Our mail server can't give this message out. Look for it in the mailbox itself."
    assert verdicts[uid] == ("poison", why, True)


async def test_of_a_huge_message_the_beginning_is_kept_and_it_says_so(talk: Conversation) -> None:
    await post(talk, write_words(talk.address, "Yes, and here is a book. " + "x" * 5000, talk.invitation))
    await read_mailbox(through(talk, talk.servers.imap_port, largest=2000))
    [mail] = await kept(talk.tools)
    assert (mail.verdict, len((await kept(talk.tools))[0].words or "") < 2000) == ("held", True)
    assert mail.left_out > 3000
    assert "were too much to read" in (mail.why or "")


async def test_reading_goes_on_when_the_connection_is_cut_in_the_middle_of_every_step(talk: Conversation) -> None:
    await post(talk, *(write_words(talk.address, f"Question {number}", talk.invitation) for number in range(3)))
    async with cutting_wire(talk.servers.imap_port) as wire:
        tools = through(talk, wire.port)
        wire.cuts = [b"LOGIN", b"SELECT", b"SEARCH", b"FETCH", b"Question 1", b"STORE"]
        for _ in range(7):
            try:
                await read_mailbox(tools)
            except TemporaryFailure:
                continue
        assert wire.cut == 6
        await read_mailbox(tools)
        assert tools.mailbox is not None
        await tools.mailbox.close()
    assert [mail.verdict for mail in await kept(talk.tools)] == ["held"] * 3


async def test_a_message_handed_over_twice_is_kept_and_judged_once(talk: Conversation) -> None:
    mail = DeliveredMail(talk.address, (talk.servers.user,), VOUCHED + answer(talk, "ACCEPTED").as_bytes())
    for _ in range(2):
        await keep_delivered(talk.tools, mail)
        await judge_mail(talk.tools)
    assert [each.verdict for each in await kept(talk.tools)] == ["applied"]
    await asyncio.gather(*(keep_delivered(talk.tools, mail) for _ in range(4)))
    assert len(await kept(talk.tools)) == 1


async def test_a_bounce_handed_over_is_known_by_the_address_it_came_to(talk: Conversation) -> None:
    letter = (await talk.view()).invitations[1].latest
    assert letter is not None
    bounce = write_bounce(talk.invitation, "postmaster@elsewhere.example")
    await keep_delivered(talk.tools, DeliveredMail("", (letter.envelope_from,), bounce.as_bytes()))
    await judge_mail(talk.tools)
    async with talk.tools.database.read() as db:
        [bounced] = await db.scalars(sa.select(type(letter)).where(type(letter).bounced_at.is_not(None)))
    assert bounced.id == letter.id
    assert f"There is no mailbox {letter.recipient}: ask for the right address" in (bounced.error or "")


async def put(tools: Tools, content: bytes) -> int:
    mail = InboundMail(mailbox="m", uidvalidity=1, uid=1, content=content, received_at=tools.clock.now())
    async with tools.database.begin() as db:
        db.add(mail)
    return mail.id


async def test_a_database_that_fails_while_a_message_is_judged_leaves_it_for_the_next_round(
    talk: Conversation,
) -> None:
    await put(talk.tools, write_words(talk.address, "Yes", talk.invitation).as_bytes())
    is_postgres = talk.tools.database.engine.dialect.name == "postgresql"
    disturb = kill_whoever_judges if is_postgres else hold_the_file
    await disturb(talk.tools)
    [mail] = await kept(talk.tools)
    assert (mail.judged_at, mail.verdict, mail.tries) == (None, None, 1 if is_postgres else 0)
    await judge_mail(talk.tools)
    assert [each.verdict for each in await kept(talk.tools)] == ["held"]


async def kill_whoever_judges(tools: Tools) -> None:
    """An administrator ends the session that is judging: PostgreSQL says 57P01, and the connection is gone."""
    find = sa.text("SELECT pid FROM pg_locks WHERE NOT granted")
    async with tools.database.begin() as db:
        await db.execute(sa.text("SELECT id FROM inbound_mail FOR UPDATE"))
        judging = asyncio.create_task(judge_mail(tools))
        async with asyncio.timeout(20):
            while (waiting := await db.scalar(find)) is None:
                pass
        await db.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": waiting})
    await judging


async def hold_the_file(tools: Tools) -> None:
    """Somebody else writes to the SQLite file for longer than we wait."""
    async with tools.database.begin() as db:
        await db.execute(sa.text("SELECT 1"))  # a transaction begins with its first statement
        impatient = replace(tools, database=type(tools.database)(tools.settings.database))
        sa.event.listen(impatient.database.engine.sync_engine, "connect", wait_no_longer)
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            await judge_mail(impatient)
        await impatient.database.close()


def wait_no_longer(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=1")
    cursor.close()


async def test_a_message_that_fails_every_time_is_set_aside_in_the_end(talk: Conversation) -> None:
    class Failing:
        """A codec at whose hands the database goes away: always, as it seems."""

        def read_mail(self, _content: bytes) -> Any:
            raise sa.exc.OperationalError("SELECT", {}, Exception("the database system is starting up"))

    failing = replace(talk.tools, codec=Failing())
    await put(talk.tools, b"Subject: x\r\n\r\nx")
    for _ in range(9):
        await judge_mail(failing)
    assert [(mail.verdict, mail.tries) for mail in await kept(talk.tools)] == [(None, 9)]
    await judge_mail(failing)
    assert [mail.verdict for mail in await kept(talk.tools)] == ["poison"]
