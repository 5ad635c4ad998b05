"""The chase report by mail, and the alarm when something is overdue that nobody has chased. Figures, never names."""

from datetime import date, timedelta

import structlog

from coord_service.clock import day_in_london
from coord_service.domain.access import ALLOWED, Permission, require
from coord_service.domain.figures import Figure
from coord_service.domain.people import Actor
from coord_service.domain.report_times import Every, last_due_on
from coord_service.operations.audit import record
from coord_service.operations.post import About, Posting, put_letter
from coord_service.operations.reports import ChaseReport, ReportFilter, compute_chase_report
from coord_service.operations.tools import Tools
from coord_service.storage.links import has_letter
from coord_service.storage.report_orders import (
    add_order,
    list_active_managers,
    list_orders_before,
    load_order,
    remove_order,
)
from coord_service.storage.tables import ReportOrder, User

ACTOR = Actor.job("report_to_managers")
log = structlog.get_logger()


async def load_own_order(tools: Tools, actor: Actor) -> Every | None:
    """How often the actor has the report sent; None for not at all."""
    require(actor, Permission.SEE_REPORTS)
    async with tools.database.read() as db:
        order = await load_order(db, actor.user_id or 0)
    return order.every if order else None


async def order_report(tools: Tools, actor: Actor, every: Every | None) -> None:
    """Have the report sent from the next due day on, or no more."""
    require(actor, Permission.SEE_REPORTS)
    assert actor.user_id is not None  # only staff hold the permission
    now = tools.clock.now()
    async with tools.database.begin() as db:
        order = await load_order(db, actor.user_id, for_change=True)
        if order is not None and every is None:
            await remove_order(db, order)
        elif every is not None:
            due_on = last_due_on(every, day_in_london(now), tools.rulebook.working_days)
            if order is None:
                await add_order(db, ReportOrder(user_id=actor.user_id, every=every, due_on=due_on))
            else:
                order.every, order.due_on = every, due_on
        record(db, actor, "order_report", ("user", actor.user_id), now, every=every.value if every else "never")


async def report_to_managers(tools: Tools) -> None:
    """Send what is due, as of the end of yesterday. On working days from 8am; may run beside itself."""
    now = tools.clock.now()
    if not tools.rulebook.working_days.within_hours(now):
        return
    today = day_in_london(now)
    due = {every: last_due_on(every, today, tools.rulebook.working_days) for every in Every}
    async with tools.database.read() as db:
        waiting = [(user_id, day) for every, day in due.items() for user_id in await list_orders_before(db, every, day)]
        managers = await list_active_managers(db)
        told = [each for each in managers if await has_letter(db, _alarm_key(today, each))]
    if waiting or len(told) < len(managers):
        report = await compute_chase_report(tools, ReportFilter(), today - timedelta(days=1))
        for user_id, due_on in waiting:
            await _send_report(tools, report, user_id, due_on)
        await _raise_alarm(tools, report, today)
        await tools.wake()


async def _send_report(tools: Tools, report: ChaseReport, user_id: int, due_on: date) -> None:
    now = tools.clock.now()
    async with tools.database.begin() as db:
        order = await load_order(db, user_id, for_change=True)
        if order is None or order.due_on >= due_on:
            return  # sent meanwhile, or no longer wanted
        order.due_on = due_on
        if Permission.SEE_REPORTS not in ALLOWED[order.user.role]:
            return
        facts = {
            **_figures(report),
            "due_on": due_on,
            "every": order.every.value,
            "link": f"{tools.settings.public_url}/reports/chase",
        }
        key = f"report:{user_id}:{due_on}"
        await put_letter(db, tools, _posting(key, "chase_report", order.user, facts), now)


def _figures(report: ChaseReport) -> dict[str, object]:
    total, share = report.total, report.total.on_time
    return {
        "as_of": report.as_of,
        "open": f"{total.open:,}",
        "overdue": f"{total.overdue:,}",
        "silent": f"{total.silent:,}",
        "on_time": f"{share.percent}% ({share.met:,} of {share.total:,})" if share.total else "nothing has fallen due",
        "unchased": total.unchased,
        "actions": f"{report.actions_overdue:,}",
    }


async def _raise_alarm(tools: Tools, report: ChaseReport, today: date) -> None:
    """Once a day to every manager, while anything is overdue that nobody has chased (DOMAIN §8: it must be zero)."""
    if not report.total.unchased:
        return
    now = tools.clock.now()
    log.error("overdue_and_nobody_chased", count=report.total.unchased)
    link = f"{tools.settings.public_url}/reports/chase/cases?figure={Figure.UNCHASED}"
    facts = {"as_of": report.as_of, "unchased": report.total.unchased, "link": link}
    async with tools.database.begin() as db:
        for manager in await list_active_managers(db, for_change=True):
            key = _alarm_key(today, manager)
            if not await has_letter(db, key):
                await put_letter(db, tools, _posting(key, "unchased_alarm", manager, facts), now)


def _alarm_key(today: date, manager: User) -> str:
    return f"unchased:{today}:{manager.id}"


def _posting(key: str, letter: str, user: User, facts: dict[str, object]) -> Posting:
    return Posting(key, letter, user.person.name, user.email, facts, About(person_id=user.person_id))
