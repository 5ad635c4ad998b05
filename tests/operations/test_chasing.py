"""The sweep: who is written to, when, how often, and who never is."""

import asyncio
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from coord_service.domain.advice import AdviceStatus
from coord_service.domain.case_steps import CaseStep
from coord_service.domain.people import PersonKind, Role
from coord_service.operations.advice import withdraw_request
from coord_service.operations.advice_answers import Answerer, promise_advice
from coord_service.operations.advice_progress import PhoneAnswer, log_phone_answer
from coord_service.operations.chasing import Swept, rehearse_chases, send_due_chases
from coord_service.operations.date_corrections import CorrectDate, correct_date
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Action, AdviceRequest, CaseEvent, Chase, OutboxLetter
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import Asking, start_asking, tokens_in, words_of
from tests.builders import a_child, a_meeting, a_person, a_service, a_user, actor_for
from tests.installation import StandingClock
from tests.statements import count_statements

ASKED = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)  # so it is due on Tuesday 14 April, after Good Friday and Easter Monday


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    return await start_asking(tools, clock, mail_servers)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def sweep_on(asking: Asking, day: date, hour: int = 9) -> Swept:
    asking.clock.instant = at(day, hour)
    swept = await send_due_chases(asking.tools)
    await deliver_outbox(asking.tools)
    return swept


async def ledger(tools: Tools) -> list[Chase]:
    async with tools.database.read() as db:
        return list(await db.scalars(sa.select(Chase).order_by(Chase.id)))


@pytest.mark.parametrize(
    ("day", "step"),
    [
        (date(2026, 3, 26), None),  # the day before the first step
        (date(2026, 3, 27), "-10"),  # ten working days before 14 April: two bank holidays lie between
        (date(2026, 3, 30), "-10"),  # nobody swept on the day: the step is sent late, once
        (date(2026, 4, 9), "-3"),
        (date(2026, 4, 14), "-3"),  # on the due day nothing new falls
        (date(2026, 4, 15), "+1"),
        (date(2026, 4, 21), "+5"),
        (date(2026, 4, 28), "+10"),
        (date(2026, 5, 6), "+15"),  # the early May bank holiday lies between
        (date(2026, 5, 13), "+15 repeat +20"),
        (date(2026, 8, 3), "+15 repeat +75"),  # after a long silence only the latest
    ],
)
async def test_a_first_sweep_sends_only_the_step_that_fell_last(asking: Asking, day: date, step: str | None) -> None:
    await asking.ask()
    swept = await sweep_on(asking, day)
    holder = [chase for chase in await ledger(asking.tools) if chase.audience == "holder"]
    assert [chase.step for chase in holder] == ([step] if step else [])
    assert bool(swept.letters) == bool(step)


@pytest.mark.parametrize(
    ("instant", "letters"),
    [
        (datetime(2026, 4, 15, 6, 59, tzinfo=UTC), 0),  # 7:59 in London
        (datetime(2026, 4, 15, 7, 0, tzinfo=UTC), 1),
        (datetime(2026, 4, 15, 16, 59, tzinfo=UTC), 1),
        (datetime(2026, 4, 15, 17, 0, tzinfo=UTC), 0),  # 6pm
        (datetime(2026, 4, 18, 9, 0, tzinfo=UTC), 0),  # a Saturday
        (datetime(2026, 5, 4, 9, 0, tzinfo=UTC), 0),  # a bank holiday
    ],
)
async def test_chases_go_in_working_hours_alone(asking: Asking, instant: datetime, letters: int) -> None:
    await asking.ask()
    asking.clock.instant = instant
    assert (await send_due_chases(asking.tools)).letters == letters


async def test_one_digest_lists_all_that_an_address_owes_oldest_first(asking: Asking) -> None:
    first = await asking.ask()
    asking.clock.move(days=6)
    sibling = await a_child(asking.tools, asking.worker)
    await asking.ask(child_id=sibling.id)
    await sweep_on(asking, date(2026, 4, 15))
    mail = asking.last(asking.shah.email)
    assert mail["Subject"] == "2 pieces of advice are due (1 late)"
    words = words_of(mail)
    older, younger = (await asking.load(first)).child.reference, sibling.reference
    assert 0 < words.index(older) < words.index(younger)
    assert len(set(tokens_in(mail))) == 2
    assert "is it finished and not sent?" in words
    assert "Testwood" not in mail.as_string()
    assert next((chase.subject_id, chase.step) for chase in await ledger(asking.tools)) == (first, "+1")


