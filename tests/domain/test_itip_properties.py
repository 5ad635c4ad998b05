"""Whatever order mail arrives in, the end is the same wherever (SEQUENCE, DTSTAMP) decides (issue 3)."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from coord_service.domain.itip import Attendee, Event, Message, PartStat, Role, diff
from coord_service.domain.itip.recurrence import occurrence, override_at
from tests.invitations import (
    HEAD,
    NOW,
    PARENT,
    SHAH,
    START,
    STRANGER,
    answers,
    counter,
    hear,
    meeting,
    minutes,
    reply,
    series,
)

DATES = [None, START, START + timedelta(weeks=6), START + timedelta(weeks=7)]
SAYS = st.sampled_from([PartStat.ACCEPTED, PartStat.DECLINED, PartStat.TENTATIVE])
PEOPLE = st.sampled_from([SHAH, HEAD, PARENT, STRANGER])


@st.composite
def conversation(draw: st.DrawFn, dates: list[object]) -> tuple[list[Message], list[Message]]:
    """Answers no two of which have one person, date, SEQUENCE and DTSTAMP; and the same in another order."""
    keys = st.tuples(PEOPLE, st.sampled_from(dates), st.integers(0, 3), st.integers(1, 9))
    drawn = draw(st.lists(st.tuples(keys, SAYS), max_size=9, unique_by=lambda each: each[0]))
    said = [reply(who, word, at=at, sequence=n, recurrence_id=date) for (who, date, n, at), word in drawn]
    said += [counter(SHAH, START + timedelta(hours=1), at=4)] if draw(st.booleans()) else []
    return said, draw(st.permutations(said + draw(st.lists(st.sampled_from(said), max_size=3)) if said else said))


@given(conversation([None]), st.integers(0, 2))
def test_any_order_of_a_conversation_ends_the_same(both: tuple[list[Message], list[Message]], sequence: int) -> None:
    event = meeting(SHAH, HEAD, PARENT, sequence=sequence)
    first, second = (hear(event, *messages).event if messages else event for messages in both)
    assert first == second


@given(conversation(DATES))
def test_any_order_of_a_conversation_about_a_series_ends_the_same(both: tuple[list[Message], list[Message]]) -> None:
    event = series(SHAH, HEAD, PARENT)
    assert settled(event, both[0]) == settled(event, both[1])


def settled(event: Event, messages: list[Message]) -> object:
    """Who stands how: for the series, and for each date, whether it has an override or shows as the series does."""
    end = hear(event, *messages).event if messages else event
    parts = [end, *(override_at(end, each) or occurrence(end, each) for each in DATES if each)]
    return [{one.address: one for one in part.attendees} for part in parts]


# Each may pass their place to anybody later in this line, invited or not: any shape but a circle, which is refused when
# it closes and so depends on whose mail closes it. The first two are invited.
LINE = [SHAH, HEAD, "lee@nhs.example", "khan@nhs.example", "mehta@school.example"]
TO_DATES = st.sampled_from([None, START + timedelta(weeks=6)])


def some_of(people: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(people), min_size=1, max_size=2, unique=True).map(tuple)


@st.composite
def delegations(draw: st.DrawFn) -> tuple[list[Message], list[Message]]:
    """Places of the series and of one date passed on, shared, taken back, answered by whoever stands in and says for
    whom, rightly or wrongly; and the same in another order, some of it twice.
    """
    keys = st.tuples(st.integers(0, len(LINE) - 1), TO_DATES, st.integers(1, 9))
    said = []
    for n, date, at in draw(st.lists(keys, min_size=2, max_size=7, unique=True)):
        more: dict[str, object] = {"comment": f"at {at}"}
        if n > 1:
            more |= {"delegated_from": draw(some_of(LINE[:n])), "name": f"Person {n}"}
        word = draw(SAYS)
        if LINE[n + 1 :] and draw(st.booleans()):
            word, more["delegated_to"] = PartStat.DELEGATED, draw(some_of(LINE[n + 1 :]))
        said.append(reply(LINE[n], word, at=at, recurrence_id=date, **more))
    return said, draw(st.permutations(said + draw(st.lists(st.sampled_from(said), max_size=3))))


@given(delegations())
def test_any_order_of_delegations_ends_the_same(both: tuple[list[Message], list[Message]]) -> None:
    """RFC 5546 §3.2.2.3, for the series and for one date; a delegate's answer may come before the delegation."""
    event = series(Attendee(SHAH, role=Role.OPTIONAL), HEAD)
    assert settled(event, both[0]) == settled(event, both[1])


CHANGES = st.sampled_from(["move", "edit", "add", "remove", "status"])


@given(st.lists(CHANGES, max_size=8))
def test_sequence_never_falls_and_dtstamp_always_rises(changes: list[str]) -> None:
    """Each recipient, whatever happens to the meeting, can order what they are sent (RFC 5546 §2.1.5)."""
    event = diff(None, meeting(SHAH, HEAD), NOW).event
    last: dict[str, tuple[int, object]] = {}
    for step, change in enumerate(changes):
        assert event
        after = diff(event, changed(event, change), minutes(step // 3))
        for each in after.outgoing:
            order = (each.event.sequence, each.event.dtstamp)
            assert each.recipient not in last or order > last[each.recipient]
            last[each.recipient] = order
        event = after.event


def changed(event: Event, change: str) -> Event:
    if change == "move":
        return replace(event, start=event.start + timedelta(days=1), end=event.end + timedelta(days=1))
    if change == "edit":
        return replace(event, summary=event.summary + "!")
    if change == "status":
        other = {"CONFIRMED": "TENTATIVE", "TENTATIVE": "CONFIRMED"}[event.status]
        return replace(event, status=type(event.status)(other))
    people = [each for each in event.attendees if each.address != HEAD]
    return replace(event, attendees=(*people, *(meeting(HEAD).attendees if change == "add" else ())))


@given(SAYS, st.integers(1, 9))
def test_the_same_message_twice_is_the_same_as_once(says: PartStat, at: int) -> None:
    once = hear(meeting(), reply(SHAH, says, at=at)).event
    assert hear(once, reply(SHAH, says, at=at)).event == once
    assert answers(once)[SHAH] is says
