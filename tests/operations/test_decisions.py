"""Held answers, through real mail: what each waits for, what each decision does, and taking it back."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from coord_service.domain.decisions import Decision
from coord_service.domain.itip import Question, Strangers
from coord_service.domain.meetings import Answer, AnsweredBy
from coord_service.errors import ChangedMeanwhile, InvalidForm, Refused
from coord_service.operations.admitting import set_strangers
from coord_service.operations.cases import shield_child
from coord_service.operations.changing import MoveMeeting, change_meeting, undo_change
from coord_service.operations.correspondence import EntryKind, view_correspondence
from coord_service.operations.deciding import DecideMail, decide_mail, take_back_decision
from coord_service.operations.held import HeldMail
from coord_service.operations.meeting_page import MeetingView
from coord_service.operations.other_addresses import forget_address, list_known_addresses
from coord_service.operations.tools import Tools
from coord_service.storage.tables import Service
from tests.builders import a_member, a_person, a_service, a_user, actor_for
from tests.operations.attendee_mail import Reply, write_reply, write_words
from tests.operations.test_inbound import Conversation, talk
from tests.operations.test_meetings import deliver, mails_to

__all__ = ["talk"]

HOME, STRANGER, LEE = "priya@home.example", "sam@elsewhere.example", "lee@nhs.example"


async def decide(talk: Conversation, held: HeldMail, decision: Decision, **more: Any) -> MeetingView:
    await decide_mail(talk.tools, actor_for(talk.worker), DecideMail(held.mail.id, decision, **more))
    return await talk.view()


async def only(view: MeetingView) -> HeldMail:
    (held,) = view.to_decide
    return held


def answers(view: MeetingView) -> dict[str, Answer]:
    """Who stands how, without the convenor."""
    rows = [each.attendee for each in view.invitations]
    return {row.email: row.answer for row in rows if row.answered_by or row.answer is not Answer.ACCEPTED}


async def from_home(talk: Conversation, partstat: str = "ACCEPTED", **more: Any) -> MeetingView:
    """Dr Shah's answer, from an address that nobody knows."""
    return await talk.reply(partstat, sender=HOME, speaks_for=talk.address, **more)


async def test_a_doubtful_sender_can_be_believed_once(talk: Conversation) -> None:
    held = await only(await from_home(talk))
    assert (held.mail.question, held.says) == (Question.SENDER, "they are coming")
    assert held.decisions == (Decision.BELIEVE, Decision.REMEMBER, Decision.IGNORE)
    talk.clock.move(seconds=5)
    view = await decide(talk, held, Decision.BELIEVE)
    row = next(e.attendee for e in view.invitations if e.attendee.email == talk.address)
    assert (row.answer, row.answered_by, row.answered_from) == (Answer.ACCEPTED, AnsweredBy.CALENDAR, HOME)
    talk.clock.move(seconds=5)
    assert (await only(await from_home(talk, "DECLINED"))).mail.question is Question.SENDER


async def test_an_address_that_is_remembered_counts_from_then_on_until_it_is_removed(talk: Conversation) -> None:
    worker = actor_for(talk.worker)
    await decide(talk, await only(await from_home(talk)), Decision.REMEMBER)
    assert talk.answer_in(await talk.view()) is Answer.ACCEPTED
    talk.clock.move(seconds=5)
    view = await from_home(talk, "DECLINED")
    assert (view.to_decide, talk.answer_in(view)) == ([], Answer.DECLINED)
    (known,) = await list_known_addresses(talk.tools, worker, talk.shah.id)
    assert known.address == HOME
    await forget_address(talk.tools, worker, talk.shah.id, known.id)
    talk.clock.move(seconds=5)
    assert (await only(await from_home(talk, "ACCEPTED"))).mail.question is Question.SENDER


