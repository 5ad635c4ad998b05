"""The mails of a poll: the question, one reminder, the receipt. Nothing in them says whom it is about (DOMAIN §6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from coord_service.domain.bookings import What, from_answers
from coord_service.domain.meetings import NEUTRAL_TITLES, MeetingMode, Purpose
from coord_service.domain.routes import PUT
from coord_service.errors import NotFound
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.accounts import load_user
from coord_service.storage.database import Session
from coord_service.storage.meetings import load_children
from coord_service.storage.polls import load_asker, revoke_poll_links, withdraw_poll_letters
from coord_service.storage.tables import Poll, PollVoter, User

ASKING = ("ask_times", "remind_times")  # letters that want an answer: nobody needs them once the poll is closed


@dataclass(frozen=True, slots=True)
class Question:
    """What may be said of a poll outside the house. ``convenor`` asks, and holds the times where they are held."""

    poll: Poll
    convenor: User
    title: str
    reference: str
    where: str
    minutes: int
    child_ids: tuple[int, ...]

    def facts(self) -> dict[str, Any]:
        """What every letter of the poll may say."""
        title = self.title.lower()
        phone = self.convenor.person.phone
        return {
            **({"phone": phone} if phone else {}),
            "title": self.title,
            "a_title": f"{'an' if title[0] in 'aeiou' else 'a'} {title}",
            "reference": self.reference,
            "asks": self.convenor.person.name,
            "where": self.where,
            "length": timedelta(minutes=self.minutes),
            "times": [(each.starts_at, each.ends_at) for each in self.poll.times],
            "closes_at": self.poll.closes_at,
        }


async def question_of(db: Session, poll: Poll) -> Question:
    """What a poll asks. Raises NotFound when its booking is gone."""
    draft = await load_asker(db, poll)
    if draft is None:
        raise NotFound("There is no such booking.")
    what = from_answers(draft.answers).what
    convenor = await load_user(db, what.convenor_id)
    children = await load_children(db, what.child_ids)
    if convenor is None:
        raise NotFound("Whoever was to convene this meeting is not on our records.")
    return Question(
        poll=poll,
        convenor=convenor,
        title=NEUTRAL_TITLES[what.purpose],
        reference=" and ".join(child.reference for child in children),
        where=_where(what, is_shielded=any(child.is_shielded for child in children)),
        minutes=what.minutes,
        child_ids=what.child_ids,
    )


def _where(what: What, *, is_shielded: bool) -> str:
    """Where it would be, as whoever is asked may read it; empty where that can't be written."""
    if is_shielded or what.purpose is Purpose.HOME_VISIT:
        return ""
    if what.mode is MeetingMode.ONLINE:
        return "Online"
    return what.place or ""


async def post_question(db: Session, tools: Tools, question: Question, voter: PollVoter, now: datetime) -> None:
    """Ask one person, once the time for taking it back is over."""
    facts = {**question.facts(), "link": _link(db, tools, question, voter, now)}
    key = f"poll:{question.poll.id}:ask:{voter.id}"
    waits_until = now + timedelta(seconds=tools.settings.undo_seconds)
    order = (key, "ask_times", voter.person.name, voter.email, facts, about(question, voter))
    await put_letter(db, tools, Posting(*order, not_before=waits_until), now)


async def post_reminder(db: Session, tools: Tools, question: Question, voter: PollVoter, now: datetime) -> None:
    """Remind somebody who has not answered. The key sees to it that nobody is reminded twice."""
    facts = {**question.facts(), "link": _link(db, tools, question, voter, now)}
    key = f"poll:{question.poll.id}:remind:{voter.id}"
    posting = Posting(key, "remind_times", voter.person.name, voter.email, facts, about(question, voter))
    await put_letter(db, tools, posting, now)


async def post_receipt(db: Session, tools: Tools, question: Question, voter: PollVoter, now: datetime) -> None:
    """Say back what somebody answered, with a link to change it."""
    said = {choice.time_id: choice.answer.value for choice in voter.choices}
    answers = [(each.starts_at, said[each.id]) for each in question.poll.times]
    facts = {**question.facts(), "answers": answers, "link": _link(db, tools, question, voter, now)}
    key = f"poll:{question.poll.id}:receipt:{voter.id}:{int(now.timestamp() * 1000)}"
    posting = Posting(key, "times_receipt", voter.person.name, voter.email, facts, about(question, voter))
    await put_letter(db, tools, posting, now)


def about(question: Question, voter: PollVoter) -> About:
    """What a letter to this voter is about."""
    return About(person_id=voter.person_id, poll_id=question.poll.id)


def _link(db: Session, tools: Tools, question: Question, voter: PollVoter, now: datetime) -> str:
    return make_link(db, tools, Door("poll", voter.email, about(question, voter)), now)


async def take_back(db: Session, poll: Poll, now: datetime) -> None:
    """Withdraw a poll: waiting letters stay here, links that went out say so, held times go free."""
    poll.withdrawn_at = now
    poll.closed_at = poll.closed_at or now
    await withdraw_poll_letters(db, poll.id, [*ASKING, "hold", PUT], now)
    await revoke_poll_links(db, poll.id, now)
