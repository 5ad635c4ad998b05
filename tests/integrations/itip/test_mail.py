"""Incoming mail: iMIP, bounces, automatic replies, what people write (ITIP.md §2.1, §2.4, §2.10)."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from coord_service.domain.itip import Authentication, FailedDelivery, Kind, Message
from integrations.itip import read_mail
from tests.invitations import SHAH

REPLY = (
    "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:m1\r\nSUMMARY:Zoë\r\n"
    f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{SHAH}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
REQUEST = REPLY.replace("REPLY", "REQUEST")


def mail(text: str = "Yes", **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": f"Dr Shah <{SHAH}>", "To": "meetings@coord.example", **headers}.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def read(message: EmailMessage, **more: str) -> Message:
    return read_mail(message.as_bytes(), **more)


# iMIP in any shape


def test_nested_as_outlook_sends_it() -> None:
    message = mail()
    message.add_alternative(REPLY, subtype="calendar", params={"method": "REPLY"})
    message.add_attachment(b"logo", maintype="image", subtype="png")
    found = read(message)
    assert (found.kind, found.uid, found.sender, found.sender_name) == (Kind.REPLY, "m1", SHAH, "Dr Shah")
    assert found.text == "Yes"


def test_flat_with_the_calendar_as_the_whole_mail() -> None:
    message = mail()
    message.set_content(REPLY, subtype="calendar", cte="base64")
    assert read(message).kind is Kind.REPLY


@pytest.mark.parametrize(
    ("kind", "name"), [("application/ics", "invite.ics"), ("application/octet-stream", "INVITE.ICS")]
)
def test_as_an_attachment_alone(kind: str, name: str) -> None:
    message = mail()
    main, sub = kind.split("/")
    message.add_attachment(REPLY.encode(), maintype=main, subtype=sub, filename=name)
    assert read(message).kind is Kind.REPLY


def test_method_in_the_mime_header_alone() -> None:
    message = mail()
    message.add_alternative(REPLY.replace("METHOD:REPLY\r\n", ""), subtype="calendar", params={"method": "reply"})
    assert read(message).kind is Kind.REPLY


def test_a_wrong_charset_and_a_wrong_transfer_encoding() -> None:
    raw = f"From: {SHAH}\r\nContent-Type: text/calendar; charset=us-ascii; method=REPLY\r\n"
    assert read_mail(f"{raw}\r\n{REPLY}".encode()).answers[0].summary == "Zoë"
    assert read_mail(f"{raw}Content-Transfer-Encoding: base64\r\n\r\n{REPLY}".encode()).kind is Kind.REPLY


def test_method_at_odds_between_header_and_body_is_a_problem() -> None:
    """DESIGN §5."""
    message = mail()
    message.add_alternative(REPLY, subtype="calendar", params={"method": "REQUEST"})
    assert "METHOD is REPLY in the calendar and REQUEST" in read(message).problems[0]


def test_a_forwarded_mail_does_not_speak_for_itself() -> None:
    """What a mail encloses is somebody else's word."""
    inner = mail()
    inner.add_alternative(REPLY, subtype="calendar", params={"method": "REPLY"})
    outer = mail("See below")
    outer.add_attachment(inner)
    assert (read(outer).kind, read(outer).answers) == (Kind.OTHER, ())


