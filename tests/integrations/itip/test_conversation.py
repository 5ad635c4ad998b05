"""Organizer and attendees through the written bytes; mail late, twice, out of order: in the end all agree (issue 3)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, precondition, rule

from coord_service.domain.itip import Changes, Event, Policy, apply, diff
from integrations.itip import read_copy, read_mail, write_calendar, write_copy
from tests.attendee_peer import AttendeePeer
from tests.invitations import HEAD, NOW, PARENT, SHAH, meeting

STAYING, COMING_AND_GOING = (SHAH, HEAD), PARENT


class Conversation(RuleBasedStateMachine):
    """Who is invited, what is in the post, and every change that a lead worker or an attendee can make."""

    letters = Bundle("letters")
    replies = Bundle("replies")

    @initialize(target=letters)
    def book(self):
        self.now, self.was_cancelled = NOW, False
        self.peers = {each: AttendeePeer(each) for each in (*STAYING, COMING_AND_GOING)}
        self.in_the_post: list[tuple[str, bytes]] = []
        self.answers: list[bytes] = []
        return self.send(diff(None, meeting(*STAYING), self.now))

    def send(self, changes: Changes):
        assert changes.event
        self.event = read_copy(write_copy(changes.event))
        mails = [(each.recipient, write_calendar(each)) for each in changes.outgoing]
        self.in_the_post += mails
        return multiple(*mails)

    def change(self, new: Event | None):
        return self.send(diff(self.event, new, self.now))

    @rule(seconds=st.integers(0, 3))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: not self.was_cancelled)
    @rule(target=letters, hours=st.integers(-2, 2))
    def move(self, hours):
        by = timedelta(hours=hours)
        return self.change(replace(self.event, start=self.event.start + by, end=self.event.end + by))

    @precondition(lambda self: not self.was_cancelled)
    @rule(target=letters)
    def edit(self):
        return self.change(replace(self.event, location=f"{self.event.location}!"))

    @precondition(lambda self: not self.was_cancelled)
    @rule(target=letters)
    def add_or_remove(self):
        stay = tuple(each for each in self.event.attendees if each.address != COMING_AND_GOING)
        back = () if len(stay) < len(self.event.attendees) else meeting(COMING_AND_GOING).attendees
        return self.change(replace(self.event, attendees=(*stay, *back)))

    @precondition(lambda self: not self.was_cancelled)
    @rule(target=letters)
    def cancel(self):
        self.was_cancelled = True
        return self.change(None)

    @rule(letter=letters)
    def a_letter_arrives_perhaps_again(self, letter):
        address, raw = letter
        self.peers[address].receive(raw)

    @rule(target=replies, who=st.sampled_from(STAYING), says=st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"]))
    def answer(self, who, says):
        peer = self.peers[who]
        if peer.order is None or peer.is_cancelled:
            return multiple()
        self.now += timedelta(seconds=1)
        raw = peer.answer(says, self.now)
        self.answers.append(raw)
        return raw

    @rule(reply=consumes(replies))
    def an_answer_arrives(self, reply):
        self.hear(reply)

    def hear(self, raw: bytes) -> None:
        applied = apply(self.event, read_mail(raw), Policy(), self.now)
        assert applied.outgoing == ()
        self.event = read_copy(write_copy(applied.event))

    def teardown(self):
        """The post is emptied, everything twice and the oldest last: both sides must agree."""
        if not hasattr(self, "event"):
            return
        for address, raw in [*self.in_the_post, *reversed(self.in_the_post)]:
            self.peers[address].receive(raw)
        for raw in [*self.answers, *reversed(self.answers)]:
            self.hear(raw)
        for person in self.event.attendees:
            peer = self.peers[person.address]
            if self.was_cancelled:
                assert peer.is_cancelled or person.partstat == "DECLINED"
                continue
            assert peer.start == self.event.start
            assert not peer.is_cancelled
            counts = peer.said and peer.said[0] >= self.event.current_sequence
            said = peer.said[1] if peer.said and counts else "NEEDS-ACTION"
            assert person.address not in STAYING or person.partstat == said


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def test_the_peer_takes_no_older_letter() -> None:
    peer = AttendeePeer(SHAH)
    first = diff(None, meeting(SHAH), NOW)
    assert first.event
    moved = replace(first.event, start=first.event.start + timedelta(hours=1), end=first.event.end + timedelta(hours=1))
    second = diff(first.event, moved, NOW)
    for changes in (second, first):
        peer.receive(write_calendar(changes.outgoing[0]))
    assert peer.start == datetime(2026, 7, 3, 14, 30, tzinfo=UTC)
