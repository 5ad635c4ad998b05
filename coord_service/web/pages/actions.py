"""Actions: written at a meeting as one line or in fields, listed, and looked after one by one."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.action_line import LONGEST_LINE
from coord_service.domain.actions import ACTION_STATUS_NAMES, ActionFilter, Shown
from coord_service.errors import ChangedMeanwhile, InvalidForm
from coord_service.operations import actions
from coord_service.operations.actions import ActionCard, AddAction, CorrectAction, Drafting
from coord_service.operations.circulating import tell_new_owner
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render, see_address, see_other
from coord_service.web.routing import Route

SHOWN_NAMES = {Shown.OPEN: "Open", Shown.OVERDUE: "Late", Shown.DONE: "Done", Shown.ALL: "All"}


async def list_actions(request: web.Request) -> web.Response:
    """Actions of one's own children, of everybody's, or one's own; open, late, done or all."""
    actor, number = actor_of(request), page_number(request)
    whose = request.query.get("whose", "mine")
    asked = request.query.get("show", "")
    wanted = ActionFilter(
        shown=Shown(asked) if asked in set(Shown) else Shown.OPEN,
        lead_worker_id=actor.user_id if whose == "mine" else None,
        owner_id=actor.person_id if whose == "me" else None,
    )
    rows, total = await actions.view_actions(request.app[TOOLS], actor, wanted, (SIZE, (number - 1) * SIZE))
    return render(
        request,
        "actions/list.html",
        actions=rows,
        paging=Paging(request, number, total),
        whose=whose if whose in {"mine", "me", "all"} else "all",
        shown=wanted.shown,
        shown_names=SHOWN_NAMES,
        status_names=ACTION_STATUS_NAMES,
    )


async def add_action_form(request: web.Request) -> web.Response:
    """An action in separate fields."""
    drafting = await actions.draft_action(request.app[TOOLS], actor_of(request), _id(request, "meeting_id"))
    return render(request, "actions/add.html", form=Form.of(child_id=_only_child(drafting)), drafting=drafting)


async def read_action_line(request: web.Request) -> web.Response:
    """What a typed line was understood to say, in fields, to be checked."""
    tools, actor, meeting_id = request.app[TOOLS], actor_of(request), _id(request, "meeting_id")
    typed = await read_form(request)
    try:
        line = typed.text("line", "Write who does what by when", limit=LONGEST_LINE)
        typed.check()
    except InvalidForm as error:
        drafting = await actions.draft_action(tools, actor, meeting_id)
        form = Form.of(child_id=_only_child(drafting), what=typed.typed("line").strip())
        return redisplay(request, "actions/add.html", form, InvalidForm({"what": str(error)}), drafting=drafting)
    drafting = await actions.draft_action(tools, actor, meeting_id, line)
    understood = drafting.understood
    assert understood is not None
    what = understood.what[:1].upper() + understood.what[1:]
    form = Form.of(child_id=_only_child(drafting), owner_id=understood.owner_id, what=what, due_on=understood.due_on)
    return render(request, "actions/add.html", form=form, drafting=drafting)


def _only_child(drafting: Drafting) -> int | None:
    children = drafting.meeting.children
    return children[0].id if len(children) == 1 else None


async def add_action(request: web.Request) -> web.Response:
    """Keep an action, and back to the room."""
    tools, actor, meeting_id = request.app[TOOLS], actor_of(request), _id(request, "meeting_id")
    form = await read_form(request)
    try:
        await actions.add_action(tools, actor, AddAction(meeting_id=meeting_id, **_read(form)))
    except InvalidForm as error:
        drafting = await actions.draft_action(tools, actor, meeting_id)
        return redisplay(request, "actions/add.html", form, error, drafting=drafting)
    return see_address(
        request, f"{request.app[TABLE].url('hold_meeting', meeting_id=meeting_id)}#actions", "Action noted."
    )


def _read(form: Form) -> dict[str, Any]:
    asked = {
        "owner_id": form.id("owner_id", "Choose who does it"),
        "what": form.text("what", "Enter what is to be done", limit=actions.LONGEST_WHAT),
        "due_on": form.date("due_on", "The day"),
        "child_id": form.id("child_id", "Choose which child it is about"),
        "by_phone": form.flag("by_phone"),
    }
    form.check()
    return asked


async def show_action(request: web.Request) -> web.Response:
    """One action: what, who, by when, what was said and sent about it."""
    return _show(request, await _card(request), Form())


async def _card(request: web.Request) -> ActionCard:
    return await actions.view_action(request.app[TOOLS], actor_of(request), _id(request))


def _show(request: web.Request, card: ActionCard, form: Form, status: int = 200) -> web.Response:
    facts = {"card": card, "action": card.action, "form": form, "status_names": ACTION_STATUS_NAMES}
    return render(request, "actions/show.html", status=status, **facts)


async def correct_action_form(request: web.Request) -> web.Response:
    """Another owner, other words, another day."""
    card, drafting = await _correcting(request)
    return render(request, "actions/correct.html", form=_fill(card), card=card, drafting=drafting)


