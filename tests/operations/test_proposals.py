"""Another time that somebody proposes, by mail or by link, as a lead worker weighs, takes and declines it."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from coord_service.domain.availability import Presence
from coord_service.domain.decisions import Decision
from coord_service.domain.meetings import Answer, AnsweredBy, Purpose
from coord_service.domain.people import PersonKind, Sector
from coord_service.errors import ChangedMeanwhile, InvalidForm, SlotTaken
from coord_service.operations.answers import AnswerInvitation, LinkAnswer, answer_by_link, answer_invitation
from coord_service.operations.changing import undo_change
from coord_service.operations.deciding import DecideMail, decide_mail
from coord_service.operations.inbound import judge_mail
from coord_service.operations.meeting_page import MeetingView
from coord_service.operations.outbox import deliver_outbox
from coord_service.operations.proposals import (
    AcceptProposal,
    Proposal,
    accept_proposal,
    decline_proposal,
    rehearse_acceptance,
    view_proposal,
)
from coord_service.storage.tables import InboundMail, Leave
from tests.builders import a_person, actor_for, an_invitee
from tests.operations.test_decisions import move
from tests.operations.test_inbound import Conversation, talk
from tests.operations.test_meetings import calendar_of, deliver, mails_to

__all__ = ["talk"]


async def at(talk: Conversation, **later: float) -> datetime:
    """A moment counted from the meeting's own."""
    return (await talk.view()).meeting.starts_at + timedelta(**later)


async def counter(talk: Conversation, start: datetime, **more: object) -> MeetingView:
    return await talk.reply("TENTATIVE", method="COUNTER", start=start, end=start + timedelta(hours=1), **more)


async def proposed(talk: Conversation, start: datetime) -> Proposal:
    (proposal,) = (await counter(talk, start)).proposals
    return proposal


async def accept(talk: Conversation, proposal: Proposal, **more: bool) -> None:
    version, seen = (await talk.view()).meeting.version, proposal.starts_at.isoformat()
    asked = AcceptProposal(talk.meeting_id, proposal.attendee.id, version, seen, **more)
    await accept_proposal(talk.tools, actor_for(talk.worker), asked)


async def decline(talk: Conversation, proposal: Proposal, reason: str | None = None) -> None:
    place = (talk.meeting_id, proposal.attendee.id)
    seen = proposal.starts_at.isoformat()
    await decline_proposal(talk.tools, actor_for(talk.worker), place, seen, reason)


async def open_counters(talk: Conversation) -> int:
    async with talk.tools.database.read() as db:
        waiting = sa.select(sa.func.count()).where(InboundMail.needs_decision)
        return await db.scalar(waiting) or 0


async def test_a_proposed_time_is_shown_beside_what_is_known_of_everybody(talk: Conversation) -> None:
    start = await at(talk, days=1)
    async with talk.tools.database.begin() as db:
        day = start.date()
        db.add(Leave(person_id=talk.worker.person_id, starts_on=day, ends_on=day))
    proposal = await proposed(talk, start)
    found = {each.attendee.person.name: (each.presence, each.can_come) for each in proposal.people}
    assert found == {"Amy Leadworth": (Presence.AWAY, False), "Dr Priya Shah": (Presence.UNSEEN, True)}
    assert (proposal.refusal, proposal.has_clash) == ("", False)


async def test_whoever_proposes_a_time_can_come_even_outside_their_hours(talk: Conversation) -> None:
    proposal = await proposed(talk, await at(talk, hours=8))
    shah = next(each for each in proposal.people if each.proposes_it)
    assert (shah.presence, shah.can_come) == (Presence.OUTSIDE, True)
    assert proposal.of(False) == ["Amy Leadworth"]


async def test_a_quorum_that_would_be_lost_is_said(talk: Conversation) -> None:
    mother = await a_person(talk.tools, "Maya Quill", kind=PersonKind.FAMILY)
    start = await at(talk, days=1)
    invitees = (
        an_invitee(talk.worker.person, Sector.COUNCIL),
        an_invitee(mother, Sector.FAMILY),
        an_invitee(talk.shah),
    )
    await talk.book(mother, invitees=invitees, starts_at=start, ends_at=start + timedelta(hours=1))
    async with talk.tools.database.begin() as db:
        day = (start + timedelta(days=1)).date()
        db.add(Leave(person_id=mother.id, starts_on=day, ends_on=day))
    proposal = await proposed(talk, start + timedelta(days=1))
    assert any("no quorum: somebody of the family" in each for each in proposal.concerns)


