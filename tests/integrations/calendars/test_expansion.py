"""What a diary says of its owner's time, case by case."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from coord_service.domain.diaries import Block, BlockStatus
from coord_service.errors import CalendarNonsense
from integrations.calendars.expansion import busy_blocks
from tests.integrations.calendars.diaries import (
    MARCH,
    at,
    blocks,
    by_the_library,
    calendar,
    expand,
    question,
    utc,
)

NINE = "DTSTART;TZID=Europe/London:20270309T090000\nDTEND;TZID=Europe/London:20270309T100000"
AT_NINE = (utc(9, 9), utc(9, 10))
WEEKLY = f"{NINE}\nRRULE:FREQ=WEEKLY;COUNT=3"
SPRING = question(at(27), at(30))
AUTUMN = question(at(30, month=10), at(2, month=11))


def statuses(*events: str) -> list[BlockStatus]:
    return [block.status for block in blocks(*events)]


def test_an_entry_is_a_block_in_utc():
    assert blocks(NINE) == (Block(*AT_NINE, BlockStatus.BUSY),)


def test_a_block_touches_the_time_asked_for_or_is_left_out():
    assert expand(NINE, asked=question(at(9, 10), at(9, 12))) == []
    assert expand(NINE, asked=question(at(9, 8), at(9, 9))) == []
    assert expand(NINE, asked=question(at(9, 9, 59), at(9, 12))) == [AT_NINE]


def test_blocks_come_by_their_start():
    later = NINE.replace("0309T", "0308T")
    assert [start for start, _ in expand(NINE, later)] == [utc(8, 9), utc(9, 9)]


@pytest.mark.parametrize("line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
                                  "ATTENDEE;PARTSTAT=DECLINED:mailto:Lead.Worker@Example.org",
                                  "ATTENDEE;PARTSTAT=DECLINED;EMAIL=lead.worker@example.org:/principals/7/",
                                  "ATTENDEE;PARTSTAT=DELEGATED:mailto:lead.worker@example.org"])  # fmt: skip
def test_what_takes_none_of_the_owners_time_is_left_out(line):
    assert expand(f"{NINE}\n{line}") == []


def test_what_somebody_else_declined_still_takes_time():
    assert expand(f"{NINE}\nATTENDEE;PARTSTAT=DECLINED:mailto:somebody@example.org") == [AT_NINE]


@pytest.mark.parametrize("line", ["STATUS:TENTATIVE", "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",
                                  "ATTENDEE;PARTSTAT=TENTATIVE:mailto:lead.worker@example.org",
                                  "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:lead.worker@example.org"])  # fmt: skip
def test_what_may_or_may_not_be_is_tentative(line):
    assert statuses(f"{NINE}\n{line}") == [BlockStatus.TENTATIVE]


def test_outlook_tells_who_is_out_and_who_works_elsewhere():
    assert statuses(f"{NINE}\nX-MICROSOFT-CDO-BUSYSTATUS:OOF") == [BlockStatus.OOF]
    assert statuses(f"{NINE}\nTRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE") == [
        BlockStatus.ELSEWHERE
    ]


def test_one_date_of_a_series_may_be_called_off_or_only_pencilled_in():
    gone = "UID:s@x\nRECURRENCE-ID;TZID=Europe/London:20270316T090000\nSTATUS:CANCELLED\n" + NINE.replace(
        "0309", "0316"
    )
    maybe = "UID:s@x\nRECURRENCE-ID:20270323T090000Z\nSTATUS:TENTATIVE\n" + NINE.replace("0309", "0323")
    assert blocks(f"UID:s@x\n{WEEKLY}", gone, maybe) == (
        Block(*AT_NINE, BlockStatus.BUSY),
        Block(utc(23, 9), utc(23, 10), BlockStatus.TENTATIVE),
    )


def test_a_date_may_be_moved_into_the_time_asked_for_and_out_of_it():
    into = "UID:s@x\nRECURRENCE-ID;TZID=Europe/London:20270316T090000\n" + NINE
    week = question(at(8), at(15))
    assert expand(f"UID:s@x\n{WEEKLY}\nEXDATE;TZID=Europe/London:20270309T090000", into, asked=week) == [AT_NINE]
    out = "UID:s@x\nRECURRENCE-ID:20270309T090000Z\n" + NINE.replace("0309", "0420")
    assert expand(f"UID:s@x\n{WEEKLY}", out, asked=week) == []


def test_the_newest_of_two_versions_counts():
    newer = NINE.replace("T09", "T11").replace("T10", "T12")
    assert expand(f"UID:s@x\nSEQUENCE:2\n{newer}", f"UID:s@x\nSEQUENCE:1\n{NINE}") == [(utc(9, 11), utc(9, 12))]


def test_a_lone_date_of_a_series_that_is_elsewhere_counts():
    assert expand(f"UID:s@x\nRECURRENCE-ID:20270302T090000Z\n{NINE}") == [AT_NINE]


def test_a_series_of_many_years_is_counted_not_walked():
    """COUNT=2500 from 2019 ends in November 2025; one more month of it is there."""
    daily = "DTSTART:20200515T090000Z\nDTEND:20200515T093000Z\nRRULE:FREQ=DAILY;COUNT={}"
    assert expand(daily.format(2500)) == [
        (start, start + timedelta(minutes=30)) for start in (utc(day, 9) for day in range(1, 20))
    ]
    assert expand(daily.format(2400)) == []


def test_a_series_that_ended_says_nothing():
    assert expand(f"{NINE}\nRRULE:FREQ=DAILY;UNTIL=20270310T090000Z") == [AT_NINE, (utc(10, 9), utc(10, 10))]
    assert expand(f"{NINE}\nRRULE:FREQ=DAILY;UNTIL=20270310T085959Z") == [AT_NINE]


def test_until_may_be_a_day_and_is_all_of_it():
    """Several programmes write so; RFC 5545 §3.3.10 wants DTSTART's form."""
    assert len(expand(f"{NINE}\nRRULE:FREQ=DAILY;UNTIL=20270311")) == 3


