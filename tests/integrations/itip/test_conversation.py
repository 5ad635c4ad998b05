"""Organizer and attendees through the written bytes: mail late, lost, twice, out of order, and in the end all agree.

The attendees are ``tests.attendee_peer``, a second implementation that shares no code with ours.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, precondition, rule

from coord_service.domain.itip import (
    Attendee,
    Changes,
    Event,
    Message,
    Method,
    Outgoing,
    Policy,
    Verdict,
    accept_counter,
    apply,
    decline_counter,
    diff,
)
from coord_service.domain.itip.recurrence import occurrence, override_at
from coord_service.domain.itip.series import cancel_date, cancel_from, move_date
from coord_service.errors import ChangedMeanwhile
from integrations.itip import read_copy, read_mail, write_calendar, write_copy
from tests.attendee_peer import AttendeePeer, Seen, occurrences, order_of, shown
from tests.examples import examples
from tests.invitations import HEAD, NOW, PARENT, SHAH, START, meeting, series

STAYING, COMING_AND_GOING, DELEGATES = (SHAH, HEAD), PARENT, ("lee@nhs.example", "khan@nhs.example")
EVERYBODY = (*STAYING, COMING_AND_GOING, *DELEGATES)
HOUR, ROUND = timedelta(hours=1), timedelta(weeks=6)
WHO, N = st.sampled_from(EVERYBODY), st.integers(0, 4)
HOURS = st.integers(-2, 2).map(lambda each: each * HOUR)
stands = precondition(lambda self: not self.was_cancelled)
is_series = precondition(lambda self: not self.was_cancelled and self.event.is_series)


class Conversation(RuleBasedStateMachine):
    """Who is invited, what is in the post, and every change that a lead worker or an attendee can make."""

    letters = Bundle("letters")
    replies = Bundle("replies")
    proposals = Bundle("proposals")

    @initialize(target=letters, event=st.sampled_from([meeting(*STAYING), series(*STAYING)]))
    def book(self, event):
        self.now, self.was_cancelled = NOW, False
        self.peers = {each: AttendeePeer(each) for each in EVERYBODY}
        self.in_the_post: list[tuple[str, bytes]] = []
        self.not_told: set[str] = set()
        self.lost: list[tuple[str, bytes]] = []
        self.answers: list[bytes] = []
        self.passed_on: set[str] = set()
        self.sent: dict[tuple[str, object], tuple[int, datetime]] = {}
        return self.send(diff(None, event, self.now))

    # What the lead worker does

    def send(self, changes: Changes):
        """Keep the copy as bytes, post the letters; what each recipient gets is newer than what they had."""
        assert changes.event
        self.event = read_copy(write_copy(changes.event))
        mails = [(each.recipient, write_calendar(each)) for each in changes.outgoing]
        for who, raw in mails:
            for event in icalendar.Calendar.from_ical(raw).walk("VEVENT"):
                key = (who, event["RECURRENCE-ID"].dt.astimezone(UTC) if "RECURRENCE-ID" in event else None)
                assert key not in self.sent or order_of(event) > self.sent[key]
                self.sent[key] = order_of(event)
        self.in_the_post += mails
        return multiple(*mails)

    def change(self, new: Event | None):
        """Who has declined is not told of what they lose (ITIP.md §1.9)."""
        parts = (self.event, *self.event.overrides)
        self.not_told |= {each.address for part in parts for each in part.attendees if each.partstat == "DECLINED"}
        return self.send(diff(self.event, new, self.now))

    def date(self, n: int) -> datetime:
        return self.event.start + n * ROUND

    @rule(seconds=st.integers(0, 3))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @stands
    @rule(target=letters, by=HOURS)
    def move(self, by):
        return self.change(replace(self.event, start=self.event.start + by, end=self.event.end + by))

    @stands
    @rule(target=letters)
    def edit(self):
        where = f"{self.event.location}!"
        dates = tuple(replace(each, location=where) for each in self.event.overrides)
        return self.change(replace(self.event, location=where, overrides=dates))

    @stands
    @rule(target=letters)
    def add_or_remove(self):
        stay = tuple(each for each in self.event.attendees if each.address != COMING_AND_GOING)
        back = () if len(stay) < len(self.event.attendees) else (Attendee(COMING_AND_GOING),)
        return self.change(replace(self.event, attendees=(*stay, *back)))

    @is_series
    @rule(target=letters, n=N, by=HOURS)
    def move_one(self, n, by):
        return self.change(move_date(self.event, self.date(n), self.date(n) + by)) if self.has(n) else multiple()

    @is_series
    @rule(target=letters, n=N)
    def cancel_one(self, n):
        return self.change(cancel_date(self.event, self.date(n))) if self.has(n) else multiple()

    @is_series
    @rule(target=letters, n=st.integers(1, 4))
    def cancel_the_rest(self, n):
        return self.change(cancel_from(self.event, self.date(n))) if self.has(n) else multiple()

    @is_series
    @rule(target=letters, n=N)
    def add_to_or_remove_from_one(self, n):
        date = self.date(n)
        if not self.has(n):
            return multiple()
        one = override_at(self.event, date) or occurrence(self.event, date)
        stay = tuple(each for each in one.attendees if each.address != COMING_AND_GOING)
        back = () if len(stay) < len(one.attendees) else (Attendee(COMING_AND_GOING),)
        others = tuple(each for each in self.event.overrides if each.recurrence_id != date)
        return self.change(replace(self.event, overrides=(*others, replace(one, attendees=(*stay, *back)))))

    def has(self, n: int) -> bool:
        """Whether the copy has this date, by recurring-ical-events."""
        return any(start == self.date(n) for start, _, _ in shown(self.components(without_changes=True)))

    @stands
    @rule(target=letters)
    def cancel(self):
        self.was_cancelled = True
        return self.change(None)

    @rule(target=letters, proposal=consumes(proposals), is_good=st.booleans())
    def decide(self, proposal, is_good):
        """Accept moves it for all; decline tells that person."""
        try:
            if is_good:
                return self.send(accept_counter(self.event, proposal, self.now))
            told = decline_counter(self.event, proposal)
        except ChangedMeanwhile:
            return multiple()
        before = self.peers[told.recipient].refusals
        self.peers[told.recipient].receive(write_calendar(told))
        assert self.peers[told.recipient].refusals == before + 1
        return multiple()

    # What the post does

    @rule(letter=letters)
    def a_letter_arrives_perhaps_again(self, letter):
        self.peers[letter[0]].receive(letter[1])

    @rule(letter=consumes(letters))
    def a_letter_is_lost(self, letter):
        self.in_the_post = [each for each in self.in_the_post if each != letter]
        self.lost.append(letter)

    @rule(reply=consumes(replies))
    def an_answer_arrives(self, reply):
        self.hear(reply)

    @rule(target=proposals, reply=replies)
    def an_answer_arrives_and_another_comes_after_it(self, reply):
        message, applied = self.hear(reply)
        is_proposal = message.method == "COUNTER" and applied is Verdict.HELD
        return message if is_proposal else multiple()

    def hear(self, raw: bytes) -> tuple[Message, Verdict]:
        message = read_mail(raw)
        applied = apply(self.event, message, Policy(), self.now)
        if message.method == "REFRESH":
            assert applied.event == self.event
            self.post_again(applied.outgoing)
        else:
            self.send(Changes(applied.event, applied.outgoing))
        return message, applied.verdict

    def post_again(self, outgoing: tuple[Outgoing, ...]) -> None:
        for each in outgoing:
            assert each.method in {Method.REQUEST, Method.CANCEL}
            self.peers[each.recipient].receive(write_calendar(each))

    # What attendees do

    @rule(target=replies, who=WHO, says=st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"]), n=st.none() | N)
    def answer(self, who, says, n):
        peer, on = self.peers[who], self.of_series(n)
        if not peer.holds(on):
            return multiple()
        return self.post(peer.answer(says, self.tick(), on))

    @rule(target=replies, who=WHO, to=st.sampled_from(DELEGATES), n=st.none() | N)
    def pass_on(self, who, to, n):
        peer, on = self.peers[who], self.of_series(n)
        if not peer.holds(on):
            return multiple()
        self.passed_on.add(who)
        return self.post(peer.answer("DELEGATED", self.tick(), on, to=to))

    @rule(target=replies, who=WHO, by=HOURS, n=st.none() | N)
    def propose(self, who, by, n):
        peer, on = self.peers[who], self.of_series(n)
        if not peer.holds(on):
            return multiple()
        start = (self.date(n or 0)) + by
        return self.post(peer.propose(start, start + HOUR, self.tick(), on))

    @rule(who=WHO)
    def ask_again(self, who):
        if self.peers[who].uid:
            self.hear(self.peers[who].ask_again(self.tick()))

    def of_series(self, n: int | None) -> datetime | None:
        return None if n is None or not self.event.is_series else self.date(n).astimezone(UTC)

    def tick(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def post(self, raw: bytes) -> bytes:
        self.answers.append(raw)
        return raw

    # In the end

    def teardown(self):
        """The post is emptied, everything twice and the oldest last: both sides must agree."""
        if not hasattr(self, "event"):
            return
        self.empty_the_post()
        for who, peer in self.peers.items():
            assert self.expected(who) <= peer.sees(), f"{who} was not told of everything"
            assert who in self.not_told or peer.sees() == self.expected(who), f"{who} was not told what is off"
        for who in STAYING if not self.was_cancelled else ():
            self.answers_agree(self.peers[who])

    def empty_the_post(self):
        delivered = -1
        while delivered < len(self.in_the_post):
            delivered = len(self.in_the_post)
            for raw in [*self.answers, *reversed(self.answers)]:
                if read_mail(raw).method == "REPLY":
                    self.hear(raw)
        for who, raw in [*self.in_the_post, *reversed(self.in_the_post)]:
            self.peers[who].receive(raw)
        for who, raw in self.lost:
            # Whoever still comes asks again; to the others the same letter is sent again.
            if self.invited(who) and self.peers[who].uid:
                self.hear(self.peers[who].ask_again(self.tick()))
            else:
                self.peers[who].receive(raw)

    def components(self, *, without_changes: bool = False) -> list[icalendar.Event]:
        found = icalendar.Calendar.from_ical(write_copy(self.event)).walk("VEVENT")
        return [each for each in found if not without_changes or "RECURRENCE-ID" not in each]

    def expected(self, who: str) -> set[Seen]:
        """What the organizer believes that somebody was told, by icalendar from the copy."""
        if self.was_cancelled or self.event.status == "CANCELLED":
            return set()
        return {seen for one in occurrences(self.components()) if line_of(one, who) for seen in shown([one])}

    def invited(self, who: str) -> bool:
        return not self.was_cancelled and any(line_of(each, who) for each in self.components())

    def answers_agree(self, peer: AttendeePeer) -> None:
        """An answer to the present time stands, one to an earlier time does not (ITIP.md §2.2-3).

        Except that a place which was passed on stays so when the meeting moves: the delegate is who must answer for the
        new time (RFC 5546 §3.2.2.3), and both are told of it. It asks the delegator for nothing, and they may take it
        back at any time. A delegation that arrives after the move is older than that, like any answer (§2.1.5).
        """
        for part in (self.event, *self.event.overrides):
            person = part.attendee(peer.address)
            on = part.recurrence_id.astimezone(UTC) if isinstance(part.recurrence_id, datetime) else None
            if person is None or part.status == "CANCELLED":
                continue
            said = [
                each for each in (peer.said.get(on), peer.said.get(None)) if each and each[0] >= part.current_sequence
            ]
            may_stand = {"NEEDS-ACTION", *(["DELEGATED"] if peer.address in self.passed_on else [])}
            assert person.partstat in ({said[0][1]} if said else may_stand), (peer.address, on)


def line_of(event: icalendar.Event, who: str) -> object | None:
    lines = event.get("ATTENDEE", [])
    return next(
        (each for each in (lines if isinstance(lines, list) else [lines]) if str(each) == f"mailto:{who}"), None
    )


TestConversation = Conversation.TestCase
TestConversation.settings = settings(examples(40), stateful_step_count=30)


def test_the_peer_takes_no_older_letter() -> None:
    peer = AttendeePeer(SHAH)
    first = diff(None, meeting(SHAH), NOW)
    assert first.event
    moved = replace(first.event, start=first.event.start + HOUR, end=first.event.end + HOUR)
    second = diff(first.event, moved, NOW)
    for changes in (second, first):
        peer.receive(write_calendar(changes.outgoing[0]))
    assert {each[0] for each in peer.sees()} == {START.astimezone(UTC) + HOUR}
