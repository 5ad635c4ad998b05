"""Section 1: the one message that Outlook, Gmail, Apple Mail and Thunderbird all show with Accept and Decline."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import icalendar
import pytest

from coord_service.domain.itip import (
    Attendee,
    CannotBeShown,
    Event,
    Method,
    Organizer,
    Outgoing,
    Show,
    Status,
    decline_counter,
    diff,
)
from coord_service.ports import CalendarPart
from integrations.itip import write_calendar
from integrations.mail.compose import Mail, compose
from tests.invitations import (
    ACCEPTED,
    DECLINED,
    HEAD,
    NEEDS_ACTION,
    NOW,
    SHAH,
    START,
    answers,
    counter,
    hear,
    meeting,
    minutes,
    reply,
    series,
)

LATER, DAY, HOUR = minutes(90), timedelta(days=1), timedelta(hours=1)
SENDER = "meetings@coord.example"


def invited(event: Event | None = None) -> Outgoing:
    return diff(None, event or meeting(), NOW).outgoing[0]


def outgoing(method: Method) -> Outgoing:
    """One message of each method that we send."""
    if method is Method.REQUEST:
        return invited()
    if method is Method.CANCEL:
        return diff(meeting(), None, LATER).outgoing[0]
    return decline_counter(meeting(), counter(SHAH, START + HOUR))


def mail(sent: Outgoing, **changes: object) -> EmailMessage:
    content = write_calendar(sent)
    facts = {
        "sender": (sent.event.organizer.name, sent.event.organizer.address),
        "recipient": ("Dr Shah", sent.recipient),
        "subject": sent.event.summary,
        "text": "Please come.",
        "html": "<p>Please come.</p>",
        "message_id": "<row-1@coord.example>",
        "date": NOW,
        "calendar": CalendarPart(sent.method, content),
    }
    message = message_from_bytes(compose(Mail(**{**facts, **changes})), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def lines(sent: Outgoing) -> list[str]:
    return write_calendar(sent).decode().replace("\r\n ", "").split("\r\n")


def parts(message: EmailMessage) -> list[EmailMessage]:
    return list(message.walk())


SENT = pytest.mark.parametrize("method", [Method.REQUEST, Method.CANCEL, Method.DECLINECOUNTER])


@SENT
@pytest.mark.itip("1.1")
def test_one_level_of_mixed_around_the_alternatives_and_the_file(method: Method) -> None:
    """dotnet/runtime#47379: with two levels of mixed Outlook drops the invitation; RFC 6047 §2.4."""
    kinds = [each.get_content_type() for each in parts(mail(outgoing(method)))]
    assert kinds == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
                     "application/ics"]  # fmt: skip


@SENT
@pytest.mark.itip("1.1")
def test_the_calendar_part_is_last_has_no_disposition_and_says_the_method(method: Method) -> None:
    """nodemailer#1206: beside an attachment alone Gmail shows no buttons; RFC 6047 §2.4: method= equals METHOD."""
    calendar, file = parts(mail(outgoing(method)))[4:]
    assert calendar["Content-Disposition"] is None
    assert dict(calendar["Content-Type"].params) == {"method": method, "charset": "UTF-8"}
    assert f"METHOD:{method}" in calendar.get_content().replace("\r\n", "\n").split("\n")
    assert file.get_filename() == "invite.ics"


@pytest.mark.itip("1.2")
@pytest.mark.parametrize("event", [meeting(summary="Team meeting"), meeting(summary="Réunion"), series()])
def test_both_copies_are_byte_for_byte_the_same(event: Event) -> None:
    """Outlook reads the file, Gmail the part: they must not differ (nextcloud/calendar#4429 showed two times)."""
    calendar, file = parts(mail(invited(event)))[4:]
    assert calendar.get_payload(decode=True) == file.get_payload(decode=True) == write_calendar(invited(event))


@SENT
@pytest.mark.itip("1.2")
def test_one_calendar_one_method_one_uid(method: Method) -> None:
    """RFC 5546 §3.2: one METHOD and one UID a message."""
    found = lines(outgoing(method))
    for name in ("BEGIN:VCALENDAR", "METHOD:", "UID:", "VERSION:2.0", "PRODID:", "BEGIN:VTIMEZONE"):
        assert len([each for each in found if each.startswith(name)]) == 1, name


