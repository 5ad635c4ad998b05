"""The outbox against a real mail server that fails in every way, on both databases, with several workers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from coord_service.domain.delivery import LEASE, DomainLimits, LetterState
from coord_service.operations.checks import describe_waiting_letters
from coord_service.operations.outbox import Delivered, deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.leasing import lease_due_letters, load_mail_out, lock_mail_out
from coord_service.storage.tables import MailOut, OutboxLetter
from integrations.mail.smtp import SmtpMailer, SmtpServer
from tests.installation import StandingClock
from tests.servers.processes import free_port
from tests.servers.smtp import Behaviour, SmtpSink

CONTENT = b"Subject: Hello\r\n\r\nHello\r\n"


class Post:
    """An outbox whose letters go to a server that the test commands."""

    def __init__(self, tools: Tools, clock: StandingClock, sink: SmtpSink) -> None:
        self.tools, self.clock, self.sink = tools, clock, sink

    def with_settings(self, **changes: object) -> "Post":
        settings = self.tools.settings.model_copy(update=changes)
        return Post(replace(self.tools, settings=settings), self.clock, self.sink)

    def at(self, port: int, **changes: object) -> "Post":
        server = replace(SmtpServer("127.0.0.1", port, tls="none"), **changes)
        return Post(replace(self.tools, mailer=SmtpMailer(server)), self.clock, self.sink)

    async def put(self, *recipients: str, letter: str = "invite") -> None:
        now = self.tools.clock.now()
        async with self.tools.database.begin() as db:
            first = await db.scalar(sa.select(sa.func.count()).select_from(OutboxLetter)) or 0
            for number, recipient in enumerate(recipients, start=first):
                names = {
                    "key": f"k{number}",
                    "message_id": f"<{number}@x>",
                    "envelope_from": f"bounces+{number}@x.example",
                }
                times = {"created_at": now, "not_before": now}
                db.add(OutboxLetter(letter=letter, subject="S", recipient=recipient, content=CONTENT, **names, **times))

    async def deliver(self) -> Delivered:
        return await deliver_outbox(self.tools)

    async def letters(self) -> list[OutboxLetter]:
        async with self.tools.database.read() as db:
            return list(await db.scalars(sa.select(OutboxLetter).order_by(OutboxLetter.id)))

    async def server(self) -> MailOut:
        async with self.tools.database.read() as db:
            found = await load_mail_out(db)
        assert found is not None
        return found

    def taken(self) -> Counter[str]:
        return Counter(mail.recipient.partition("@")[2] for mail in self.sink.mails)


@pytest.fixture
async def post(tools: Tools, clock: StandingClock, smtp: SmtpSink) -> AsyncIterator[Post]:
    made = Post(tools, clock, smtp).at(smtp.port)
    yield made
    await made.tools.mailer.close()


def people(number: int, domain: str = "nhs.example") -> list[str]:
    return [f"person{each}@{domain}" for each in range(number)]


async def test_letters_go_side_by_side_within_the_size_of_the_pool(post: Post) -> None:
    post = post.with_settings(smtp_connections=3, mail_domain_at_once=0)
    post.sink.behaviour = Behaviour.SLOW
    await post.put(*people(8))
    going = asyncio.create_task(post.deliver())
    await post.sink.met(Behaviour.SLOW, 3)
    assert post.sink.counts["SLOW"] == 3
    post.sink.may_answer.set()
    assert await going == Delivered(sent=8)


async def test_a_slow_domain_holds_up_no_other(post: Post) -> None:
    post.sink.towards["slow.example"] = Behaviour.SLOW
    await post.put(*people(9, "slow.example"), *people(30, "nhs.example"))
    going = asyncio.create_task(post.deliver())
    await post.sink.met("taken", 30)
    assert post.taken() == {"nhs.example": 30}
    post.sink.may_answer.set()
    assert (await going).sent == 39


async def test_a_refusing_domain_holds_up_no_other(post: Post) -> None:
    post.sink.towards["gone.example"] = Behaviour.REFUSE
    await post.put(*people(5, "gone.example"), *people(5))
    assert await post.deliver() == Delivered(sent=5, failed=5)
    refused = [each for each in await post.letters() if each.state is LetterState.FAILED]
    assert {each.recipient.partition("@")[2] for each in refused} == {"gone.example"}
    assert "There is no mailbox person0@gone.example: ask for the right address" in (refused[0].error or "")


async def test_a_greylisted_letter_waits_and_goes_by_itself(post: Post) -> None:
    post.sink.behaviour = Behaviour.GREYLIST
    await post.put(*people(2))
    assert await post.deliver() == Delivered(postponed=2)
    post.sink.behaviour = Behaviour.ACCEPT
    assert await post.deliver() == Delivered()
    post.clock.move(seconds=61)
    assert await post.deliver() == Delivered(sent=2)


async def test_a_domain_gets_so_many_a_minute_over_all_workers(post: Post) -> None:
    post = post.with_settings(mail_domain_per_minute=4, mail_domain_at_once=0)
    await post.put(*people(10, "nhs.example"), *people(3, "school.example"))
    await asyncio.gather(*(post.deliver() for _ in range(3)))
    assert post.taken() == {"nhs.example": 4, "school.example": 3}
    post.clock.move(seconds=30)
    assert await post.deliver() == Delivered()
    post.clock.move(seconds=31)
    assert await post.deliver() == Delivered(sent=4)
    assert [each.attempts for each in await post.letters() if each.state is LetterState.WAITING] == [0, 0]


async def test_a_letter_that_failed_counts_towards_its_domains_minute(post: Post) -> None:
    post = post.with_settings(mail_domain_per_minute=2)
    post.sink.behaviour = Behaviour.DEFER
    await post.put(*people(5))
    assert await post.deliver() == Delivered(postponed=2)
    assert post.sink.counts["DEFER"] == 2


async def test_two_workers_never_have_more_than_the_limit_on_the_way_to_a_domain(post: Post) -> None:
    post = post.with_settings(mail_domain_at_once=2)
    post.sink.behaviour = Behaviour.SLOW
    await post.put(*people(6), "somebody@school.example")
    going = [asyncio.create_task(post.deliver()) for _ in range(2)]
    await post.sink.met(Behaviour.SLOW, 3)
    async with post.tools.database.begin() as db:  # what a third worker would get now
        await lock_mail_out(db)
        now, settings = post.clock.now(), post.tools.settings
        limits = DomainLimits(settings.mail_domain_per_minute, settings.mail_domain_at_once)
        assert await lease_due_letters(db, now, limits, 10) == []
    assert post.sink.counts["SLOW"] == 3
    post.sink.may_answer.set()
    assert sum(each.sent for each in await asyncio.gather(*going)) == 7


async def test_letters_behind_hundreds_to_a_full_domain_still_go(post: Post) -> None:
    post = post.with_settings(mail_domain_per_minute=1)
    await post.put(*people(450), "somebody@school.example")
    assert await post.deliver() == Delivered(sent=2)
    assert post.taken() == {"nhs.example": 1, "school.example": 1}


async def test_a_server_that_is_down_costs_no_letter_a_try_and_is_asked_once(post: Post) -> None:
    away = post.at(free_port())
    await away.put(*people(20))
    await away.deliver()
    assert {(each.state, each.attempts, each.leased_until) for each in await away.letters()} == {
        (LetterState.WAITING, 0, None)
    }
    assert (await away.server()).tries == 1
    assert "can't be reached" in ((await away.server()).error or "")
    assert "20 letters have waited since 03 March 2026 10:00 UTC" in await describe_waiting_letters(away.tools)
    assert await away.deliver() == Delivered()  # not yet: it was asked a moment ago
    away.clock.move(seconds=11)
    assert await away.deliver() == Delivered(postponed=1)  # one letter asks for all of them
    assert (await away.server()).tries == 2
    assert {each.attempts for each in await away.letters()} == {0}


async def test_all_letters_go_at_once_when_the_server_is_back(post: Post) -> None:
    away = post.at(free_port())
    await away.put(*people(20))
    await away.deliver()
    for _ in range(12):
        away.clock.move(minutes=5)
        await away.deliver()
    away.clock.move(seconds=31)
    assert await post.deliver() == Delivered(sent=20)
    assert ((await post.server()).away_since, (await post.server()).error) == (None, None)
    assert await describe_waiting_letters(post.tools) == ""


async def test_several_workers_ask_a_server_that_is_away_with_one_letter_between_them(post: Post) -> None:
    post = post.with_settings(mail_domain_at_once=0)
    post.sink.behaviour = Behaviour.FULL
    await post.put(*people(20))
    await post.deliver()
    before = post.sink.counts["FULL"]
    assert before <= post.tools.settings.smtp_connections  # those that were on their way together
    post.clock.move(seconds=11)
    await asyncio.gather(*(post.deliver() for _ in range(4)))
    assert post.sink.counts["FULL"] == before + 1


async def test_a_server_that_hangs_burns_the_tries_of_few_letters_only(post: Post) -> None:
    hanging = post.at(post.sink.port, seconds=0.2)
    post.sink.behaviour = Behaviour.HANG
    await hanging.put(*people(20))
    await hanging.deliver()
    hanging.clock.move(seconds=11)
    await hanging.deliver()
    tried = [each for each in await hanging.letters() if each.attempts]
    assert len(tried) <= hanging.tools.settings.smtp_connections + 1
    post.sink.behaviour = Behaviour.ACCEPT
    post.clock.move(minutes=2)
    assert await post.deliver() == Delivered(sent=20)


async def test_a_letter_that_a_server_trips_over_does_not_hold_up_the_others(post: Post) -> None:
    post = post.with_settings(smtp_connections=1)
    post.sink.towards["poison.example"] = Behaviour.DROP_AFTER_DATA
    await post.put("somebody@poison.example", *people(8))
    for _ in range(3):
        await post.deliver()
        post.clock.move(seconds=11)
    assert post.taken()["nhs.example"] == 8


async def test_a_server_that_refuses_our_password_is_not_asked_again_at_once(post: Post) -> None:
    post.sink.behaviour = Behaviour.NO_RELAY
    await post.put(*people(1))
    await post.deliver()
    post.clock.move(seconds=29)
    await post.deliver()
    assert post.sink.counts["NO_RELAY"] == 1
    assert [each.state for each in await post.letters()] == [LetterState.WAITING]


async def test_a_worker_that_is_stopped_gives_back_what_it_has_not_begun(post: Post) -> None:
    post = post.with_settings(smtp_connections=2, mail_domain_at_once=0)
    post.sink.behaviour = Behaviour.SLOW
    await post.put(*people(6))
    going = asyncio.create_task(post.deliver())
    await post.sink.met(Behaviour.SLOW, 2)
    going.cancel()
    await asyncio.sleep(0)
    post.sink.may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await going
    states = Counter((each.state, each.leased_until, each.attempts) for each in await post.letters())
    assert states == {(LetterState.SENT, None, 1): 2, (LetterState.WAITING, None, 0): 4}


async def test_a_letter_whose_lease_has_run_out_in_hand_is_left_to_whoever_took_it(post: Post) -> None:
    post = post.with_settings(smtp_connections=1, mail_domain_at_once=0).at(post.sink.port, seconds=60)
    post.sink.behaviour = Behaviour.SLOW
    await post.put(*people(2))
    late = asyncio.create_task(post.deliver())
    await post.sink.met(Behaviour.SLOW)
    post.clock.move(seconds=LEASE.total_seconds() + 1)
    other = post.at(post.sink.port, seconds=60)
    going = asyncio.create_task(other.deliver())
    await post.sink.met(Behaviour.SLOW, 2)
    post.sink.may_answer.set()
    await asyncio.gather(late, going)
    assert Counter(mail.recipient for mail in post.sink.mails) == {"person0@nhs.example": 2, "person1@nhs.example": 1}
    await post.tools.mailer.close()
    await other.tools.mailer.close()


async def test_a_fault_of_ours_with_one_letter_holds_up_no_other(post: Post) -> None:
    class Faulty:
        """A mailer with a fault in it."""

        async def send(self, mail):
            if mail.recipient.startswith("person1@"):
                raise RuntimeError("a fault")
            return await post.tools.mailer.send(mail)

    faulty = Post(replace(post.tools, mailer=Faulty()), post.clock, post.sink)
    await post.put(*people(5))
    assert await faulty.deliver() == Delivered(sent=4, postponed=1)
    [waiting] = [each for each in await post.letters() if each.state is LetterState.WAITING]
    assert waiting.error == "Something went wrong on our side (RuntimeError)."