def test_until_is_judged_in_the_zone_of_the_series():
    sydney = "DTSTART;TZID=Australia/Sydney:20270309T070000\nDTEND;TZID=Australia/Sydney:20270309T080000"
    assert len(expand(f"{sydney}\nRRULE:FREQ=DAILY;UNTIL=20270310T200000Z")) == 3


def test_a_meeting_keeps_its_hour_when_the_clocks_change():
    daily = "DTSTART;TZID=Europe/London:20270101T093000\nDTEND;TZID=Europe/London:20270101T103000\nRRULE:FREQ=DAILY"
    assert [start for start, _ in expand(daily, asked=SPRING)] == [utc(27, 9, 30), utc(28, 8, 30), utc(29, 8, 30)]
    assert [start for start, _ in expand(daily, asked=AUTUMN)] == [
        utc(30, 8, 30, month=10), utc(31, 9, 30, month=10), utc(1, 9, 30, month=11)
    ]  # fmt: skip


def test_a_whole_day_has_23_hours_in_spring_and_25_in_autumn():
    daily = "DTSTART;VALUE=DATE:20270101\nRRULE:FREQ=DAILY"
    assert (utc(28), utc(28, 23)) in expand(daily, asked=SPRING)
    assert (utc(30, 23, month=10), utc(1, month=11)) in expand(daily, asked=AUTUMN)


def test_the_hour_that_never_comes_takes_no_meeting_away():
    """01:30 on 28 March is 02:30 by the new clock (RFC 5545 §3.3.5); it still lasts an hour."""
    early = "DTSTART;TZID=Europe/London:20270321T013000\nDTEND;TZID=Europe/London:20270321T023000\nRRULE:FREQ=WEEKLY"
    assert expand(early, asked=SPRING) == [(utc(28, 1, 30), utc(28, 2, 30))]


def test_the_hour_that_comes_twice_is_its_first():
    early = "DTSTART;TZID=Europe/London:20271024T013000\nDTEND;TZID=Europe/London:20271024T020000\nRRULE:FREQ=WEEKLY"
    assert expand(early, asked=AUTUMN) == [(utc(31, 0, 30, month=10), utc(31, 2, month=10))]


def test_a_night_shift_of_eight_hours_has_eight_hours_in_every_night():
    shift = "DTSTART;TZID=Europe/London:20270301T220000\nDURATION:PT8H\nRRULE:FREQ=DAILY"
    assert {end - start for start, end in expand(shift, asked=SPRING)} == {timedelta(hours=8)}


def test_whole_days_and_times_without_a_zone_are_the_calendars():
    day, floating = "DTSTART;VALUE=DATE:20270309", "DTSTART:20270310T090000\nDTEND:20270310T100000"
    in_tokyo = question(at(1), at(20), ZoneInfo("Asia/Tokyo"))
    assert expand(day, floating, asked=in_tokyo) == [(utc(8, 15), utc(9, 15)), (utc(10), utc(10, 1))]
    named = expand(day, floating, head="X-WR-TIMEZONE:America/New_York")
    assert named == [(utc(9, 5), utc(10, 5)), (utc(10, 14), utc(10, 15))]


def test_zones_may_have_windows_names_or_be_defined_in_the_file():
    outlooks, july = NINE.replace("Europe/London", "GMT Standard Time"), question(at(1, month=7), at(9, month=7))
    assert expand(outlooks.replace("0309", "0706"), asked=july) == [(utc(6, 8, month=7), utc(6, 9, month=7))]
    defined = (
        "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0530\n"
        "END:STANDARD\nEND:VTIMEZONE"
    )
    assert expand(NINE.replace("Europe/London", "Ours"), head=defined) == [(utc(9, 3, 30), utc(9, 4, 30))]


def test_an_entry_without_a_readable_start_is_left_out():
    assert expand("SUMMARY:when?", "DTSTART:soon\nDTEND:later", NINE) == [AT_NINE]


def test_an_entry_that_takes_no_time_is_left_out_and_a_swapped_one_turned_round():
    assert expand("DTSTART:20270309T090000Z") == []
    assert expand("DTSTART:20270309T100000Z\nDTEND:20270309T090000Z") == [AT_NINE]


