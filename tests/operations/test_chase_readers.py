"""Who reads a chase: schools in term time, and the service's mailbox for whoever is away."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from coord_service.domain.people import Sector
from coord_service.domain.terms import SchoolDatesKind
from coord_service.operations.chasing import Swept, rehearse_chases, send_due_chases
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Chase, InboundMail, Leave, OutboxLetter, Person, SchoolDate
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import Asking, start_asking, words_of
from tests.builders import a_person, a_service
from tests.installation import StandingClock


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    """What is asked on 3 March is due on 14 April; schools are closed from 28 March to 12 April."""
    async with tools.database.begin() as db:
        spring = SchoolDate(
            name="Spring", kind=SchoolDatesKind.TERM, first_on=date(2026, 1, 5), last_on=date(2026, 3, 27)
        )
        summer = SchoolDate(
            name="Summer", kind=SchoolDatesKind.TERM, first_on=date(2026, 4, 13), last_on=date(2026, 7, 21)
        )
        db.add_all([spring, summer])
    return await start_asking(tools, clock, mail_servers)


async def sweep_on(asking: Asking, day: date, hour: int = 9) -> Swept:
    asking.clock.instant = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    swept = await send_due_chases(asking.tools)
    await deliver_outbox(asking.tools)
    return swept


async def ask_a_school(asking: Asking, **about_the_head: object) -> tuple[Person, int]:
    school = await a_service(asking.tools, "Elm School", Sector.EDUCATION)
    head = await a_person(asking.tools, "Ms Head", service_id=school.id, **about_the_head)
    return head, await asking.ask(service_id=school.id, person_id=head.id)


async def test_mail_to_a_school_waits_in_the_holidays_and_the_due_date_does_not(asking: Asking) -> None:
    head, number = await ask_a_school(asking)
    due_on = (await asking.load(number)).due_on
    assert await sweep_on(asking, date(2026, 4, 9)) == Swept()  # -3 for everybody else
    assert (await sweep_on(asking, date(2026, 4, 13))).letters == 1
    assert (await asking.load(number)).due_on == due_on
    assert "due Tuesday 14 April" in words_of(asking.last(head.email))


async def test_whoever_works_in_the_holidays_is_written_to_in_them(asking: Asking) -> None:
    await ask_a_school(asking, works_in_holidays=True)
    await asking.ask()
    assert (await sweep_on(asking, date(2026, 4, 9))).letters == 2


async def test_a_rehearsal_in_the_holidays_says_that_schools_are_closed(asking: Asking) -> None:
    _, number = await ask_a_school(asking)
    rehearsal = await rehearse_chases(asking.tools, datetime(2026, 4, 9, 9, tzinfo=UTC))
    assert [(each.id, each.look_again_on) for each in rehearsal.not_chased] == [(number, date(2026, 4, 13))]
    assert "Schools are closed" in rehearsal.not_chased[0].why
    assert rehearsal.digests == []


async def test_a_letter_names_the_next_day_on_which_the_school_will_read(asking: Asking) -> None:
    head, _ = await ask_a_school(asking)
    assert (await sweep_on(asking, date(2026, 3, 27))).letters == 1
    assert "On Monday 13 April 2026 we will ask again" in words_of(asking.last(head.email))


async def be_on_leave(asking: Asking, first_on: date, last_on: date) -> None:
    async with asking.tools.database.begin() as db:
        db.add(Leave(person_id=asking.shah.id, starts_on=first_on, ends_on=last_on))


async def test_the_services_mailbox_is_asked_while_somebody_is_on_leave_and_they_after_it(asking: Asking) -> None:
    await asking.ask()
    await be_on_leave(asking, date(2026, 4, 1), date(2026, 4, 14))
    before = len(asking.mails(asking.shah.email))
    assert (await sweep_on(asking, date(2026, 4, 14))).letters == 1
    assert len(asking.mails(asking.shah.email)) == before
    mail = asking.last(asking.service.mailbox)
    assert "(asked of Dr Priya Shah), is due today" in words_of(mail)
    assert "Dear Educational Psychology" in words_of(mail)
    assert (await sweep_on(asking, date(2026, 4, 15))).letters == 1
    assert len(asking.mails(asking.shah.email)) == before + 1
    async with asking.tools.database.read() as db:
        steps = list(await db.execute(sa.select(Chase.step, Chase.address).order_by(Chase.id)))
    assert steps == [("-3", asking.service.mailbox), ("+1", asking.shah.email)]


async def test_leave_in_a_service_without_a_mailbox_changes_nothing(asking: Asking) -> None:
    async with asking.tools.database.begin() as db:
        service = await db.get(type(asking.service), asking.service.id)
        assert service is not None
        service.mailbox = None
    await asking.ask()
    await be_on_leave(asking, date(2026, 4, 1), date(2026, 4, 30))
    before = len(asking.mails(asking.shah.email))
    assert (await sweep_on(asking, date(2026, 4, 15))).letters == 1
    assert len(asking.mails(asking.shah.email)) == before + 1


@pytest.mark.parametrize(("days", "reads"), [(7, "mailbox"), (8, "own")])
async def test_an_automatic_reply_leads_to_the_mailbox_for_a_week(asking: Asking, days: int, reads: str) -> None:
    await asking.ask()
    came_at = datetime(2026, 4, 15, 10, tzinfo=UTC) - timedelta(days=days)
    async with asking.tools.database.begin() as db:
        db.add(
            InboundMail(
                mailbox="INBOX",
                uidvalidity=1,
                uid=1,
                content=b"",
                received_at=came_at,
                judged_at=came_at,
                kind="auto_reply",
                sender=asking.shah.email,
            )
        )
    await sweep_on(asking, date(2026, 4, 15))
    async with asking.tools.database.read() as db:
        address = await db.scalar(sa.select(Chase.address))
    assert address == (asking.service.mailbox if reads == "mailbox" else asking.shah.email)


async def return_chases(asking: Asking, **changes: datetime) -> None:
    async with asking.tools.database.begin() as db:
        chases = sa.update(OutboxLetter).where(OutboxLetter.letter == "chase_advice")
        await db.execute(chases.values(bounced_at=asking.clock.now(), **changes))


async def test_what_came_back_goes_to_the_services_mailbox_within_the_hour(asking: Asking) -> None:
    await asking.ask()
    assert (await sweep_on(asking, date(2026, 4, 15))).letters == 1
    await return_chases(asking)
    asking.clock.move(minutes=15)
    assert await send_due_chases(asking.tools) == Swept(letters=1, chases=1)
    await deliver_outbox(asking.tools)
    assert "(asked of Dr Priya Shah)" in words_of(asking.last(asking.service.mailbox))
    asking.clock.move(minutes=15)
    assert await send_due_chases(asking.tools) == Swept()
    async with asking.tools.database.read() as db:
        rows = list(await db.execute(sa.select(Chase.step, Chase.address).order_by(Chase.id)))
    assert rows == [("+1", asking.shah.email), ("+1", asking.service.mailbox)]  # both stay on record


async def test_an_address_that_somebody_has_seen_to_is_written_to_again(asking: Asking) -> None:
    await asking.ask()
    await sweep_on(asking, date(2026, 4, 15))
    await return_chases(asking, settled_at=asking.clock.now())
    before = len(asking.mails(asking.shah.email))
    assert await sweep_on(asking, date(2026, 4, 16)) == Swept()
    assert (await sweep_on(asking, date(2026, 4, 21))).letters == 2
    assert len(asking.mails(asking.shah.email)) == before + 1


async def test_mail_that_comes_back_from_the_mailbox_itself_is_not_sent_in_a_circle(asking: Asking) -> None:
    await asking.ask(of_person=False)
    await sweep_on(asking, date(2026, 4, 15))
    await return_chases(asking)
    assert await sweep_on(asking, date(2026, 4, 16)) == Swept()