async def test_the_notice_of_a_review_is_said(talk: Conversation) -> None:
    start = await at(talk, days=4)
    await talk.book(talk.shah, purpose=Purpose.REVIEW, starts_at=start, ends_at=start + timedelta(hours=1))
    proposal = await proposed(talk, start - timedelta(days=10))
    assert any("two weeks" in each for each in proposal.concerns)


@pytest.mark.parametrize(("later", "words"), [({"days": -20}, "in the past"), ({"hours": 13}, "outside 7am to 9pm")])
async def test_a_time_that_cannot_be_meant_is_refused_and_can_be_declined(
    talk: Conversation, later: dict[str, float], words: str
) -> None:
    proposal = await proposed(talk, await at(talk, **later))
    assert words in proposal.refusal
    view = await talk.view()
    assert await rehearse_acceptance(talk.tools, actor_for(talk.worker), view.meeting, proposal) == ()
    await decline(talk, proposal)
    assert (await talk.view()).proposals == []


async def test_a_time_at_which_somebody_needed_is_booked_needs_a_word_before_it_is_taken(talk: Conversation) -> None:
    first, start = talk.meeting_id, await at(talk, days=1)
    await talk.book(talk.shah, starts_at=start, ends_at=start + timedelta(hours=1))
    talk.meeting_id = first
    async with talk.tools.database.read():
        invitation = mails_to(talk.servers, talk.address)[0]
    proposal = next(iter((await counter(talk, start, invitation=invitation)).proposals))
    assert proposal.has_clash
    with pytest.raises(SlotTaken):
        await accept(talk, proposal)
    await accept(talk, proposal, accept_clashes=True)
    assert (await talk.view()).meeting.starts_at == start


async def test_the_rehearsal_says_who_is_told_and_changes_nothing(talk: Conversation) -> None:
    proposal = await proposed(talk, await at(talk, days=1))
    view = await talk.view()
    planned = await rehearse_acceptance(talk.tools, actor_for(talk.worker), view.meeting, proposal)
    assert {each.address for each in planned} == {talk.address, talk.worker.person.email}
    assert (await talk.view()).meeting.version == view.meeting.version


async def test_taking_a_time_can_be_undone_and_the_proposal_waits_again(talk: Conversation) -> None:
    start = await at(talk, days=1)
    proposal = await proposed(talk, start)
    await accept(talk, proposal)
    assert (await open_counters(talk), (await talk.view()).proposals) == (0, [])
    await undo_change(talk.tools, actor_for(talk.worker), talk.meeting_id)
    view = await talk.view()
    assert [each.starts_at for each in view.proposals] == [start]
    assert view.meeting.starts_at == start - timedelta(days=1)
    await decline(talk, view.proposals[0])
    await deliver(talk.tools, talk.clock)
    assert "METHOD:DECLINECOUNTER" in calendar_of(talk.invitation)


async def test_declining_can_be_undone_while_nothing_has_gone(talk: Conversation) -> None:
    proposal = await proposed(talk, await at(talk, days=1))
    await decline(talk, proposal, "The room is taken.")
    await undo_change(talk.tools, actor_for(talk.worker), talk.meeting_id)
    await deliver(talk.tools, talk.clock)
    assert [each.starts_at for each in (await talk.view()).proposals] == [proposal.starts_at]
    assert len(mails_to(talk.servers, talk.address)) == 1


async def test_a_reason_that_tells_who_the_child_is_is_refused(talk: Conversation) -> None:
    proposal = await proposed(talk, await at(talk, days=1))
    with pytest.raises(InvalidForm):
        await decline(talk, proposal, f"{talk.child.given_name} {talk.child.family_name} has an appointment")
    assert (await talk.view()).proposals


async def test_of_two_times_by_one_person_the_later_one_counts_whichever_comes_first(talk: Conversation) -> None:
    early, late = await at(talk, days=1), await at(talk, days=2)
    await counter(talk, late)
    sent = talk.clock.now()
    view = await counter(talk, early, at=sent - timedelta(minutes=5))
    assert [each.starts_at for each in view.proposals] == [late]
    assert [each.decision for each in view.correspondence] == [None, Decision.OVERTAKEN]
    view = await counter(talk, early, at=sent + timedelta(minutes=5))
    assert [each.starts_at for each in view.proposals] == [early]
    assert await open_counters(talk) == 1