async def test_words_from_a_known_other_address_are_shown_as_theirs(talk: Conversation) -> None:
    await decide(talk, await only(await from_home(talk)), Decision.REMEMBER)
    talk.clock.move(seconds=5)
    held = await only(await talk.receive(write_words(HOME, "I have to go at four", talk.invitation)))
    assert held.attendee is not None
    assert held.attendee.person_id == talk.shah.id


async def test_the_address_of_somebody_else_is_not_remembered(talk: Conversation) -> None:
    await a_person(talk.tools, "Otto Other", email=HOME)
    held = await only(await from_home(talk))
    with pytest.raises(Refused, match="the address of Otto Other"):
        await decide(talk, held, Decision.REMEMBER)
    assert (await only(await talk.view())).mail.needs_decision


async def test_a_sender_whom_the_mail_server_cannot_confirm_is_never_remembered(talk: Conversation) -> None:
    facts = {"invitation": talk.invitation, "partstat": "ACCEPTED", "sender": talk.address, "at": talk.clock.now()}
    held = await only(await talk.receive(write_reply(Reply(**facts)), envelope="mallory@elsewhere.example"))
    assert held.is_unconfirmed
    assert held.decisions == (Decision.BELIEVE, Decision.IGNORE)
    with pytest.raises(Refused):
        await decide(talk, held, Decision.REMEMBER)


async def test_what_is_not_counted_changes_nothing_and_can_be_taken_back(talk: Conversation) -> None:
    held = await only(await from_home(talk))
    view = await decide(talk, held, Decision.IGNORE)
    assert (view.to_decide, talk.answer_in(view)) == ([], Answer.NEEDS_ACTION)
    await take_back_decision(talk.tools, actor_for(talk.worker), held.mail.id)
    assert (await only(await talk.view())).mail.id == held.mail.id


@pytest.mark.parametrize("decision", [Decision.BELIEVE, Decision.REMEMBER])
async def test_taking_a_decision_back_puts_the_answer_back(talk: Conversation, decision: Decision) -> None:
    await talk.reply("TENTATIVE", comment="Perhaps")
    talk.clock.move(seconds=5)
    held = await only(await from_home(talk, "DECLINED"))
    talk.clock.move(seconds=5)
    assert talk.answer_in(await decide(talk, held, decision)) is Answer.DECLINED
    await take_back_decision(talk.tools, actor_for(talk.worker), held.mail.id)
    view = await talk.view()
    assert talk.answer_in(view) is Answer.TENTATIVE
    assert (await only(view)).mail.question is Question.SENDER
    assert await list_known_addresses(talk.tools, actor_for(talk.worker), talk.shah.id) == []


async def test_a_decision_is_not_taken_back_over_a_later_answer(talk: Conversation) -> None:
    held = await only(await from_home(talk))
    talk.clock.move(seconds=5)
    await decide(talk, held, Decision.BELIEVE)
    talk.clock.move(seconds=5)
    await talk.reply("DECLINED")
    with pytest.raises(Refused, match="answered since"):
        await take_back_decision(talk.tools, actor_for(talk.worker), held.mail.id)
    assert talk.answer_in(await talk.view()) is Answer.DECLINED


async def test_of_two_who_decide_one_mail_the_second_is_told_who_was_quicker(talk: Conversation) -> None:
    held, other = await only(await from_home(talk)), await a_user(talk.tools, name="Olga Other")
    asked = DecideMail(held.mail.id, Decision.IGNORE)
    await decide_mail(talk.tools, actor_for(other), asked)
    with pytest.raises(ChangedMeanwhile, match="Olga Other has dealt with this mail already: not counted"):
        await decide_mail(talk.tools, actor_for(talk.worker), replace(asked, decision=Decision.BELIEVE))
    assert talk.answer_in(await talk.view()) is Answer.NEEDS_ACTION


async def test_a_held_answer_to_the_time_before_a_move_is_shown_as_out_of_date(talk: Conversation) -> None:
    await from_home(talk)
    await move(talk)
    held = await only(await talk.view())
    assert "before the last move" in held.changes_nothing
    view = await decide(talk, held, Decision.BELIEVE)
    assert talk.answer_in(view) is Answer.NEEDS_ACTION
    assert view.correspondence[-1].verdict == "older"


