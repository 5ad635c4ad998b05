"""``coord itip``: what scripts rely on (DESIGN §5)."""

import json
from pathlib import Path

import pytest

from coord_service.__main__ import main
from integrations.itip import read_copy, write_copy
from tests.invitations import HEAD, NOW, SHAH, START, STRANGER, meeting

ANSWER = """BEGIN:VCALENDAR
METHOD:{method}
BEGIN:VEVENT
UID:m1@coord.example
DTSTAMP:20260301T10{at}00Z
SEQUENCE:0
ATTENDEE;PARTSTAT={partstat}:mailto:{who}
{more}END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


@pytest.fixture
def coord(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        try:
            code = main(["itip", *map(str, words)])
        except SystemExit as ended:
            code = ended.code
        out, err = capfd.readouterr()
        return code, [json.loads(line) for line in out.splitlines()], err

    return run


def put(name, value):
    raw = value if isinstance(value, bytes) else value.encode()
    Path(name).write_bytes(raw)
    return name


def answer(name, **changes):
    given = {"who": SHAH, "partstat": "ACCEPTED", "at": "01", "method": "REPLY", "more": "", **changes}
    return put(name, ANSWER.format(**given))


def test_read_writes_a_line_a_file(coord) -> None:
    code, lines, _ = coord("read", answer("a.ics", more="COMMENT:on leave\r\n"), put("b.eml", "From: a@b\r\n\r\nhello"))
    assert code == 0
    assert lines[0] == {
        "file": "a.ics", "kind": "reply", "method": "REPLY", "uid": "m1@coord.example", "sequence": 0,
        "dtstamp": "2026-03-01T10:01:00Z", "recurrence_id": None, "organizer": None, "start": None, "end": None,
        "attendees": [{"address": SHAH, "partstat": "ACCEPTED", "delegated_to": None, "delegated_from": None,
                       "comment": "on leave"}],
        "sender": None, "instances": [], "problems": [],
    }  # fmt: skip
    assert (lines[1]["kind"], lines[1]["sender"], lines[1]["uid"]) == ("other", "a@b", None)


def test_read_shows_instants_with_their_offset_and_dates_plain(coord) -> None:
    more = ("RECURRENCE-ID;VALUE=DATE:20260703\r\nDTSTART;TZID=Europe/London:20260703T143000\r\nDURATION:PT1H\r\n"
            "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:m1@coord.example\r\nRECURRENCE-ID:20260814T133000Z\r\n")  # fmt: skip
    _, (line,), _ = coord("read", answer("a.ics", more=more))
    assert (line["recurrence_id"], line["start"]) == ("2026-07-03", "2026-07-03T14:30:00+01:00")
    assert line["end"] == "2026-07-03T15:30:00+01:00"
    assert [each["recurrence_id"] for each in line["instances"]] == ["2026-08-14T13:30:00Z"]


def test_apply_judges_in_the_order_given_and_ends_with_the_meeting(coord) -> None:
    put("m.ics", write_copy(meeting()))
    names = [
        answer("1", at="05", partstat="DECLINED"),
        answer("2", at="02"),
        answer("1b", at="05", partstat="DECLINED"),
        answer("3", who=STRANGER),
    ]
    code, lines, _ = coord("apply", "--meeting", "m.ics", *names)
    assert code == 0
    assert [line["verdict"] for line in lines[:-1]] == ["applied", "older", "duplicate", "held"]
    assert [line["file"] for line in lines[:-1]] == names
    assert all("unchecked" in line["why"] for line in lines[:-1])
    assert lines[-1].keys() == {"meeting"}
    assert "X-COORD-SEQUENCE=0" in lines[-1]["meeting"].replace("\r\n ", "")
    person = read_copy(lines[-1]["meeting"].encode()).attendee(SHAH)
    assert person
    assert person.partstat == "DECLINED"


@pytest.mark.parametrize(("strangers", "verdict"), [("ask", "held"), ("allow", "applied"), ("deny", "refused")])
def test_apply_strangers(coord, strangers: str, verdict: str) -> None:
    put("m.ics", write_copy(meeting()))
    _, lines, _ = coord("apply", "--strangers", strangers, "--meeting", "m.ics", answer("s", who=STRANGER))
    assert lines[0]["verdict"] == verdict


def test_apply_shows_the_invitation_to_a_delegate(coord) -> None:
    put("m.ics", write_copy(meeting()))
    name = answer("d", partstat='DELEGATED;DELEGATED-TO="mailto:lee@nhs.example"')
    _, lines, _ = coord("apply", "--meeting", "m.ics", name)
    assert [(each["recipient"], each["method"]) for each in lines[0]["outgoing"]] == [("lee@nhs.example", "REQUEST")]


def test_apply_believes_one_mail_server_alone_when_it_is_named(coord) -> None:
    put("m.ics", write_copy(meeting()))
    calendar = Path(answer("x")).read_text()
    head = f"From: {SHAH}\r\nAuthentication-Results: mx.other; dmarc=fail\r\nContent-Type: text/calendar\r\n\r\n"
    put("x", head + calendar)
    assert coord("apply", "--meeting", "m.ics", "x")[1][0]["verdict"] == "held"
    assert coord("apply", "--meeting", "m.ics", "--authserv", "mx.ours", "x")[1][0]["verdict"] == "applied"


def test_apply_explains_in_the_words_of_the_page(coord) -> None:
    put("m.ics", write_copy(meeting()))
    head = f"From: {STRANGER}\r\nContent-Type: text/calendar\r\n\r\n"
    forwarded = put("f.eml", head + Path(answer("s", who=STRANGER)).read_text())
    names = [answer("1", at="05"), answer("2", at="02", partstat="DECLINED"), forwarded]
    _, (first, second, third, _), _ = coord("apply", "--explain", "--meeting", "m.ics", *names)
    assert ["What it is", "An answer of a calendar program (METHOD:REPLY)"] in first["explanation"]
    assert ["Speaks for", f"{SHAH}, who is invited"] in first["explanation"]
    assert ["What was made of it", "Counted"] in first["explanation"]
    assert ["Their answer before it", "SEQUENCE 0, written Sunday 1 March 2026, 10:05am"] in second["explanation"]
    assert ["Why", second["why"]] in second["explanation"]
    assert ["Speaks for", f"{STRANGER}, who is not invited"] in third["explanation"]
    assert ["Rule for strangers", "somebody decides"] in third["explanation"]
    assert "explanation" not in coord("apply", "--meeting", "m.ics", "1")[1][0]


def test_diff_writes_a_line_a_recipient(coord) -> None:
    put("old.ics", write_copy(meeting()))
    put("new.ics", write_copy(meeting(start=START.replace(hour=16))))
    now = NOW.isoformat()
    code, lines, _ = coord("diff", "--now", now, "old.ics", "new.ics")
    assert code == 0
    assert [(line["recipient"], line["method"], line["significant"]) for line in lines] == [
        (SHAH, "REQUEST", True),
        (HEAD, "REQUEST", True),
    ]
    assert "SEQUENCE:1\r\n" in lines[0]["ics"]
    assert "DTSTAMP:20260301T090001Z" in lines[0]["ics"]
    assert HEAD not in lines[0]["ics"]
    assert HEAD in coord("diff", "--show", "everyone", "old.ics", "new.ics")[1][0]["ics"]
    assert {line["method"] for line in coord("diff", "--now", now, "old.ics", "-")[1]} == {"CANCEL"}
    assert len(coord("diff", "-", "new.ics")[1]) == 2
    assert coord("diff", "new.ics", "new.ics")[:2] == (0, [])


def test_duration_and_dtend_of_the_same_length_are_the_same(coord) -> None:
    copy = write_copy(meeting()).decode()
    put("old.ics", copy)
    put("new.ics", copy.replace("DTEND;TZID=Europe/London:20260703T153000", "DURATION:PT1H"))
    assert coord("diff", "old.ics", "new.ics")[1] == []


@pytest.mark.parametrize(("rule", "said"), [
    ("RRULE:FREQ=WEEKLY;INTERVAL=6", "never ends"), ("RRULE:FREQ=HOURLY;COUNT=3", "Outlook"),
    ("RDATE:20260710T133000Z", "RDATE without RRULE"), ("RRULE:FREQ=MONTHLY;BYDAY=1FR,3FR;COUNT=9", "one position"),
    ("RECURRENCE-ID;RANGE=THISANDFUTURE:20260814T133000Z", "from one date on"),
])  # fmt: skip
def test_diff_refuses_a_series_that_outlook_cannot_show(coord, rule: str, said: str) -> None:
    """ITIP.md §1.7."""
    put("new.ics", write_copy(meeting()).decode().replace("SEQUENCE:0", f"SEQUENCE:0\r\n{rule}"))
    code, lines, err = coord("diff", "-", "new.ics")
    assert (code, lines, err.count("\n")) == (2, [], 1)
    assert said in err


@pytest.mark.parametrize("words", [
    [], ["frob"], ["read"], ["read", "nowhere.ics"], ["read", "good.ics", "nowhere.ics"],
    ["apply", "good.ics"], ["apply", "--meeting", "nowhere.ics", "good.ics"],
    ["apply", "--meeting", "bad.ics", "good.ics"],
    ["apply", "--meeting", "good.ics", "--strangers", "perhaps", "good.ics"],
    ["diff", "good.ics"], ["diff", "-", "-"], ["diff", "good.ics", "other.ics"], ["diff", "good.ics", "bad.ics"],
    ["diff", "--now", "2026-03-01T09:00:00", "good.ics", "good.ics"], ["diff", "--show", "nobody", "good.ics", "-"],
])  # fmt: skip
def test_what_cannot_start_is_exit_2_and_one_line(coord, words: list[str]) -> None:
    put("good.ics", write_copy(meeting()))
    put("other.ics", write_copy(meeting(uid="another")))
    put("bad.ics", "hello")
    code, lines, err = coord(*words)
    assert (code, lines, err.count("\n")) == (2, [], 1)
