"""The whole story in a real browser, with JavaScript and without it.

COORD_SCREENSHOTS=folder keeps a picture of each step, wide and narrow.
"""

from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Browser

from tests.browser.clicker import Clicker
from tests.browser.looking import WIDE
from tests.browser.served import serve_installation
from tests.journeys.story import LEAD, MOTHER, OKORO, SHAH, Story

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
async def test_the_story_from_the_first_page_to_the_managers_report(chromium: Browser, tmp_path, has_scripts):
    async with AsyncExitStack() as stack:
        served = await stack.enter_async_context(serve_installation(tmp_path))
        clickers = []
        for _ in range(3):
            context = await chromium.new_context(
                base_url=served.address, viewport=WIDE, java_script_enabled=has_scripts, reduced_motion="reduce"
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(15_000)
            clickers.append(Clicker(await context.new_page(), served.clock, has_scripts=has_scripts))
        story = Story(served.tools, served.clock, served.mail, *clickers)
        await story.prepare()
        await tell(story)
        assert [dialog for clicker in clickers for dialog in clicker.dialogs] == []


async def tell(story: Story) -> None:
    """All nine steps."""
    await story.open_record()
    await story.book()
    await story.deliver()
    await story.collect_answers()
    await story.decide_words()
    await story.find_another_time()
    await story.deliver()
    for address in (SHAH, OKORO, MOTHER):
        await story.answer(address, "ACCEPTED")
    await story.worker.open(story.child)
    await story.worker.picture("6-child-all-come")
    await story.ask_for_advice()
    await story.deliver()
    story.clock.instant = await story.time_of_meeting()
    await story.sign_in(story.worker, LEAD)
    await story.hold()
    await story.report_done(story.link_to(SHAH))
    await story.sweep(2026, 4, 24)
    await story.read_report()
    await story.send_the_advice(story.link_to("paediatrics@nhs.example"))
    assert "We have this advice, thank you" in await story.outsider.read()
