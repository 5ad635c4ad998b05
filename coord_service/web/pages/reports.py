"""The chase report: its figures, the cases behind each, and the download. The filters stand in the address."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from coord_service.clock import day_in_london
from coord_service.domain.access import Permission
from coord_service.domain.advice import ADVICE_KIND_NAMES, AdviceKind
from coord_service.domain.figures import BAND_NAMES, DEFINITIONS, FIGURE_NAMES, Figure, LateBand
from coord_service.domain.report_tables import ReportForm
from coord_service.domain.report_times import EVERY_NAMES, Every
from coord_service.operations import report_mail
from coord_service.operations.commissioner_report import download_commissioner_report, view_commissioner_report
from coord_service.operations.forecasts import view_forecasts
from coord_service.operations.report_csv import came_on, write_cases
from coord_service.operations.report_document import download_report
from coord_service.operations.reports import (
    Choices,
    ReportFilter,
    download_cases,
    list_choices,
    view_cases,
    view_chase_report,
    view_overdue_actions,
)
from coord_service.web.charts import Bar, draw_ageing, draw_key, draw_trend, gather_bars
from coord_service.web.forms import Form, read_form
from coord_service.web.identity import actor_of
from coord_service.web.keys import TOOLS
from coord_service.web.paging import SIZE, Paging, page_number
from coord_service.web.rendering import render, see_other
from coord_service.web.routing import Route

MOST_PEOPLE = 50  # of those who hold something overdue; a filter shows the rest
CONTENT_TYPES = {
    ReportForm.PDF: "application/pdf",
    ReportForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_ACTIONS = "actions_of"  # an agency's name, as actions know it


async def chase_report(request: web.Request) -> web.Response:
    """The report, as of today."""
    report = await view_chase_report(request.app[TOOLS], actor_of(request), read_filter(request.query))
    bars = gather_bars([Bar(line.name, line.lateness.bands) for line in report.services])
    return render(
        request,
        "reports/chase.html",
        report=report,
        forecast=await view_forecasts(request.app[TOOLS], actor_of(request)),
        ageing=draw_ageing(bars, "Overdue advice by service and by how late it is"),
        trend=draw_trend(report.months, "Percent of advice on time, by the month in which it fell due"),
        every=Form.of(every=await report_mail.load_own_order(request.app[TOOLS], actor_of(request)) or ""),
        every_names=[("", "Never"), *EVERY_NAMES.items()],
        draw_key=lambda band: draw_key(LateBand(band)),
        most_people=MOST_PEOPLE,
        **_filter_facts(request, report.choices),
    )


async def order_report(request: web.Request) -> web.Response:
    """Have the report by mail, or no more."""
    form = await read_form(request)
    chosen = form.optional_text("every")
    every = Every(chosen) if chosen in set(Every) else None
    await report_mail.order_report(request.app[TOOLS], actor_of(request), every)
    say = "You get this report by mail from the next time on" if every else "You get this report by mail no more"
    return see_other(request, "chase_report", say=say)


async def chase_cases(request: web.Request) -> web.Response:
    """The cases behind a figure."""
    figure = _read_figure(request.query)
    if figure is Figure.ACTIONS_OVERDUE:
        return await _overdue_actions(request)
    chosen, number = read_filter(request.query), page_number(request)
    window = (SIZE, (number - 1) * SIZE)
    cases, total, choices = await view_cases(request.app[TOOLS], actor_of(request), figure, chosen, window)
    return render(
        request,
        "reports/cases.html",
        figure=figure,
        cases=[(case, came_on(case)) for case in cases],
        paging=Paging(request, number, total),
        today=day_in_london(request.app[TOOLS].clock.now()),
        **_filter_facts(request, choices),
    )


async def _overdue_actions(request: web.Request) -> web.Response:
    number, agency = page_number(request), request.query.get(_ACTIONS)
    rows, total = await view_overdue_actions(
        request.app[TOOLS], actor_of(request), read_filter(request.query), agency, (SIZE, (number - 1) * SIZE)
    )
    return render(
        request,
        "reports/actions.html",
        actions=rows,
        agency=agency,
        paging=Paging(request, number, total),
        definition_words=DEFINITIONS[Figure.ACTIONS_OVERDUE],
        kept=_kept(read_filter(request.query)),
    )


async def chase_report_csv(request: web.Request) -> web.Response:
    """The cases behind a figure, as a file."""
    tools, figure = request.app[TOOLS], _read_figure(request.query)
    today = day_in_london(tools.clock.now())
    figure = Figure.OVERDUE if figure is Figure.ACTIONS_OVERDUE else figure
    cases = await download_cases(tools, actor_of(request), figure, read_filter(request.query))
    return web.Response(
        body=write_cases(cases, today),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="chase-report-{figure.value}-{today}.csv"'},
    )


async def commissioner_report(request: web.Request) -> web.Response:
    """Counts by service alone, for those outside the council."""
    agency_id = _number(request.query, "agency")
    return render(
        request,
        "reports/commissioner.html",
        document=await view_commissioner_report(request.app[TOOLS], actor_of(request), agency_id),
        kept={"agency": agency_id} if agency_id else {},
        form=Form.of(agency=agency_id or ""),
        agencies=(await list_choices(request.app[TOOLS], actor_of(request))).agencies,
    )


async def commissioner_report_pdf(request: web.Request) -> web.Response:
    """The same as a tagged PDF."""
    return await _commissioner_file(request, ReportForm.PDF)


async def commissioner_report_workbook(request: web.Request) -> web.Response:
    """The same as an Excel workbook."""
    return await _commissioner_file(request, ReportForm.XLSX)


async def _commissioner_file(request: web.Request, form: ReportForm) -> web.Response:
    content = await download_commissioner_report(
        request.app[TOOLS], actor_of(request), _number(request.query, "agency"), form
    )
    return _download(request, content, "advice-by-service", form)


async def chase_report_workbook(request: web.Request) -> web.Response:
    """The report as an Excel workbook, every overdue case in it."""
    return await _file(request, ReportForm.XLSX)


async def chase_report_pdf(request: web.Request) -> web.Response:
    """The report as a tagged PDF."""
    return await _file(request, ReportForm.PDF)


async def _file(request: web.Request, form: ReportForm) -> web.Response:
    content = await download_report(request.app[TOOLS], actor_of(request), read_filter(request.query), form)
    return _download(request, content, "chase-report", form)


def _download(request: web.Request, content: bytes, name: str, form: ReportForm) -> web.Response:
    today = day_in_london(request.app[TOOLS].clock.now())
    return web.Response(
        body=content,
        content_type=CONTENT_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{name}-{today}.{form}"'},
    )


def read_filter(query: Mapping[str, str]) -> ReportFilter:
    """What the address narrows the report to; what makes no sense does not narrow."""
    kinds, bands = {each.value for each in AdviceKind}, {each.value for each in LateBand}
    kind, band = query.get("kind", ""), query.get("late", "")
    return ReportFilter(
        agency_id=_number(query, "agency"),
        service_id=_number(query, "service"),
        person_id=_number(query, "person"),
        lead_worker_id=_number(query, "lead_worker"),
        kind=AdviceKind(kind) if kind in kinds else None,
        band=LateBand(band) if band in bands else None,
    )


def _number(query: Mapping[str, str], name: str) -> int | None:
    typed = query.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


def _read_figure(query: Mapping[str, str]) -> Figure:
    listed = {Figure.OPEN, Figure.SILENT, Figure.UNCHASED, Figure.ON_TIME, Figure.ESCALATED, Figure.ACTIONS_OVERDUE}
    return next((each for each in listed if each.value == query.get("figure")), Figure.OVERDUE)


def _kept(chosen: ReportFilter) -> dict[str, object]:
    """The filter as it stands in an address."""
    facts = {
        "agency": chosen.agency_id,
        "service": chosen.service_id,
        "person": chosen.person_id,
        "lead_worker": chosen.lead_worker_id,
        "kind": chosen.kind and chosen.kind.value,
        "late": chosen.band and chosen.band.value,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _filter_facts(request: web.Request, choices: Choices) -> dict[str, Any]:
    """The filter's form, what it offers, and what is chosen now: every link of the page keeps it."""
    kept = _kept(read_filter(request.query))
    return {
        "form": Form.of(**kept),
        "kept": kept,
        "choices": choices,
        "kinds": {kind.value: name for kind, name in ADVICE_KIND_NAMES.items()},
        "bands": {band.value: name for band, name in BAND_NAMES.items()},
        "names": FIGURE_NAMES,
        "definitions": DEFINITIONS,
        "figures": Figure,
    }


_SEE = Permission.SEE_REPORTS

ROUTES = (
    Route("GET", "/reports/chase", "chase_report", chase_report, _SEE),
    Route("GET", "/reports/chase/cases", "chase_cases", chase_cases, _SEE),
    Route("POST", "/reports/chase/order", "order_report", order_report, _SEE),
    Route("GET", "/reports/chase.csv", "chase_report_csv", chase_report_csv, _SEE),
    Route("GET", "/reports/chase.xlsx", "chase_report_workbook", chase_report_workbook, _SEE),
    Route("GET", "/reports/chase.pdf", "chase_report_pdf", chase_report_pdf, _SEE),
    Route("GET", "/reports/commissioner", "commissioner_report", commissioner_report, _SEE),
    Route("GET", "/reports/commissioner.pdf", "commissioner_report_pdf", commissioner_report_pdf, _SEE),
    Route("GET", "/reports/commissioner.xlsx", "commissioner_report_workbook", commissioner_report_workbook, _SEE),
)
