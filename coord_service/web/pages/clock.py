"""One clock of a case: its law, the exceptions that lift it, and reasons for delay, which lift nothing."""

from datetime import date
from typing import Any

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.domain.clock_exceptions import CLOSED, GROUND_NAMES
from coord_service.errors import InvalidForm, NotFound
from coord_service.operations import around_child, clock_exceptions
from coord_service.operations.clock_exceptions import ClockKey, OneClock, RecordException
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.pages.child import head_of
from coord_service.web.pages.children import child_id_of
from coord_service.web.pages.clocks import STATES
from coord_service.web.rendering import render, see_address
from coord_service.web.routing import Route


def _key_of(request: web.Request) -> ClockKey:
    found = request.match_info
    try:
        start_on = date.fromisoformat(found["start"])
    except ValueError as error:
        raise NotFound("There is no such day.") from error
    return ClockKey(child_id_of(request), found["clock"], start_on, int(found["of_request"]) or None)


def address_of(request: web.Request, key: ClockKey) -> str:
    """The page of one clock."""
    facts = {"child_id": key.child_id, "clock": key.clock, "start": key.start_on.isoformat()}
    return request.app[TABLE].url("show_clock", of_request=key.request_id or 0, **facts)


async def show_clock(request: web.Request) -> web.Response:
    """The clock and what was recorded about it."""
    return await _show(request, Form.of(decided_on=None))


async def _show(request: web.Request, form: Form, error: InvalidForm | None = None) -> web.Response:
    tools, actor, key = request.app[TOOLS], actor_of(request), _key_of(request)
    one = await clock_exceptions.view_clock(tools, actor, key)
    overview = await around_child.load_overview(tools, actor, key.child_id)
    facts: dict[str, Any] = {
        "one": one,
        "states": STATES,
        "paragraphs": _paragraphs(one),
        "has_closings": any(ground in CLOSED for ground in one.grounds.values()),
        "ground_names": GROUND_NAMES,
        "recorded_late": _recorded_late(one),
        **head_of(request, overview),
    }
    if error is not None:
        return redisplay(request, "children/clock.html", form, error, **facts)
    return render(request, "children/clock.html", form=form, **facts)


def _recorded_late(one: OneClock) -> set[int]:
    """The exceptions that were recorded after the limit had passed: that is allowed, and said."""
    return {each.id for each in one.exceptions if day_in_london(each.recorded_at) > one.clock.limit.due_on}


def _paragraphs(one: OneClock) -> list[tuple[str, str]]:
    return [(paragraph, f"{paragraph}: {GROUND_NAMES[ground]}") for paragraph, ground in one.grounds.items()]


async def record_exception(request: web.Request) -> web.Response:
    """Lift the limit."""
    form = await read_form(request)
    try:
        wanted = _read_exception(form, _key_of(request))
        await clock_exceptions.record_exception(request.app[TOOLS], actor_of(request), wanted)
    except InvalidForm as error:
        return await _show(request, form, error)
    return see_address(request, address_of(request, wanted.key), "Exception recorded. The limit stays where it is")


def _read_exception(form: Form, key: ClockKey) -> RecordException:
    wanted = RecordException(
        key=key,
        paragraph=form.text("paragraph", "Choose the paragraph"),
        from_on=form.date("from_on", "The first day"),
        until_on=form.optional_date("until_on", "The last day"),
        asked_on=form.optional_date("asked_on", "The day of asking"),
        evidence=form.long_text("evidence", "Say what shows it", limit=2000),
        decided_by=form.text("decided_by", "Say who decided"),
        decided_on=form.date("decided_on", "The day of the decision"),
        told_on=form.optional_date("told_on", "The day of telling"),
        told_how=form.optional_text("told_how"),
    )
    form.check()
    return wanted


async def record_delay(request: web.Request) -> web.Response:
    """Keep why the limit is missed."""
    form, key = await read_form(request), _key_of(request)
    try:
        reason = form.long_text("delay", "Say what the delay comes from", limit=2000)
        form.check()
        await clock_exceptions.record_delay(request.app[TOOLS], actor_of(request), key, reason)
    except InvalidForm as error:
        return await _show(request, form, error)
    return see_address(request, address_of(request, key), "Reason recorded. It lifts nothing")


async def show_exception(request: web.Request) -> web.Response:
    """Note that the family was told, or take the exception back."""
    return render(request, "children/exception.html", form=Form(), **await _facts(request))


async def _facts(request: web.Request) -> dict[str, Any]:
    tools, actor = request.app[TOOLS], actor_of(request)
    exception = await clock_exceptions.load_one_exception(tools, actor, _exception_id_of(request))
    overview = await around_child.load_overview(tools, actor, exception.child_id)
    back = address_of(request, clock_exceptions.key_of(exception))
    return {"exception": exception, "clock_address": back, **head_of(request, overview)}


def _exception_id_of(request: web.Request) -> int:
    return int(request.match_info["exception_id"])


async def note_family_told(request: web.Request) -> web.Response:
    """The family has been told."""
    form = await read_form(request)
    try:
        told_on, told_how = form.date("told_on", "The day of telling"), form.text("told_how", "Say how")
        form.check()
        key = await clock_exceptions.note_family_told(
            request.app[TOOLS], actor_of(request), _exception_id_of(request), told_on, told_how
        )
    except InvalidForm as error:
        return redisplay(request, "children/exception.html", form, error, **await _facts(request))
    return see_address(request, address_of(request, key), "Noted that the family was told")


async def withdraw_exception(request: web.Request) -> web.Response:
    """Take the exception back."""
    form = await read_form(request)
    try:
        reason = form.long_text("reason", "Say why it is taken back", limit=1000)
        form.check()
        key = await clock_exceptions.withdraw_exception(
            request.app[TOOLS], actor_of(request), _exception_id_of(request), reason
        )
    except InvalidForm as error:
        return redisplay(request, "children/exception.html", form, error, **await _facts(request))
    return see_address(request, address_of(request, key), "Taken back. The duty to meet the limit stands again")


_ONE = r"/children/{child_id:\d{1,9}}/clocks/{clock:[a-z0-9_]{1,40}}/{start:[0-9-]{1,10}}/{of_request:\d{1,9}}"
_EXCEPTION = r"/clock-exceptions/{exception_id:\d{1,9}}"

ROUTES = (
    Route("GET", _ONE, "show_clock", show_clock, Permission.SEE_CASES),
    Route("POST", _ONE, "record_exception", record_exception, Permission.EDIT_CASES),
    Route("POST", f"{_ONE}/delay", "record_delay", record_delay, Permission.EDIT_CASES),
    Route("GET", _EXCEPTION, "show_exception", show_exception, Permission.EDIT_CASES),
    Route("POST", _EXCEPTION, "note_family_told", note_family_told, Permission.EDIT_CASES),
    Route("POST", f"{_EXCEPTION}/withdraw", "withdraw_exception", withdraw_exception, Permission.EDIT_CASES),
)
