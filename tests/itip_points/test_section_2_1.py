"""Section 2.1: a REPLY as Exchange, outlook.com and others write it. Each fact is a case, and loses no answer."""

import base64
import quopri
from datetime import UTC, datetime

import pytest

from coord_service.domain.itip import Applied, Message, PartStat, Policy, Verdict, apply
from integrations.itip import read_mail
from tests.invitations import SHAH, UID, answers, meeting, minutes

LINES = (
    "BEGIN:VCALENDAR",
    "PRODID:-//Microsoft Corporation//Outlook//EN",
    "VERSION:2.0",
    "METHOD:REPLY",
    "BEGIN:VEVENT",
    f"UID:{UID}",
    "DTSTAMP:20260301T100000Z",
    "SEQUENCE:0",
    "ORGANIZER:mailto:meetings@coord.example",
    f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{SHAH}",
    "END:VEVENT",
    "END:VCALENDAR",
)
HEAD = f"From: Dr Shah <{SHAH}>\r\nDate: Sun, 01 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
KIND = "Content-Type: text/calendar; charset=utf-8; method=REPLY\r\n"


def calendar(*without: str, **instead: str) -> str:
    """The answer without the lines that begin so, and with others in place of some."""
    kept = [each for each in LINES if not each.startswith(without or ("-",))]
    return "\r\n".join(instead.get(each.partition(":")[0].partition(";")[0], each) for each in kept) + "\r\n"


def mail(body: str | bytes, kind: str = KIND) -> bytes:
    return f"{HEAD}{kind}\r\n".encode() + (body if isinstance(body, bytes) else body.encode())


def judge(raw: bytes) -> tuple[Message, Applied]:
    message = read_mail(raw)
    return message, apply(meeting(), message, Policy(), minutes(1_000))


def nested(body: str) -> bytes:
    """As Outlook nests it: the alternatives inside related, beside a logo."""
    inner = f"--b2\r\nContent-Type: text/plain\r\n\r\nYes\r\n--b2\r\n{KIND}\r\n{body}\r\n--b2--\r\n"
    middle = f"Content-Type: multipart/alternative; boundary=b2\r\n\r\n{inner}"
    logo = "Content-Type: image/png; name=logo.png\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
    return mail(f"--b\r\n{middle}\r\n--b\r\n{logo}--b--\r\n", "Content-Type: multipart/related; boundary=b\r\n")


FACTS: dict[str, tuple[str, bytes]] = {
    "as it should be": ("RFC 5546 §3.2.3", mail(calendar())),
    "without ORGANIZER": ("nextcloud/server#53948: Exchange, outlook.com", mail(calendar("ORGANIZER"))),
    "without SEQUENCE": ("RFC 5545 §3.8.7.4: it is 0 then", mail(calendar("SEQUENCE"))),
    "without DTSTAMP": ("RFC 5545 §3.8.7.2 asks for it; the mail's Date stands in", mail(calendar("DTSTAMP"))),
    "without any date": ("RFC 5322 §3.6.1", mail(calendar("DTSTAMP")).replace(b"Date:", b"X-Date:")),
    "METHOD twice": ("RFC 5545 §3.7.2", mail(calendar(METHOD="METHOD:REPLY\r\nMETHOD:REPLY"))),
    "two METHODs": ("RFC 5545 §3.7.2: the first counts", mail(calendar(METHOD="METHOD:REPLY\r\nMETHOD:PUBLISH"))),
    "STATUS twice": ("RFC 5545 §3.6.1", mail(calendar(SEQUENCE="STATUS:CONFIRMED\r\nSTATUS:TENTATIVE"))),
    "lower-case method": ("RFC 5545 §2: names and values have no case", mail(calendar(METHOD="method:reply"))),
    "all in lower case": ("RFC 5545 §2", mail(calendar().lower())),
    "without PRODID": ("RFC 5545 §3.7.3", mail(calendar("PRODID"))),
    "without VERSION": ("RFC 5545 §3.7.4", mail(calendar("VERSION", "PRODID"))),
    "METHOD in the MIME header only": ("RFC 6047 §2.4", mail(calendar("METHOD"))),
    "METHOD in the body only": ("RFC 6047 §2.4", mail(calendar(), "Content-Type: text/calendar\r\n")),
    "a huge SEQUENCE": ("RFC 5545 §3.8.7.4: some put a clock there", mail(calendar(SEQUENCE="SEQUENCE:1407317367304"))),
    "flat MIME": ("RFC 6047 §2.4", mail(calendar())),
    "nested MIME": ("RFC 2046 §5.1: alternative within related", nested(calendar())),
    "as a file of no known type": (
        "RFC 6047 §2.4: some servers rename the type",
        mail(calendar(), "Content-Type: application/octet-stream; name=invite.ics\r\n"),
    ),
    "in base64": (
        "RFC 2045 §6.8",
        mail(base64.encodebytes(calendar().encode()), KIND + "Content-Transfer-Encoding: base64\r\n"),
    ),
    "in quoted-printable": (
        "RFC 2045 §6.7",
        mail(quopri.encodestring(calendar().encode()), KIND + "Content-Transfer-Encoding: quoted-printable\r\n"),
    ),
    "base64 on the label alone": ("RFC 2045 §6.8", mail(calendar(), KIND + "Content-Transfer-Encoding: base64\r\n")),
    "line feeds alone": ("RFC 5545 §3.1", mail(calendar().replace("\r\n", "\n"))),
    "with a byte order mark": ("RFC 5545 §3.1.4", mail("\ufeff" + calendar())),
    "in UTF-16": ("RFC 5545 §3.1.4", mail(calendar().encode("utf-16"), KIND.replace("utf-8", "utf-16"))),
    "a Windows zone": (
        "MS-OXCICAL §2.1.3.1.1.19",
        mail(calendar(SEQUENCE="DTSTART;TZID=GMT Standard Time:20260703T143000")),
    ),
    "an unknown zone": ("RFC 5545 §3.2.19", mail(calendar(SEQUENCE="DTSTART;TZID=Mars/Olympus:20260703T143000"))),
    "cut off": ("RFC 5545 §3.6", mail(calendar("END"))),
    "MAILTO in capitals": ("RFC 3986 §3.1", mail(calendar().replace("mailto:shah", "MAILTO:Shah"))),
}


