"""One case as a chronology, ready for a complaint: the page and the PDF."""

from datetime import timedelta
from typing import Any

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.operations.around_child import load_overview
from coord_service.operations.chronology import CHAPTER_NAMES, Chapter, ChronologyFilter, view_chronology
from coord_service.operations.chronology_file import download_chronology
from coord_service.web.forms import Form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.pages.child import head_of
from coord_service.web.pages.children import child_id_of
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render
from coord_service.web.routing import Route

PERIODS = {"": "At any time", "30": "The last 30 days", "91": "The last 3 months", "365": "The last 12 months"}
# The page of a record and what its address calls the id.
PAGES = {
    "advice_request": ("show_advice_request", "request_id"),
    "meeting": ("show_meeting", "meeting_id"),
    "action": ("show_action", "action_id"),
}


async def child_chronology(request: web.Request) -> web.Response:
    """Every line on record about a child, the oldest first."""
    tools, actor, child_id = request.app[TOOLS], actor_of(request), child_id_of(request)
    overview = await load_overview(tools, actor, child_id)
    _, lines = await view_chronology(tools, actor, child_id, _read_filter(request))
    paging = Paging(request, page_number(request), len(lines))
    facts: dict[str, Any] = {
        "rows": lines[paging.offset : paging.offset + SIZE],
        "paging": paging,
        "form": Form.of(**_kept(request)),
        "kept": _kept(request),
        "chapters": [("", "Everything"), *((each.value, name) for each, name in CHAPTER_NAMES.items())],
        "periods": list(PERIODS.items()),
        "pages": PAGES,
    }
    return render(request, "children/chronology.html", tab="history", **facts, **head_of(request, overview))


async def child_chronology_pdf(request: web.Request) -> web.Response:
    """The same as a file, under the case's reference."""
    reference, content = await download_chronology(
        request.app[TOOLS], actor_of(request), child_id_of(request), _read_filter(request)
    )
    return web.Response(
        body=content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="chronology-{reference}.pdf"'},
    )


def _read_filter(request: web.Request) -> ChronologyFilter:
    """What the address narrows it to; what makes no sense does not narrow."""
    kept = _kept(request)
    today = day_in_london(request.app[TOOLS].clock.now())
    return ChronologyFilter(
        chapter=Chapter(kept["chapter"]) if "chapter" in kept else None,
        since_on=today - timedelta(days=int(kept["days"])) if "days" in kept else None,
    )


def _kept(request: web.Request) -> dict[str, str]:
    """The filter as it stands in the address."""
    chapter, days = request.query.get("chapter", ""), request.query.get("days", "")
    facts = {"chapter": chapter if chapter in set(Chapter) else "", "days": days if days in PERIODS else ""}
    return {name: value for name, value in facts.items() if value}


_ONE = r"/children/{child_id:\d{1,9}}/chronology"

ROUTES = (
    Route("GET", _ONE, "child_chronology", child_chronology, Permission.SEE_CASES),
    Route("GET", f"{_ONE}.pdf", "child_chronology_pdf", child_chronology_pdf, Permission.SEE_CASES),
)
