"""Asking people which of some times would suit them: the question, its answers, and choosing from them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.domain.bookings import Step
from coord_service.domain.polls import POLL_ANSWER_NAMES, PollAnswer, PollState
from coord_service.domain.wall_time import instant_in_london
from coord_service.errors import InvalidForm, Refused
from coord_service.operations import polls as operations
from coord_service.operations.booking import Draft, load_booking
from coord_service.operations.finding import View, find_slots
from coord_service.operations.found import Found
from coord_service.operations.polls import AskPeople, PollView
from coord_service.web.forms import Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.pages.booking import step_facts
from coord_service.web.pages.times import read_view
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

OWN_TIMES = ("1", "2")  # further times that can be typed


async def ask_people_form(request: web.Request) -> web.Response:
    """The best times ticked, everybody ticked, and a day to answer by."""
    tools, actor, draft = request.app[TOOLS], actor_of(request), await _open(request)
    view = read_view(request)
    found = await find_slots(tools, actor, draft.draft_id, view)
    first_on = day_in_london(min(offer.start_at for offer in found.best)) if found.best else None
    offer = await operations.offer_poll(tools, actor, draft.draft_id, first_on)
    form = Form.of(
        times=[each.start_at.isoformat() for each in found.best],
        people=[each.person_id for each in offer.guests],
        closes_on=offer.closes_on,
    )
    return await _show_ask(request, draft, found, form)


async def ask_people(request: web.Request) -> web.Response:
    """Ask them. A second press finds the first question."""
    form, draft = await read_form(request), await _open(request)
    try:
        await operations.ask_people(request.app[TOOLS], actor_of(request), draft.draft_id, _read_asked(form))
    except InvalidForm as error:
        for name, sentence in error.fields.items():
            form.refuse(name, sentence)
        found = await find_slots(request.app[TOOLS], actor_of(request), draft.draft_id, View())
        return await _show_ask(request, draft, found, form, status=422)
    return see_other(request, "show_poll", draft_id=draft.draft_id)


async def show_poll(request: web.Request) -> web.Response:
    """The answers so far, the best time first."""
    draft = await _open(request)
    found = await operations.view_poll(request.app[TOOLS], actor_of(request), draft.draft_id)
    return _show(request, found, Form())


async def log_poll_answer(request: web.Request) -> web.Response:
    """Keep what somebody said on the telephone."""
    form, draft = await read_form(request), await _open(request)
    voter_id = int(request.match_info["voter_id"])
    tools, actor = request.app[TOOLS], actor_of(request)
    try:
        await operations.log_poll_answer(tools, actor, draft.draft_id, voter_id, read_answers(form))
    except InvalidForm as error:
        for name, sentence in error.fields.items():
            form.refuse(name, sentence)
        found = await operations.view_poll(tools, actor, draft.draft_id)
        return _show(request, found, form, voter_id, status=422)
    return see_other(request, "show_poll", say="Noted", draft_id=draft.draft_id)


async def close_poll(request: web.Request) -> web.Response:
    """End the asking now."""
    draft = await _open(request)
    await operations.close_poll(request.app[TOOLS], actor_of(request), draft.draft_id)
    return see_other(request, "show_poll", say="Nobody is asked any more. Choose the time", draft_id=draft.draft_id)


async def withdraw_poll(request: web.Request) -> web.Response:
    """Take the question back; within the first minute nobody has heard of it."""
    draft = await _open(request)
    unheard = await operations.withdraw_poll(request.app[TOOLS], actor_of(request), draft.draft_id)
    said = "Undone. Nobody was asked." if unheard else "Taken back. Whoever opens their link reads that it is over."
    return see_other(request, "booking_when", say=said, draft_id=draft.draft_id)


def read_answers(form: Form) -> dict[int, PollAnswer]:
    """What a form says of each time, by the time's number; what makes no sense there is left out."""
    names = [name for name in form.values if name.startswith("time-") and name[5:].isdecimal() and len(name) < 15]
    return {int(name[5:]): PollAnswer(form.typed(name)) for name in names if form.typed(name) in set(PollAnswer)}


