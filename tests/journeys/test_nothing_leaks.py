"""Every letter the product can send, for one child with names found nowhere else: none of them leaves the house.

Whoever types tries to put the child's names, birthday and number into every mail. Then every byte mailed, every
address and every log line is searched. A new kind of letter that is not sent here fails the test by its name.
"""

import email
import email.policy
import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from coord_service.domain import itip
from coord_service.domain.actions import ActionAnswer
from coord_service.domain.advice import AdviceKind, AdvicePart
from coord_service.domain.meetings import Attendance
from coord_service.domain.people import Actor, PersonKind, Role, Sector
from coord_service.domain.report_times import Every
from coord_service.logs import configure_logs
from coord_service.operations import accounts, passwords
from coord_service.operations.accounts import AddUser, SignIn
from coord_service.operations.action_answers import AnswerAction, answer_action
from coord_service.operations.actions import AddAction, add_action
from coord_service.operations.advice import AskForAdvice, ReplaceRequest, ask_for_advice, replace_request
from coord_service.operations.advice_answers import Answerer, promise_advice, send_advice
from coord_service.operations.advice_progress import CheckAdvice, check_advice
from coord_service.operations.cases import shield_child
from coord_service.operations.circulating import circulate_actions, view_circulation
from coord_service.operations.documents import check_upload
from coord_service.operations.holding import end_meeting, record_attendance
from coord_service.operations.links import send_fresh_link
from coord_service.operations.meeting_page import view_meeting
from coord_service.operations.report_mail import order_report, report_to_managers
from coord_service.operations.tools import Tools
from coord_service.storage.accounts import load_user_by_email
from coord_service.storage.tables import OutboxLetter, PersonalLink, User
from coord_service.web.app import create_app
from integrations.mail import letters
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import PDF
from tests.builders import a_child, a_member, a_person, a_service, actor_for
from tests.installation import StandingClock, clock, tools
from tests.journeys.leaking import PLACE, TYPED, Case, first_of, play_cancelled, play_meeting
from tests.journeys.leaking_calendar import play_calendar
from tests.journeys.leaking_poll import play_poll
from tests.journeys.mail_bytes import everything_in, found_in
from tests.web.browsing import Browser
from tests.web.conftest import PASSWORD, make_user

__all__ = ["clock", "tools"]

MOTHER = "Mrs Ottoline Quorndale"
NUMBERS = ("23/07/2014", "2014-07-23", "23 july 2014", "943 476 5919")
CANARIES = ("xanthippe", "quorndale", "ottoline", "wobblewick", *NUMBERS)
PLACES = ("elmwick", "ashwick")


@pytest.fixture
def migrated_url(migrated_sqlite: str) -> str:
    """One database is enough: what is written does not depend on it."""
    return migrated_sqlite


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Every log line of the run, as an installation writes them."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = handlers, level


@pytest.fixture
async def case(tools: Tools, clock: StandingClock, mail_servers: DemoMail, log: io.StringIO) -> AsyncIterator[Case]:
    lead_id = await make_user(tools, Role.LEAD_WORKER, email="lead@council.example", name="Amy Leadworth")
    await make_user(tools, Role.MANAGER, email="head@council.example", name="Max Trialwick")
    async with tools.database.read() as db:
        lead = await db.get_one(User, lead_id)
    service = await a_service(tools, "Child Psychology", mailbox="office@nhs.example")
    particulars = {"given_name": "Xanthippe", "family_name": "Quorndale", "born_on": date(2014, 7, 23)}
    child = await a_child(tools, lead, **particulars, setting="Wobblewick Primary School")
    mother = await a_person(tools, MOTHER, kind=PersonKind.FAMILY, email="ana@family.example")
    shah = await a_person(tools, "Dr Asha Shah", email="a.shah@nhs.example", service_id=service.id)
    okoro = await a_person(tools, "Ms Ify Okoro", email="i.okoro@other.example")
    await a_member(tools, child, mother, role="Mother", sector=Sector.FAMILY)
    for each in (shah, okoro):
        await a_member(tools, child, each)
    addresses: list[str] = []

    async def keep_addresses(request: web.Request, response: web.StreamResponse) -> None:
        addresses.extend([request.path_qs, response.headers.get("Location", "")])

    application = create_app(tools)
    application.on_response_prepare.append(keep_addresses)
    browser = Browser(TestClient(TestServer(application)))
    await browser.client.start_server()
    yield Case(tools, clock, mail_servers, lead, child, mother, shah, okoro, service, browser, addresses)
    await browser.client.close()


