"""Book a meeting: What, Who, When, Check. Every step has an address, and going back loses nothing."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from aiohttp import web

from coord_service.clock import LONDON
from coord_service.domain.access import Permission
from coord_service.domain.bookings import LONGEST, SHORTEST, Booking, Need, Step, What
from coord_service.domain.meetings import PURPOSE_NAMES, MeetingMode, Purpose
from coord_service.domain.people import SECTOR_NAMES
from coord_service.errors import InvalidForm, NotFound, Refused, SlotTaken
from coord_service.operations import booking as operations
from coord_service.operations.booking import AnswerWhat, ChooseTime, Draft
from coord_service.operations.booking_check import check_booking, send_booking
from coord_service.operations.finding import View, find_slots
from coord_service.operations.found import Offer
from coord_service.operations.guests import GuestList, list_guests
from coord_service.operations.places import list_places
from coord_service.operations.polls import has_poll
from coord_service.web.forms import Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.pages.times import LENGTHS, read_day, read_view, times_facts
from coord_service.web.rendering import render, see_address, see_other
from coord_service.web.routing import Route
from coord_service.web.wording import say_time

_STEP_PAGES = {
    Step.WHAT: "booking_what",
    Step.WHO: "booking_who",
    Step.WHEN: "booking_when",
    Step.CHECK: "booking_check",
}


async def start_booking_form(request: web.Request) -> web.Response:
    """The first step for a child, filled in as most meetings are."""
    form = Form.of(
        children=_child(request),
        purpose=Purpose.TAC,
        convenor=actor_of(request).user_id,
        length=60,
        mode=MeetingMode.PLACE,
        around_on=read_day(request.query.get("around", "")),
    )
    return await _show_what(request, form, [_child(request)])


async def start_booking(request: web.Request) -> web.Response:
    """Keep the first step and go on."""
    form = await read_form(request)
    if form.flag("find_child"):
        return await _show_what(request, form, [_child(request)])
    try:
        draft_id = await operations.start_booking(request.app[TOOLS], actor_of(request), _read_what(form))
    except InvalidForm as error:
        return await _show_what(request, form, [_child(request)], error=error)
    return see_other(request, "booking_who", draft_id=draft_id)


async def booking(request: web.Request) -> web.Response:
    """Go on with an unfinished booking where it stopped."""
    draft = await _open(request)
    return see_other(request, _STEP_PAGES[draft.booking.next_step], draft_id=draft.draft_id)


async def booking_what(request: web.Request) -> web.Response:
    """The first step as it was answered."""
    draft = await _open(request)
    return await _show_what(request, _fill(draft.booking), draft.booking.what.child_ids, draft=draft)


async def save_what(request: web.Request) -> web.Response:
    """Keep the first step and go on to the second."""
    draft, form = await _open(request), await read_form(request)
    if form.flag("find_child"):
        return await _show_what(request, form, draft.booking.what.child_ids, draft=draft)
    try:
        await operations.save_what(request.app[TOOLS], actor_of(request), draft.draft_id, _read_what(form))
    except InvalidForm as error:
        return await _show_what(request, form, draft.booking.what.child_ids, draft=draft, error=error)
    return see_other(request, "booking_who", draft_id=draft.draft_id)


async def booking_who(request: web.Request) -> web.Response:
    """The teams, ticked as the lead worker last did, or as suggested."""
    draft = await _open(request)
    found = await list_guests(request.app[TOOLS], actor_of(request), draft.booking)
    form = Form.of(**{f"need-{guest.person_id}": guest.need for guest in found.guests})
    return _show_who(request, draft, found, form)


async def save_who(request: web.Request) -> web.Response:
    """Keep who should come and go on: to the times, or past them where the date is agreed."""
    draft, form = await _open(request), await read_form(request)
    try:
        needs = _read_needs(form)
        kept = await operations.save_who(request.app[TOOLS], actor_of(request), draft.draft_id, needs)
    except InvalidForm as error:
        found = await list_guests(request.app[TOOLS], actor_of(request), draft.booking)
        for name, sentence in error.fields.items():
            form.refuse(name, sentence)
        return _show_who(request, draft, found, form, status=422)
    following = Step.CHECK if kept.is_agreed else Step.WHEN
    return see_other(request, _STEP_PAGES[following], draft_id=draft.draft_id)


async def booking_when(request: web.Request) -> web.Response:
    """The best times, and others one click away."""
    draft = await _open(request)
    if draft.booking.needs is None:
        return see_other(request, "booking_who", draft_id=draft.draft_id)
    return await _show_when(request, draft, read_view(request))


async def choose_time(request: web.Request) -> web.Response:
    """Take one of the times."""
    draft, form = await _open(request), await read_form(request)
    try:
        chosen = _read_time(form)
        await operations.choose_time(request.app[TOOLS], actor_of(request), draft.draft_id, chosen)
    except Refused as error:
        return await _show_when(request, draft, View(), said=str(error), status=422)
    return see_other(request, "booking_check", draft_id=draft.draft_id)


async def booking_check(request: web.Request) -> web.Response:
    """What each person will receive."""
    draft = await _open(request)
    if draft.booking.next_step is not Step.CHECK:
        return see_other(request, _STEP_PAGES[draft.booking.next_step], draft_id=draft.draft_id)
    return await _show_check(request, draft)


async def book_meeting(request: web.Request) -> web.Response:
    """Send it. A second press finds the first meeting."""
    form = await read_form(request)
    tools, actor, draft_id = request.app[TOOLS], actor_of(request), int(request.match_info["draft_id"])
    try:
        meeting_id = await send_booking(tools, actor, draft_id, accept_clashes=form.flag("accept_clashes"))
    except SlotTaken as error:
        draft = await _open(request)
        return await _show_when(request, draft, View(), said=str(error), status=409)
    except InvalidForm as error:
        return await _show_check(request, await _open(request), problems=error.fields)
    return see_other(request, "show_meeting", meeting_id=meeting_id)


async def discard_booking(request: web.Request) -> web.Response:
    """Throw an unfinished booking away."""
    draft = await _open(request)
    await operations.discard_booking(request.app[TOOLS], actor_of(request), draft.draft_id)
    return see_address(request, "/", say="The unfinished booking is gone. Nobody was sent anything")


async def _open(request: web.Request) -> Draft:
    """One's own booking; one that has been sent leads to its meeting."""
    draft_id = int(request.match_info["draft_id"])
    draft = await operations.load_booking(request.app[TOOLS], actor_of(request), draft_id)
    if draft.meeting_id is not None:
        raise web.HTTPSeeOther(request.app[TABLE].url("show_meeting", meeting_id=draft.meeting_id))
    return draft


