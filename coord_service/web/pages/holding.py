"""The page in the room: agenda, who came, notes and decisions, and that the meeting took place.

Every part saves with its own button. A script that asks for JSON saves the same forms as they are tapped and typed.
"""

from collections.abc import Awaitable, Callable
from itertools import count

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.actions import ACTION_STATUS_NAMES
from coord_service.domain.meetings import ATTENDANCE_NAMES, PURPOSE_NAMES, Attendance
from coord_service.errors import InvalidForm
from coord_service.operations import holding
from coord_service.operations.holding import HoldingView, KeepNotes, KeptLine, Line, TypedLine
from coord_service.operations.next_meeting import plan_next_meeting
from coord_service.web.forms import Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.rendering import render, see_address, see_other
from coord_service.web.routing import Handler, Route

Save = Callable[[web.Request, Form], Awaitable[str]]

MOST_LINES = 200
DECISION_LIMIT = 2_000


async def hold_meeting(request: web.Request) -> web.Response:
    """The whole meeting on one page."""
    view = await holding.view_holding(request.app[TOOLS], actor_of(request), _id(request))
    return _show(request, view, _fill(view))


def _show(request: web.Request, view: HoldingView, form: Form, status: int = 200) -> web.Response:
    numbers = count()  # every line of the page has its own: the names of its fields end with it
    return render(
        request,
        "holding/hold.html",
        status=status,
        view=view,
        meeting=view.meeting,
        form=form,
        sections=[(each.child, [(next(numbers), line) for line in each.lines]) for each in view.sections],
        attendance_names=ATTENDANCE_NAMES,
        purposes=PURPOSE_NAMES,
        action_status_names=ACTION_STATUS_NAMES,
    )


def _fill(view: HoldingView) -> Form:
    """Everything as it stands, beside what is needed to tell later what this page changed."""
    meeting = view.meeting
    facts: dict[str, object] = {
        "headings": "\n".join(view.headings),
        "note_taker": meeting.note_taker_id,
        "note_taker_before": meeting.note_taker_id,
        "family_absence": meeting.family_absence,
    }
    for each in view.attendees:
        facts |= {f"attendance-{each.id}": each.attendance or "", f"was-{each.id}": each.attendance or ""}
    lines = [line for section in view.sections for line in section.lines]
    for number, line in enumerate(lines):
        facts |= _fill_line(number, line)
    return Form.of(lines=len(lines), **facts)


def _fill_line(number: int, line: Line) -> dict[str, object]:
    return {
        f"item-{number}": line.item_id,
        f"child-{number}": line.child_id,
        f"heading-{number}": line.heading,
        f"notes-{number}": line.notes,
        f"notes_before-{number}": line.notes,
        f"decision-{number}": line.decision,
        f"decision_before-{number}": line.decision,
    }


async def plan_agenda(request: web.Request, form: Form) -> str:
    """The headings, one a line."""
    headings = form.optional_long_text("headings", limit=5_000) or ""
    form.check()
    await holding.plan_agenda(request.app[TOOLS], actor_of(request), _id(request), headings.split("\n"))
    return "Agenda saved."


async def record_attendance(request: web.Request, form: Form) -> str:
    """Who came: only what was changed on this page, so that two people can tap at once."""
    marks: dict[int, Attendance] = {}
    for name in list(form.values):
        attendee = name.removeprefix("attendance-")
        if name == attendee or not attendee.isdecimal() or form.typed(name) == form.typed(f"was-{attendee}"):
            continue
        marks[int(attendee)] = form.choice(name, Attendance, "Choose from the list")
    form.check()
    await holding.record_attendance(request.app[TOOLS], actor_of(request), _id(request), marks)
    return "Saved who came."


async def keep_notes(request: web.Request, form: Form) -> str:
    """The notes and decisions without a script: all of them at once."""
    kept = await _keep_notes(request, form)
    if any(each.is_merged for each in kept):
        return "Saved. Somebody else was typing too: the notes below hold both."
    return "Notes saved."


async def end_meeting(request: web.Request, form: Form) -> str:
    """The meeting took place."""
    family_absence = form.optional_text("family_absence", limit=500)
    form.check()
    await holding.end_meeting(request.app[TOOLS], actor_of(request), _id(request), family_absence)
    return "The meeting is on record as held. Circulate the actions while they are fresh."


async def _keep_notes(request: web.Request, form: Form) -> tuple[KeptLine, ...]:
    asked = _read_notes(form, _id(request))
    return await holding.keep_notes(request.app[TOOLS], actor_of(request), asked)


