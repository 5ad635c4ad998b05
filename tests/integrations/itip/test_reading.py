"""Calendars as the real senders write them (ITIP.md §2.1, §2.3, §2.12)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from coord_service.domain.itip import Kind, Message, PartStat
from integrations.itip import NotACalendar, read_calendar, read_copy
from tests.invitations import SHAH

LONDON = ZoneInfo("Europe/London")
EXCHANGE_ZONE = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def read(body: str, *, head: str = "METHOD:REPLY", **more: str) -> Message:
    text = f"BEGIN:VCALENDAR\n{head}\nBEGIN:VEVENT\nUID:m1\n{body}\nEND:VEVENT\nEND:VCALENDAR\n"
    return read_calendar(text.replace("\n", "\r\n").encode(), **more)


def answer(body: str, **more: str):
    return read(body, **more).answers[0]


def attendee(line: str):
    return answer(line).attendees[0]


def test_a_reply_without_organizer_sequence_dtstamp_or_prodid() -> None:
    """nextcloud/server#53948: Exchange and outlook.com."""
    message = read(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{SHAH}")
    said = message.answers[0]
    assert (message.kind, message.problems) == (Kind.REPLY, ())
    assert (said.sequence, said.dtstamp, said.organizer, said.start) == (0, None, "", None)


@pytest.mark.parametrize("head", ["METHOD:reply", "method:REPLY", "METHOD: Reply ", "METHOD:REPLY\nMETHOD:REPLY"])
def test_method_in_any_case_and_twice(head: str) -> None:
    message = read("", head=head)
    assert (message.kind, message.method) == (Kind.REPLY, "REPLY")


def test_method_twice_and_different_is_a_problem_and_the_first_counts() -> None:
    message = read("", head="METHOD:REPLY\nMETHOD:CANCEL")
    assert message.kind is Kind.REPLY
    assert "several METHODs" in message.problems[0]


def test_method_only_in_the_header_or_at_odds_with_it() -> None:
    """RFC 6047 §2.4."""
    assert read("", head="X:1", method="reply").kind is Kind.REPLY
    odd = read("", head="METHOD:COUNTER", method="REPLY")
    assert odd.kind is Kind.COUNTER
    assert "COUNTER" in odd.problems[0]
    assert "REPLY" in odd.problems[0]


def test_no_method_and_an_unknown_method_are_other() -> None:
    assert read("", head="X:1").kind is Kind.OTHER
    assert (read("", head="METHOD:FROB").kind, read("", head="METHOD:FROB").method) == (Kind.OTHER, "FROB")


def test_status_twice_is_said_and_the_first_counts() -> None:
    assert "STATUS twice" in read("STATUS:CONFIRMED\nSTATUS:CANCELLED").problems[0]


def test_a_huge_sequence_is_read_and_nonsense_is_nought() -> None:
    assert answer("SEQUENCE:1407317367304").sequence == 1407317367304
    for text in ("-1", "x", "9" * 5_000):
        assert answer(f"SEQUENCE:{text}").sequence == 0
        assert read(f"SEQUENCE:{text}").problems


@pytest.mark.parametrize("name", ["GMT Standard Time", "Europe/London", '"Europe/London"', "GMT",
                                  "/freeassociation.sourceforge.net/Europe/London",
                                  "/mozilla.org/20050126_1/Europe/London",
                                  "(UTC+00:00) Dublin, Edinburgh, Lisbon, London"])  # fmt: skip
def test_zones_by_any_vendor_s_name(name: str) -> None:
    """ITIP.md §2.1: Windows names; July is summer time."""
    line = f"DTSTART;TZID={name}:20260703T143000" if name[0] == '"' else f'DTSTART;TZID="{name}":20260703T143000'
    assert answer(line).start == datetime(2026, 7, 3, 13, 30, tzinfo=UTC)
    assert read(line).problems == ()


def test_exchange_s_own_zone_of_the_year_1601() -> None:
    """ITIP.md §2.1: any name, defined by rules since 1601."""
    head = "METHOD:REPLY\n" + EXCHANGE_ZONE.format(name="Customized Time Zone").strip()
    for day, hour in (("20260703", 13), ("20261203", 14)):
        said = answer(f"DTSTART;TZID=Customized Time Zone:{day}T143000", head=head)
        assert said.start
        assert said.start.astimezone(UTC).hour == hour
        assert said.start.tzinfo == LONDON


def test_an_unknown_zone_is_a_problem_and_no_time() -> None:
    """DESIGN §5."""
    message = read("DTSTART;TZID=Mars/Olympus:20260703T143000")
    assert message.kind is Kind.REPLY
    assert message.answers[0].start is None
    assert "Mars/Olympus" in message.problems[0]


def test_a_floating_time_is_taken_as_london_s_and_said() -> None:
    message = read("DTSTART:20260703T143000")
    assert message.answers[0].start == datetime(2026, 7, 3, 14, 30, tzinfo=LONDON)
    assert "no time zone" in message.problems[0]


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "20261301T000000Z", "2026070", "99999999T999999Z", "00010101T000000Z"]
)
def test_a_date_that_makes_no_sense_is_a_problem(text: str) -> None:
    message = read(f"DTSTART:{text}")
    assert message.answers[0].start is None
    assert message.problems