def _child(request: web.Request) -> int:
    return int(request.match_info["child_id"])


async def _show_what(
    request: web.Request,
    form: Form,
    child_ids: Any,
    *,
    draft: Draft | None = None,
    error: InvalidForm | None = None,
) -> web.Response:
    ticked = [int(child) for child in form.all_typed("children") if child.isdecimal() and len(child) < 10]
    search = form.typed("search").strip()[:100]
    offer = await operations.offer_what(
        request.app[TOOLS], actor_of(request), list(dict.fromkeys([*child_ids, *ticked])), search
    )
    if not offer.children:
        raise NotFound("There is no child with this address.")
    for name, sentence in (error.fields if error else {}).items():
        form.refuse(name, sentence)
    places = await list_places(request.app[TOOLS], actor_of(request))
    return render(
        request,
        "booking/what.html",
        places=[(place.id, f"A room at {place.name}") for place in places if any(room.is_open for room in place.rooms)],
        status=422 if error else 200,
        form=form,
        offer=offer,
        lengths=LENGTHS,
        has_searched=form.flag("find_child"),
        **step_facts(Step.WHAT, draft),
    )


def _show_who(request: web.Request, draft: Draft, found: GuestList, form: Form, status: int = 200) -> web.Response:
    return render(
        request,
        "booking/who.html",
        status=status,
        form=form,
        found=found,
        sector_names=SECTOR_NAMES,
        **step_facts(Step.WHO, draft),
    )


async def _show_when(
    request: web.Request, draft: Draft, view: View, *, said: str = "", status: int = 200
) -> web.Response:
    found = await find_slots(request.app[TOOLS], actor_of(request), draft.draft_id, view)
    url = request.app[TABLE].url

    def fields_of(offer: Offer) -> list[tuple[str, object]]:
        """What choosing a time sends: when, and what this search had changed."""
        without = [("without", person_id) for person_id in sorted(view.without)]
        room = [("room", offer.rooms[0][0])] if len(offer.rooms) == 1 else []
        return [("starts_at", offer.start_at.isoformat()), ("minutes", found.minutes), *room, *without]

    return render(
        request,
        "booking/when.html",
        status=status,
        form=Form(),
        problem=said,
        has_poll=await has_poll(request.app[TOOLS], draft.draft_id),
        action=url("choose_time", draft_id=draft.draft_id),
        people_address=url("booking_who", draft_id=draft.draft_id),
        fields_of=fields_of,
        **times_facts(partial(url, "booking_when", draft_id=draft.draft_id), found, view, draft.booking.what.minutes),
        **step_facts(Step.WHEN, draft),
    )


async def _show_check(request: web.Request, draft: Draft, problems: Any = None) -> web.Response:
    checked = None
    try:
        checked = await check_booking(request.app[TOOLS], actor_of(request), draft.draft_id)
    except InvalidForm as error:
        problems = error.fields
    except Refused as error:  # the time has passed since it was chosen
        problems = {"starts_at": str(error)}
    previews = checked.previews if checked else ()
    wanted = request.query.get("person", "")
    # The convenor's own copy tells least about what the others get: it is shown when asked for.
    usual = [each for each in previews if each.person_id != actor_of(request).person_id] or list(previews)
    shown = next((each for each in previews if str(each.person_id) == wanted), next(iter(usual), None))
    return render(
        request,
        "booking/check.html",
        status=422 if problems else 200,
        form=Form(),
        checked=checked,
        shown=shown,
        problems=list((problems or {}).items()),
        **step_facts(Step.CHECK, draft),
    )