@pytest.mark.itip("1.3")
@pytest.mark.parametrize("text", ["x" * 300, "é" * 200, "\N{GRINNING FACE}" * 99, "日本語" * 50, "a" * 74 + "é"])
def test_crlf_75_octets_no_cut_character_no_bom(text: str) -> None:
    """RFC 5545 §3.1."""
    raw = write_calendar(invited(meeting(summary=text)))
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
    assert max(len(each) for each in raw.split(b"\r\n")) <= 75
    assert [each.decode() for each in raw.split(b"\r\n")]


@pytest.mark.itip("1.3")
@pytest.mark.parametrize(("summary", "encoding"), [("Team meeting", "7bit"), ("Réunion", "base64")])
def test_encoded_for_transfer_unless_pure_ascii(summary: str, encoding: str) -> None:
    """RFC 6047 §2.5, RFC 2045 §6: an 8-bit calendar is broken by the first server that is 7-bit."""
    event = meeting(Attendee(SHAH, name="Shah"), summary=summary)
    assert {each["Content-Transfer-Encoding"] for each in parts(mail(invited(event)))[4:]} == {encoding}


@pytest.mark.itip("1.4")
@pytest.mark.parametrize("line", [
    "METHOD:REQUEST", "VERSION:2.0", "PRODID:-//coord-service//Meetings//EN", "UID:m1@coord.example",
    "DTSTAMP:20260301T090000Z", "DTSTART;TZID=Europe/London:20260703T143000", "SEQUENCE:0",
    "DTEND;TZID=Europe/London:20260703T153000", "ORGANIZER;CN=Lead Worker:mailto:meetings@coord.example",
    "ATTENDEE;CN=Shah;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:shah@nhs.example",
])  # fmt: skip
def test_what_a_calendar_needs_to_offer_accept_and_decline(line: str) -> None:
    """icalendar#229: without these Gmail shows "Add to calendar"; without METHOD Outlook says it is not supported."""
    assert line in lines(invited(meeting(Attendee(SHAH, name="Shah"))))


@pytest.mark.itip("1.4")
def test_the_attendee_s_address_is_the_envelope_s() -> None:
    """RFC 6047 §2.3: the recipient finds themselves by it; an IDN in one form on both."""
    sent = invited(meeting("zoe@xn--mller-kva.example"))
    (event,) = icalendar.Calendar.from_ical(write_calendar(sent)).walk("VEVENT")
    assert str(event["ATTENDEE"]) == f"mailto:{sent.recipient}"
    assert mail(sent)["To"].addresses[0].addr_spec == sent.recipient


@pytest.mark.itip("1.5")
def test_organizer_is_from_under_the_lead_worker_s_name() -> None:
    """RFC 6047 §2.3 and DMARC: a From on another domain is thrown away; answers go to ORGANIZER."""
    sent = invited()
    (event,) = icalendar.Calendar.from_ical(write_calendar(sent)).walk("VEVENT")
    writer = mail(sent)["From"].addresses[0]
    assert (str(event["ORGANIZER"]), event["ORGANIZER"].params["CN"]) == (f"mailto:{SENDER}", "Lead Worker")
    assert (writer.addr_spec, writer.display_name) == (SENDER, "Lead Worker")


@pytest.mark.itip("1.5")
def test_the_organizer_is_no_recipient_and_the_lead_worker_gets_a_copy_as_an_attendee() -> None:
    """RFC 5546 §3.2.2: an organizer who is asked to answer themselves never appears in Outlook's calendar."""
    event = meeting(SENDER, "amy@council.example", SHAH)
    assert [each.recipient for each in diff(None, event, NOW).outgoing] == ["amy@council.example", SHAH]
    shown = diff(None, event, NOW, Show.EVERYONE).outgoing[0].event.attendee(SENDER)
    assert shown
    assert not shown.rsvp


@SENT
@pytest.mark.itip("1.5")
def test_nobody_is_shown_to_another(method: Method) -> None:
    """ICO reprimands: a normal invitation shows every attendee's address to every attendee."""
    raw = write_calendar(outgoing(method)).decode().replace("\r\n ", "")
    assert HEAD not in raw
    assert raw.count("mailto:") == 2