@pytest.mark.itip("2.1")
@pytest.mark.parametrize("fact", FACTS)
def test_the_answer_is_counted(fact: str) -> None:
    """RFC 5546 §3.2.3; each case has its own source beside it."""
    source, raw = FACTS[fact]
    message, applied = judge(raw)
    assert (message.kind, applied.verdict) == ("reply", Verdict.APPLIED), (source, applied.why)
    assert answers(applied.event)[SHAH] is PartStat.ACCEPTED


@pytest.mark.itip("2.1")
@pytest.mark.parametrize(("encoding", "label"), [
    ("utf-8", "iso-8859-1"), ("utf-8", "us-ascii"), ("utf-8", "nonsense"), ("utf-8", ""), ("cp1252", "utf-8"),
    ("cp1252", "us-ascii"), ("cp1252", ""), ("iso-8859-1", "iso-8859-1"), ("iso-8859-15", "iso-8859-15"),
])  # fmt: skip
def test_a_wrong_charset_loses_no_letter(encoding: str, label: str) -> None:
    """RFC 5545 §3.1.4: UTF-8 is the default, and the label is wrong more often than not."""
    kind = KIND.replace("charset=utf-8; ", f"charset={label}; " if label else "")
    message, applied = judge(mail(calendar(SEQUENCE="COMMENT:Désolée").encode(encoding), kind))
    assert message.answers[0].comment == "Désolée"
    assert applied.verdict is Verdict.APPLIED


ZONE_1601 = (
    "BEGIN:VTIMEZONE\r\nTZID:{name}\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\nTZOFFSETFROM:{summer}\r\n"
    "TZOFFSETTO:{winter}\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY={autumn};BYMONTH={autumn_month}\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:16010101T010000\r\nTZOFFSETFROM:{winter}\r\nTZOFFSETTO:{summer}\r\n"
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY={spring};BYMONTH={spring_month}\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)
LONDON = {"winter": "+0000", "summer": "+0100", "autumn": "-1SU", "autumn_month": 10, "spring": "-1SU",
          "spring_month": 3}  # fmt: skip
SANTIAGO = {"winter": "-0400", "summer": "-0300", "autumn": "1SU", "autumn_month": 4, "spring": "1SU",
            "spring_month": 9}  # fmt: skip


@pytest.mark.itip("2.1")
@pytest.mark.parametrize(("zone", "moment", "hour"), [
    (LONDON, "20260703T143000", 13), (LONDON, "20261203T143000", 14),
    (SANTIAGO, "20260703T143000", 18), (SANTIAGO, "20261203T143000", 17),
])  # fmt: skip
def test_exchange_s_own_zone_since_the_year_1601(zone: dict[str, object], moment: str, hour: int) -> None:
    """MS-OXCICAL §2.1.3.1.1.19: any name, defined by rules that begin in 1601."""
    text = calendar(SEQUENCE=f"DTSTART;TZID=Customized Time Zone:{moment}")
    text = text.replace("BEGIN:VEVENT", ZONE_1601.format(name="Customized Time Zone", **zone) + "BEGIN:VEVENT")
    message, _ = judge(mail(text))
    start = message.answers[0].start
    assert isinstance(start, datetime)
    assert (start.astimezone(UTC).hour, message.problems) == (hour, ())


@pytest.mark.itip("2.1")
def test_a_zone_made_of_dates_alone_is_read_too() -> None:
    """RFC 5545 §3.6.5: icalendar and Nextcloud write RDATEs."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Home\r\nBEGIN:DAYLIGHT\r\nDTSTART:20260329T010000\r\nRDATE:20270328T010000\r\n"
        "TZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nDTSTART:20251026T020000\r\n"
        "RDATE:20261025T020000,20271031T020000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    for moment, hour in (("20260703T143000", 13), ("20261203T143000", 14), ("20270703T143000", 13)):
        text = calendar(SEQUENCE=f"DTSTART;TZID=Home:{moment}").replace("BEGIN:VEVENT", f"{zone}BEGIN:VEVENT")
        start = judge(mail(text))[0].answers[0].start
        assert isinstance(start, datetime)
        assert start.astimezone(UTC).hour == hour
