"""Whether a mail is from whom it says: our own mail server's word or the lack of it, by whichever way mail comes in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from coord_service.domain.decisions import Decision
from coord_service.domain.itip import Question
from coord_service.domain.meetings import Answer
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.inbound import judge_mail, read_mailbox
from coord_service.operations.keeping_mail import DeliveredMail, keep_delivered
from coord_service.operations.meeting_page import Delivery, MeetingView
from integrations.itip.codec import ItipCodec
from tests.builders import actor_for
from tests.operations.attendee_mail import Reply, hand_over, send, write_bounce, write_reply, write_words
from tests.operations.test_inbound import Conversation, talk
from tests.operations.test_meetings import mails_to
from tests.servers.processes import free_port
from workers.mail_door import mail_door

__all__ = ["talk"]
MISSING = "Our mail server wrote nothing into this mail about whether it is from"
ELSEWHERE = "mx.council.example"
FORGED = b"Authentication-Results: evil.example; dmarc=pass\r\n"
Arrive = Callable[[EmailMessage], Awaitable[MeetingView]]


@pytest.fixture(params=["mailbox", "listener"])
async def arrive(request: pytest.FixtureRequest, talk: Conversation) -> AsyncIterator[Arrive]:
    """Mail that another server vouches for, and ours, which is to be believed alone, doesn't: read, or handed over."""
    codec = ItipCodec(ELSEWHERE) if request.param == "mailbox" else talk.tools.codec
    settings = talk.tools.settings.model_copy(update={"mail_listen_port": free_port()})
    talk.tools = replace(talk.tools, codec=codec, settings=settings)

    async def by_mailbox(mail: EmailMessage) -> MeetingView:
        await asyncio.to_thread(send, talk.servers, mail)
        await read_mailbox(talk.tools)
        return await talk.view()

    async def by_listener(mail: EmailMessage) -> MeetingView:
        await hand_over(settings.mail_listen_port, mail, FORGED)
        await judge_mail(talk.tools)
        return await talk.view()

    async with mail_door(talk.tools):
        yield by_mailbox if request.param == "mailbox" else by_listener


def accepting(talk: Conversation) -> EmailMessage:
    return write_reply(Reply(talk.invitation, "ACCEPTED", talk.address, talk.clock.now()))


async def test_an_answer_without_a_word_of_our_mail_server_waits_until_somebody_believes_it(
    talk: Conversation, arrive: Arrive
) -> None:
    view = await arrive(accepting(talk))
    (held,) = view.to_decide
    assert (held.mail.question, held.mail.why) == (Question.SENDER, f"{MISSING} {talk.address}.")
    assert talk.answer_in(view) is Answer.NEEDS_ACTION
    await decide_mail(talk.tools, actor_for(talk.worker), DecideMail(held.mail.id, Decision.BELIEVE))
    assert talk.answer_in(await talk.view()) is Answer.ACCEPTED


async def test_words_without_a_word_of_our_mail_server_come_with_a_warning(talk: Conversation, arrive: Arrive) -> None:
    (held,) = (await arrive(write_words(talk.address, "Yes, I'll be there", talk.invitation))).to_decide
    assert (held.mail.why or "").endswith(f"could not confirm that it is from {talk.address}.")


async def test_a_bounce_needs_no_word_of_our_mail_server(talk: Conversation, arrive: Arrive) -> None:
    letter = next(e.latest for e in (await talk.view()).invitations if e.attendee.person_id == talk.shah.id)
    assert letter is not None
    view = await arrive(write_bounce(talk.invitation, letter.envelope_from))
    assert next(e.delivery for e in view.invitations if e.attendee.person_id == talk.shah.id) is Delivery.BOUNCED


async def keep(talk: Conversation, mail: EmailMessage, head: bytes) -> MeetingView:
    delivered = DeliveredMail(str(mail["From"]), (talk.servers.user,), head + mail.as_bytes())
    await keep_delivered(talk.tools, delivered)
    await judge_mail(talk.tools)
    return await talk.view()


async def test_where_no_mail_server_is_named_nothing_is_held_for_want_of_its_word(talk: Conversation) -> None:
    talk.tools = replace(talk.tools, codec=ItipCodec(""))
    assert talk.answer_in(await keep(talk, accepting(talk), b"")) is Answer.ACCEPTED


async def test_a_time_that_was_proposed_before_a_mail_server_was_named_stays_open(talk: Conversation) -> None:
    start = (await talk.view()).meeting.starts_at + timedelta(hours=4)
    await talk.reply("TENTATIVE", method="COUNTER", start=start, end=start + timedelta(hours=1))
    talk.tools = replace(talk.tools, codec=ItipCodec(ELSEWHERE))
    own_copy = mails_to(talk.servers, talk.worker.email)[-1]
    reply = Reply(own_copy, "ACCEPTED", talk.worker.email, talk.clock.now())
    view = await keep(talk, write_reply(reply), f"Authentication-Results: {ELSEWHERE}; dmarc=pass\r\n".encode())
    assert [each.verdict for each in view.correspondence][-1] == "applied"
    assert len(view.proposals) == 1
