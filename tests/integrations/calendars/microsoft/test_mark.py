"""The mark on an event says again what was written, whatever the UID is."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.calendars.microsoft.mark import PROPERTY, Mark, fingerprint, mark_of, read_mark, start_of
from tests.contracts.calendars.events import STAMP, meeting, utc

UIDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(UIDS, st.integers(0, 2**31), INSTANTS, INSTANTS)
def test_a_mark_is_read_as_it_was_written(uid: str, sequence: int, dtstamp: datetime, since: datetime):
    mark = Mark(uid, sequence, dtstamp, since, fingerprint("content"), fingerprint("words"))
    assert read_mark({"singleValueExtendedProperties": [mark.write()]}) == mark


@given(UIDS, UIDS)
def test_a_search_for_one_uid_finds_no_other(uid: str, other: str):
    value = str(mark_of(meeting(uid=uid), "content", STAMP).write()["value"])
    assert value.startswith(start_of(uid))
    assert value.startswith(start_of("")) is True
    assert value.startswith(start_of(other)) is (uid == other)


@pytest.mark.parametrize(
    "properties",
    [
        None,
        "coord",
        [],
        [7],
        [{"id": "String {0} Name Other", "value": "coord a 1 2 3 4 5"}],
        [{"id": PROPERTY, "value": "coord"}],
        [{"id": PROPERTY, "value": "coord a x 2 3 4 5"}],
        [{"id": PROPERTY, "value": "coord a 1 1e300 3 4 5"}],
        [{"id": PROPERTY, "value": "other a 1 2 3 4 5"}],
    ],
)
def test_what_is_no_mark_of_ours_is_none(properties: object):
    assert read_mark({"singleValueExtendedProperties": properties}) is None


def test_answers_stay_good_while_the_time_is_the_same():
    first = mark_of(meeting(), "content", utc(1, 9))
    words = mark_of(meeting(sequence=1), "other words", utc(1, 10))
    assert words.after(first, current_sequence=0).since == utc(1, 9)
    assert words.after(first, current_sequence=1).since == utc(1, 10)