async def test_nobody_gets_two_mails_a_day(asking: Asking) -> None:
    await asking.ask()
    day = date(2026, 4, 15)
    assert (await sweep_on(asking, day)).letters == 1
    assert await sweep_on(asking, day, 12) == Swept()
    later = await a_child(asking.tools, asking.worker)
    number = await asking.ask(child_id=later.id)
    async with asking.tools.database.begin() as db:
        request = await db.get(AdviceRequest, number)
        assert request is not None
        request.due_on, request.asked_at = date(2026, 4, 14), ASKED
    assert await sweep_on(asking, day, 14) == Swept()
    assert (await sweep_on(asking, date(2026, 4, 16))).chases == 1


async def test_two_sweeps_at_once_write_once(asking: Asking) -> None:
    for _ in range(3):
        child = await a_child(asking.tools, asking.worker)
        service = await a_service(asking.tools)
        await asking.ask(child_id=child.id, service_id=service.id, person_id=None)
    asking.clock.instant = at(date(2026, 4, 21))
    swept = await asyncio.gather(*(send_due_chases(asking.tools) for _ in range(4)))
    chases = await ledger(asking.tools)
    assert len({(chase.subject_id, chase.step, chase.address) for chase in chases}) == len(chases) == 6
    assert sum(each.letters for each in swept) == 6  # three services and their managers
    async with asking.tools.database.read() as db:
        keys = list(await db.scalars(sa.select(OutboxLetter.key).where(OutboxLetter.key.like("chase:%"))))
    assert len(keys) == 6


async def test_a_promise_waits_until_the_working_day_after_and_moves_no_due_date(asking: Asking) -> None:
    number = await asking.ask()
    due_on = (await asking.load(number)).due_on
    asking.clock.instant = at(date(2026, 4, 10))
    await promise_advice(asking.tools, asking.token(asking.shah.email), Answerer(), date(2026, 4, 17))
    assert (await asking.load(number)).due_on == due_on
    assert await sweep_on(asking, date(2026, 4, 15)) == Swept()
    assert await sweep_on(asking, date(2026, 4, 17)) == Swept()
    assert (await sweep_on(asking, date(2026, 4, 20))).letters == 1  # the Monday after that Friday
    words = words_of(asking.last(asking.shah.email))
    assert "promised by Friday 17 April" in words


async def test_a_promise_that_breaks_before_anything_is_due_is_asked_about(asking: Asking) -> None:
    await asking.ask()
    await promise_advice(asking.tools, asking.token(asking.shah.email), Answerer(), date(2026, 3, 10))
    assert await sweep_on(asking, date(2026, 3, 10)) == Swept()
    assert (await sweep_on(asking, date(2026, 3, 11))).letters == 1
    assert [chase.step for chase in await ledger(asking.tools)] == ["promise"]
    assert await sweep_on(asking, date(2026, 3, 12)) == Swept()


async def test_an_answer_while_the_letter_waits_stops_it(asking: Asking) -> None:
    number = await asking.ask()
    asking.clock.instant = at(date(2026, 4, 15))
    assert (await send_due_chases(asking.tools)).letters == 1
    await withdraw_request(asking.tools, actor_for(asking.worker), number, "Asked for by mistake")
    before = len(asking.mails(asking.shah.email))
    await deliver_outbox(asking.tools)
    new = [mail["Subject"] for mail in asking.mails(asking.shah.email)[before:]]
    assert new == [f"No longer needed: advice, ref {asking.child.reference}"]
    assert await ledger(asking.tools) == []


async def test_what_else_a_stopped_digest_chased_goes_in_another(asking: Asking) -> None:
    first = await asking.ask()
    sibling = await a_child(asking.tools, asking.worker)
    second = await asking.ask(child_id=sibling.id)
    asking.clock.instant = at(date(2026, 4, 15))
    await send_due_chases(asking.tools)
    phone = PhoneAnswer(first, "Dr Shah", "On Friday", date(2026, 4, 17))
    await log_phone_answer(asking.tools, actor_for(asking.worker), phone)
    await deliver_outbox(asking.tools)
    assert (await sweep_on(asking, date(2026, 4, 15), 11)).chases == 1
    assert [chase.subject_id for chase in await ledger(asking.tools)] == [second]
    assert asking.last(asking.shah.email)["Subject"] == "1 piece of advice is late"


