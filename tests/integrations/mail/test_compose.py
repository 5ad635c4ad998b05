"""A mail's bytes, read back by the standard library's parser."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_service.errors import PermanentFailure
from coord_service.ports import CalendarPart
from integrations.mail.compose import Mail, compose, flattened
from tests.servers.smtp import fault_of

ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Team meeting\\, ref AB-1234\r\nEND:VCALENDAR\r\n"
PLAIN = Mail(
    sender=("SEND team", "send.team@example.org"),
    recipient=("Zoë Ångström, EP", "zoe@nhs.example"),
    subject="Team meeting, ref AB-1234",
    text="Dear Zoë,\nPlease come.\n",
    html="<p>Dear Zoë,</p>",
    message_id="<m1.invite@example.org>",
    date=datetime(2026, 3, 3, 14, 30, tzinfo=UTC),
)
INVITATION = replace(PLAIN, calendar=CalendarPart("REQUEST", ICS))


def read(mail: Mail) -> EmailMessage:
    message = message_from_bytes(compose(mail), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def shape(message: EmailMessage) -> object:
    inside = [shape(part) for part in message.iter_parts()] if message.is_multipart() else None
    return (message.get_content_type(), inside) if inside else message.get_content_type()


def test_an_invitation_has_the_one_shape_that_every_mail_program_shows():
    message = read(INVITATION)
    alternative = ("multipart/alternative", ["text/plain", "text/html", "text/calendar"])
    assert shape(message) == ("multipart/mixed", [alternative, "application/ics"])
    calendar = list(message.walk())[4]
    assert calendar["Content-Type"].params == {"method": "REQUEST", "charset": "UTF-8"}
    assert calendar["Content-Disposition"] is None
    assert list(message.walk())[5]["Content-Type"].params["name"] == "invite.ics"


@pytest.mark.parametrize("content", [ICS, ICS.replace(b"Team", "Réunion".encode())], ids=["ascii", "utf-8"])
def test_both_copies_of_the_calendar_are_byte_for_byte_what_was_given(content: bytes):
    parts = list(read(replace(INVITATION, calendar=CalendarPart("REQUEST", content))).walk())
    assert [part.get_payload(decode=True) for part in parts[4:]] == [content, content]


def test_a_letter_without_a_calendar_is_an_alternative_of_text_and_html():
    message = read(PLAIN)
    assert shape(message) == ("multipart/alternative", ["text/plain", "text/html"])
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == PLAIN.text
    assert message.get_body(("html",)).get_content() == PLAIN.html


def test_headers_say_who_when_and_that_a_machine_wrote_it():
    message = read(replace(PLAIN, reply_to="answers@example.org"))
    assert message["From"].addresses[0].addr_spec == "send.team@example.org"
    assert (message["To"].addresses[0].display_name, message["To"].addresses[0].addr_spec) == PLAIN.recipient
    assert message["Reply-To"].addresses[0].addr_spec == "answers@example.org"
    assert message["Date"].datetime == PLAIN.date
    assert message["Message-ID"] == PLAIN.message_id
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_same_facts_give_the_same_bytes_and_other_facts_another_boundary():
    assert compose(INVITATION) == compose(INVITATION)
    assert read(INVITATION).get_boundary() != read(replace(INVITATION, text="Dear all")).get_boundary()


@pytest.mark.parametrize("name", ["Eve\r\nBcc: all@example.org", "Eve\nBcc: x", "Eve\u2028Bcc: x", "Eve\rBcc: x"])
def test_a_line_break_in_a_name_or_a_title_adds_no_header(name: str):
    message = read(replace(PLAIN, sender=(name, "a@example.org"), recipient=(name, "b@example.org"), subject=name))
    assert message["Bcc"] is None
    assert message["Subject"] == flattened(name)
    assert message["To"].addresses[0].display_name == flattened(name)


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a b@example.org", "a@example.org\r\nBcc: x@y", "a@b@example.org", "é@example.org", "a@", "a,b@c.d"],
)
def test_an_address_that_mail_cannot_carry_is_refused_by_name(address: str):
    with pytest.raises(PermanentFailure, match="not a mail address"):
        compose(replace(PLAIN, recipient=("Zoë", address)))


def test_a_message_id_or_method_that_would_break_a_header_is_refused():
    with pytest.raises(PermanentFailure, match="Message-ID"):
        compose(replace(PLAIN, message_id="<a@b>\r\nBcc: x"))
    with pytest.raises(PermanentFailure, match="method"):
        compose(replace(PLAIN, calendar=CalendarPart("REQUEST\r\nX: y", ICS)))


def test_an_international_domain_is_written_in_its_ascii_form():
    assert (
        read(replace(PLAIN, recipient=("", "info@münchen.example")))["To"].addresses[0].domain
        == "xn--mnchen-3ya.example"
    )


anything = st.text(max_size=400)


@given(name=anything, title=anything, text=anything, html=anything)
def test_whatever_is_typed_comes_back_and_the_mail_stays_lawful(name: str, title: str, text: str, html: str):
    content = compose(replace(INVITATION, recipient=(name, "a@example.org"), subject=title, text=text, html=html))
    assert fault_of(content) is None
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert set(message.keys()) == {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
                                   "Content-Type"}  # fmt: skip
    assert message["Subject"] == flattened(title)
    assert name_in_to(content) == flattened(name)
    assert shape(message) == shape(read(INVITATION))


def name_in_to(content: bytes) -> str:
    """RFC 2047 by the older parser: the newer one puts a space between two encoded words of a name."""
    name, address = parseaddr(str(message_from_bytes(content)["To"]))
    assert address == "a@example.org"
    return str(make_header(decode_header(name)))


def test_no_line_of_a_header_is_longer_than_78_octets_even_for_long_names():
    content = compose(replace(PLAIN, recipient=("Ångström " * 30, "a@example.org"), subject="Ünderstanding " * 30))
    head = content.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in re.split(rb"\r\n", head)) <= 78
