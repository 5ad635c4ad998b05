"""The chase ladders: changed on a page that shows who would be written to tomorrow before anything holds."""

from typing import Any

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.ladder_changes import (
    LADDER_NAMES,
    LATEST,
    LETTERS,
    LONGEST_REPEAT,
    MOST_STEPS,
    StepChange,
    make_ladder,
)
from coord_service.domain.ladders import Audience, Ladder, LadderKind
from coord_service.errors import ChangedMeanwhile, InvalidForm, Refused
from coord_service.operations import ladders
from coord_service.operations.ladders import LadderInForce, Trial
from coord_service.web.forms import Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

BESIDES = [
    (Audience.SERVICE_MANAGER, "The service’s manager"),
    (Audience.SEND_MANAGER, "Our SEND managers"),
    (Audience.COORDINATOR, "The agency’s co-ordinator (none is on record yet: nobody is written to)"),
    (Audience.HEAD_OF_SERVICE, "The head of service (none is on record yet: nobody is written to)"),
]
SIDES = [("before", "before the due date"), ("after", "after the due date")]
SHOWN = 50


async def change_ladder_form(request: web.Request) -> web.Response:
    """The steps of one ladder, to be changed."""
    ladder = await _load(request)
    return _show(request, ladder, _fill(ladder))


async def change_ladder(request: web.Request) -> web.Response:
    """Show who would be written to tomorrow, or keep the steps as they were typed, or put back those that came."""
    form, known = await read_form(request), await _load(request)
    tools, actor = request.app[TOOLS], actor_of(request)
    try:
        ladder = None if form.flag("as_it_came") else _read(form, known.ladder)
        version = form.whole_number("version", "Open this page again", most=10**9)
        form.check()
        if ladder is not None and not form.flag("keep"):
            return _show(request, known, form, trial=await ladders.try_ladder(tools, actor, ladder))
        await ladders.change_ladder(tools, actor, known.setting_id, version, ladder)
    except InvalidForm:
        return _show(request, known, form, status=422)
    except ChangedMeanwhile:
        form.values["version"] = str(known.version)
        return _show(request, known, form, status=409, is_stale=True)
    except Refused as error:
        form.refuse("days-0", str(error))
        return _show(request, known, form, status=422)
    return see_other(request, "settings", say=f"Steps set, from tomorrow: {LADDER_NAMES[known.ladder.kind]}")


async def _load(request: web.Request) -> LadderInForce:
    return await ladders.view_ladder(request.app[TOOLS], actor_of(request), int(request.match_info["setting_id"]))


def _show(request: web.Request, known: LadderInForce, form: Form, *, status: int = 200, **more: Any) -> web.Response:
    trial: Trial | None = more.get("trial")
    return render(
        request,
        "settings/ladder.html",
        status=status,
        form=form,
        known=known,
        name=LADDER_NAMES[known.ladder.kind],
        has_limits=known.ladder.kind is LadderKind.ADVICE,
        lines=_lines(form),
        besides=BESIDES,
        sides=SIDES,
        letters=list(LETTERS.items()),
        is_stale=more.get("is_stale", False),
        trial=trial,
        digests=trial.would_be.digests[:SHOWN] if trial else (),
    )


def _fill(known: LadderInForce) -> Form:
    facts: dict[str, Any] = {"version": known.version, "repeat_every": known.ladder.repeat_every}
    for number, step in enumerate(known.ladder.steps):
        facts |= {
            f"days-{number}": abs(step.days),
            f"side-{number}": "before" if step.days < 0 else "after",
            f"letter-{number}": step.letter,
            f"besides-{number}": [each for each in step.audience if each is not Audience.HOLDER],
            f"before_limit-{number}": step.before_limit or "",
            f"reported-{number}": "yes" if step.is_reported else "",
        }
    return Form.of(**facts)


def _lines(form: Form) -> list[int]:
    """The steps that are filled in, and an empty one more."""
    last = max((number for number in range(MOST_STEPS) if form.typed(f"days-{number}").strip()), default=-1)
    return list(range(min(last + 2, MOST_STEPS)))


def _read(form: Form, known: Ladder) -> Ladder | None:
    steps = [_read_step(form, number) for number in range(MOST_STEPS) if form.typed(f"days-{number}").strip()]
    repeat_every = form.whole_number("repeat_every", "Enter after how many working days", least=1, most=LONGEST_REPEAT)
    form.check()
    return make_ladder(known.kind, steps, repeat_every, known.promise_letter)


def _read_step(form: Form, number: int) -> StepChange:
    days = form.whole_number(f"days-{number}", "Enter how many working days", most=LATEST)
    limit = form.typed(f"before_limit-{number}").strip()
    letter = form.typed(f"letter-{number}")
    if letter not in LETTERS:
        form.refuse(f"letter-{number}", "Choose what the letter says")
    return StepChange(
        days=-days if form.typed(f"side-{number}") == "before" else days,
        letter=letter,
        besides=frozenset(each for each, _ in BESIDES if each in form.all_typed(f"besides-{number}")),
        before_limit=form.whole_number(f"before_limit-{number}", "", least=1, most=LATEST) if limit else None,
        is_reported=form.flag(f"reported-{number}"),
    )


_LADDER = r"/settings/ladders/{setting_id:\d{1,9}}"

ROUTES = (
    Route("GET", _LADDER, "change_ladder_form", change_ladder_form, Permission.SET_RULES),
    Route("POST", _LADDER, "change_ladder", change_ladder, Permission.SET_RULES),
)
