"""What the owner of an action says behind their personal link: done, more time, not mine."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from coord_service.clock import day_in_london
from coord_service.domain.actions import ActionAnswer, ActionStatus, fault_of_promise
from coord_service.domain.people import Actor
from coord_service.domain.wall_time import say_day
from coord_service.errors import InvalidForm, NotFound, Refused
from coord_service.operations.actions import load_action_to_change
from coord_service.operations.audit import record
from coord_service.operations.holding import load_meeting_to_hold
from coord_service.operations.links import UNKNOWN, OpenedLink, take_link
from coord_service.operations.post import About, Door, Posting, make_link, put_letter
from coord_service.operations.tools import Tools
from coord_service.storage.actions import count_action_letters, load_action
from coord_service.storage.database import Session
from coord_service.storage.tables import Action


@dataclass(frozen=True, slots=True)
class AnswerAction:
    """What the owner pressed, with what belongs to it: a word, a day, or whose it is."""

    answer: ActionAnswer
    note: str | None = None
    promised_on: date | None = None
    suggested_owner: str | None = None


@dataclass(frozen=True, slots=True)
class OwnedAction:
    """What the page behind a link shows."""

    action: Action
    asks: str
    phone: str


async def load_owned_action(tools: Tools, link: OpenedLink) -> OwnedAction:
    """The action behind a link, and whom to ring. Raises NotFound."""
    async with tools.database.read() as db:
        action = await load_action(db, link.about.action_id or 0)
    if action is None:
        raise NotFound(UNKNOWN)
    lead_worker = action.child.lead_worker.person
    return OwnedAction(action, lead_worker.name, lead_worker.phone or tools.settings.contact_phone)


async def answer_action(tools: Tools, token: str, request: AnswerAction) -> None:
    """Note the answer and confirm it by mail; the newest counts, and the same again changes nothing.

    Raises InvalidForm, LinkExpired, NotFound, Refused.
    """
    now = tools.clock.now()
    async with tools.database.begin() as db:
        link = await take_link(db, token, "action", now)
        action = await load_action_to_change(db, link.about.action_id or 0)
        if action.status is ActionStatus.WITHDRAWN:
            raise Refused("This is no longer needed: nothing is asked of you any more.")
        before = _state(action)
        _apply(tools, action, request, now)
        if _state(action) == before:
            return
        actor = Actor.link(link.about.person_id)
        facts = {"child_id": action.child_id, "answer": request.answer.value, "link_id": link.id}
        record(db, actor, "answer_action", ("action", action.id), now, **facts)
        await _post_receipt(db, tools, action, link, request)
    await tools.wake()


def _state(action: Action) -> tuple[object, ...]:
    return action.status, action.promised_on, action.note, action.suggested_owner


def _apply(tools: Tools, action: Action, request: AnswerAction, now: datetime) -> None:
    action.note, action.suggested_owner = request.note, None
    if request.answer is ActionAnswer.DONE:
        if action.status is not ActionStatus.DONE:
            action.status, action.ended_at = ActionStatus.DONE, now
        return
    action.status, action.ended_at = ActionStatus.OPEN, None
    if request.answer is ActionAnswer.NOT_MINE:
        if not request.suggested_owner:
            raise InvalidForm({"suggested_owner": "Say whose it is, as far as you know"})
        action.suggested_owner = request.suggested_owner
        return
    if request.promised_on is None:
        raise InvalidForm({"promised_on": "Enter the day until which you need"})
    if fault := fault_of_promise(request.promised_on, day_in_london(now), tools.rulebook.working_days):
        raise InvalidForm({"promised_on": fault})
    action.promised_on = request.promised_on


async def _post_receipt(db: Session, tools: Tools, action: Action, link: OpenedLink, request: AnswerAction) -> None:
    now = tools.clock.now()
    about = About(person_id=link.about.person_id, child_id=action.child_id, action_id=action.id)
    number = await count_action_letters(db, action.id)
    lead_worker = action.child.lead_worker.person
    meeting = await load_meeting_to_hold(db, action.meeting_id)
    facts: dict[str, Any] = {
        "reference": action.child.reference,
        "held_at": meeting.starts_at,
        "what": action.what,
        "answer": _say(request),
        "is_done": request.answer is ActionAnswer.DONE,
        "promised_on": request.promised_on if request.answer is ActionAnswer.MORE_TIME else None,
        "asks": lead_worker.name,
        "phone": lead_worker.phone or tools.settings.contact_phone,
        "link": make_link(db, tools, Door("action", link.address, about), now),
    }
    posting = Posting(
        key=f"action:{action.id}:{number}:receipt",
        letter="action_receipt",
        to_name=action.owner.name,
        to_address=link.address,
        facts=facts,
        about=about,
    )
    await put_letter(db, tools, posting, now)


def _say(request: AnswerAction) -> str:
    match request.answer:
        case ActionAnswer.DONE:
            return "You said that it is done."
        case ActionAnswer.MORE_TIME if request.promised_on:
            return f"You said that you need until {say_day(request.promised_on)}."
        case _:
            return "You said that it is not yours. We will look at it and come back to you."
