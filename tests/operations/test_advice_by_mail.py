"""A reply with the document attached: from whoever was asked it is the advice, from others somebody decides."""

from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from coord_service.clock import day_in_london
from coord_service.domain.advice import AdviceStatus
from coord_service.domain.decisions import Decision
from coord_service.errors import ChangedMeanwhile, Refused
from coord_service.operations import advice_by_mail
from coord_service.operations.advice import withdraw_request
from coord_service.operations.advice_page import view_request
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.documents import download_document
from coord_service.operations.inbound import judge_mail
from coord_service.operations.keeping_mail import DeliveredMail, keep_delivered
from coord_service.storage.tables import AdviceEvent, InboundMail
from tests.advice_requests import PDF, PNG, Asking, a_docx, start_asking, words_of
from tests.builders import a_person, actor_for
from tests.operations.attendee_mail import OURS, VOUCHED

LOCKED = PDF.replace(b"endobj", b"/Encrypt 5 0 R endobj")


@pytest.fixture
async def asking(tools, clock, mail_servers) -> Asking:
    return await start_asking(tools, clock, mail_servers)


def reply(asked: EmailMessage, sender: str, *files: tuple[bytes, str], words: str = "Here it is.") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, OURS, f"Re: {asked['Subject']}"
    mail["In-Reply-To"], mail["Message-ID"] = asked["Message-ID"], "<reply-1@nhs.example>"
    mail.set_content(words)
    for number, (content, kind) in enumerate(files):
        main, sub = kind.split("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=f"Juniper Testwood {number}.pdf")
    return mail


async def judged(asking: Asking, mail: EmailMessage, vouched: bytes = VOUCHED, left_out: int = 0) -> InboundMail:
    await keep_delivered(asking.tools, DeliveredMail("inbox", (OURS,), vouched + mail.as_bytes()))
    if left_out:
        async with asking.tools.database.begin() as db:
            await db.execute(sa.update(InboundMail).values(left_out=left_out))
    await judge_mail(asking.tools)
    async with asking.tools.database.read() as db:
        found = await db.scalar(sa.select(InboundMail).order_by(InboundMail.id.desc()).limit(1))
    assert found is not None
    return found


async def view(asking: Asking, number: int):
    return await view_request(asking.tools, actor_for(asking.worker), number)


async def test_a_reply_with_the_advice_attached_is_the_advice(asking):
    number = await asking.ask()
    mail = await judged(asking, reply(asking.last(asking.shah.email), asking.shah.email, (PDF, "application/pdf")))
    assert (mail.verdict, mail.why, mail.needs_decision) == ("applied", advice_by_mail.KEPT, False)
    seen = await view(asking, number)
    assert seen.request.status is AdviceStatus.RECEIVED
    assert seen.is_unchecked
    [document] = seen.documents
    assert document.name == f"{asking.child.reference}-advice-d-{number}-1.pdf"
    assert (await download_document(asking.tools, actor_for(asking.worker), document.id)).content == PDF
    assert [each.by for each in seen.history if each.what == "Advice received"] == [asking.shah.email]


async def test_whoever_sent_it_is_thanked_and_nobody_is_named(asking):
    await asking.ask()
    await judged(asking, reply(asking.last(asking.shah.email), asking.shah.email, (PDF, "application/pdf")))
    await asking.deliver()
    thanks = asking.last(asking.shah.email)
    assert thanks["Subject"].startswith("Thank you: your advice has reached us")
    assert "Juniper" not in words_of(thanks)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(a_docx(), "application/octet-stream"), (PDF, "image/png")],
)
async def test_a_document_is_known_by_what_is_in_it(asking, content, kind):
    number = await asking.ask()
    await judged(asking, reply(asking.last(asking.shah.email), asking.shah.email, (content, kind)))
    assert len((await view(asking, number)).documents) == 1