def test_an_end_by_duration_and_a_whole_day_without_one() -> None:
    """RFC 5545 §3.6.1."""
    assert answer("DTSTART:20260703T143000Z\nDURATION:PT1H30M").end == datetime(2026, 7, 3, 16, tzinfo=UTC)
    said = answer("DTSTART;VALUE=DATE:20260703")
    assert said.end
    assert said.start
    assert said.end - said.start == timedelta(days=1)


@pytest.mark.parametrize("line", [f"ATTENDEE:mailto:{SHAH}", f"ATTENDEE:MAILTO:{SHAH.upper()}", f"ATTENDEE:{SHAH}",
                                  f"ATTENDEE: mailto:{SHAH} ", f"ATTENDEE:mailto:{SHAH.replace('@', '%40')}",
                                  f'ATTENDEE;CN="a:b;c,d":mailto:{SHAH}', f"ATTENDEE;CN=\"broken:mailto:{SHAH}",
                                  f"ATTENDEE;EMAIL={SHAH}:/aMTIz/principal/",
                                  f"ATTENDEE;x=y:mailto:{SHAH}?subject=x"])  # fmt: skip
def test_one_address_however_it_is_written(line: str) -> None:
    """ITIP.md §2.12."""
    assert attendee(line).address == SHAH


def test_an_international_domain_has_one_form() -> None:
    """ITIP.md §2.12: IDN."""
    assert attendee("ATTENDEE:mailto:a@müller.example") == attendee("ATTENDEE:mailto:a@xn--mller-kva.example")


def test_parameters_in_lists_in_quotes_and_with_carets() -> None:
    """RFC 5545 §3.2, RFC 6868."""
    line = attendee(
        'ATTENDEE;CN="a ^\'b^\' ^^ c^nd";DELEGATED-TO="mailto:A@b","MAILTO:c@d";PARTSTAT=delegated:mailto:x@y'
    )
    assert (line.name, line.delegated_to, line.partstat) == ('a "b" ^ c\nd', ("a@b", "c@d"), PartStat.DELEGATED)


def test_an_unknown_partstat_counts_as_none() -> None:
    """RFC 5545 §3.2.12."""
    assert attendee("ATTENDEE;PARTSTAT=X-MAYBE:mailto:x@y").partstat is PartStat.NEEDS_ACTION


def test_a_comment_as_property_and_as_parameter() -> None:
    assert answer("COMMENT:Sorry\\, I can't\\nBo").comment == "Sorry, I can't\nBo"
    assert attendee("ATTENDEE;X-RESPONSE-COMMENT=late:mailto:x@y").comment == "late"


@pytest.mark.parametrize("charset", ["", "utf-8", "iso-8859-1", "nonsense", "us-ascii"])
def test_utf_8_under_any_label(charset: str) -> None:
    """ITIP.md §2.1: a wrong charset."""
    assert answer("SUMMARY:Zoë", charset=charset).summary == "Zoë"


def test_other_charsets_by_their_label_else_windows_1252() -> None:
    def read_as(encoding: str, charset: str) -> str:
        text = "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Zoë\r\nEND:VEVENT\r\nEND:VCALENDAR"
        return read_calendar(text.encode(encoding), charset=charset).answers[0].summary

    assert read_as("iso-8859-1", "") == "Zoë"
    assert read_as("iso-8859-15", "iso-8859-15") == "Zoë"
    assert read_as("utf-16", "") == "Zoë"
    assert read_as("utf-16-le", "utf-16-le") == "Zoë"


def test_a_fold_inside_a_character_and_bare_line_feeds() -> None:
    raw = b"BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:1\nSUMMARY:Zo\xc3\n \xab\nEND:VEVENT\nEND:VCALENDAR"
    assert read_calendar(raw).answers[0].summary == "Zoë"


def test_several_dates_in_one_mail() -> None:
    """ITIP.md §2.3."""
    second = "RECURRENCE-ID:20260703T133000Z\nEND:VEVENT\nBEGIN:VEVENT\nUID:m1\nRECURRENCE-ID;VALUE=DATE:20260814"
    message = read(second)
    assert [str(each.recurrence_id) for each in message.answers] == ["2026-07-03 13:30:00+00:00", "2026-08-14"]


def test_events_of_another_uid_are_left_out_and_said() -> None:
    message = read("END:VEVENT\nBEGIN:VEVENT\nUID:m2")
    assert [each.uid for each in message.answers] == ["m1"]
    assert "more than one UID" in message.problems[0]


@pytest.mark.parametrize("raw", [b"", b"hello", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
                                 b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR",
                                 b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260703T133000Z\r\nEND:VEVENT\r\n",
                                 b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 50])  # fmt: skip
def test_what_is_no_meeting_is_no_copy(raw: bytes) -> None:
    with pytest.raises(NotACalendar):
        read_copy(raw)
    assert read_calendar(raw).kind is Kind.OTHER