async def test_the_services_manager_gets_the_history_from_the_fifth_day(asking: Asking) -> None:
    await asking.ask()
    for day in (date(2026, 3, 27), date(2026, 4, 9), date(2026, 4, 15)):
        await sweep_on(asking, day)
    assert asking.mails(asking.service.manager_email) == []
    await sweep_on(asking, date(2026, 4, 21))
    (mail,) = asking.mails(asking.service.manager_email)
    words = words_of(mail)
    assert mail["Subject"] == "Your help, please: 1 piece of advice is late"
    assert words.count("Reminder sent") == 4  # today's too
    assert "Tuesday 3 March 2026 · Asked" in words
    assert "tell us by Tuesday 28 April 2026" in words
    assert "Testwood" not in mail.as_string()
    assert await sweep_on(asking, date(2026, 4, 22)) == Swept()


async def test_later_steps_reach_the_send_manager(asking: Asking) -> None:
    manager = await a_user(asking.tools, Role.MANAGER, "Bo Manager")
    await asking.ask()
    await sweep_on(asking, date(2026, 4, 28))
    assert {chase.audience: chase.address for chase in await ledger(asking.tools)} == {
        "holder": asking.shah.email,
        "service_manager": asking.service.manager_email,
        "send_manager": manager.email,
    }


async def test_somebody_who_manages_what_they_hold_gets_one_mail(asking: Asking) -> None:
    async with asking.tools.database.begin() as db:
        service = await db.get(type(asking.service), asking.service.id)
        assert service is not None
        service.manager_email = asking.shah.email
    await asking.ask()
    assert await sweep_on(asking, date(2026, 4, 21)) == Swept(letters=1, chases=1)
    assert await sweep_on(asking, date(2026, 4, 22)) == Swept()


async def test_late_advice_climbs_sooner_when_a_limit_is_near(asking: Asking) -> None:
    # An assessment asked for on 29 December 2025: 16 weeks end on 20 April, 20 working days before that is 19 March.
    child = await a_child(asking.tools, asking.worker, assessment_requested_on=date(2025, 12, 29))
    await asking.ask(child_id=child.id)
    assert await sweep_on(asking, date(2026, 3, 18)) == Swept()
    await sweep_on(asking, date(2026, 3, 19))
    assert [(chase.step, chase.audience) for chase in await ledger(asking.tools)] == [
        ("+10", "holder"),
        ("+10", "service_manager"),
    ]


@pytest.mark.parametrize(("is_withdrawn", "is_escalated"), [(False, False), (True, True)])
async def test_once_the_plan_is_issued_no_limit_of_it_brings_a_chase_forward(
    asking: Asking, is_withdrawn: bool, is_escalated: bool
) -> None:
    child = await a_child(asking.tools, asking.worker, assessment_requested_on=date(2025, 12, 29))
    await asking.ask(child_id=child.id)
    issued = CaseEvent(
        child_id=child.id,
        what=CaseStep.PLAN_ISSUED,
        happened_on=date(2026, 3, 16),
        details={},
        recorded_at=at(date(2026, 3, 16)),
        by_user_id=asking.worker.id,
        withdrawn_at=at(date(2026, 3, 17)) if is_withdrawn else None,
    )
    async with asking.tools.database.begin() as db:
        db.add(issued)
    assert (await sweep_on(asking, date(2026, 3, 19)) != Swept()) is is_escalated


async def test_a_corrected_start_escalates_from_today_and_makes_up_for_nothing(asking: Asking) -> None:
    # As above, but until 23 March the record said 9 March: 19 March is over, 2 April (10 working days before) is not.
    child = await a_child(asking.tools, asking.worker, assessment_requested_on=date(2026, 3, 9))
    await asking.ask(child_id=child.id)
    asking.clock.instant = at(date(2026, 3, 23), 9)
    wanted = CorrectDate(
        child.id, CaseStep.ASSESSMENT_REQUESTED, date(2026, 3, 9), date(2025, 12, 29), "It lay in the post room"
    )
    await correct_date(asking.tools, actor_for(asking.worker), wanted)
    assert await sweep_on(asking, date(2026, 3, 23)) == Swept()
    assert await sweep_on(asking, date(2026, 4, 2)) != Swept()
    assert {chase.step for chase in await ledger(asking.tools)} == {"+15"}


