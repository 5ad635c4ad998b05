"""Asking, receipt, answering and checking, down to the mails, on both databases."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from coord_service.domain.advice import AdviceKind, AdvicePart, AdviceStatus, CannotReason, ReceiptBasis
from coord_service.domain.people import Role
from coord_service.errors import InvalidForm, LinkExpired, NotAllowed, NotFound, Refused
from coord_service.operations.advice import (
    AskForAdvice,
    SendAgain,
    ask_for_advice,
    send_request_again,
    undo_request,
    withdraw_request,
)
from coord_service.operations.advice_answers import (
    Answerer,
    Cannot,
    name_child,
    promise_advice,
    redirect_request,
    refuse_advice,
    send_advice,
)
from coord_service.operations.advice_page import load_advice_needs, view_request
from coord_service.operations.advice_progress import AdviceByHand, CheckAdvice, check_advice, receive_advice_by_hand
from coord_service.operations.documents import DOCX, ODT, Upload, check_upload
from coord_service.operations.links import open_link, send_fresh_link
from coord_service.operations.tools import Tools
from coord_service.storage.tables import AuditEntry, Document, OutboxLetter, PersonalLink
from integrations.mail.demo_servers import DemoMail
from tests.advice_requests import PDF, PNG, Asking, a_docx, packed, start_asking, words_of
from tests.builders import a_child, a_user, actor_for
from tests.installation import StandingClock
from tests.statements import count_statements

DUE = date(2026, 4, 14)  # six weeks after Tuesday 3 March


@pytest.fixture
async def asking(tools: Tools, clock: StandingClock, mail_servers: DemoMail) -> Asking:
    return await start_asking(tools, clock, mail_servers)


def a_request(asking: Asking) -> AskForAdvice:
    return AskForAdvice(asking.child.id, asking.service.id, asking.shah.id, AdviceKind.HEALTH, "What helps?")


async def test_the_letter_names_the_reference_and_never_the_child(asking: Asking) -> None:
    await asking.ask()
    (mail,) = asking.mails(asking.shah.email)
    assert mail["Subject"] == f"Advice asked for by Tuesday 14 April (ref {asking.child.reference})"
    assert "Amy Leadworth of Example County Council" in words_of(mail)
    for part in mail.walk():
        words = "" if part.is_multipart() else str(part.get_content())
        assert "Juniper" not in words
        assert "Testwood" not in words


async def test_without_a_person_it_goes_to_the_services_mailbox(asking: Asking) -> None:
    await asking.ask(of_person=False)
    assert len(asking.mails(asking.service.mailbox)) == 1
    assert asking.mails(asking.shah.email) == []


async def test_the_six_weeks_run_from_the_day_the_server_took_it(asking: Asking) -> None:
    asking.clock.move(hours=13, minutes=59, seconds=30)  # 11:59:30pm: the letter goes a minute later, on the 4th
    number = await asking.ask()
    request = await asking.load(number)
    assert request.receipt_basis is ReceiptBasis.ACCEPTED_BY_SERVER
    assert (request.received_on, request.due_on) == (date(2026, 3, 4), DUE + timedelta(days=1))


async def test_before_receipt_is_known_it_is_due_from_the_asking(asking: Asking) -> None:
    number = await asking.ask()
    async with asking.tools.database.begin() as db:
        await db.execute(sa.update(OutboxLetter).values(bounced_at=asking.clock.now()))
    asking.clock.move(days=3)
    await send_request_again(asking.tools, actor_for(asking.worker), SendAgain(number))
    waiting = await asking.load(number)
    assert (waiting.received_on, waiting.receipt_basis, waiting.due_on) == (None, None, DUE)
    await asking.deliver()
    assert (await asking.load(number)).due_on == DUE + timedelta(days=3)


async def test_sent_again_to_another_address_after_it_arrived_moves_no_date(asking: Asking) -> None:
    number = await asking.ask()
    asking.clock.move(days=3)
    await send_request_again(asking.tools, actor_for(asking.worker), SendAgain(number, "Office@NHS.example"))
    await asking.deliver()
    assert len(asking.mails("office@nhs.example")) == 1
    assert (await asking.load(number)).due_on == DUE


async def test_what_was_undone_is_never_sent(asking: Asking) -> None:
    number = await ask_for_advice(asking.tools, actor_for(asking.worker), a_request(asking))
    await undo_request(asking.tools, actor_for(asking.worker), number)
    await asking.deliver()
    assert asking.mails(asking.shah.email) == []
    number = await asking.ask()
    with pytest.raises(Refused, match="gone already"):
        await undo_request(asking.tools, actor_for(asking.worker), number)


async def test_a_service_without_an_address_cant_be_asked(asking: Asking) -> None:
    async with asking.tools.database.begin() as db:
        service = await db.get(type(asking.service), asking.service.id)
        assert service is not None
        service.mailbox = None
    with pytest.raises(InvalidForm, match="no e-mail address"):
        await asking.ask(of_person=False)


async def test_advice_of_a_closed_case_is_not_asked_for(asking: Asking) -> None:
    closed = await a_child(asking.tools, asking.worker, closed_at=asking.clock.now())
    with pytest.raises(Refused, match="closed"):
        await asking.ask(child_id=closed.id)


async def test_an_administrator_may_not_ask(asking: Asking) -> None:
    administrator = await a_user(asking.tools, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        await ask_for_advice(asking.tools, actor_for(administrator), a_request(asking))


async def test_the_journey_from_the_letter_to_the_checked_advice(asking: Asking) -> None:
    number = await asking.ask(of_person=False)
    token = asking.token(asking.service.mailbox)
    upload = check_upload(a_docx(), 50)
    sam = Answerer("Sam Secretary", "EP/44")
    await promise_advice(asking.tools, token, sam, date(2026, 3, 20))
    await send_advice(asking.tools, token, sam, upload)
    await asking.deliver()
    subjects = [mail["Subject"] for mail in asking.mails(asking.service.mailbox)]
    assert subjects[1:] == [
        f"Thank you for your answer (ref {asking.child.reference})",
        f"Thank you: your advice has reached us (ref {asking.child.reference})",
    ]
    actor = actor_for(asking.worker)
    assert [need.is_unchecked for need in await load_advice_needs(asking.tools, actor, asking.worker.id)] == [True]
    missing = CheckAdvice(number, frozenset({AdvicePart.NEEDS}), "How often, and by whom?")
    assert not await check_advice(asking.tools, actor, missing)
    await asking.deliver()
    assert "How often, and by whom?" in words_of(asking.last(asking.service.mailbox))
    assert (await asking.load(number)).due_on == DUE
    await send_advice(asking.tools, asking.token(asking.service.mailbox), sam, check_upload(PDF, 50))
    assert await check_advice(asking.tools, actor, CheckAdvice(number, frozenset(AdvicePart)))
    assert await load_advice_needs(asking.tools, actor, asking.worker.id) == []
    view = await view_request(asking.tools, actor, number)
    assert [document.name.rpartition(".")[2] for document in view.documents] == ["docx", "pdf"]
    assert [line.what for line in view.history if not line.what.startswith("Mail")] == [
        "Asked",
        "On its way",
        "Advice received",
        "Checked: not enough",
        "Advice received",
        "Checked: enough",
    ]


async def test_the_same_press_twice_counts_once(asking: Asking) -> None:
    await asking.ask()
    token = asking.token(asking.shah.email)
    for _ in range(2):
        await send_advice(asking.tools, token, Answerer(), check_upload(PDF, 50))
    async with asking.tools.database.read() as db:
        assert await db.scalar(sa.select(sa.func.count()).select_from(Document)) == 1
        receipts = sa.select(sa.func.count()).where(OutboxLetter.letter == "advice_receipt")
        assert await db.scalar(receipts) == 1


async def test_words_that_somebody_types_never_go_out_by_mail(asking: Asking) -> None:
    await asking.ask()
    token = asking.token(asking.shah.email)
    await refuse_advice(asking.tools, token, Answerer(), Cannot(CannotReason.OTHER, "Juniper has moved away"))
    await redirect_request(asking.tools, token, Answerer(), "whoever sees Juniper now")
    await asking.deliver()
    assert all("Juniper" not in words_of(mail) for mail in asking.mails(asking.shah.email))
    with pytest.raises(InvalidForm) as refused:
        await promise_advice(asking.tools, token, Answerer(None, "Testwood J"), DUE)
    assert list(refused.value.fields) == ["their_reference"]


async def test_advice_by_hand_ends_the_waiting_and_the_link_still_takes_a_better_version(asking: Asking) -> None:
    number = await asking.ask()
    came = AdviceByHand(number, asking.clock.now().date(), "By post", Upload(PDF, "application/pdf"))
    await receive_advice_by_hand(asking.tools, actor_for(asking.worker), came)
    assert (await asking.load(number)).status is AdviceStatus.RECEIVED
    token = asking.token(asking.shah.email)
    with pytest.raises(Refused, match="nothing more to answer"):
        await promise_advice(asking.tools, token, Answerer(), DUE)
    await send_advice(asking.tools, token, Answerer(), check_upload(a_docx(), 50))


async def test_a_withdrawn_request_closes_its_links(asking: Asking) -> None:
    number = await asking.ask()
    token = asking.token(asking.shah.email)
    await withdraw_request(asking.tools, actor_for(asking.worker), number, "Not needed")
    with pytest.raises(LinkExpired, match="withdrawn"):
        await name_child(asking.tools, token, Answerer())
    with pytest.raises(LinkExpired, match="withdrawn"):
        await send_fresh_link(asking.tools, token)


async def test_a_fresh_link_goes_to_the_address_on_file_and_nowhere_else(asking: Asking) -> None:
    number = await asking.ask()
    await send_request_again(asking.tools, actor_for(asking.worker), SendAgain(number, "elsewhere@nhs.example"))
    await asking.deliver()
    token = asking.token("elsewhere@nhs.example")
    asking.clock.move(days=181)
    await send_fresh_link(asking.tools, token)
    await asking.deliver()
    assert len(asking.mails("elsewhere@nhs.example")) == 1
    assert "fresh" in asking.last(asking.shah.email)["Subject"]
    opened = await open_link(asking.tools, asking.token(asking.shah.email))
    assert opened.address == asking.shah.email


async def test_an_unknown_token_opens_nothing(asking: Asking) -> None:
    with pytest.raises(NotFound):
        await open_link(asking.tools, "nobody-was-ever-given-this")
    with pytest.raises(NotFound):
        await send_fresh_link(asking.tools, "nobody-was-ever-given-this")


async def test_every_change_is_in_the_audit_with_what_was(asking: Asking) -> None:
    number = await asking.ask()
    await promise_advice(asking.tools, asking.token(asking.shah.email), Answerer(), DUE)
    async with asking.tools.database.read() as db:
        entries = list(await db.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))
        link = await db.scalar(sa.select(PersonalLink))
    assert [(entry.verb, entry.record_id, entry.child_id) for entry in entries] == [
        ("ask_for_advice", number, asking.child.id),
        ("answer_advice", number, asking.child.id),
    ]
    assert entries[1].actor == f"link:{asking.shah.id}"
    assert link is not None
    assert link.used_at == asking.clock.now()


async def test_what_needs_a_lead_worker_takes_the_same_statements_however_long(asking: Asking) -> None:
    actor = actor_for(asking.worker)
    await asking.ask()
    asking.clock.move(days=60)
    with count_statements(asking.tools.database) as few:
        (need,) = await load_advice_needs(asking.tools, actor, asking.worker.id)
    assert need.days_late == 18
    asking.clock.move(days=-60)
    children = [await a_child(asking.tools, asking.worker) for _ in range(10)]
    for child in children:
        await ask_for_advice(asking.tools, actor, replace(a_request(asking), child_id=child.id))
    asking.clock.move(days=60)
    with count_statements(asking.tools.database) as many:
        assert len(await load_advice_needs(asking.tools, actor, None)) == 11
    assert many.number == few.number
    other = await a_user(asking.tools)
    assert await load_advice_needs(asking.tools, actor_for(other), other.id) == []


async def test_the_page_of_a_request_takes_the_same_statements_however_long_its_history(asking: Asking) -> None:
    actor = actor_for(asking.worker)
    number = await asking.ask()
    with count_statements(asking.tools.database) as short:
        await view_request(asking.tools, actor, number)
    token = asking.token(asking.shah.email)
    for day in range(4, 20):
        await promise_advice(asking.tools, token, Answerer(), date(2026, 3, day))
    with count_statements(asking.tools.database) as long:
        assert len((await view_request(asking.tools, actor, number)).history) > 30
    assert long.number == short.number


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "application/pdf"),
        (PNG, "image/png"),
        (a_docx(), DOCX),
        (packed({"mimetype": ODT, "content.xml": "<x/>"}), ODT),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(50) + b"\xff\xd9", "image/jpeg"),
    ],
)
def test_a_file_is_known_by_what_is_in_it(content: bytes, kind: str) -> None:
    assert check_upload(content, 1) == Upload(content, kind)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"%PDF-1.7" + bytes(1024 * 1024), "larger than 1 MB"),
        (packed({"xl/workbook.xml": "<x/>", "[Content_Types].xml": "<x/>"}), "can’t read this kind"),
        (packed({"word/document.xml": "", "[Content_Types].xml": "", "word/vbaProject.bin": ""}), "can’t read"),
        (packed({"mimetype": ODT, "content.xml": "", "encrypted-package": ""}), "has a password"),
        (packed({"holiday.jpg": "not one"}), "can’t read this kind"),
        (a_docx()[:-30], "damaged"),
        (b"hello", "can’t read this kind"),
    ],
)
def test_a_file_that_cant_be_kept_is_refused_with_what_to_do(content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidForm, match=sentence):
        check_upload(content, 1)


def test_a_bomb_is_never_unpacked() -> None:
    bomb = packed({"[Content_Types].xml": "", "word/document.xml": "0" * 200_000_000})
    assert len(bomb) < 1024 * 1024
    assert check_upload(bomb, 1).content_type == DOCX