async def move(talk: Conversation) -> None:
    meeting = (await talk.view()).meeting
    start = meeting.starts_at + timedelta(days=2)
    asked = MoveMeeting(talk.meeting_id, meeting.version, start, start + timedelta(hours=1))
    await change_meeting(talk.tools, actor_for(talk.worker), asked)
    await deliver(talk.tools, talk.clock)


async def test_a_stranger_is_let_in_once_and_invited(talk: Conversation) -> None:
    held = await only(await talk.reply("ACCEPTED", sender=STRANGER))
    assert (held.mail.question, held.newcomers[0].person) == (Question.STRANGER, None)
    talk.clock.move(seconds=5)
    view = await decide(talk, held, Decision.LET_IN)
    assert answers(view)[STRANGER] is Answer.ACCEPTED
    await deliver(talk.tools, talk.clock)
    (invitation,) = mails_to(talk.servers, STRANGER)
    assert "Team meeting" in invitation["Subject"]
    assert len(mails_to(talk.servers, talk.address)) == 1


async def test_letting_somebody_in_can_be_undone_while_nothing_has_gone(talk: Conversation) -> None:
    held = await only(await talk.reply("ACCEPTED", sender=STRANGER))
    talk.clock.move(seconds=5)
    await decide(talk, held, Decision.LET_IN)
    await undo_change(talk.tools, actor_for(talk.worker), talk.meeting_id)
    view = await talk.view()
    assert STRANGER not in answers(view)
    assert (await only(view)).mail.question is Question.STRANGER
    await deliver(talk.tools, talk.clock)
    assert mails_to(talk.servers, STRANGER) == []


async def test_a_stranger_may_be_somebody_s_substitute(talk: Conversation) -> None:
    held = await only(await talk.reply("ACCEPTED", sender=STRANGER))
    with pytest.raises(InvalidForm):
        await decide(talk, held, Decision.SUBSTITUTE)
    talk.clock.move(seconds=5)
    shah = next(e.attendee for e in (await talk.view()).invitations if e.attendee.person_id == talk.shah.id)
    view = await decide(talk, held, Decision.SUBSTITUTE, attendee_id=shah.id)
    assert answers(view) == {talk.address: Answer.DELEGATED, STRANGER: Answer.ACCEPTED}
    new = next(e.attendee for e in view.invitations if e.attendee.email == STRANGER)
    assert (new.role, new.delegated_from) == (shah.role, [talk.address])


async def test_a_refused_stranger_hears_nothing(talk: Conversation) -> None:
    view = await decide(talk, await only(await talk.reply("ACCEPTED", sender=STRANGER)), Decision.REFUSE)
    await deliver(talk.tools, talk.clock)
    assert (view.to_decide, answers(view)) == ([], {talk.address: Answer.NEEDS_ACTION})
    assert mails_to(talk.servers, STRANGER) == []


async def delegate(talk: Conversation, **more: Any) -> MeetingView:
    return await talk.reply("DELEGATED", delegated_to=LEE, **more)


async def test_a_delegate_is_agreed_to_and_then_counts(talk: Conversation) -> None:
    held = await only(await delegate(talk))
    assert (held.mail.question, held.newcomers[0].address) == (Question.DELEGATE, LEE)
    talk.clock.move(seconds=5)
    view = await decide(talk, held, Decision.AGREE)
    assert answers(view) == {talk.address: Answer.DELEGATED, LEE: Answer.NEEDS_ACTION}
    await deliver(talk.tools, talk.clock)
    (invitation,) = mails_to(talk.servers, LEE)
    view = await talk.receive(write_reply(Reply(invitation, "ACCEPTED", LEE, talk.clock.now())))
    assert answers(view)[LEE] is Answer.ACCEPTED