async def _correcting(request: web.Request) -> tuple[ActionCard, Drafting]:
    card = await _card(request)
    return card, await actions.draft_action(request.app[TOOLS], actor_of(request), card.action.meeting_id)


def _fill(card: ActionCard) -> Form:
    action = card.action
    return Form.of(
        version=action.version,
        owner_id=action.owner_id,
        what=action.what,
        due_on=action.due_on,
        child_id=action.child_id,
        by_phone=None if action.owner.email else "yes",
    )


async def correct_action(request: web.Request) -> web.Response:
    """Keep the correction; who is given an action that was circulated before is written to."""
    tools, actor = request.app[TOOLS], actor_of(request)
    form = await read_form(request)
    try:
        version = form.whole_number("version", "Open the action again: this page is not complete")
        asked = CorrectAction(action_id=_id(request), version=version, **_read(form))
        is_passed_on = await actions.correct_action(tools, actor, asked)
    except InvalidForm as error:
        card, drafting = await _correcting(request)
        return redisplay(request, "actions/correct.html", form, error, card=card, drafting=drafting)
    except ChangedMeanwhile:
        card, drafting = await _correcting(request)
        form.values["version"] = str(card.action.version)
        facts = {"card": card, "drafting": drafting, "theirs": _fill(card)}
        return render(request, "actions/correct.html", status=409, form=form, **facts)
    card = await _card(request)
    is_told = is_passed_on and await tell_new_owner(tools, actor, card.action)
    say = "Corrected. The new owner is being told by mail." if is_told else "Corrected."
    return see_other(request, "show_action", say=say, action_id=_id(request))


async def mark_action_done(request: web.Request) -> web.Response:
    """The owner said so, on the telephone or in the corridor."""
    form = await read_form(request)
    note = form.optional_text("note", limit=500)
    try:
        form.check()
        await actions.mark_action_done(request.app[TOOLS], actor_of(request), _id(request), note)
    except InvalidForm as error:
        return redisplay(request, "actions/show.html", form, error, **await _facts(request))
    return see_other(request, "show_action", say="Done. Nobody is reminded of it any more.", action_id=_id(request))


async def promise_action(request: web.Request) -> web.Response:
    """The owner needs until a day."""
    form = await read_form(request)
    try:
        promised_on = form.date("promised_on", "The day")
        form.check()
        await actions.promise_action(request.app[TOOLS], actor_of(request), _id(request), promised_on)
    except InvalidForm as error:
        return redisplay(request, "actions/show.html", form, error, **await _facts(request))
    return see_other(
        request, "show_action", say="Noted. No reminder until that day has passed.", action_id=_id(request)
    )


async def _facts(request: web.Request) -> dict[str, Any]:
    card = await _card(request)
    return {"card": card, "action": card.action, "status_names": ACTION_STATUS_NAMES}


async def withdraw_action(request: web.Request) -> web.Response:
    """No longer wanted."""
    await actions.withdraw_action(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "show_action", say="Withdrawn. The owner’s link opens no more.", action_id=_id(request))


async def reopen_action(request: web.Request) -> web.Response:
    """Not done after all."""
    await actions.reopen_action(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "show_action", say="Open again.", action_id=_id(request))


async def keep_owner(request: web.Request) -> web.Response:
    """It stays with whoever said that it is not theirs."""
    await actions.keep_owner(request.app[TOOLS], actor_of(request), _id(request))
    return see_other(request, "show_action", say="It stays with its owner.", action_id=_id(request))


def _id(request: web.Request, name: str = "action_id") -> int:
    return int(request.match_info[name])


_BOOK, _SEE = Permission.BOOK_MEETINGS, Permission.SEE_CASES
_MEETING = r"/meetings/{meeting_id:\d{1,9}}/actions"
_ONE = r"/actions/{action_id:\d{1,9}}"

ROUTES = (
    Route("GET", "/actions", "actions", list_actions, _SEE),
    Route("POST", f"{_MEETING}/line", "read_action_line", read_action_line, _BOOK),
    Route("GET", f"{_MEETING}/add", "add_action_form", add_action_form, _BOOK),
    Route("POST", f"{_MEETING}/add", "add_action", add_action, _BOOK),
    Route("GET", _ONE, "show_action", show_action, _SEE),
    Route("GET", f"{_ONE}/correct", "correct_action_form", correct_action_form, _BOOK),
    Route("POST", f"{_ONE}/correct", "correct_action", correct_action, _BOOK),
    Route("POST", f"{_ONE}/done", "mark_action_done", mark_action_done, _BOOK),
    Route("POST", f"{_ONE}/promise", "promise_action", promise_action, _BOOK),
    Route("POST", f"{_ONE}/withdraw", "withdraw_action", withdraw_action, _BOOK),
    Route("POST", f"{_ONE}/reopen", "reopen_action", reopen_action, _BOOK),
    Route("POST", f"{_ONE}/keep-owner", "keep_owner", keep_owner, _BOOK),
)