@pytest.mark.itip("1.6")
def test_a_time_has_a_zone_of_rules_alone_or_is_utc() -> None:
    """nextcloud/calendar#4429 and KB4456241: RDATEs in a VTIMEZONE put Outlook an hour off."""
    found = lines(invited())
    assert "BEGIN:VTIMEZONE" in found
    assert "DTSTART;TZID=Europe/London:20260703T143000" in found
    assert not [each for each in found if each.startswith("RDATE")]
    assert [each for each in found if each.startswith("RRULE")] == [
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    ]
    assert "DTSTART:20260703T133000Z" in lines(invited(meeting(start=START.astimezone(UTC))))


@pytest.mark.itip("1.6")
def test_a_zone_without_such_rules_goes_in_utc() -> None:
    """RFC 5545 §3.6.5: Morocco's clocks follow the moon."""
    found = lines(invited(meeting(start=datetime(2026, 7, 3, 14, tzinfo=ZoneInfo("Africa/Casablanca")))))
    assert "DTSTART:20260703T130000Z" in found
    assert "BEGIN:VTIMEZONE" not in found


@pytest.mark.itip("1.7")
@pytest.mark.parametrize("change", [
    {"rrule": "FREQ=WEEKLY"}, {"rrule": "FREQ=MONTHLY;BYDAY=1FR,3FR;COUNT=5"}, {"rrule": "FREQ=HOURLY;COUNT=5"},
    {"rrule": "", "rdates": (START + DAY,)},
], ids=["not bounded", "two positions", "by the hour", "RDATE alone"])  # fmt: skip
def test_a_recurrence_that_outlook_cannot_show_is_refused(change: dict[str, object]) -> None:
    """MS-OXCICAL §2.1.3.2.2."""
    with pytest.raises(CannotBeShown):
        diff(None, series(**change), NOW)


@pytest.mark.itip("1.7")
def test_until_is_in_utc_where_dtstart_has_a_zone() -> None:
    """RFC 5545 §3.3.10."""
    assert "RRULE:FREQ=WEEKLY;UNTIL=20260901T133000Z" in lines(
        invited(series(rrule="FREQ=WEEKLY;UNTIL=20260901T143000"))
    )


@pytest.mark.itip("1.8")
@pytest.mark.parametrize(
    "change", [{"start": START + DAY, "end": START + DAY + HOUR}, {"rrule": "FREQ=WEEKLY;COUNT=3"}]
)
def test_a_change_of_time_asks_everybody_again_under_the_next_sequence(change: dict[str, object]) -> None:
    """RFC 5546 §2.1.4, §3.2.2.1."""
    old = hear(series(), reply(SHAH)).event
    sent = diff(old, replace(old, **change), LATER).outgoing
    assert {(each.event.uid, each.event.sequence, each.event.dtstamp) for each in sent} == {(old.uid, 1, LATER)}
    assert sent[0].event.attendees[0].partstat is NEEDS_ACTION


@pytest.mark.itip("1.8")
def test_an_edit_keeps_sequence_and_answers_with_a_later_dtstamp() -> None:
    """RFC 5546 §2.1.4."""
    old = hear(meeting(), reply(SHAH)).event
    sent = diff(old, replace(old, location="Room 2"), LATER).outgoing[0].event
    assert (sent.sequence, sent.dtstamp, answers(sent)) == (0, LATER, {SHAH: ACCEPTED})


@pytest.mark.itip("1.8")
def test_dtstamp_rises_strictly_within_a_second() -> None:
    """RFC 5546 §2.1.5: equal ones can't be told apart."""
    event, stamps = meeting(dtstamp=None), []
    for n in range(4):
        changes = diff(event, replace(event, summary=str(n)), NOW)
        event = changes.event
        stamps.append(changes.outgoing[0].event.dtstamp)
    assert stamps == sorted(set(stamps))


@pytest.mark.itip("1.8")
def test_the_same_content_in_another_order_sends_nothing() -> None:
    """RFC 5545 §3.4: order means nothing."""
    one = series(SHAH, HEAD, exdates=(START + 42 * DAY, START + 84 * DAY), extras=("COLOR:red", "PRIORITY:5"))
    other = series(
        HEAD, SHAH, exdates=one.exdates[::-1], extras=one.extras[::-1], rrule="COUNT=5;INTERVAL=6;FREQ=WEEKLY"
    )
    changes = diff(one, other, LATER)
    assert (changes.outgoing, changes.event and changes.event.dtstamp) == ((), one.dtstamp)