async def test_a_refused_delegate_s_sender_is_told_and_nobody_else(talk: Conversation) -> None:
    await decide(talk, await only(await delegate(talk)), Decision.REFUSE)
    await deliver(talk.tools, talk.clock)
    assert "Nobody can come in your place" in mails_to(talk.servers, talk.address)[-1]["Subject"]
    assert mails_to(talk.servers, LEE) == []
    assert talk.answer_in(await talk.view()) is Answer.NEEDS_ACTION


async def test_who_takes_the_place_back_lets_their_delegate_go(talk: Conversation) -> None:
    talk.clock.move(seconds=5)
    await decide(talk, await only(await delegate(talk)), Decision.AGREE)
    await deliver(talk.tools, talk.clock)
    view = await talk.reply("ACCEPTED")
    await deliver(talk.tools, talk.clock)
    assert answers(view) == {talk.address: Answer.ACCEPTED}
    assert "CANCEL" in str(mails_to(talk.servers, LEE)[-1])


@pytest.mark.parametrize("delegate_first", [True, False])
async def test_delegate_and_delegator_may_write_in_any_order(talk: Conversation, delegate_first: bool) -> None:
    await allow(talk)
    by_lee = Reply(talk.invitation, "ACCEPTED", LEE, talk.clock.now(), delegated_from=talk.address)
    by_shah = Reply(talk.invitation, "DELEGATED", talk.address, talk.clock.now(), delegated_to=LEE)
    order = [by_lee, by_shah] if delegate_first else [by_shah, by_lee]
    for each in order:
        view = await talk.receive(write_reply(each))
    assert answers(view) == {talk.address: Answer.DELEGATED, LEE: Answer.ACCEPTED}
    assert view.to_decide == []


async def allow(talk: Conversation, strangers: Strangers = Strangers.ALLOW) -> None:
    await set_strangers(talk.tools, actor_for(talk.worker), talk.meeting_id, strangers)


def forwarded(talk: Conversation) -> EmailMessage:
    """Somebody else's calendar, which was forwarded the invitation, and answers for itself."""
    return write_reply(Reply(talk.invitation, "ACCEPTED", STRANGER, talk.clock.now()))


def passed_on(talk: Conversation) -> EmailMessage:
    return write_reply(Reply(talk.invitation, "DELEGATED", talk.address, talk.clock.now(), delegated_to=LEE))


@pytest.mark.parametrize(
    ("strangers", "stranger", "delegation"),
    [
        (Strangers.ASK, "held", "held"),
        (Strangers.ALLOW, "applied", "applied"),
        (Strangers.DENY, "refused", "refused"),
    ],
)
@pytest.mark.parametrize("by_meeting", [True, False])
async def test_the_policy_of_council_and_meeting_reaches_every_mail(
    talk: Conversation, strangers: Strangers, stranger: str, delegation: str, by_meeting: bool
) -> None:
    if by_meeting:
        await allow(talk, strangers)
    else:
        talk.tools = with_strangers(talk.tools, strangers)
    view = await talk.receive(forwarded(talk), passed_on(talk))
    assert [each.verdict for each in view.correspondence] == [stranger, delegation]
    expected = {STRANGER, LEE, talk.address} if strangers is Strangers.ALLOW else {talk.address}
    assert set(answers(view)) == expected


def with_strangers(tools: Tools, strangers: Strangers) -> Tools:
    return replace(tools, settings=tools.settings.model_copy(update={"strangers": strangers.value}))


async def test_where_delegates_are_refused_the_delegator_is_told_once(talk: Conversation) -> None:
    await allow(talk, Strangers.DENY)
    mail = passed_on(talk)
    await talk.receive(mail)
    await talk.receive(mail)
    await deliver(talk.tools, talk.clock)
    told = [each["Subject"] for each in mails_to(talk.servers, talk.address)]
    assert sum("Nobody can come in your place" in each for each in told) == 1


async def test_loosening_the_policy_counts_what_was_held(talk: Conversation) -> None:
    await talk.receive(forwarded(talk))
    await allow(talk)
    view = await talk.view()
    assert (view.to_decide, answers(view)[STRANGER]) == ([], Answer.ACCEPTED)


