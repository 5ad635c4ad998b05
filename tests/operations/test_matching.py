"""What a message is about where its signs disagree: first its UID, then the bounce address, then what it answers.

Dr Shah is invited to two meetings, ``first`` and ``second``; each test mixes the signs of both.
"""

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from coord_service.domain.decisions import Decision
from coord_service.domain.meetings import Answer
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.inbound import judge_mail
from coord_service.operations.judging import IN_WORDS, OTHER_MEETING
from coord_service.operations.keeping_mail import DeliveredMail, keep_delivered
from coord_service.operations.meeting_page import MeetingView
from coord_service.storage.tables import InboundMail, OutboxLetter
from tests.builders import actor_for
from tests.operations.attendee_mail import VOUCHED, Reply, write_bounce, write_reply, write_words
from tests.operations.test_inbound import Conversation, talk

__all__ = ["talk"]
UNKNOWN_BOUNCE = "bounces+00000000000000000000000000000000@example.org"


@dataclass(frozen=True)
class Booked:
    """A meeting of Dr Shah's, and how the letter about it is known."""

    id: int
    invitation: EmailMessage
    letter_id: int
    bounce_address: str


@pytest.fixture
async def both(talk: Conversation) -> tuple[Booked, Booked]:
    first = await booked(talk)
    later = (await talk.view()).meeting.starts_at + timedelta(days=1)
    await talk.book(talk.shah, starts_at=later, ends_at=later + timedelta(hours=1))
    return first, await booked(talk)


async def booked(talk: Conversation) -> Booked:
    letter = next(e.latest for e in (await talk.view()).invitations if e.attendee.person_id == talk.shah.id)
    assert letter is not None
    return Booked(talk.meeting_id, talk.invitation, letter.id, letter.envelope_from)


async def judged(talk: Conversation, mail: EmailMessage, to: Sequence[str] = ()) -> InboundMail:
    """The mail after it was handed over for these addresses, and judged."""
    envelope = tuple(to) or (talk.servers.user,)
    await keep_delivered(talk.tools, DeliveredMail(talk.address, envelope, VOUCHED + mail.as_bytes()))
    await judge_mail(talk.tools)
    async with talk.tools.database.read() as db:
        kept = await db.scalar(sa.select(InboundMail).order_by(InboundMail.id.desc()).limit(1))
    assert kept is not None
    return kept


def matched_by(mail: InboundMail) -> str:
    return str((mail.evidence or {})["matched_by"])


def accepting(talk: Conversation, meeting: Booked, **headers: str) -> EmailMessage:
    mail = write_reply(Reply(meeting.invitation, "ACCEPTED", talk.address, talk.clock.now()))
    return with_headers(mail, **headers)


def with_headers(mail: EmailMessage, **headers: str) -> EmailMessage:
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    return mail


def with_another_uid(mail: EmailMessage) -> EmailMessage:
    """The answer to an invitation of somebody else's, sent to us by mistake."""
    part = next(each for each in mail.walk() if each.get_content_type() == "text/calendar")
    lines = str(part.get_content()).splitlines()
    changed = ["UID:somebody-else@elsewhere.example" if line.startswith("UID:") else line for line in lines]
    part.set_content("\r\n".join(changed), subtype="calendar", params={"method": "REPLY"})
    return mail


async def view_of(talk: Conversation, meeting: Booked) -> MeetingView:
    talk.meeting_id = meeting.id
    return await talk.view()


Both = tuple[Booked, Booked]


async def test_the_uid_outweighs_a_bounce_address_and_references_of_another_meeting(
    talk: Conversation, both: Both
) -> None:
    first, second = both
    other = str(second.invitation["Message-ID"])
    mail = accepting(talk, first, In_Reply_To=other, References=other)
    found = await judged(talk, mail, [second.bounce_address])
    assert (found.meeting_id, matched_by(found), found.verdict) == (first.id, "uid", "applied")
    assert talk.answer_in(await view_of(talk, first)) is Answer.ACCEPTED
    assert talk.answer_in(await view_of(talk, second)) is Answer.NEEDS_ACTION


