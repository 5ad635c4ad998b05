"""axe-core finds nothing on any page: every route that shows one, full, empty and after a form sent empty."""

import pytest

from coord_service.domain.access import ALLOWED, Permission
from coord_service.domain.people import Role
from coord_service.web.routes import ROUTES
from coord_service.web.routing import Route
from tests.browser.addresses import BARE, FULL, addresses_of, parameters_of
from tests.browser.looking import Looker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# Answers of another kind; demo_letter_html is a mail by itself, for the frame on the page of demo_letter.
NO_PAGES = {
    "healthz",
    "readyz",
    "static",
    "download_document",
    "chase_report_csv",
    "chase_report_workbook",
    "chase_report_pdf",
    "commissioner_report_pdf",
    "commissioner_report_workbook",
    "child_chronology_pdf",
    "demo_letter_html",
    "download_letter",
    "download_mail",
}
PAGES = [route for route in ROUTES if route.method == "GET" and route.name not in NO_PAGES]
FORMS = [(page, form) for page in PAGES for form in ROUTES if form.method == "POST" and form.path == page.path]

# Forms whose fields may all stay empty: sent so, they change something and lead on.
EMPTY_IS_FINE = {
    "cancel_meeting_post",  # a preview; the reason may stay out
    "choose_time",  # a button for each time
    "book_meeting",  # one button
    "accept_proposal",  # one button
    "send_request_again",  # one button
    "set_working_hours",  # none: by arrangement
    "set_wishes",  # none: any time suits
    "change_quorum",  # no rules: nobody in particular must come
}

_SHOWN = """() => {
    const main = document.querySelector('main').cloneNode(true);
    main.querySelectorAll('[name=csrf_token]').forEach(field => field.remove());
    return main.innerHTML }"""
_SEND_EMPTY = """() => {
    const forms = [...document.querySelectorAll('main form')].filter(form => form.method === 'post' &&
        new URL(form.action).pathname === location.pathname);
    if (!forms.length) return false;
    for (const field of forms[0].elements) {
        if (field.type === 'checkbox' || field.type === 'radio') field.checked = false;
        else if (field.tagName === 'SELECT') field.selectedIndex = -1;
        else if (field.tagName !== 'BUTTON' && field.type !== 'hidden') field.value = '';
    }
    const button = forms[0].querySelector('button:not([formaction]):not([type=button])');
    if (button) button.click(); else forms[0].submit();
    return true }"""


def roles_for(route: Route) -> list[Role | None]:
    """Who may see a page; None is somebody without an account."""
    if route.permission in {Permission.ANYONE, Permission.LINK, Permission.DEMO}:
        return [None]
    return [role for role in Role if route.permission in ALLOWED[role]]


def named(route: Route) -> str:
    return route.name


@pytest.mark.parametrize("route", PAGES, ids=named)
async def test_a_full_page_has_no_fault(route, county, enter):
    addresses = await addresses_of(route, county.tools, FULL)
    assert addresses, f"say in tests/browser/addresses.py where to find {sorted(parameters_of(route))} of {route.name}"
    first, *others = roles_for(route)
    page = await enter(county, first)
    problems = [problem for address in addresses for problem in await visit(page, address)]
    await page.goto(addresses[0])
    shown = await page.evaluate(_SHOWN)
    for role in others:  # most roles see the same, and its menu they see on every page
        page = await enter(county, role)
        response = await page.goto(addresses[0])
        is_theirs = response.status != 404  # a booking being filled in is shown to its owner alone
        if is_theirs and await page.evaluate(_SHOWN) != shown:
            problems += await visit(page, addresses[0])
    assert problems == []


@pytest.mark.parametrize("route", PAGES, ids=named)
async def test_an_empty_page_has_no_fault(route, bare, enter):
    page = await enter(bare, roles_for(route)[0])
    addresses = await addresses_of(route, bare.tools, BARE)
    assert [problem for address in addresses for problem in await visit(page, address)] == []


async def visit(page, address) -> list[str]:
    """Open a page and look at it."""
    looker = Looker.of(page)
    response = await page.goto(address)
    if response.status not in {200, 410}:
        return [f"{address}: answered {response.status}"]
    return await looker.look()


@pytest.mark.parametrize(("route", "form"), FORMS, ids=[form.name for _, form in FORMS])
async def test_a_form_sent_empty_has_no_fault(route, form, spoilt, enter):
    page = await enter(spoilt, roles_for(route)[0])
    looker = Looker.of(page)
    await page.goto((await addresses_of(route, spoilt.tools, FULL))[0])
    async with page.expect_navigation() as navigation:
        assert await page.evaluate(_SEND_EMPTY), f"{page.url} has no form that is sent to its own address"
    response = await navigation.value
    problems = await looker.look()
    summary = await page.locator(".govuk-error-summary").count()
    assert (response.status, summary) == ((200, 0) if form.name in EMPTY_IS_FINE else (422, 1))
    assert problems == []