@pytest.mark.itip("1.9")
def test_a_cancel_names_only_those_who_are_cancelled() -> None:
    """RFC 5546 §3.2.5: SEQUENCE + 1, STATUS, the same UID and ORGANIZER."""
    (sent,) = diff(meeting(), meeting(SHAH), LATER, Show.EVERYONE).outgoing
    found = lines(sent)
    assert (sent.recipient, sent.method, sent.event.status) == (HEAD, Method.CANCEL, Status.CANCELLED)
    assert {"SEQUENCE:1", "STATUS:CANCELLED", "UID:m1@coord.example"} <= {*found}
    assert [each for each in found if SHAH in each] == []


@pytest.mark.itip("1.9")
def test_one_date_is_cancelled_by_recurrence_id_in_dtstart_s_form() -> None:
    """RFC 5545 §3.8.4.4."""
    gone = replace(series(), recurrence_id=(START + 42 * DAY).astimezone(UTC), rrule="", status=Status.CANCELLED)
    sent = diff(series(), replace(series(), overrides=(gone,)), LATER).outgoing[0]
    assert "RECURRENCE-ID;TZID=Europe/London:20260814T143000" in lines(sent)


@pytest.mark.itip("1.9")
def test_no_cancel_for_what_is_past_or_was_declined() -> None:
    """RFC 5546 §3.2.5: nobody needs to be told."""
    assert diff(meeting(), None, START + DAY).outgoing == ()
    declined = hear(meeting(), reply(SHAH, DECLINED)).event
    assert [each.recipient for each in diff(declined, None, LATER).outgoing] == [HEAD]


@pytest.mark.itip("1.10")
@pytest.mark.parametrize(("text", "line"), [
    ("a, b; c\\d", "SUMMARY:a\\, b\\; c\\\\d"), ("one\r\ntwo\nthree", "SUMMARY:one\\ntwo\\nthree"),
    ("a:b", "SUMMARY:a:b"),
])  # fmt: skip
def test_text_is_escaped(text: str, line: str) -> None:
    """RFC 5545 §3.3.11."""
    assert line in lines(invited(meeting(summary=text)))


@pytest.mark.itip("1.10")
@pytest.mark.parametrize(("name", "line"), [
    ("Shah, Dr", 'CN="Shah, Dr"'), ("a;b", 'CN="a;b"'), ("a:b", 'CN="a:b"'), ('Jo "J" Bo', "CN=Jo ^'J^' Bo"),
    ("a^b", "CN=a^^b"), ("a\nb", "CN=a^nb"),
])  # fmt: skip
def test_a_name_is_quoted_and_caret_encoded(name: str, line: str) -> None:
    """RFC 5545 §3.2, RFC 6868."""
    assert any(f";{line};" in each for each in lines(invited(meeting(Attendee(SHAH, name=name)))))


@pytest.mark.itip("1.10")
def test_one_recipient_and_no_line_break_reaches_a_header() -> None:
    """RFC 5322 §3.6.3, RFC 2047."""
    evil = "Réunion\r\nBcc: evil@example.org\r\n\r\nhello"
    organizer = Organizer(SENDER, evil)
    message = mail(invited(meeting(summary=evil, organizer=organizer)), recipient=(evil, SHAH))
    assert [each.addr_spec for each in message["To"].addresses] == [SHAH]
    assert message["Bcc"] is None
    assert message["Subject"] == evil.replace("\r\n\r\n", "  ").replace("\r\n", " ").replace("  ", " ")


@pytest.mark.itip("1.12")
@pytest.mark.parametrize(("method", "busy"), [("REQUEST", "TENTATIVE"), ("CANCEL", "FREE"), ("DECLINECOUNTER", "BUSY")])
def test_microsoft_s_lines_help_and_owner_appointment_ids_are_not_needed(method: str, busy: str) -> None:
    """MS-OXCICAL §2.1.3.1.1.20."""
    found = lines(outgoing(Method(method)))
    assert f"X-MICROSOFT-CDO-BUSYSTATUS:{busy}" in found
    assert "X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY" in found
    assert "X-MICROSOFT-DISALLOW-COUNTER:FALSE" in found
    assert not [each for each in found if "OWNERAPPTID" in each]
