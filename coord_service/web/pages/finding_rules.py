"""What the council sets for finding a time."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.day_load import DayLoad
from coord_service.domain.finding_rules import LONGEST_NOTICE, LONGEST_PAUSE, MOST_MEETINGS, NOTICED, FindingRules
from coord_service.domain.meetings import PURPOSE_NAMES
from coord_service.errors import ChangedMeanwhile, InvalidForm
from coord_service.operations.finding_rules import FindingSetting, view_finding_rules
from coord_service.operations.finding_rules import set_finding_rules as operation
from coord_service.web.forms import Form, read_form, redisplay
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.hours import optional_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

_NOTICED = [(purpose, PURPOSE_NAMES[purpose]) for purpose in NOTICED]


async def set_finding_rules_form(request: web.Request) -> web.Response:
    """The rules as they are."""
    found = await view_finding_rules(request.app[TOOLS], actor_of(request))
    return render(request, "settings/finding.html", form=_fill(found), noticed=_NOTICED)


async def set_finding_rules(request: web.Request) -> web.Response:
    """Save them; where somebody else was quicker, say what holds now."""
    tools, actor, form = request.app[TOOLS], actor_of(request), await read_form(request)
    found = await view_finding_rules(tools, actor)
    try:
        rules = _read(form)
        version = form.whole_number("version", "Open this page again", most=10**9)
        form.check()
        await operation(tools, actor, version, rules)
    except InvalidForm as error:
        return redisplay(request, "settings/finding.html", form, error, noticed=_NOTICED)
    except ChangedMeanwhile:
        form.values["version"] = str(found.version)
        form.refuse("most_meetings", f"{found.changed_by or 'Somebody'} changed these rules while you had them open")
        return render(request, "settings/finding.html", status=409, form=form, noticed=_NOTICED)
    return see_other(request, "settings", say="Saved: it holds for every search from now on")


def _fill(found: FindingSetting) -> Form:
    load = found.rules.load
    notice = {f"notice_{purpose}": found.rules.notice_of(purpose) or "" for purpose in NOTICED}
    facts = {"version": found.version, "most_meetings": load.most_meetings, "minutes_between": load.minutes_between}
    return Form.of(**facts, **notice)


def _read(form: Form) -> FindingRules:
    most = optional_number(form, "most_meetings", least=1, most=MOST_MEETINGS)
    between = form.whole_number("minutes_between", "Enter how many minutes, 0 for none", most=LONGEST_PAUSE)
    days = {each: optional_number(form, f"notice_{each}", least=0, most=LONGEST_NOTICE) for each in NOTICED}
    return FindingRules(DayLoad(most, between), {purpose: number for purpose, number in days.items() if number})


_FINDING = "/settings/finding"

ROUTES = (
    Route("GET", _FINDING, "set_finding_rules_form", set_finding_rules_form, Permission.SET_RULES),
    Route("POST", _FINDING, "set_finding_rules", set_finding_rules, Permission.SET_RULES),
)
