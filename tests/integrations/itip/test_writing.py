"""The calendar of an outgoing message (ITIP.md §1), read back by us and by icalendar, an independent parser."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.tz import tzical
from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.itip import Attendee, Event, Method, Organizer, Outgoing, PartStat, Removed, Status, diff
from integrations.itip import read_copy, write_calendar, write_copy
from integrations.itip.vtimezone import vtimezone_text
from tests.invitations import NOW, SHAH, START, hear, meeting, reply

ZONES = ["Europe/London", "Europe/Paris", "America/New_York", "Australia/Sydney", "Asia/Kolkata", "Europe/Dublin"]


def written(event: Event, method: Method = Method.REQUEST) -> bytes:
    return write_calendar(Outgoing(SHAH, method, True, event))


def lines(raw: bytes) -> list[str]:
    return raw.decode().replace("\r\n ", "").split("\r\n")


def test_the_same_message_is_the_same_bytes() -> None:
    """ITIP.md §1.2: both MIME parts byte for byte the same."""
    assert written(meeting()) == written(meeting())


@given(st.text(), st.text(max_size=90))
def test_lines_are_crlf_and_75_octets_and_no_fold_cuts_a_character(summary: str, name: str) -> None:
    """ITIP.md §1.3; RFC 5545 §3.1."""
    raw = written(meeting(Attendee(SHAH, name=name), summary=summary))
    assert not raw.startswith(b"\xef\xbb\xbf")
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


def test_a_request_has_what_gmail_and_outlook_need() -> None:
    """ITIP.md §1.4; icalendar#229: without these Gmail shows "Add to calendar" in place of Yes and No."""
    calendar = icalendar.Calendar.from_ical(written(diff(None, meeting(SHAH), NOW).outgoing[0].event))
    (event,) = calendar.walk("VEVENT")
    attendee = event["ATTENDEE"]
    assert attendee == f"mailto:{SHAH}"
    expected = {
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": "NEEDS-ACTION",
        "RSVP": "TRUE",
        "CUTYPE": "INDIVIDUAL",
        "CN": SHAH,
    }
    assert {name: attendee.params[name] for name in expected} == expected
    assert event["ORGANIZER"].params["CN"] == "Lead Worker"
    assert event["DTSTAMP"].dt == NOW
    assert {"UID", "DTSTART", "DTEND", "SEQUENCE", "STATUS"} <= event.keys()
    assert event["CLASS"] == "PRIVATE"


@pytest.mark.parametrize("name", ZONES)
def test_a_vtimezone_is_made_of_rules_alone(name: str) -> None:
    """ITIP.md §1.6; nextcloud/calendar#4429, KB4456241: RDATEs make Outlook an hour wrong."""
    text = vtimezone_text(name)
    assert text
    assert "RDATE" not in text
    assert text.count("RRULE:FREQ=YEARLY") in {0, 2}


@pytest.mark.parametrize("name", ZONES)
def test_its_offsets_equal_zoneinfo_s_through_2040(name: str) -> None:
    """Issue 3; dateutil reads the VTIMEZONE we write."""
    text = vtimezone_text(name)
    assert text
    read, zone = tzical(io.StringIO(text)).get(), ZoneInfo(name)
    moment = datetime(2020, 1, 1, 4, tzinfo=UTC)
    while moment.year <= 2040:
        around = [(moment + timedelta(hours=n)).astimezone(zone) for n in (0, 12)]
        for local in around:
            assert local.replace(tzinfo=read).utcoffset() == local.utcoffset(), local
        moment += timedelta(days=1)


def test_nothing_breaks_out_of_a_line() -> None:
    """ITIP.md §1.10; RFC 6868."""
    evil = 'Dr "X"; ^\r\nATTENDEE:mailto:evil@example.org\r\n, \\ \x07'
    event = meeting(Attendee(SHAH, name=evil), summary=evil, location=evil, url=f"https://x/{evil}",
                    organizer=Organizer("meetings@coord.example", evil))  # fmt: skip
    raw = written(event)
    calendar = icalendar.Calendar.from_ical(raw)
    (read,) = calendar.walk("VEVENT")
    assert read["ATTENDEE"] == f"mailto:{SHAH}"
    assert b"\r\nATTENDEE:mailto:evil" not in raw
    back = read_copy(raw)
    assert back.summary == evil.replace("\r\n", "\n").replace("\x07", "")
    assert back.attendees[0].name == back.organizer.name == back.summary


