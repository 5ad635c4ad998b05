"""Where each route's page is: the parameters in its path, looked up in the database by their names.

A new page needs nothing here unless its path has a parameter of a new name. ``route.parameter`` is looked for before
``parameter``. A query gives every value to visit; the first is the one whose forms are sent.
"""

import itertools
import re
from collections.abc import Mapping

import sqlalchemy as sa

from coord_service.domain.advice import AdviceAnswer
from coord_service.domain.needs import NeedGroup
from coord_service.operations.tools import Tools
from coord_service.web.routing import Route
from tests.browser.records import token_of

_PARAMETER = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}")
_CHOICE = re.compile(r"\w+(\|\w+)+")

_BOOKED = """select meeting.id from meeting join attendee on attendee.meeting_id = meeting.id
    where meeting.status = 'booked' group by meeting.id
    order by sum(attendee.answer = 'declined') desc, count(*) desc limit 1"""
_LEAD_WORKER = """select person_id from (select user.person_id from user join person on person.id = user.person_id
    where user.role = 'lead_worker' and user.is_active order by person.name limit 1)"""
_CALENDAR_OWNERS = """select person_id from (select user.person_id from user join person on person.id = user.person_id
    where user.role = 'lead_worker' and user.is_active order by person.name limit 1)
    union select min(id) from person where kind = 'professional'"""
_PROPOSED = "from attendee where proposed_start is not null and removed_at is null order by id limit 1"
_HELD = "select min(id) from meeting where status = 'held'"
_LARGEST_TEAM = """select child.id from child join membership on membership.child_id = child.id
    where child.closed_at is null group by child.id order by count(*) desc limit 1"""

_ASKED = "select {} from child where assessment_requested_on is not null and closed_at is null order by id limit 1"
_LIFTED = "select {} from clock_exception where withdrawn_at is null order by id limit 1"

_DOORS = [token_of(door) for door in ("advice", "meeting", "action", "notes", "poll", "expired", "withdrawn")]

FULL: Mapping[str, str | list[str]] = {
    "user_id": "select id from user order by id limit 1",
    "child_id": _LARGEST_TEAM,
    "show_child.child_id": "select min(id) from child group by is_shielded, closed_at is null",
    "meeting_id": _BOOKED,
    "show_meeting.meeting_id": """select min(id) from meeting group by status, starts_at < '2026-03-03'
        union select meeting_id from inbound_mail where question = 'stranger'""",
    "hold_meeting.meeting_id": "select min(id) from meeting where status <> 'undone' group by status",
    "add_action_form.meeting_id": _HELD,
    "circulate_actions_form.meeting_id": _HELD,
    "attendee_id": f"select min(id) from attendee where meeting_id = ({_BOOKED})",  # noqa: S608 - ours
    "show_proposal.meeting_id": f"select meeting_id {_PROPOSED}",
    "show_proposal.attendee_id": f"select id {_PROPOSED}",
    "letter_id": "select min(id) from outbox_letter where meeting_id is not null group by state",
    "mail_id": "select min(id) from inbound_mail group by verdict, question",
    "draft_id": "select id from booking_draft order by id desc limit 2",
    "show_poll.draft_id": "select draft_id from poll",
    "ask_people_form.draft_id": "select draft_id from poll",  # never booked by another test
    "person_id": "select person_id from membership group by person_id order by count(*) desc limit 1",
    "show_calendar.person_id": _CALENDAR_OWNERS,
    "test_calendar_form.person_id": _LEAD_WORKER,
    "connection_id": "select min(id) from calendar_connection where connected_at is null",
    "kind": ["memory"],
    "membership_id": "select min(id) from membership group by sector",
    "service_id": "select service_id from advice_request group by service_id order by count(*) desc limit 1",
    "agency_id": "select min(id) from agency",
    "exception_id": "select id from clock_exception where withdrawn_at is null order by id limit 1",
    "show_clock.child_id": _LIFTED.format("child_id"),
    "show_clock.clock": _LIFTED.format("clock"),
    "show_clock.start": _LIFTED.format("start_on"),
    "show_clock.of_request": _LIFTED.format("coalesce(request_id, 0)"),
    "correct_date_form.child_id": _ASKED.format("id"),
    "correct_date_form.on": _ASKED.format("assessment_requested_on"),
    "what": ["assessment_requested"],
    "event_id": "select id from case_event where withdrawn_at is null order by id limit 1",
    "request_id": "select min(id) from advice_request where status = 'open' and problem is null",
    "show_advice_request.request_id": """select min(id) from advice_request group by status
        union select min(id) from advice_request where problem is not null""",
    "action_id": "select min(id) from action where status = 'open'",
    "show_action.action_id": "select min(id) from action group by status",
    "address": "select recipient from outbox_letter where letter = 'invite' and state = 'sent' limit 1",
    "place_id": "select id from place order by id limit 1",
    "room_id": "select id from room order by id limit 1",
    "setting_id": "select id from quorum_setting order by id limit 2",
    "number": ["1"],
    "group": list(NeedGroup),
    "answer": list(AdviceAnswer),
    "token": [token_of("advice")],
    "open_link.token": _DOORS,
    "set_password_form.token": [token_of("password")],
}

# The same pages with nothing on them. What is not here has no empty state: a meeting always has somebody in it.
BARE: Mapping[str, str | list[str]] = {
    "user_id": "select max(id) from user",
    "child_id": "select max(id) from child",
    "person_id": "select max(id) from person",
    "service_id": "select max(id) from service",
    "agency_id": "select max(id) from agency",
    "draft_id": "select max(id) from booking_draft",
    "add_known_form.person_id": "select max(id) from person",
}


def parameters_of(route: Route) -> dict[str, str]:
    """The parameters in a route's path, each with the pattern that it must fit."""
    return {name: pattern or "" for name, pattern in _PARAMETER.findall(route.path)}


async def addresses_of(route: Route, tools: Tools, providers: Mapping[str, str | list[str]]) -> list[str]:
    """Every address of a route worth visiting; none where a parameter has no provider."""
    values = [await _values(route, name, tools, providers) for name in parameters_of(route)]
    names = list(parameters_of(route))
    return [route.url(**dict(zip(names, each, strict=True))) for each in itertools.product(*values)]


async def _values(route: Route, name: str, tools: Tools, providers: Mapping[str, str | list[str]]) -> list[str]:
    pattern = parameters_of(route)[name]
    if _CHOICE.fullmatch(pattern):
        return pattern.split("|")
    provider = providers.get(f"{route.name}.{name}", providers.get(name, []))
    if isinstance(provider, list):
        return provider
    async with tools.database.read() as db:
        return [str(value) for value in await db.scalars(sa.text(provider)) if value is not None]