def test_winmail_dat_is_named() -> None:
    message = mail()
    message.add_attachment(b"x", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert "winmail.dat" in read(message).problems[0]


def test_the_headers_that_match_a_mail_to_what_it_answers() -> None:
    message = mail(Message_ID="<own@x>", In_Reply_To="<a@coord>", References="<z@coord> <a@coord>",
                   Date="Tue, 03 Mar 2026 10:00:00 +0100", Subject="=?utf-8?q?Zo=C3=AB?=",
                   Delivered_To="b+77@coord.example")  # fmt: skip
    found = read(message)
    assert (found.message_id, found.in_reply_to) == ("<own@x>", "<a@coord>")
    assert found.references == ("<z@coord>", "<a@coord>")
    assert (found.subject, found.sent_at) == ("Zoë", datetime(2026, 3, 3, 9, tzinfo=UTC))
    assert "b+77@coord.example" in found.recipients


# Authentication-Results: RFC 8601


@pytest.mark.parametrize(("results", "verdict"), [
    ("mx.coord.example; dmarc=pass header.from=nhs.example", Authentication.PASSED),
    ("mx.coord.example; spf=pass; dkim=pass header.d=nhs.example", Authentication.PASSED),
    ("mx.coord.example; dkim=pass header.d=evil.example; dmarc=fail (p=reject)", Authentication.FAILED),
    ("mx.coord.example; dmarc=none; spf=none", Authentication.UNKNOWN),
    ("mx.coord.example; dkim=fail; spf=softfail", Authentication.FAILED),
    ("mx.coord.example; dkim=pass header.d=evil.example", Authentication.UNKNOWN),
    ("mx.coord.example; none (dmarc=fail)", Authentication.UNKNOWN),
])  # fmt: skip
def test_the_mail_server_s_verdict(results: str, verdict: Authentication) -> None:
    assert read(mail(Authentication_Results=results)).authentication is verdict


def test_only_our_own_server_is_believed_when_it_is_named() -> None:
    """RFC 8601 §5: anyone can write this header."""
    forged = mail(Authentication_Results="evil.example; dmarc=pass")
    assert read(forged, authserv="mx.coord.example").authentication is Authentication.UNKNOWN
    own = mail(Authentication_Results="MX.coord.example 1; dmarc=fail")
    assert read(own, authserv="mx.coord.example").authentication is Authentication.FAILED
    both = own.as_bytes().replace(b"From:", b"Authentication-Results: evil.example; dmarc=pass\nFrom:", 1)
    assert read_mail(both).authentication is Authentication.FAILED


def test_a_server_that_writes_its_word_into_every_mail_is_missed_where_it_did_not() -> None:
    """RFC 8601 §5: what came round our server's checks was checked by nobody."""
    ours = {"authserv": "mx.coord.example", "must_vouch": True}
    for unsaid in (mail(), mail(Authentication_Results="evil.example; dmarc=pass")):
        assert read_mail(unsaid.as_bytes(), **ours).authentication is Authentication.MISSING
    undecided = mail(Authentication_Results="mx.coord.example; dmarc=none")
    assert read_mail(undecided.as_bytes(), **ours).authentication is Authentication.UNKNOWN


# Bounces: RFC 3464


def report(action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; Shah@nhs.example\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        "Message-ID: <row-7@coord.example>\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n"
        f"{REQUEST}\r\n--b--\r\n"
    ).encode()


def test_a_bounce_says_who_why_and_which_mail_and_never_what_it_encloses() -> None:
    found = read_mail(report())
    assert (found.kind, found.answers) == (Kind.BOUNCE, ())
    assert found.failures == (FailedDelivery(SHAH, "failed", "5.1.1", "smtp; 550 no such user"),)
    assert found.original_message_id == "<row-7@coord.example>"
    assert found.failures[0].is_final


def test_a_delay_is_no_failure() -> None:
    (found,) = read_mail(report("delayed", "4.4.1")).failures
    assert (found.action, found.status, found.is_final) == ("delayed", "4.4.1", False)


def test_a_bounce_without_a_report_part() -> None:
    """About half in the wild; Exim, qmail, Postfix in words."""
    exim = mail(
        f"It could not be delivered:\n\n  {SHAH}\n    550 5.1.1 unknown\n\nMessage-ID: <row-7@coord.example>\n",
        From="Mail Delivery System <Mailer-Daemon@mx.example>",
        Subject="Mail delivery failed",
        X_Failed_Recipients=SHAH,
    )
    found = read(exim)
    assert (found.kind, [each.recipient for each in found.failures]) == (Kind.BOUNCE, [SHAH])
    assert found.original_message_id == "<row-7@coord.example>"
    qmail = mail(
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message.\n\n"
        f"<{SHAH}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy\n",
        From="MAILER-DAEMON@mx.example",
        Subject="failure notice",
    )
    assert [(each.recipient, each.status) for each in read(qmail).failures] == [(SHAH, "5.1.1")]


def test_a_bounce_that_names_nobody_is_still_one() -> None:
    found = read(mail("It did not work.", From="postmaster@mx.example", Subject="Undeliverable: Team meeting"))
    assert (found.kind, found.failures) == (Kind.BOUNCE, ())


def test_a_person_who_writes_about_a_bounce_is_a_person() -> None:
    found = read(mail("Your mail to <bo@x.example> was undeliverable", Subject="Undeliverable?"))
    assert found.kind is Kind.OTHER


# Automatic replies: RFC 3834


@pytest.mark.parametrize("headers", [
    {"Auto_Submitted": "auto-replied (vacation)"}, {"Auto_Submitted": "auto-generated"}, {"Precedence": "auto_reply"},
    {"Subject": "Automatic reply: Team meeting"}, {"Subject": "Out of office"}, {"Return_Path": "<>"},
    {"X_Autoreply": "yes"},
])  # fmt: skip
def test_an_automatic_reply(headers: dict[str, str]) -> None:
    assert read(mail("I am away", **headers)).kind is Kind.AUTO_REPLY


def test_a_calendar_s_automatic_answer_is_an_answer() -> None:
    """A room's mailbox accepts by itself and says Auto-Submitted."""
    message = mail(Auto_Submitted="auto-generated")
    message.add_alternative(REPLY, subtype="calendar", params={"method": "REPLY"})
    assert read(message).kind is Kind.REPLY


def test_auto_submitted_no_is_a_person() -> None:
    assert read(mail(Auto_Submitted="no")).kind is Kind.OTHER


# What people write


def test_the_newest_words_without_what_they_quote() -> None:
    text = (
        "Sorry, I can't make it.\n\nOn Tue, 3 Mar 2026 at 10:00, Lead Worker <m@coord.example> wrote:\n> Please come\n"
    )
    found = read(mail(text))
    assert (found.kind, found.text) == (Kind.OTHER, "Sorry, I can't make it.")


def test_the_text_of_a_mail_in_html() -> None:
    message = mail()
    message.set_content("<style>p{}</style><p>Sorry &amp; thanks</p><div class='gmail_quote'>old</div>", subtype="html")
    assert read(message).text == "Sorry & thanks"


@pytest.mark.parametrize("raw", [b"", b"\x00" * 99, b"\xff\xfe", b"hello", b"\r\n\r\n", bytes(range(256))])
def test_nonsense_is_other_with_a_problem(raw: bytes) -> None:
    found = read_mail(raw)
    assert found.kind is Kind.OTHER
    assert found.problems