def test_what_is_ours_is_in_the_copy_and_never_sent() -> None:
    """DESIGN §5: X-COORD-SEQUENCE, X-COORD-DTSTAMP."""
    event = hear(meeting(), reply(SHAH, PartStat.DECLINED, comment="on leave")).event
    gone = (Removed("gone@x.example", 3), Removed("gone@x.example", 4, START), Removed("x@x.example", 0, START.date()))
    event = replace(event, removed=gone, time_sequence=0, waiting=(Attendee("w@x.example"),))
    assert b"X-COORD" not in written(diff(None, event, NOW).outgoing[0].event)
    copy = write_copy(event)
    assert "X-COORD-SEQUENCE=0" in copy.decode().replace("\r\n ", "")
    assert read_copy(copy) == event


def test_what_we_do_not_model_is_kept() -> None:
    raw = written(meeting()).replace(
        b"BEGIN:VEVENT\r\n", b'BEGIN:VEVENT\r\nX-ROOM;FOO="a:b":1\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n'
    )
    event = read_copy(raw)
    assert event.extras == ('X-ROOM;FOO="a:b":1', "BEGIN:VALARM", "TRIGGER:-PT5M", "END:VALARM")
    assert read_copy(write_copy(event)) == event


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=200)
DAYS = st.dates(date(2020, 1, 1), date(2039, 12, 31))
STARTS = st.builds(datetime.combine, DAYS, st.times().map(lambda each: each.replace(microsecond=0)))
PEOPLE = st.builds(
    Attendee,
    address=st.from_regex(r"[a-z0-9.?%]{1,20}@[a-z]{1,12}\.example", fullmatch=True),
    name=NAMES.map(str.strip),
    partstat=st.sampled_from(PartStat),
    rsvp=st.booleans(),
    comment=NAMES.map(str.strip),
    delegated_to=st.lists(st.just("a@b.example"), max_size=1).map(tuple),
    answered_sequence=st.none() | st.integers(0, 99),
    answered_dtstamp=st.none() | STARTS.map(lambda each: each.replace(tzinfo=UTC)),
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    zone = draw(st.sampled_from([UTC, *map(ZoneInfo, ZONES)]))
    start = draw(STARTS.map(lambda each: each.replace(tzinfo=zone)) | DAYS)
    event = Event(
        uid=draw(st.from_regex(r"[A-Za-z0-9@._-]{1,60}", fullmatch=True)),
        start=start,
        end=start + timedelta(days=draw(st.integers(1, 9))),
        organizer=Organizer("meetings@coord.example", draw(NAMES.map(str.strip))),
        summary=draw(TEXTS),
        description=draw(TEXTS),
        location=draw(TEXTS),
        status=draw(st.sampled_from(Status)),
        sequence=draw(st.integers(0, 10**6)),
        dtstamp=draw(STARTS).replace(tzinfo=UTC),
        attendees=tuple(draw(st.lists(PEOPLE, max_size=4, unique_by=lambda each: each.address))),
        rrule=draw(st.sampled_from(["", "FREQ=WEEKLY;COUNT=4"])),
        exdates=draw(st.sampled_from([(), (start,)])),
    )
    override = replace(event, recurrence_id=start, rrule="", exdates=())
    return replace(event, overrides=(override,) if draw(st.booleans()) else ())


@given(events())
def test_what_is_written_reads_back_the_same(event: Event) -> None:
    assert read_copy(write_copy(event)) == event


@given(events())
def test_icalendar_reads_what_we_write(event: Event) -> None:
    calendar = icalendar.Calendar.from_ical(written(event))
    read = calendar.walk("VEVENT")
    assert not [error for each in read for error in each.errors]
    assert read[0]["DTSTART"].dt == event.start
    assert str(read[0].get("SUMMARY", "")) == event.summary
    assert read[0]["UID"] == event.uid