def _read_notes(form: Form, meeting_id: int) -> KeepNotes:
    number_of_lines = form.whole_number("lines", "Open the meeting again: this page is not complete", most=MOST_LINES)
    asked = KeepNotes(
        meeting_id=meeting_id,
        lines=tuple(_read_line(form, number) for number in range(number_of_lines)),
        note_taker_id=form.optional_id("note_taker"),
        note_taker_before=form.optional_id("note_taker_before"),
    )
    form.check()
    return asked


def _read_line(form: Form, number: int) -> TypedLine:
    line = Line(
        item_id=form.optional_id(f"item-{number}"),
        child_id=form.optional_id(f"child-{number}"),
        heading=form.text(f"heading-{number}", "Open the meeting again: this page is not complete"),
        notes=form.optional_long_text(f"notes-{number}") or "",
        decision=form.optional_long_text(f"decision-{number}", limit=DECISION_LIMIT) or "",
    )
    return TypedLine(line, _plain(form, f"notes_before-{number}"), _plain(form, f"decision_before-{number}"))


def _plain(form: Form, name: str) -> str:
    return form.typed(name).replace("\r\n", "\n").strip()


def _saving(save: Save, place: str) -> Handler:
    """A part of the page being saved: back to that part, or shown again as typed with what is wrong."""

    async def handle(request: web.Request) -> web.StreamResponse:
        form = await read_form(request)
        is_script = request.headers.get("Accept", "").startswith("application/json")
        try:
            if is_script:
                return await _answer_script(request, form, save)
            say = await save(request, form)
        except InvalidForm as error:
            if is_script:
                return web.json_response({"wrong": str(error)}, status=422)
            view = await holding.view_holding(request.app[TOOLS], actor_of(request), _id(request))
            return _show(request, view, _as_typed(_fill(view), form, error), 422)
        address = request.app[TABLE].url("hold_meeting", meeting_id=_id(request))
        return see_address(request, address + place, say)

    return handle


async def _answer_script(request: web.Request, form: Form, save: Save) -> web.Response:
    """Save, and tell the script what it needs: how the notes stand now."""
    if save is not keep_notes:
        await save(request, form)
        return web.json_response({})
    return web.json_response({"lines": [_tell(each) for each in await _keep_notes(request, form)]})


async def plan_next(request: web.Request) -> web.Response:
    """On to the times for the next meeting: the same people and place. What can't be taken over is asked for."""
    tools, actor, meeting_id = request.app[TOOLS], actor_of(request), _id(request)
    try:
        draft_id, wants_only_a_time = await plan_next_meeting(tools, actor, meeting_id)
    except InvalidForm:
        view = await holding.view_holding(tools, actor, meeting_id)
        child_id = view.meeting.children[0].id
        return see_other(request, "start_booking_form", child_id=child_id, around=view.next_on)
    return see_other(request, "booking_when" if wants_only_a_time else "booking_who", draft_id=draft_id)


def _tell(kept: KeptLine) -> dict[str, object]:
    line = kept.line
    return {"item": line.item_id, "notes": line.notes, "decision": line.decision, "is_merged": kept.is_merged}


def _as_typed(form: Form, typed: Form, error: InvalidForm) -> Form:
    for name in set(typed.values):
        form.values.popall(name, None)
        for value in typed.values.getall(name):
            form.values.add(name, value)
    for name, sentence in error.fields.items():
        form.refuse(name, sentence)
    return form


def _id(request: web.Request) -> int:
    return int(request.match_info["meeting_id"])


_BOOK = Permission.BOOK_MEETINGS
_HOLD = r"/meetings/{meeting_id:\d{1,9}}/hold"

ROUTES = (
    Route("GET", _HOLD, "hold_meeting", hold_meeting, _BOOK),
    Route("POST", f"{_HOLD}/agenda", "plan_agenda", _saving(plan_agenda, "#agenda"), _BOOK),
    Route("POST", f"{_HOLD}/attendance", "record_attendance", _saving(record_attendance, "#attendance"), _BOOK),
    Route("POST", f"{_HOLD}/notes", "keep_notes", _saving(keep_notes, "#notes"), _BOOK),
    Route("POST", f"{_HOLD}/next", "plan_next_meeting", plan_next, _BOOK),
    Route("POST", f"{_HOLD}/end", "end_meeting", _saving(end_meeting, ""), _BOOK),
)
