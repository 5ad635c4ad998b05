"""The forecast: the assessments that will miss a limit unless something changes, and whose pace it comes from."""

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.domain.case_clocks import clock_name
from coord_service.operations.forecasts import view_forecasts
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render
from coord_service.web.routing import Route


async def forecast_report(request: web.Request) -> web.Response:
    """How many by limit and by service, and every case with the sentence that says why."""
    found = await view_forecasts(request.app[TOOLS], actor_of(request))
    paging = Paging(request, page_number(request), len(found.cases))
    return render(
        request,
        "reports/forecast.html",
        found=found,
        cases=found.cases[paging.offset : paging.offset + SIZE],
        paging=paging,
        clock_name=clock_name,
    )


ROUTES = (Route("GET", "/reports/forecast", "forecast_report", forecast_report, Permission.SEE_REPORTS),)