async def test_an_answer_with_another_uid_is_held_though_it_came_to_our_bounce_address(
    talk: Conversation, both: Both
) -> None:
    first, _ = both
    found = await judged(talk, with_another_uid(accepting(talk, first)), [first.bounce_address])
    assert (matched_by(found), found.verdict, found.why) == ("bounce_address", "held", OTHER_MEETING)
    assert talk.answer_in(await view_of(talk, first)) is Answer.NEEDS_ACTION


async def test_an_answer_with_another_uid_is_held_though_it_answers_our_letter(talk: Conversation, both: Both) -> None:
    first, _ = both
    mail = with_another_uid(accepting(talk, first, In_Reply_To=str(first.invitation["Message-ID"])))
    found = await judged(talk, mail)
    assert (matched_by(found), found.verdict, found.why) == ("references", "held", OTHER_MEETING)
    assert talk.answer_in(await view_of(talk, first)) is Answer.NEEDS_ACTION
    await decide_mail(talk.tools, actor_for(talk.worker), DecideMail(found.id, Decision.ANSWER, Answer.ACCEPTED))
    assert talk.answer_in(await view_of(talk, first)) is Answer.ACCEPTED


async def test_a_calendar_in_answer_to_a_letter_about_no_meeting_is_read_by_somebody(
    talk: Conversation, both: Both
) -> None:
    first, _ = both
    async with talk.tools.database.begin() as db:
        letter = await db.get_one(OutboxLetter, first.letter_id)
        letter.meeting_id = letter.attendee_id = None  # as a letter that asks for advice
    found = await judged(talk, with_another_uid(accepting(talk, first)), [first.bounce_address])
    assert (found.meeting_id, found.verdict, found.why) == (None, "held", OTHER_MEETING)


async def test_an_answer_with_another_uid_and_no_sign_of_ours_waits_for_everybody(
    talk: Conversation, both: Both
) -> None:
    found = await judged(talk, with_another_uid(accepting(talk, both[0])))
    assert (found.meeting_id, matched_by(found), found.verdict) == (None, "", "held")
    assert found.why == "It belongs to no meeting, request or action that we know."


async def test_words_belong_to_the_bounce_address_they_came_to_rather_than_to_what_they_answer(
    talk: Conversation, both: Both
) -> None:
    first, second = both
    mail = write_words(talk.address, "Is there parking?", answering=second.invitation)
    found = await judged(talk, mail, [first.bounce_address])
    assert (found.meeting_id, matched_by(found), found.verdict, found.why) == (
        first.id, "bounce_address", "held", IN_WORDS
    )  # fmt: skip


async def test_words_to_a_bounce_address_that_is_none_of_ours_belong_to_what_they_answer(
    talk: Conversation, both: Both
) -> None:
    mail = write_words(talk.address, "Is there parking?", answering=both[0].invitation)
    found = await judged(talk, mail, [UNKNOWN_BOUNCE])
    assert (found.meeting_id, matched_by(found), found.why) == (both[0].id, "references", IN_WORDS)


async def test_what_a_mail_answers_outweighs_what_the_thread_began_with(talk: Conversation, both: Both) -> None:
    first, second = both
    thread = f"{second.invitation['Message-ID']} <forwarded@elsewhere.example>"
    mail = with_headers(write_words(talk.address, "Is there parking?", first.invitation), References=thread)
    found = await judged(talk, mail)
    assert (found.meeting_id, matched_by(found), found.why) == (first.id, "references", IN_WORDS)


async def test_a_thread_whose_last_mail_is_not_ours_belongs_to_our_newest_letter_in_it(
    talk: Conversation, both: Both
) -> None:
    first, second = both
    thread = f"{first.invitation['Message-ID']} {second.invitation['Message-ID']} <theirs@elsewhere.example>"
    mail = with_headers(
        write_words(talk.address, "Is there parking?"), In_Reply_To="<theirs@elsewhere.example>", References=thread
    )
    found = await judged(talk, mail)
    assert (found.meeting_id, matched_by(found), found.why) == (second.id, "references", IN_WORDS)