async def invite_a_list(talk: Conversation) -> Service:
    """A new meeting, to which a service's shared mailbox is invited under the name of its duty worker."""
    service = await a_service(talk.tools, mailbox="duty@nhs.example")
    duty = await a_person(talk.tools, "Duty desk", email="duty@nhs.example", service_id=service.id)
    talk.shah = duty
    start = (await talk.view()).meeting.starts_at + timedelta(days=1)
    await talk.book(duty, starts_at=start, ends_at=start + timedelta(hours=1))
    return service


async def test_a_list_s_member_is_held_with_the_list_named(talk: Conversation) -> None:
    await invite_a_list(talk)
    held = await only(await talk.reply("ACCEPTED", sender=LEE))
    assert held.mail.question is Question.LIST
    assert "duty@nhs.example" in (held.mail.why or "")


@pytest.mark.parametrize("strangers", [Strangers.ALLOW, Strangers.DENY])
async def test_the_policy_holds_for_a_list_s_members_too(talk: Conversation, strangers: Strangers) -> None:
    await invite_a_list(talk)
    await allow(talk, strangers)
    view = await talk.reply("ACCEPTED", sender=LEE)
    assert (LEE in answers(view)) == (strangers is Strangers.ALLOW)
    assert view.to_decide == []


async def shield(talk: Conversation) -> None:
    await shield_child(talk.tools, actor_for(talk.worker), talk.child.id)
    await deliver(talk.tools, talk.clock)


async def test_a_shielded_team_always_asks(talk: Conversation) -> None:
    await allow(talk)
    await shield(talk)
    view = await talk.receive(forwarded(talk), passed_on(talk))
    assert [each.mail.question for each in view.to_decide] == [Question.STRANGER, Question.DELEGATE]
    assert view.strangers is Strangers.ASK
    with pytest.raises(Refused, match="shielded"):
        await allow(talk)


@pytest.mark.parametrize("decision", [Decision.LET_IN, Decision.AGREE])
async def test_nobody_comes_into_a_shielded_team_s_meeting_before_they_are_in_the_team(
    talk: Conversation, decision: Decision
) -> None:
    await shield(talk)
    mail, address = (forwarded(talk), STRANGER) if decision is Decision.LET_IN else (passed_on(talk), LEE)
    held = await only(await talk.receive(mail))
    assert [each.address for each in held.needs_team] == [address]
    with pytest.raises(Refused, match="to the team first"):
        await decide(talk, held, decision)
    person = await a_person(talk.tools, "Sam Newcomer", email=address)
    await a_member(talk.tools, talk.child, person, role="Social worker")
    held = await only(await talk.view())
    assert held.needs_team == []
    talk.clock.move(seconds=5)
    view = await decide(talk, held, decision)
    row = next(e.attendee for e in view.invitations if e.attendee.person_id == person.id)
    assert row.role == "Social worker"


async def test_a_person_s_whole_correspondence_is_in_order(talk: Conversation) -> None:
    await talk.reply("ACCEPTED")
    await from_home(talk, "DECLINED")
    row = next(e.attendee for e in (await talk.view()).invitations if e.attendee.person_id == talk.shah.id)
    found = await view_correspondence(talk.tools, actor_for(talk.worker), talk.meeting_id, row.id)
    assert [each.kind for each in found.entries] == [EntryKind.LETTER, EntryKind.MAIL, EntryKind.MAIL]
    assert [each.mail.verdict for each in found.entries if each.mail] == ["applied", "held"]


async def test_a_held_mail_about_a_meeting_that_is_over_can_still_be_put_away(talk: Conversation) -> None:
    await from_home(talk)
    meeting = (await talk.view()).meeting
    await talk.cancel(meeting.version)
    view = await talk.view()
    held = await only(view)
    assert Decision.BELIEVE not in held.decisions
    assert (await decide(talk, held, held.decisions[0])).to_decide == []
