"""Changing a meeting: the form, then exactly who would be sent what, then the change with a minute to undo it.

The second page is a rehearsal of the change itself. A page that somebody else has overtaken comes back with both
versions side by side; pressing again then means it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from coord_service.clock import LONDON
from coord_service.domain.access import Permission
from coord_service.domain.meetings import MeetingMode
from coord_service.domain.wall_time import instant_in_london
from coord_service.errors import ChangedMeanwhile, InvalidForm, Refused, SlotTaken
from coord_service.operations.changing import (
    AnyChange,
    CancelMeeting,
    ChangePeople,
    EditMeeting,
    MoveMeeting,
    change_meeting,
    rehearse_change,
)
from coord_service.operations.meeting_page import MeetingView, list_candidates, view_meeting
from coord_service.operations.meetings import Invitee
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Handler, Route

LONGEST_MINUTES = 720


@dataclass(frozen=True, slots=True)
class Change:
    """One kind of change: its template, how its form is filled, read, and what is said when it is made."""

    template: str
    fill: Callable[[MeetingView], Form]
    read: Callable[[Form, MeetingView, dict[str, Any]], AnyChange]
    said: str
    needs_candidates: bool = False


def fill_move(view: MeetingView) -> Form:
    """The time as it is."""
    start, end = view.meeting.starts_at.astimezone(LONDON), view.meeting.ends_at
    proposal = {"day": start.date(), "start": f"{start:%H:%M}", "minutes": int((end - start).total_seconds() // 60)}
    return Form.of(version=view.meeting.version, **proposal)


def read_move(form: Form, view: MeetingView, _facts: dict[str, Any]) -> MoveMeeting:
    """A new day, time and length."""
    day, start = form.date("day", "Day"), form.time("start", "Start time")
    minutes = form.whole_number("minutes", "Enter how many minutes", least=15, most=LONGEST_MINUTES)
    reason = form.optional_text("reason", limit=500)
    form.check()
    try:
        starts_at = instant_in_london(day, start)
    except Refused as error:
        raise InvalidForm({"start": str(error)}) from error
    return MoveMeeting(
        meeting_id=view.meeting.id,
        version=_version(form),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        reason=reason,
        accept_clashes=form.flag("accept_clashes"),
    )


def fill_edit(view: MeetingView) -> Form:
    """The place, the link and the notes as they are."""
    meeting = view.meeting
    return Form.of(
        version=meeting.version,
        mode=meeting.mode.value,
        place=meeting.place,
        online_url=meeting.online_url,
        notes=meeting.notes,
    )


def read_edit(form: Form, view: MeetingView, _facts: dict[str, Any]) -> EditMeeting:
    """Another place, link or notes."""
    mode = form.choice("mode", MeetingMode, "Choose how people meet")
    place, online_url = form.optional_text("place"), form.optional_text("online_url", limit=500)
    notes = form.optional_long_text("notes", limit=2000)
    if mode is not MeetingMode.ONLINE and not place:
        form.refuse("place", "Enter where people meet")
    if mode is not MeetingMode.PLACE and not (online_url or "").startswith("https://"):
        form.refuse("online_url", "Enter the link to the online meeting; it starts with https://")
    form.check()
    return EditMeeting(
        meeting_id=view.meeting.id,
        version=_version(form),
        mode=mode,
        place=None if mode is MeetingMode.ONLINE else place,
        online_url=None if mode is MeetingMode.PLACE else online_url,
        notes=notes,
    )


def fill_people(view: MeetingView) -> Form:
    """Who is invited, and who of them is required."""
    rows = [each.attendee for each in view.invitations]
    return Form.of(
        version=view.meeting.version,
        person=[each.person_id for each in rows],
        required=[each.person_id for each in rows if each.is_required],
    )


def read_people(form: Form, view: MeetingView, facts: dict[str, Any]) -> ChangePeople:
    """Who is to be invited from now on."""
    chosen, required = set(form.ids("person")), set(form.ids("required"))
    candidates = [each for each in facts["candidates"] if each.person_id in chosen]
    if not any(each.person_id in required for each in candidates if each.person_id != facts["convenor"]):
        form.refuse("person", "At least one person besides the convenor must be required")
    form.check()
    invitees = tuple(Invitee(e.person_id, e.role, e.sector, e.person_id in required) for e in candidates)
    return ChangePeople(meeting_id=view.meeting.id, version=_version(form), invitees=invitees)


def fill_cancel(view: MeetingView) -> Form:
    """No reason yet."""
    return Form.of(version=view.meeting.version)


def read_cancel(form: Form, view: MeetingView, _facts: dict[str, Any]) -> CancelMeeting:
    """The reason, if one is given."""
    reason = form.optional_long_text("reason", limit=1000)
    form.check()
    return CancelMeeting(meeting_id=view.meeting.id, version=_version(form), reason=reason)


def _version(form: Form) -> int:
    version = form.whole_number("version", "This page is out of date. Open the meeting again.")
    form.check()
    return version


async def _facts(request: web.Request, change: Change) -> tuple[MeetingView, dict[str, Any]]:
    tools, actor, meeting_id = request.app[TOOLS], actor_of(request), int(request.match_info["meeting_id"])
    view = await view_meeting(tools, actor, meeting_id)
    facts: dict[str, Any] = {"view": view, "meeting": view.meeting}
    if change.needs_candidates:
        facts["candidates"] = await list_candidates(tools, actor, view.meeting)
        facts["convenor"] = view.meeting.convenor.person_id
    return view, facts


def _show(change: Change) -> Handler:
    async def show(request: web.Request) -> web.Response:
        view, facts = await _facts(request, change)
        return render(request, change.template, form=change.fill(view), **facts)

    return show


def _make(change: Change) -> Handler:
    async def make(request: web.Request) -> web.Response:
        form = await read_form(request)
        tools, actor = request.app[TOOLS], actor_of(request)
        view, facts = await _facts(request, change)
        try:
            asked = change.read(form, view, facts)
            if form.flag("confirmed"):
                await change_meeting(tools, actor, asked)
                return see_other(request, "show_meeting", say=change.said, meeting_id=view.meeting.id)
            planned = await rehearse_change(tools, actor, asked)
        except InvalidForm as error:
            return redisplay(request, change.template, form, _on_this_form(error), **facts)
        except SlotTaken as error:
            return redisplay(request, change.template, form, InvalidForm({"start": str(error)}), clash=True, **facts)
        except ChangedMeanwhile:
            theirs = change.fill(view)
            form.values["version"] = str(view.meeting.version)
            return render(request, change.template, status=409, form=form, theirs=theirs, **facts)
        new_time = asked.starts_at if isinstance(asked, MoveMeeting) else None
        return render(request, "meetings/confirm_change.html", form=form, planned=planned, new_time=new_time, **facts)

    return make


# Where a fact that an operation refuses stands on our forms.
_FIELDS = {"starts_at": "day", "ends_at": "minutes", "invitees": "person"}


def _on_this_form(error: InvalidForm) -> InvalidForm:
    return InvalidForm({_FIELDS.get(name, name): sentence for name, sentence in error.fields.items()})


_PATH = r"/meetings/{meeting_id:\d+}"
CHANGES = {
    "move": Change("meetings/move.html", fill_move, read_move, "Moved. Everybody will be asked again."),
    "edit": Change("meetings/edit.html", fill_edit, read_edit, "Changed. The update is on its way; answers stand."),
    "people": Change(
        "meetings/people.html", fill_people, read_people, "Changed. Only those it concerns are written to.", True
    ),
    "cancel": Change("meetings/cancel.html", fill_cancel, read_cancel, "Cancelled. Everybody invited will be told."),
}
NAMES = {"move": "move_meeting", "edit": "edit_meeting", "people": "change_people", "cancel": "cancel_meeting"}

ROUTES = tuple(
    route
    for key, change in CHANGES.items()
    for route in (
        Route("GET", f"{_PATH}/{key}", NAMES[key], _show(change), Permission.BOOK_MEETINGS),
        Route("POST", f"{_PATH}/{key}", f"{NAMES[key]}_post", _make(change), Permission.BOOK_MEETINGS),
    )
)