async def test_a_colleague_of_the_service_may_send_it(asking):
    number = await asking.ask()
    await a_person(asking.tools, "Mo Colleague", email="mo@nhs.example", service_id=asking.service.id)
    mail = await judged(asking, reply(asking.last(asking.shah.email), "Mo@NHS.example", (PDF, "application/pdf")))
    assert mail.verdict == "applied"
    assert (await asking.load(number)).status is AdviceStatus.RECEIVED


async def test_the_same_mail_a_second_time_brings_nothing_new(asking):
    number = await asking.ask()
    asked = asking.last(asking.shah.email)
    await judged(asking, reply(asked, asking.shah.email, (PDF, "application/pdf")))
    again = reply(asked, asking.shah.email, (PDF, "application/pdf"), words="Did you get it?")
    mail = await judged(asking, again)
    assert (mail.verdict, mail.why) == ("noted", advice_by_mail.KNOWN)
    assert len((await view(asking, number)).documents) == 1


async def test_a_second_document_is_kept_beside_the_first(asking):
    number = await asking.ask()
    asked = asking.last(asking.shah.email)
    await judged(asking, reply(asked, asking.shah.email, (PDF, "application/pdf")))
    await judged(asking, reply(asked, asking.shah.email, (a_docx(), "application/octet-stream")))
    assert len((await view(asking, number)).documents) == 2


async def test_a_stranger_s_document_waits_and_is_kept_by_one_press(asking):
    number = await asking.ask()
    mail = await judged(
        asking, reply(asking.last(asking.shah.email), "sol@elsewhere.example", (PDF, "application/pdf"))
    )
    assert (mail.verdict, mail.needs_decision) == ("held", True)
    assert mail.why == advice_by_mail.STRANGER.format(sender="sol@elsewhere.example")
    assert (await asking.load(number)).status is AdviceStatus.OPEN
    actor = actor_for(asking.worker)
    await decide_mail(asking.tools, actor, DecideMail(mail.id, Decision.KEEP_DOCUMENT))
    seen = await view(asking, number)
    assert (seen.request.status, len(seen.documents)) == (AdviceStatus.RECEIVED, 1)
    with pytest.raises(ChangedMeanwhile):
        await decide_mail(asking.tools, actor, DecideMail(mail.id, Decision.KEEP_DOCUMENT))


async def test_a_mail_that_may_be_somebody_else_s_waits(asking):
    number = await asking.ask()
    mail = reply(asking.last(asking.shah.email), asking.shah.email, (PDF, "application/pdf"))
    held = await judged(asking, mail, vouched=VOUCHED.replace(b"dmarc=pass", b"dmarc=fail"))
    assert (held.verdict, held.why) == ("held", advice_by_mail.DOUBTED.format(sender=asking.shah.email))
    assert (await asking.load(number)).status is AdviceStatus.OPEN


async def test_a_document_for_a_request_that_is_over_waits_and_can_not_be_kept(asking):
    number = await asking.ask()
    asked = asking.last(asking.shah.email)
    actor = actor_for(asking.worker)
    await withdraw_request(asking.tools, actor, number, "No longer needed")
    mail = await judged(asking, reply(asked, asking.shah.email, (PDF, "application/pdf")))
    assert (mail.verdict, mail.why) == ("held", advice_by_mail.OVER)
    with pytest.raises(Refused, match="Nothing is asked for any more"):
        await decide_mail(asking.tools, actor, DecideMail(mail.id, Decision.KEEP_DOCUMENT))


@pytest.mark.parametrize(
    ("content", "said"), [(LOCKED, "has a password"), (b"MZ\x90\0 a program", "can\u2019t read this kind of file")]
)
async def test_a_file_that_can_not_be_kept_waits_with_the_reason(asking, content, said):
    number = await asking.ask()
    mail = await judged(asking, reply(asking.last(asking.shah.email), asking.shah.email, (content, "application/pdf")))
    assert (mail.verdict, mail.needs_decision) == ("held", True)
    assert said in (mail.why or "")
    assert (await view(asking, number)).documents == []


