"""What the council sets for everybody: a page that leads to each, and the rules of quorum."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.ladder_changes import LADDER_NAMES, say_ladder
from coord_service.domain.meetings import PURPOSE_NAMES, Purpose
from coord_service.domain.people import SECTOR_NAMES, Sector
from coord_service.domain.quorum import MOST_PEOPLE, MOST_RULES, QuorumRule
from coord_service.errors import ChangedMeanwhile, InvalidForm, Refused
from coord_service.operations import quorums
from coord_service.operations.finding_rules import view_finding_rules
from coord_service.operations.ladders import LadderInForce, list_ladders_in_force
from coord_service.operations.quorums import Quorum
from coord_service.operations.terms import list_terms
from coord_service.web.forms import Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

CONVENOR, LEAD_WORKER = "convenor", "lead_worker"  # stand among the sectors that can be ticked


async def settings(request: web.Request) -> web.Response:
    """Everything that can be set, and how it is set now."""
    tools, actor = request.app[TOOLS], actor_of(request)
    found, terms = await quorums.list_quorums(tools, actor), await list_terms(tools, actor)
    finding = (await view_finding_rules(tools, actor)).rules
    shown: dict[str, Any] = {
        "ladders": await _list_ladders(request),
        "quorums": found,
        "terms": terms,
        "finding": finding,
        "purpose_names": PURPOSE_NAMES,
    }
    return render(request, "settings/list.html", **shown)


async def _list_ladders(request: web.Request) -> list[tuple[LadderInForce, str, str]]:
    found = await list_ladders_in_force(request.app[TOOLS], actor_of(request))
    return [(each, LADDER_NAMES[each.ladder.kind], say_ladder(each.ladder)) for each in found]


async def change_quorum_form(request: web.Request) -> web.Response:
    """The rules for one purpose, to be changed."""
    quorum = await _load(request)
    return _show(request, quorum, _fill(quorum))


async def change_quorum(request: web.Request) -> web.Response:
    """Keep the rules as they were typed, or put back those that came with the service."""
    form, quorum = await read_form(request), await _load(request)
    try:
        rules = None if form.flag("as_they_came") else _read_rules(form)
        version = form.whole_number("version", "Open this page again", most=10**9)
        form.check()
        await quorums.change_quorum(request.app[TOOLS], actor_of(request), quorum.setting_id, version, rules)
    except InvalidForm:
        return _show(request, quorum, form, status=422)
    except ChangedMeanwhile:
        form.values["version"] = str(quorum.version)
        return _show(request, quorum, form, status=409, is_stale=True)
    except Refused as error:
        form.refuse("words-0", str(error))
        return _show(request, quorum, form, status=422)
    return see_other(request, "settings", say=f"Quorum set: {PURPOSE_NAMES[quorum.purpose]}")


async def _load(request: web.Request) -> Quorum:
    setting_id = int(request.match_info["setting_id"])
    return await quorums.view_quorum(request.app[TOOLS], actor_of(request), setting_id)


def _show(
    request: web.Request, quorum: Quorum, form: Form, *, status: int = 200, is_stale: bool = False
) -> web.Response:
    return render(
        request,
        "settings/quorum.html",
        status=status,
        form=form,
        quorum=quorum,
        is_stale=is_stale,
        is_review=quorum.purpose is Purpose.REVIEW,
        purpose_name=PURPOSE_NAMES[quorum.purpose],
        lines=_lines(form),
        who=[
            *((sector, SECTOR_NAMES[sector]) for sector in Sector),
            (CONVENOR, "Whoever convenes it"),
            (LEAD_WORKER, "The child’s lead worker, whoever convenes it"),
        ],
    )


def _fill(quorum: Quorum) -> Form:
    facts: dict[str, Any] = {"version": quorum.version}
    for number, rule in enumerate(quorum.rules):
        facts |= {
            f"at_least-{number}": rule.at_least,
            f"who-{number}": [
                *rule.sectors,
                *([CONVENOR] if rule.counts_convenor else []),
                *([LEAD_WORKER] if rule.counts_lead_worker else []),
            ],
            f"roles-{number}": ", ".join(rule.roles),
            f"words-{number}": rule.words,
        }
    return Form.of(**facts)


def _lines(form: Form) -> list[int]:
    """The rules that are filled in, and an empty one more."""
    last = max((number for number in range(MOST_RULES) if _is_filled(form, number)), default=-1)
    return list(range(min(last + 2, MOST_RULES)))


def _is_filled(form: Form, number: int) -> bool:
    return bool(form.all_typed(f"who-{number}")) or any(
        form.typed(f"{name}-{number}").strip() for name in ("roles", "words")
    )


def _read_rules(form: Form) -> list[QuorumRule]:
    return [_read_rule(form, number) for number in range(MOST_RULES) if _is_filled(form, number)]


def _read_rule(form: Form, number: int) -> QuorumRule:
    ticked = form.all_typed(f"who-{number}")
    roles = form.optional_text(f"roles-{number}") or ""
    rule = QuorumRule(
        sectors=frozenset(sector for sector in Sector if sector in ticked),
        at_least=form.whole_number(f"at_least-{number}", "Enter how many must come", least=1, most=MOST_PEOPLE),
        words=form.text(f"words-{number}", "Say in words who must come", limit=80),
        roles=tuple(role for each in roles.split(",") if (role := " ".join(each.split()))),
        counts_convenor=CONVENOR in ticked,
        counts_lead_worker=LEAD_WORKER in ticked,
    )
    if not rule.names_somebody:
        form.refuse(f"who-{number}", "Tick who counts for this rule, or name a role")
    return rule


_SET = Permission.SET_RULES
_QUORUM = r"/settings/quorum/{setting_id:\d{1,9}}"

ROUTES = (
    Route("GET", "/settings", "settings", settings, _SET),
    Route("GET", _QUORUM, "change_quorum_form", change_quorum_form, _SET),
    Route("POST", _QUORUM, "change_quorum", change_quorum, _SET),
)