def step_facts(step: Step, draft: Draft | None) -> dict[str, Any]:
    """The progress line: which steps can be gone to, and where we are."""
    booking = draft.booking if draft else None
    reached = {
        Step.WHAT: draft is not None,
        Step.WHO: draft is not None,
        Step.WHEN: booking is not None and booking.needs is not None,
        Step.CHECK: booking is not None and booking.next_step is Step.CHECK,
    }
    return {
        "step": step,
        "steps": [(each, each.value.capitalize(), _STEP_PAGES[each] if reached[each] else "") for each in Step],
        "draft": draft,
        "booking": booking,
        "purpose_names": PURPOSE_NAMES,
    }


def _fill(booking: Booking) -> Form:
    """The first step's form as it was last filled in."""
    what = booking.what
    agreed_at = booking.starts_at if booking.is_agreed else None
    return Form.of(
        children=what.child_ids,
        purpose=what.purpose,
        convenor=what.convenor_id,
        length=what.minutes if what.minutes in LENGTHS else "other",
        minutes="" if what.minutes in LENGTHS else what.minutes,
        mode=what.mode,
        place=what.place,
        online_url=what.online_url,
        notes=what.notes,
        around_on=what.around_on,
        rooms_at=what.rooms_at,
        wants_link="yes" if what.wants_link else "",
        date_agreed="yes" if agreed_at else "",
        agreed_on=agreed_at.astimezone(LONDON).date() if agreed_at else "",
        agreed_time=say_time(agreed_at) if agreed_at else "",
    )


def _read_what(form: Form) -> AnswerWhat:
    is_agreed = form.flag("date_agreed")
    asked = AnswerWhat(
        what=What(
            child_ids=tuple(form.ids("children")),
            purpose=form.choice("purpose", Purpose, "Choose what the meeting is for"),
            convenor_id=form.id("convenor", "Choose who convenes the meeting"),
            minutes=_read_minutes(form),
            mode=form.choice("mode", MeetingMode, "Choose how people meet"),
            place=form.optional_text("place"),
            online_url=form.optional_text("online_url", limit=1000),
            notes=form.optional_long_text("notes", limit=2000),
            around_on=read_day(form.typed("around_on")),
            rooms_at=form.optional_id("rooms_at"),
            wants_link=form.flag("wants_link"),
        ),
        agreed_on=form.date("agreed_on", "The date agreed") if is_agreed else None,
        agreed_time=form.time("agreed_time", "The time agreed") if is_agreed else None,
    )
    form.check()
    return asked


def _read_minutes(form: Form) -> int:
    if form.typed("length") in {str(length) for length in LENGTHS}:
        return int(form.typed("length"))
    if form.typed("length") != "other":
        form.refuse("length", "Choose how long the meeting takes")
        return SHORTEST
    return form.whole_number("minutes", "Enter how many minutes the meeting takes", least=SHORTEST, most=LONGEST)


def _read_needs(form: Form) -> dict[int, Need]:
    names = [name for name in form.values if name.startswith("need-") and name[5:].isdecimal() and len(name) < 15]
    needs = {int(name[5:]): form.choice(name, Need, "Choose required, optional or not invited") for name in names}
    form.check()
    return needs


def _read_time(form: Form) -> ChooseTime:
    typed = form.typed("starts_at")
    try:
        starts_at = datetime.fromisoformat(typed).astimezone(UTC) if typed.endswith("+00:00") else None
    except (ValueError, OverflowError):
        starts_at = None
    if starts_at is None or starts_at.year < 2000:
        raise Refused("Choose one of the times on the page.")
    chosen = ChooseTime(
        starts_at=starts_at,
        minutes=form.whole_number("minutes", "Choose one of the times on the page", least=SHORTEST, most=LONGEST),
        without=frozenset(form.ids("without")),
        room_id=form.optional_id("room"),
    )
    form.check()
    return chosen


_BOOK = Permission.BOOK_MEETINGS
_START = r"/children/{child_id:\d{1,9}}/book"
_ONE = r"/book/{draft_id:\d{1,9}}"

ROUTES = (
    Route("GET", _START, "start_booking_form", start_booking_form, _BOOK),
    Route("POST", _START, "start_booking", start_booking, _BOOK),
    Route("GET", _ONE, "booking", booking, _BOOK),
    Route("GET", f"{_ONE}/what", "booking_what", booking_what, _BOOK),
    Route("POST", f"{_ONE}/what", "save_what", save_what, _BOOK),
    Route("GET", f"{_ONE}/who", "booking_who", booking_who, _BOOK),
    Route("POST", f"{_ONE}/who", "save_who", save_who, _BOOK),
    Route("GET", f"{_ONE}/when", "booking_when", booking_when, _BOOK),
    Route("POST", f"{_ONE}/when", "choose_time", choose_time, _BOOK),
    Route("GET", f"{_ONE}/check", "booking_check", booking_check, _BOOK),
    Route("POST", f"{_ONE}/check", "book_meeting", book_meeting, _BOOK),
    Route("POST", f"{_ONE}/discard", "discard_booking", discard_booking, _BOOK),
)
