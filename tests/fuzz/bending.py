"""Bends messages at random: what hostile and careless software does to mail, one small damage after another."""

import base64
import quopri
from collections.abc import Callable
from random import Random

LONGEST = 400_000
# Words that steer a reader: where a parser branches, and what people have tripped over.
WORDS = [
    *(b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"BEGIN:VCALENDAR\r\n", b"END:VCALENDAR\r\n", b"BEGIN:VALARM\r\n"),
    *(b"METHOD:REPLY\r\n", b"METHOD:COUNTER\r\n", b"METHOD:REFRESH\r\n", b"METHOD:REQUEST\r\n", b"METHOD:CANCEL\r\n"),
    *(b"SEQUENCE:2\r\n", b"SEQUENCE:-1\r\n", b"SEQUENCE:1407317367304\r\n", b"DTSTAMP:20260401T100000Z\r\n"),
    *(b"RECURRENCE-ID:20260814T133000Z\r\n", b"RECURRENCE-ID;RANGE=THISANDFUTURE:20260814T133000Z\r\n"),
    *(b"RECURRENCE-ID;VALUE=DATE:20260814\r\n", b"DTSTART:20260703T150000Z\r\n", b"DTSTART:00010101T000000\r\n"),
    *(b"DTEND:99991231T235959Z\r\n", b"DURATION:P99999W\r\n", b"DURATION:-PT1H\r\n", b"UID:m1@coord.example\r\n"),
    *(b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:shah@nhs.example\r\n", b"ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="),
    *(b'"mailto:lee@nhs.example"', b";DELEGATED-FROM=", b";MEMBER=", b";SENT-BY=", b";CN=", b";X-A=b", b"mailto:"),
    *(b"RRULE:FREQ=DAILY\r\n", b"RRULE:FREQ=YEARLY;BYDAY=53MO;COUNT=999999999\r\n", b"RDATE:20260101T000000Z/PT1H,"),
    *(b"EXDATE:20260703T133000Z\r\n", b"TZID=GMT Standard Time", b"TZID=Mars/Olympus", b"STATUS:CANCELLED\r\n"),
    *(b"X-COORD-SEQUENCE=9", b"X-COORD-DTSTAMP=20260401T100000Z", b"X-COORD-WAITING:mailto:a@b\r\n"),
    *(b"X-COORD-REMOVED;X-COORD-SEQUENCE=3:mailto:shah@nhs.example\r\n", b"X-COORD-TIME-SEQUENCE:0\r\n"),
    *(b"X-COORD-REMOVED;X-COORD-DATE=20260703T133000Z:mailto:shah@nhs.example\r\n", b";X-COORD-DATE=0"),
    *(b"Content-Type: text/calendar; method=REPLY\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n"),
    *(b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: x-uuencode\r\n", b"charset=utf-7"),
    *(b"From: Shah <shah@nhs.example>\r\n", b"Date: Tue, 03 Mar 2026 10:00:00 +0100\r\n"),
    *(b"Final-Recipient: rfc822; a@b\r\n", b"Action: failed\r\n", b"\r\n--b\r\n", b"Auto-Submitted: auto-replied\r\n",
      b"Content-Type: message/delivery-status\r\n"),
    *(b"=?utf-8?q?", b"?=", b"=?x?b?", b"\\n", b"\\,", b"^n", b"^'", b'"', b":", b";", b",", b"=", b"%", b"%00", b"?"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"\r", b"\n ", b"\r\n\t", b"\xf0\x9f\x98\x80", b"\xc3", b"\xed\xa0\x80"),
    *("\N{ARABIC-INDIC DIGIT FIVE}".encode(), "\N{SUPERSCRIPT TWO}".encode(), "\N{LINE SEPARATOR}".encode(), b"\x0b"),
    *("ı".encode(), "İ".encode(), "ß".encode(), "\N{ZERO WIDTH SPACE}".encode(), "\N{NEXT LINE}".encode(), b"\x85"),
]  # fmt: skip


class Bender:
    """Bends what it is given; the same random numbers bend the same way."""

    def __init__(self, random: Random, stock: list[bytes]) -> None:
        self.random, self.stock = random, stock
        self.ways: list[Callable[[bytes], bytes]] = [
            *(self.change_bytes, self.cut, self.repeat, self.put_word, self.put_word, self.put_word, self.join),
            *(self.change_number, self.move_line, self.double_line, self.take_line, self.take_line, self.drop_line),
            *(self.wrap, self.change_case, self.end_early),
        ]

    def message(self) -> bytes:
        """One message of the stock, bent between one and a dozen times."""
        raw = self.random.choice(self.stock)
        for _ in range(int(1 + self.random.expovariate(0.4))):
            raw = self.random.choice(self.ways)(raw)[:LONGEST]
        return raw

    def change_bytes(self, raw: bytes) -> bytes:
        changed = bytearray(raw)
        for _ in range(self.random.randint(1, 4) if raw else 0):
            changed[self.random.randrange(len(changed))] = self.random.randrange(256)
        return bytes(changed)

    def cut(self, raw: bytes) -> bytes:
        first, last = self.stretch(raw)
        return raw[:first] + raw[last:]

    def repeat(self, raw: bytes) -> bytes:
        first, last = self.stretch(raw)
        times = int(2 ** self.random.uniform(1, 14))
        return raw[:first] + raw[first:last] * min(times, 1 + LONGEST // (1 + last - first)) + raw[last:]

    def put_word(self, raw: bytes) -> bytes:
        at = self.random.choice([self.line_start(raw), self.random.randint(0, len(raw))])
        return raw[:at] + self.random.choice(WORDS) + raw[at:]

    def join(self, raw: bytes) -> bytes:
        other = self.random.choice(self.stock)
        return raw[: self.line_start(raw)] + other[self.line_start(other) :]

    def change_number(self, raw: bytes) -> bytes:
        digits = [at for at, byte in enumerate(raw[:20_000]) if 48 <= byte <= 57]
        if not digits:
            return raw
        at = self.random.choice(digits)
        return raw[:at] + self.random.choice([b"0", b"9", b"", b"99999", b"-", b"0" * 30]) + raw[at + 1 :]

    def move_line(self, raw: bytes) -> bytes:
        lines = raw.splitlines(keepends=True)
        if lines:
            lines.insert(self.random.randrange(len(lines)), lines.pop(self.random.randrange(len(lines))))
        return b"".join(lines)

    def double_line(self, raw: bytes) -> bytes:
        lines = raw.splitlines(keepends=True)
        if lines:
            lines.insert(self.random.randrange(len(lines)), self.random.choice(lines))
        return b"".join(lines)

    def drop_line(self, raw: bytes) -> bytes:
        lines = raw.splitlines(keepends=True)
        if lines:
            del lines[self.random.randrange(len(lines))]
        return b"".join(lines)

    def take_line(self, raw: bytes) -> bytes:
        """A line of another message in the place of one of this."""
        lines, others = raw.splitlines(keepends=True), self.random.choice(self.stock).splitlines(keepends=True)
        if lines and others:
            lines[self.random.randrange(len(lines))] = self.random.choice(others)
        return b"".join(lines)

    def wrap(self, raw: bytes) -> bytes:
        """Inside another mail, under one transfer encoding or another."""
        encoding, content = self.random.choice(
            [
                (b"base64", base64.encodebytes(raw[:50_000])),
                (b"quoted-printable", quopri.encodestring(raw[:50_000])),
                (b"8bit", raw),
                (b"7bit", raw),
            ]
        )
        kind = self.random.choice(
            [b"text/calendar; method=REPLY", b"message/rfc822", b"application/ics", b"text/plain"]
        )
        sender = self.random.choice([b"shah@nhs.example", b"head@school.example", b"MAILER-DAEMON@x.example", b""])
        head = b"From: %b\r\nContent-Type: %b\r\nContent-Transfer-Encoding: %b\r\n\r\n" % (sender, kind, encoding)
        return head + content

    def change_case(self, raw: bytes) -> bytes:
        first, last = self.stretch(raw)
        return raw[:first] + raw[first:last].swapcase() + raw[last:]

    def end_early(self, raw: bytes) -> bytes:
        return raw[: self.random.randint(0, len(raw))]

    def stretch(self, raw: bytes) -> tuple[int, int]:
        first = self.random.randint(0, len(raw))
        return first, min(len(raw), first + int(2 ** self.random.uniform(0, 9)))

    def line_start(self, raw: bytes) -> int:
        at = self.random.randint(0, len(raw))
        return raw.rfind(b"\n", 0, at) + 1