async def bounced(talk: Conversation) -> list[int]:
    async with talk.tools.database.read() as db:
        return list(await db.scalars(sa.select(OutboxLetter.id).where(OutboxLetter.bounced_at.is_not(None))))


def naming(bounce: EmailMessage, message_id: str) -> EmailMessage:
    """The report with the returned headers of a letter (RFC 3464 §2: text/rfc822-headers)."""
    return with_part(bounce, "text/rfc822-headers", f"Message-ID: {message_id}")


def with_part(report: EmailMessage, content_type: str, content: str) -> EmailMessage:
    """The report with one part more."""
    part = f"--b\r\nContent-Type: {content_type}\r\n\r\n{content}\r\n--b--"
    return email.message_from_string(report.as_string().replace("--b--", part), policy=email.policy.SMTP)


async def test_a_report_belongs_to_its_bounce_address_rather_than_to_the_letter_that_it_returns(
    talk: Conversation, both: Both
) -> None:
    first, second = both
    report = naming(write_bounce(first.invitation, first.bounce_address), str(second.invitation["Message-ID"]))
    found = await judged(talk, report, [first.bounce_address])
    assert (found.meeting_id, matched_by(found), found.verdict) == (first.id, "bounce_address", "noted")
    assert await bounced(talk) == [first.letter_id]


async def test_a_report_to_our_mailbox_belongs_to_the_letter_that_it_returns_rather_than_to_what_it_answers(
    talk: Conversation, both: Both
) -> None:
    first, second = both
    report = naming(write_bounce(first.invitation, talk.servers.user), str(second.invitation["Message-ID"]))
    report = with_headers(report, In_Reply_To=str(first.invitation["Message-ID"]))
    found = await judged(talk, report)
    assert (found.meeting_id, matched_by(found), found.verdict) == (second.id, "references", "noted")
    assert await bounced(talk) == [second.letter_id]


async def test_a_report_that_returns_our_invitation_is_no_answer_to_its_uid(talk: Conversation, both: Both) -> None:
    first, second = both
    calendar = next(each for each in second.invitation.walk() if each.get_content_type() == "text/calendar")
    bounce = write_bounce(first.invitation, first.bounce_address)
    report = with_part(bounce, "text/calendar; method=REQUEST", str(calendar.get_content()))
    found = await judged(talk, report, [first.bounce_address])
    assert (found.kind, found.meeting_id, matched_by(found)) == ("bounce", first.id, "bounce_address")
    assert talk.answer_in(await view_of(talk, second)) is Answer.NEEDS_ACTION


async def test_a_report_about_nothing_of_ours_is_noted_and_touches_no_letter(talk: Conversation, both: Both) -> None:
    report = naming(write_bounce(both[0].invitation, UNKNOWN_BOUNCE), "<unknown@elsewhere.example>")
    found = await judged(talk, report, [UNKNOWN_BOUNCE])
    assert (matched_by(found), found.why) == ("", "A delivery report about a letter that is not ours.")
    assert await bounced(talk) == []


async def test_an_automatic_reply_is_shown_with_the_letter_whose_bounce_address_it_came_to(
    talk: Conversation, both: Both
) -> None:
    first, second = both
    mail = with_headers(
        write_words(talk.address, "I am away.", second.invitation), Auto_Submitted="auto-replied (vacation)"
    )
    found = await judged(talk, mail, [first.bounce_address])
    assert (found.meeting_id, matched_by(found), found.verdict) == (first.id, "bounce_address", "noted")
    assert found.why == "An automatic reply: they may be away. It is no answer."


async def test_the_second_of_two_bounce_addresses_is_seen_where_the_first_is_unknown(
    talk: Conversation, both: Both
) -> None:
    found = await judged(talk, write_words(talk.address, "Hello"), [UNKNOWN_BOUNCE, both[1].bounce_address])
    assert (found.meeting_id, matched_by(found)) == (both[1].id, "bounce_address")