async def an_action(asking: Asking, owner_id: int, **changes: object) -> int:
    meeting = await a_meeting(asking.tools, asking.worker, asking.child, asking.shah)
    await asking.deliver()
    facts: dict[str, object] = {
        "meeting_id": meeting,
        "child_id": asking.child.id,
        "owner_id": owner_id,
        "agency": "Trust",
        "what": "Send the therapy report",
        "due_on": date(2026, 4, 14),
        "created_at": ASKED,
        **changes,
    }
    action = Action(**facts)
    async with asking.tools.database.begin() as db:
        db.add(action)
    return action.id


async def test_an_action_joins_the_digest_of_whoever_owes_both(asking: Asking) -> None:
    await asking.ask()
    await an_action(asking, asking.shah.id)
    await sweep_on(asking, date(2026, 4, 15))
    mail = asking.last(asking.shah.email)
    assert mail["Subject"] == "1 piece of advice and 1 action are late"
    assert "Send the therapy report" in words_of(mail)
    assert {chase.subject for chase in await ledger(asking.tools)} == {"advice", "action"}


async def test_a_family_is_never_written_to_and_becomes_one_call(asking: Asking) -> None:
    mother = await a_person(asking.tools, "Juno Testwood", kind=PersonKind.FAMILY, email="juno@home.example")
    number = await an_action(asking, mother.id)
    assert await sweep_on(asking, date(2026, 4, 15)) == Swept(calls=1)
    assert await sweep_on(asking, date(2026, 4, 16)) == Swept()
    assert await sweep_on(asking, date(2026, 4, 28)) == Swept(calls=1)
    assert asking.mails(mother.email) == []
    assert {(chase.subject_id, chase.audience, chase.letter_id) for chase in await ledger(asking.tools)} == {
        (number, "call", None)
    }


async def test_staff_are_not_mailed_about_their_own_actions(asking: Asking) -> None:
    await an_action(asking, asking.worker.person_id)
    assert await sweep_on(asking, date(2026, 4, 28)) == Swept()


async def test_nothing_ended_is_chased(asking: Asking) -> None:
    number = await asking.ask()
    await withdraw_request(asking.tools, actor_for(asking.worker), number, "By mistake")
    assert (await asking.load(number)).status is AdviceStatus.WITHDRAWN
    assert await sweep_on(asking, date(2026, 4, 15)) == Swept()


async def test_a_closed_case_is_not_chased(asking: Asking) -> None:
    await asking.ask()
    async with asking.tools.database.begin() as db:
        child = await db.get(type(asking.child), asking.child.id)
        assert child is not None
        child.closed_at = asking.clock.now()
    assert await sweep_on(asking, date(2026, 4, 15)) == Swept()


async def test_a_sweep_takes_the_same_statements_whatever_is_not_due(asking: Asking) -> None:
    await asking.ask()
    asking.clock.instant = at(date(2026, 4, 16))
    await send_due_chases(asking.tools)
    asking.clock.move(minutes=15)
    with count_statements(asking.tools.database) as few:
        await send_due_chases(asking.tools)
    for _ in range(10):
        child = await a_child(asking.tools, asking.worker)
        await asking.ask(child_id=child.id)
    asking.clock.instant = at(date(2026, 4, 16), 12)
    with count_statements(asking.tools.database) as many:
        assert await send_due_chases(asking.tools) == Swept()
    assert many.number == few.number


async def test_a_rehearsal_says_who_would_get_what_and_why_not_and_writes_nothing(asking: Asking) -> None:
    late = await asking.ask()
    asking.clock.move(days=30)
    later_child = await a_child(asking.tools, asking.worker)
    fresh = await asking.ask(child_id=later_child.id)
    rehearsal = await rehearse_chases(asking.tools, at(date(2026, 4, 15)))
    (digest,) = rehearsal.digests
    assert digest.address == asking.shah.email
    assert [each.owed.id for each in digest.planned] == [late]
    (other,) = rehearsal.not_chased
    assert other.id == fresh
    assert other.look_again_on == date(2026, 4, 29)
    assert await ledger(asking.tools) == []