async def play_advice(case: Case) -> None:
    """Asked, chased, escalated, promised, sent, found too thin, replaced."""
    ask = AskForAdvice(case.child.id, case.service.id, case.shah.id, AdviceKind.PSYCHOLOGY, TYPED)
    plain = replace(ask, question="Needs, provision and outcomes, please.")
    request_id = await first_of(
        lambda: ask_for_advice(case.tools, case.actor, ask), lambda: ask_for_advice(case.tools, case.actor, plain)
    )
    assert isinstance(request_id, int)
    await case.deliver()
    asked, token = case.clock.now(), case.token(case.shah)
    for weeks in (5, 7, 8, 9, 10):
        await case.sweep((asked + timedelta(weeks=weeks)).date())
    on = (case.clock.now() + timedelta(days=4)).date()
    for answerer in (Answerer(TYPED, None), Answerer(None, TYPED)):
        await first_of(
            lambda answerer=answerer: promise_advice(case.tools, token, answerer, on),  # type: ignore[misc]
            lambda: promise_advice(case.tools, token, Answerer(), on),
        )
    await case.sweep((case.clock.now() + timedelta(days=7)).date())
    await send_advice(case.tools, token, Answerer(), check_upload(PDF, 5))
    thin = CheckAdvice(request_id, frozenset({AdvicePart.NEEDS}), TYPED)
    await first_of(
        lambda: check_advice(case.tools, case.actor, thin),
        lambda: check_advice(case.tools, case.actor, replace(thin, missing="The provision is missing.")),
    )
    await case.deliver()
    await replace_request(case.tools, case.actor, ReplaceRequest(request_id, case.service.id, None, TYPED))
    await case.deliver()


async def play_held(case: Case, meeting_id: int) -> None:
    """Held, circulated to everybody who may read, answered behind the link, chased to the manager."""
    view = await view_meeting(case.tools, case.actor, meeting_id)
    case.clock.instant = view.meeting.ends_at
    here = {each.attendee.id: Attendance.CAME for each in view.invitations}
    await record_attendance(case.tools, case.actor, meeting_id, here)
    due_on = (case.clock.now() + timedelta(days=14)).date()
    for owner in (case.shah, case.mother):
        asked = AddAction(meeting_id, case.child.id, owner.id, f"Ring {TYPED}", due_on)
        plain = replace(asked, what="Ring the school")
        await first_of(
            lambda asked=asked: add_action(case.tools, case.actor, asked),  # type: ignore[misc]
            lambda plain=plain: add_action(case.tools, case.actor, plain),  # type: ignore[misc]
        )
    await end_meeting(case.tools, case.actor, meeting_id, None)
    readers = [each.reader.person.id for each in (await view_circulation(case.tools, case.actor, meeting_id)).copies]
    await circulate_actions(case.tools, case.actor, meeting_id, readers)
    await case.deliver()
    token = case.token(case.shah, 0)
    await answer_action(case.tools, token, AnswerAction(ActionAnswer.NOT_MINE, TYPED, None, TYPED))
    await case.deliver()


async def play_links(case: Case) -> None:
    """Every link in every mail is opened, by a scanner as it were; one that ran out is asked for again."""
    for page in [await case.browser.get(f"/a/{token}", status=None) for token in case_tokens(case)]:
        words = page.body.lower().replace(MOTHER.lower(), "")
        assert not found_in(words, PLACES if case.child.is_shielded else ()), f"the place, behind a link: {page.title}"
        if "Notes" not in page.title:
            assert not found_in(page.root.one("main").text.lower(), CANARIES[:1]), f"a name at once: {page.title}"
    async with case.tools.database.begin() as db:
        await db.execute(sa.update(PersonalLink).values(expires_at=case.clock.now()))
    case.clock.move(days=1)
    for token in case_tokens(case)[::7]:
        await first_of(lambda token=token: send_fresh_link(case.tools, token), nothing)  # type: ignore[misc]
    await case.deliver()


async def nothing() -> None:
    pass


def case_tokens(case: Case) -> list[str]:
    return sorted({token for _, raw in case.mails() for token in re.findall(r"/a/([\w-]+)", everything_in(raw))})