def _read_asked(form: Form) -> AskPeople:
    starts = [*_ticked(form), *_typed(form)]
    asked = AskPeople(
        starts=tuple(starts),
        person_ids=tuple(form.ids("people")),
        closes_on=form.date("closes_on", "The day to answer by"),
        shows_names=form.flag("shows_names"),
        is_held=form.flag("is_held"),
    )
    form.check()
    return asked


def _ticked(form: Form) -> list[datetime]:
    try:
        starts = [datetime.fromisoformat(typed).astimezone(UTC) for typed in form.all_typed("times")[:100]]
    except (ValueError, OverflowError):
        form.refuse("times", "Choose from the times on the page")
        return []
    return [start for start in starts if start.year >= 2000]


def _typed(form: Form) -> list[datetime]:
    """The further times that were typed, where both a day and a time were."""
    starts = []
    for number in OWN_TIMES:
        day = form.optional_date(f"own_day_{number}", "The day of a time of your own")
        clock = form.optional_time(f"own_time_{number}", "A time of your own")
        if (day is None) != (clock is None):
            form.refuse(f"own_time_{number}" if clock is None else f"own_day_{number}", "Enter both a day and a time")
        elif day is not None and clock is not None:
            try:
                starts.append(instant_in_london(day, clock))
            except Refused as error:
                form.refuse(f"own_time_{number}", str(error))
    return starts


async def _open(request: web.Request) -> Draft:
    """One's own booking; one that has been sent leads to its meeting."""
    draft_id = int(request.match_info["draft_id"])
    draft = await load_booking(request.app[TOOLS], actor_of(request), draft_id)
    if draft.meeting_id is not None:
        raise web.HTTPSeeOther(request.app[TABLE].url("show_meeting", meeting_id=draft.meeting_id))
    if draft.booking.needs is None:
        raise web.HTTPSeeOther(request.app[TABLE].url("booking_who", draft_id=draft_id))
    return draft


async def _show_ask(request: web.Request, draft: Draft, found: Found, form: Form, status: int = 200) -> web.Response:
    offer = await operations.offer_poll(request.app[TOOLS], actor_of(request), draft.draft_id, None)
    return render(
        request,
        "polls/ask.html",
        status=status,
        form=form,
        found=found,
        offer=offer,
        own_times=OWN_TIMES,
        **step_facts(Step.WHEN, draft),
    )


def _show(
    request: web.Request, found: PollView, form: Form, voter_id: int | None = None, status: int = 200
) -> web.Response:
    return render(
        request,
        "polls/show.html",
        status=status,
        form=form,
        found=found,
        poll=found.poll,
        said_of=_said_of(found),
        wrong_voter=voter_id,
        is_open=found.state is PollState.OPEN,
        answer_names=POLL_ANSWER_NAMES,
        **step_facts(Step.WHEN, found.draft),
    )


def _said_of(found: PollView) -> Mapping[int, Mapping[int, PollAnswer]]:
    """What each voter said of each time."""
    return {voter.id: {choice.time_id: choice.answer for choice in voter.choices} for voter in found.poll.voters}


_BOOK = Permission.BOOK_MEETINGS
_ONE = r"/book/{draft_id:\d{1,9}}"

ROUTES = (
    Route("GET", f"{_ONE}/ask", "ask_people_form", ask_people_form, _BOOK),
    Route("POST", f"{_ONE}/ask", "ask_people", ask_people, _BOOK),
    Route("GET", f"{_ONE}/answers", "show_poll", show_poll, _BOOK),
    Route("POST", rf"{_ONE}/answers/{{voter_id:\d{{1,9}}}}", "log_poll_answer", log_poll_answer, _BOOK),
    Route("POST", f"{_ONE}/answers/close", "close_poll", close_poll, _BOOK),
    Route("POST", f"{_ONE}/answers/withdraw", "withdraw_poll", withdraw_poll, _BOOK),
)