RARE = [
    "RRULE:FREQ=YEARLY;BYWEEKNO=10,11;BYDAY=TU",
    "RRULE:FREQ=DAILY;BYHOUR=9,14;COUNT=9",
    "RRULE:FREQ=HOURLY;INTERVAL=5;COUNT=20",
    "RRULE:FREQ=WEEKLY;COUNT=2\nRRULE:FREQ=MONTHLY;COUNT=3",
    "RRULE:FREQ=WEEKLY;COUNT=2\nRDATE;VALUE=PERIOD:20270311T090000Z/PT3H",
]


@pytest.mark.parametrize("repeats", RARE)
def test_what_repeats_in_a_rare_way_is_the_librarys(repeats):
    raw = calendar(f"{NINE}\n{repeats}")
    found = [(block.start_at, block.end_at) for block in busy_blocks(raw, MARCH)]
    assert len(found) > 1
    assert found == by_the_library(raw, MARCH)


def test_a_change_of_this_and_all_later_dates_moves_them_all():
    later = (
        NINE.replace("0309T09", "0316T11").replace("0309T10", "0316T12").replace("Europe/London", "GMT Standard Time")
    )
    changed = f"UID:s@x\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270316T090000Z\nSTATUS:TENTATIVE\n{later}"
    assert blocks(f"UID:s@x\n{WEEKLY}", changed) == (
        Block(*AT_NINE, BlockStatus.BUSY),
        Block(utc(16, 11), utc(16, 12), BlockStatus.TENTATIVE),
        Block(utc(23, 11), utc(23, 12), BlockStatus.TENTATIVE),
    )


ENDLESS = [
    "FREQ=SECONDLY",
    "FREQ=MINUTELY;BYDAY=MO",
    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=HOURLY;INTERVAL=99999999999999999999",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=9",
    "FREQ=DAILY;BYHOUR=25",
    "FREQ=DAILY;BYHOUR=9;BYDAY=XX",
    "FREQ=DAILY;BYHOUR=9;INTERVAL=0x9",
    "FREQ=MONTHLY;BYMONTHDAY=29,30,31;COUNT=99999999",
    "FREQ=YEARLY;BYWEEKNO=20;BYMONTH=1",
    "nothing",
]


@pytest.mark.parametrize("rule", ENDLESS)
def test_a_rule_that_would_never_come_to_an_end_is_refused_in_words(rule):
    with pytest.raises(CalendarNonsense, match="repeats in a way"):
        blocks(f"DTSTART:19000101T090000Z\nDTEND:19000101T100000Z\nRRULE:{rule}")


def test_many_slow_series_are_refused_together():
    slow = "DTSTART:20000101T090000Z\nDTEND:20000101T100000Z\nRRULE:FREQ=DAILY;BYHOUR=9,14"
    assert expand(slow)
    with pytest.raises(CalendarNonsense, match="too long"):
        blocks(*[slow] * 40)


def test_a_rule_without_any_date_costs_nothing_and_leaves_the_first():
    assert expand(f"{NINE}\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30") == [AT_NINE]


def test_a_hundred_thousand_entries_are_refused():
    head, tail = calendar("X-HERE:1").split(b"X-HERE:1\r\n")
    entry = b"END:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20270309T090000Z\r\nDTEND:20270309T100000Z\r\n"
    with pytest.raises(CalendarNonsense, match="not read"):
        busy_blocks(head + entry * 100_000 + tail, MARCH)
    with pytest.raises(CalendarNonsense, match="20,000 entries"):
        busy_blocks(head + entry * 20_001 + tail, MARCH)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(CalendarNonsense, match="larger than 16 MB"):
        busy_blocks(calendar("DESCRIPTION:" + "x" * 16_000_000), MARCH)


def test_endless_series_that_fill_every_day_of_a_century_are_refused():
    daily = "DTSTART:20270309T090000Z\nDTEND:20270309T100000Z\nRRULE:FREQ=DAILY"
    century = question(datetime(2027, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC))
    with pytest.raises(CalendarNonsense, match="200,000 entries"):
        blocks(*[daily] * 20, asked=century)


@pytest.mark.parametrize("raw", [b"", b"<html>Sign in</html>", b"\x00\xff\x00", b"BEGIN:VCARD\r\nEND:VCARD\r\n"])
def test_what_is_no_calendar_is_nonsense(raw):
    with pytest.raises(CalendarNonsense, match="no calendar"):
        busy_blocks(raw, MARCH)


def test_an_empty_calendar_is_an_empty_diary():
    assert busy_blocks(calendar(), MARCH) == ()


def test_nothing_but_times_is_ever_looked_at():
    """Who else comes, what it is about and where: the lines are dropped before they are parsed."""
    words = 'SUMMARY:"A\nDESCRIPTION;X="broken:\nLOCATION\nATTENDEE;CN="half:mailto:x@example.org'
    assert expand(f"{words}\n{NINE}") == [AT_NINE]
