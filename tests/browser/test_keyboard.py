"""The pages of every day are used without a mouse: a skip link, an order that follows the page, a focus one can see."""

import pytest

from coord_service.domain.people import Role
from coord_service.web.routes import ROUTES
from tests.browser.addresses import FULL, addresses_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_NAMES = [
    "home",
    "show_child",
    "show_meeting",
    "hold_meeting",
    "booking_what",
    "booking_who",
    "booking_when",
    "open_link",
]
DAILY = [route for route in ROUTES if route.name in _NAMES]
MOST_STOPS = 600

# What has the focus: its place among all elements, its words, and whether a person sees that it has it.
_FOCUSED = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    // A radio is drawn by the label after it, a file field by what is around it.
    const after = element.nextElementSibling;
    const drawn = [[element], [element.parentElement], [after], [after, '::before']];
    return {
        place: [...document.querySelectorAll('*')].indexOf(element),
        words: `${element.tagName} ${(element.innerText || element.name || '').trim().slice(0, 40)}`,
        is_body: element === document.body,
        is_seen: box.width > 0 && drawn.filter(([each]) => each).map(each => getComputedStyle(...each)).some(
            style => style.outlineStyle !== 'none' || style.boxShadow !== 'none'),
    } }"""


@pytest.mark.parametrize("route", DAILY, ids=lambda route: route.name)
async def test_tab_leads_through_the_whole_page_in_its_order_and_out_again(route, county, enter):
    page = await enter(county, None if route.name == "open_link" else Role.LEAD_WORKER)
    await page.goto((await addresses_of(route, county.tools, FULL))[0])
    await page.keyboard.press("Tab")
    assert (await page.evaluate(_FOCUSED))["words"] == "A Skip to main content"
    stops = [await page.evaluate(_FOCUSED)]
    while True:
        await page.keyboard.press("Tab")
        stop = await page.evaluate(_FOCUSED)
        if stop["is_body"] or stop["place"] <= stops[-1]["place"]:
            break
        stops.append(stop)
        assert len(stops) < MOST_STOPS
    assert stop["is_body"] or stop["place"] == stops[0]["place"], f"the order leaps back to {stop['words']}"
    assert [each["words"] for each in stops if not each["is_seen"]] == []
    assert len(stops) > 5


async def test_the_skip_link_leads_past_the_menu(county, enter):
    page = await enter(county, Role.LEAD_WORKER)
    await page.goto("/children")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("() => document.activeElement.id") == "main-content"
    await page.keyboard.press("Tab")
    assert await page.evaluate("() => document.querySelector('main').contains(document.activeElement)")