async def test_two_people_s_times_stand_beside_each_other_and_taking_one_ends_the_other(talk: Conversation) -> None:
    other = await a_person(talk.tools, "Ola Other")
    start = await at(talk, days=3)
    await talk.book(talk.shah, other, starts_at=start, ends_at=start + timedelta(hours=1))
    await counter(talk, start + timedelta(days=1))
    invitation = mails_to(talk.servers, other.email)[-1]
    sooner = start - timedelta(hours=1)
    view = await counter(talk, sooner, sender=other.email, invitation=invitation)
    assert [each.attendee.person.name for each in view.proposals] == ["Ola Other", "Dr Priya Shah"]
    await accept(talk, view.proposals[0])
    view = await talk.view()
    assert (view.meeting.starts_at, view.proposals, await open_counters(talk)) == (sooner, [], 0)
    assert {each.verdict for each in view.correspondence} == {"held", "older"}


async def test_a_later_answer_takes_the_place_of_a_proposal_and_an_earlier_one_does_not(talk: Conversation) -> None:
    start, sent = await at(talk, days=1), talk.clock.now()
    await counter(talk, start, at=sent + timedelta(minutes=2))
    view = await talk.reply("TENTATIVE", at=sent + timedelta(minutes=1))
    assert [each.starts_at for each in view.proposals] == [start]
    view = await talk.reply("ACCEPTED", at=sent + timedelta(minutes=3))
    assert (view.proposals, await open_counters(talk), talk.answer_in(view)) == ([], 0, Answer.ACCEPTED)


async def test_an_answer_by_telephone_takes_the_place_of_a_proposal(talk: Conversation) -> None:
    proposal = await proposed(talk, await at(talk, days=1))
    answer = AnswerInvitation(proposal.attendee.id, Answer.ACCEPTED, AnsweredBy.PHONE)
    await answer_invitation(talk.tools, actor_for(talk.worker), answer)
    assert ((await talk.view()).proposals, await open_counters(talk)) == ([], 0)


async def test_a_proposal_from_before_a_move_is_out_of_date(talk: Conversation) -> None:
    proposal = await proposed(talk, await at(talk, days=1))
    await move(talk)
    view = await talk.view()
    assert (view.proposals, view.correspondence[0].verdict) == ([], "older")
    assert "moved since" in (view.correspondence[0].why or "")
    with pytest.raises(ChangedMeanwhile):
        await view_proposal(talk.tools, actor_for(talk.worker), talk.meeting_id, proposal.attendee.id)


async def test_a_proposal_from_an_unknown_address_is_weighed_once_it_is_believed(talk: Conversation) -> None:
    start = await at(talk, days=1)
    view = await counter(talk, start, sender="priya@home.example", speaks_for=talk.address)
    (held,) = view.to_decide
    assert view.proposals == []
    await decide_mail(talk.tools, actor_for(talk.worker), DecideMail(held.mail.id, Decision.BELIEVE))
    view = await talk.view()
    assert (view.to_decide, [each.starts_at for each in view.proposals]) == ([], [start])
    await accept(talk, view.proposals[0])
    assert (await talk.view()).meeting.starts_at == start


async def test_a_day_without_an_hour_is_words(talk: Conversation) -> None:
    day = (await at(talk, days=1)).date()
    view = await talk.reply("TENTATIVE", method="COUNTER", start=day, end=day + timedelta(days=1))
    (held,) = view.to_decide
    assert "without an hour" in (held.mail.why or "")
    assert Decision.READ in held.decisions


async def test_a_time_proposed_by_link_is_weighed_and_declined_the_same(talk: Conversation) -> None:
    body = talk.invitation.get_body(("plain",))
    assert body is not None
    token = body.get_content().partition("/a/")[2].split()[0]
    start = await at(talk, days=1)
    await answer_by_link(talk.tools, token, LinkAnswer(Answer.TENTATIVE, "Rather then", start))
    (proposal,) = (await talk.view()).proposals
    assert (proposal.starts_at, proposal.attendee.answered_by) == (start, AnsweredBy.LINK)
    await decline(talk, proposal, "Too late for the head teacher.")
    await deliver(talk.tools, talk.clock)
    assert "METHOD:DECLINECOUNTER" in calendar_of(talk.invitation)
    assert (await talk.view()).proposals == []


async def test_two_who_settle_one_proposal_at_once_do_it_once(talk: Conversation) -> None:
    proposal = await proposed(talk, await at(talk, days=1))
    await decline(talk, proposal)
    with pytest.raises(ChangedMeanwhile, match="dealt with"):
        await accept(talk, proposal)
    await judge_mail(talk.tools)
    await deliver_outbox(talk.tools)
    assert date.fromisoformat("2026-03-17") == (await talk.view()).meeting.starts_at.date()