async def play_accounts(case: Case) -> None:
    """A colleague is invited, and somebody forgets a password."""
    administrator = Actor("user:0", user_id=None, person_id=None, role=Role.ADMINISTRATOR)
    await accounts.add_user(case.tools, administrator, AddUser("Nia New", "new@council.example", Role.LEAD_WORKER))
    await passwords.ask_for_reset(case.tools, "lead@council.example")
    await case.deliver()


async def play_reports(case: Case) -> None:
    """A manager has the report sent, and something is overdue that nobody chased."""
    async with case.tools.database.read() as db:
        head = await load_user_by_email(db, "head@council.example")
    assert head is not None
    await order_report(case.tools, actor_for(head), Every.WEEK)
    await ask_for_advice(
        case.tools, case.actor, AskForAdvice(case.child.id, case.service.id, None, AdviceKind.OTHER, "What helps?")
    )
    await case.deliver()
    case.clock.instant = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)
    await report_to_managers(case.tools)
    await case.deliver()


async def play_pages(case: Case, meeting_id: int) -> None:
    """What a lead worker looks at and mistypes; a mail that nobody can read, too."""
    token = await accounts.sign_in(case.tools, SignIn("lead@council.example", PASSWORD, "192.0.2.1"))
    case.browser.client.session.cookie_jar.update_cookies({"session": token}, case.browser.client.make_url("/"))
    await case.browser.get("/")
    await case.browser.get("show_child", child_id=case.child.id)
    await case.browser.get("show_meeting", meeting_id=meeting_id)
    await case.browser.get("children")
    for words in (TYPED, "x" * 20_000):
        await case.browser.post("add_child", {"given_name": words, "family_name": TYPED, "setting": TYPED}, status=422)


def look_at_mails(case: Case) -> None:
    """Whoever has a family name like the child's reads their own name in their own mail, and nobody else does."""
    for to, raw in case.mails():
        words, subject = everything_in(raw), email.message_from_bytes(raw, policy=email.policy.default)["Subject"]
        told = found_in(words.replace(MOTHER, "") if to == case.mother.email else words, CANARIES)
        assert not told, f"{told}, to {to}: {subject}"
        others = [each for each in case.everybody() if each != to and each in words.lower()]
        assert not others, f"{others}, to {to}: {subject}"
        if case.child.is_shielded:
            assert not found_in(words, PLACES), f"the place, to {to}: {subject}"


def look_at_events(case: Case, written: list[itip.Event]) -> None:
    """What stands in a calendar is read by all it invites: no particulars, no family, nothing of the shielded."""
    if case.child.is_shielded:
        assert written == []
        return
    assert {event.sequence for event in written} >= {0, 1}, "it was moved there"
    for event in written:
        assert not found_in(repr(event), CANARIES)
        assert case.mother.email not in repr(event)


async def look_for_unsent(case: Case) -> None:
    """Every kind of letter went, and every letter was looked at."""
    files = Path(letters.__file__).parent.glob("*.letter")
    async with case.tools.database.read() as db:
        rows = list(await db.execute(sa.select(OutboxLetter.letter, OutboxLetter.recipient, OutboxLetter.sent_at)))
    assert {file.stem for file in files} - {letter for letter, _, sent_at in rows if sent_at} == set()
    assert {recipient for _, recipient, _ in rows} <= set(case.everybody())


@pytest.mark.parametrize("is_shielded", [False, True], ids=["open", "shielded"])
async def test_no_mail_address_or_log_tells_who_the_child_is(
    case: Case, log: io.StringIO, *, is_shielded: bool
) -> None:
    if is_shielded:
        await shield_child(case.tools, case.actor, case.child.id)
        case.child.is_shielded = True
    meeting_id = await play_meeting(case)
    await play_cancelled(case)
    look_at_events(case, await play_calendar(case))
    await play_poll(case, PLACE, TYPED)
    await play_held(case, meeting_id)
    await play_advice(case)
    await play_links(case)
    await play_accounts(case)
    await play_reports(case)
    await play_pages(case, meeting_id)
    await look_for_unsent(case)
    look_at_mails(case)
    hidden = CANARIES + (PLACES if is_shielded else ())
    assert not found_in(unquote("\n".join(case.addresses)), hidden)
    assert "letter_sent" in log.getvalue()
    assert not found_in(log.getvalue(), (*hidden, *case.everybody()))
