"""Mail about a request for advice in the browser: a document from a stranger, and our letters word for word."""

from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from coord_service.domain.people import Role
from coord_service.operations.inbound import judge_mail
from coord_service.operations.keeping_mail import DeliveredMail, keep_delivered
from coord_service.operations.passwords import ask_for_reset
from coord_service.storage.tables import AdviceRequest, InboundMail, OutboxLetter, User
from tests.advice_requests import PDF
from tests.builders import a_child, a_service
from tests.operations.attendee_mail import OURS, VOUCHED


@pytest.fixture
async def worker(sign_in, tools):
    """A lead worker's browser, once a service was asked for advice about a child."""
    browser = await sign_in(Role.LEAD_WORKER)
    async with tools.database.read() as db:
        user = await db.scalar(sa.select(User))
    child = await a_child(tools, user)
    service = await a_service(tools, "Physiotherapy", mailbox="physio@nhs.example")
    await browser.post(
        "ask_for_advice", {"kind": "c", "service_id": str(service.id), "person_id": ""}, child_id=child.id
    )
    return browser


async def one(tools, column, *where):
    async with tools.database.read() as db:
        return await db.scalar(sa.select(column).where(*where).order_by(column.desc()).limit(1))


async def a_reply_with_a_document(tools) -> int:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "sol@elsewhere.example", OURS, "The report"
    mail["In-Reply-To"] = await one(tools, OutboxLetter.message_id, OutboxLetter.letter == "ask_advice")
    mail.set_content("Here it is.")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="report.pdf")
    await keep_delivered(tools, DeliveredMail("inbox", (OURS,), VOUCHED + mail.as_bytes()))
    await judge_mail(tools)
    return await one(tools, InboundMail.id)


async def test_a_strangers_document_is_kept_by_one_press(worker, tools):
    mail_id = await a_reply_with_a_document(tools)
    page = await worker.get("show_mail", mail_id=mail_id)
    assert "sol@elsewhere.example, who was not asked" in page.text
    assert "It brings 1 file that can be kept." in page.text
    page = await worker.post("keep_document", {}, seen=f"/mails/{mail_id}", mail_id=mail_id)
    assert "The document is kept with the request." in page.body
    assert "The advice is here: will it do?" in page.text


async def test_a_mail_with_a_document_can_be_put_aside(worker, tools):
    mail_id = await a_reply_with_a_document(tools)
    page = await worker.post("mark_mail_read", {}, seen=f"/mails/{mail_id}", mail_id=mail_id)
    assert "Noted as read." in page.body
    assert await one(tools, AdviceRequest.status) == "open"


async def test_a_letter_about_a_request_can_be_read_word_for_word(worker, tools):
    letter_id = await one(tools, OutboxLetter.id, OutboxLetter.letter == "ask_advice")
    request_id = await one(tools, AdviceRequest.id)
    assert f"/letters/{letter_id}" in (await worker.get("show_advice_request", request_id=request_id)).links().values()
    page = await worker.get("show_letter", letter_id=letter_id)
    assert "Back to the request" in page.body
    assert "SEND Regulations 2014" in page.text


async def test_a_letter_that_lets_somebody_sign_in_is_nobody_elses_to_read(worker, tools):
    await ask_for_reset(tools, f"{Role.LEAD_WORKER.value}@example.org")
    letter_id = await one(tools, OutboxLetter.id, OutboxLetter.letter == "reset_password")
    assert letter_id
    assert (await worker.client.get(f"/letters/{letter_id}")).status == 404
