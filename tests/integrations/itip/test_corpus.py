"""Odd and hostile messages, in files and built on the spot: each has a verdict, in bounded time (ITIP.md §2.11)."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coord_service.domain.itip import Applied, Kind, Policy, Verdict, apply
from integrations.itip import NotACalendar, read_copy, read_mail
from tests.fuzz.promises import check

CORPUS = Path(__file__).parents[2] / "corpus" / "itip"
EXPECTED = json.loads((CORPUS / "expected.json").read_text())
MEETING = read_copy((CORPUS / "meeting.ics").read_bytes())
SOURCE = re.compile(r"RFC \d+|MS-OX|[\w-]+/[\w-]+#\d+|ITIP\.md §|make fuzz|QSBMF|list of NDR codes")
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)


def judge(raw: bytes) -> tuple[Kind, Applied]:
    message = read_mail(raw)
    return message.kind, apply(MEETING, message, Policy(), NOW)


def test_every_file_has_a_line_and_every_line_a_file() -> None:
    files = {each.name for each in CORPUS.iterdir()} - {"expected.json", "meeting.ics", "README.md"}
    assert files == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_each_message_says_who_taught_it(name: str) -> None:
    """An RFC's section, a vendor's specification, a public issue, our checklist, or our own fuzzing."""
    assert SOURCE.search(EXPECTED[name]["source"])


@pytest.mark.parametrize("name", EXPECTED)
def test_each_message_gets_its_verdict(name: str) -> None:
    kind, applied = judge((CORPUS / name).read_bytes())
    expected = EXPECTED[name]
    assert (kind, applied.verdict) == (expected["kind"], expected["verdict"]), applied.why
    assert expected.get("why", "") in applied.why
    assert applied.why


@pytest.mark.parametrize("name", [each for each in EXPECTED if "failures" in EXPECTED[each]])
def test_a_delivery_report_says_whom_it_is_about_and_finds_our_letter(name: str) -> None:
    """RFC 3464 §2.3, and the same of those in words alone: recipient, action and status."""
    message = read_mail((CORPUS / name).read_bytes())
    assert [[each.recipient, each.action, each.status] for each in message.failures] == EXPECTED[name]["failures"]
    assert message.original_message_id == "<letter-1@mail.example>"
    assert message.answers == ()


@pytest.mark.parametrize("name", EXPECTED)
def test_no_message_breaks_what_holds_for_all(name: str) -> None:
    """The promises that ``make fuzz`` checks: what a fuzzer once found is a file here."""
    check((CORPUS / name).read_bytes(), MEETING)


def calendar(body: bytes) -> bytes:
    head = b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:m1@coord.example\r\nSEQUENCE:2\r\n"
    return head + body + b"END:VEVENT\r\nEND:VCALENDAR\r\n"


def mail(body: bytes, more: bytes = b"") -> bytes:
    return b"From: shah@nhs.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + more + b"\r\n" + body


MANY = b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:u%d@x.example\r\n"
DAEMON = b"From: MAILER-DAEMON@x\r\nSubject: Undelivered mail\r\n\r\n"
HOSTILE: dict[str, Callable[[], bytes]] = {
    "100,000 attendees": lambda: calendar(b"".join(MANY % n for n in range(100_000))),
    "100,000 components inside each other": lambda: b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 100_000,
    "100,000 quotes": lambda: calendar(b'ATTENDEE;CN="' + b'a"' * 90_000 + b":mailto:x@y\r\n"),
    "190,000 parameters": lambda: calendar(b"ATTENDEE" + b";" * 190_000 + b":mailto:x@y\r\n"),
    "40,000 delegates": lambda: calendar(b"ATTENDEE;DELEGATED-TO=" + b'"a@b",' * 33_000 + b":mailto:x@y\r\n"),
    "a million folds": lambda: calendar(b"SUMMARY:" + b"\r\n a" * 1_000_000 + b"\r\n"),
    "30,000 meetings": lambda: b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 30_000,
    "200 dates": lambda: calendar(
        b"END:VEVENT\r\n".join(
            b"BEGIN:VEVENT\r\nUID:m1@coord.example\r\nSEQUENCE:2\r\nRECURRENCE-ID:20260814T133000Z\r\n"
            b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:shah@nhs.example\r\n"
            for _ in range(200)
        )
    ),
    "20,000 unknown zones": lambda: calendar(
        b"".join(b"DTSTART;TZID=Q%d:20260101T000000\r\n" % n for n in range(20_000))
    ),
    "5,000 parts inside each other": lambda: mail(
        b"", b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5_000))
    ),
    "300,000 parts": lambda: mail(b"--b\r\n\r\nx\r\n" * 300_000, b"Content-Type: multipart/mixed; boundary=b\r\n"),
    "500,000 headers": lambda: mail(b"", b"X: y\r\n" * 500_000),
    "a header of 5 MB": lambda: mail(b"", b"X: " + b"a" * 4_900_000 + b"\r\n"),
    "a content type of 2 MB": lambda: mail(b"x", b"Content-Type: text/calendar" + b";" * 2_000_000 + b"\r\n"),
    "parentheses in From": lambda: b"From: " + b"(" * 900 + b"\r\n\r\nx",
    "a million quote marks": lambda: mail(b">" * 1_000_000),
    "100,000 times On": lambda: mail(b"On " * 100_000 + b"wrote:\r\n"),
    "On, on every line": lambda: mail((b"On " * 300 + b"\r\n") * 400),
    "unclosed tags": lambda: mail(b"<div><!--" * 300_000, b"Content-Type: text/html\r\n"),
    "a bounce of 500,000 lines": lambda: DAEMON + b"<a@b>: \r\n" * 500_000,
    "a bounce of blanks": lambda: DAEMON + (b" " * 480 + b"\n") * 1_000,
    "5 MB of base64": lambda: mail(
        b"QUJD\r\n" * 800_000, b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n"
    ),
    "5 MB of nothing": lambda: b"\0" * 5_000_000,
    "25 MB of text": lambda: mail(b"hello world, this is text\r\n" * 1_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_gets_a_verdict_in_under_two_seconds(name: str) -> None:
    """Issue 3: no input ends in a traceback or takes over 2 seconds (of this process's own time)."""
    raw = HOSTILE[name]()
    started = time.process_time()
    _, applied = judge(raw)
    assert time.process_time() - started < 2
    assert applied.verdict in Verdict
    assert name == "200 dates" or applied.event == MEETING


def test_a_copy_too_large_to_be_ours_is_said_at_once() -> None:
    with pytest.raises(NotACalendar, match="at most 500 attendees"):
        read_copy(calendar(b"DTSTART:20260703T133000Z\r\n" + b"".join(MANY % n for n in range(100_000))))