async def test_words_and_the_logo_beneath_them_are_no_advice(asking):
    await asking.ask()
    mail = reply(asking.last(asking.shah.email), asking.shah.email, words="I am working on it.")
    mail.add_related(PNG, maintype="image", subtype="png", cid="<logo@nhs.example>")
    held = await judged(asking, mail)
    assert (held.verdict, held.why) == ("held", "They answered in words. Read it and decide what it means.")


@pytest.mark.parametrize("disposition", ["inline", "attachment"])
async def test_pictures_alone_wait_for_somebody_to_look(asking, disposition):
    """A refusal with a logo beneath it must end no chase; a photographed report must not be lost."""
    number = await asking.ask()
    mail = reply(asking.last(asking.shah.email), asking.shah.email, words="I can\u2019t do this: I left the service.")
    mail.add_attachment(PNG, maintype="image", subtype="png", disposition=disposition)
    held = await judged(asking, mail)
    assert (held.verdict, held.why) == ("held", advice_by_mail.PICTURES)
    assert (await asking.load(number)).status is AdviceStatus.OPEN
    await decide_mail(asking.tools, actor_for(asking.worker), DecideMail(held.id, Decision.KEEP_DOCUMENT))
    assert len((await view(asking, number)).documents) == 1


async def test_a_picture_beside_a_document_is_kept_unless_it_is_only_a_logo(asking):
    number = await asking.ask()
    mail = reply(asking.last(asking.shah.email), asking.shah.email, (PDF, "application/pdf"))
    mail.add_attachment(PNG, maintype="image", subtype="png", cid="<page2@gmail>", filename="page2.png")
    mail.add_attachment(PNG + b"logo", maintype="image", subtype="png", disposition="inline")
    assert (await judged(asking, mail)).verdict == "applied"
    assert [each.content_type for each in (await view(asking, number)).documents] == ["application/pdf", "image/png"]


async def test_what_could_not_be_kept_beside_the_advice_is_said_to_both_sides(asking):
    await asking.ask()
    mail = reply(
        asking.last(asking.shah.email), asking.shah.email, (PDF, "application/pdf"), (LOCKED, "application/pdf")
    )
    kept = await judged(asking, mail)
    assert "1 of its files could not be kept. This PDF has a password" in (kept.why or "")
    await asking.deliver()
    assert "This PDF has a password" in words_of(asking.last(asking.shah.email))


async def test_a_further_document_does_not_move_the_day_on_which_the_advice_came(asking):
    number = await asking.ask()
    asked = asking.last(asking.shah.email)
    await judged(asking, reply(asked, asking.shah.email, (PDF, "application/pdf")))
    first = (await asking.load(number)).ended_at
    assert first is not None
    asking.clock.move(days=60)
    await judged(asking, reply(asked, asking.shah.email, (a_docx(), "application/octet-stream")))
    seen = await view(asking, number)
    assert (seen.request.ended_at, len(seen.documents)) == (first, 2)
    async with asking.tools.database.read() as db:
        said = (await db.scalars(sa.select(AdviceEvent.details).where(AdviceEvent.what == "received"))).all()
    assert list(said) == [{}, {"on": day_in_london(first).isoformat()}]


async def test_an_automatic_reply_with_a_file_is_no_advice(asking):
    number = await asking.ask()
    mail = reply(asking.last(asking.shah.email), asking.shah.email, (PDF, "application/pdf"))
    mail["Auto-Submitted"] = "auto-replied"
    assert (await judged(asking, mail)).verdict == "noted"
    assert (await asking.load(number)).status is AdviceStatus.OPEN


async def test_a_mail_that_was_cut_off_is_never_kept_in_part(asking):
    number = await asking.ask()
    mail = reply(asking.last(asking.shah.email), asking.shah.email, (PDF, "application/pdf"))
    held = await judged(asking, mail, left_out=4_000_000)
    assert held.why.startswith(advice_by_mail.CUT_OFF)
    assert (await view(asking, number)).documents == []
