"""A visitor in a real browser: clicks what it reads, as a person does."""

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Dialog, Locator, Page

from tests.browser.looking import NARROW, WIDE
from tests.installation import StandingClock
from tests.journeys.visitor import Value

SCREENSHOTS = "COORD_SCREENSHOTS"  # a folder: every picture of the story is kept there, wide and narrow


class Clicker:
    """The ``Visitor`` of the journeys over a tab, whose clock is set to the installation's."""

    def __init__(self, page: Page, clock: StandingClock, *, has_scripts: bool = True) -> None:
        self.page, self._clock, self._has_scripts = page, clock, has_scripts
        self.dialogs: list[str] = []
        page.on("dialog", self._accept)

    async def _accept(self, dialog: Dialog) -> None:
        self.dialogs.append(f"{dialog.type}: {dialog.message}")
        await dialog.accept()

    async def open(self, address: str) -> None:
        await self._tell_time()
        response = await self.page.goto(address)
        assert response
        assert response.status == 200, f"{address}: {response.status}"

    async def follow(self, words: str) -> None:
        link = self.page.locator("a").filter(has_text=_beginning(words)).first
        assert await link.count(), f"no link “{words}” on {self.page.url}"
        await self._click(link, words)

    async def press(self, words: str, fields: dict[str, Value] | None = None) -> None:
        button = self.page.locator("form button:not([tabindex='-1'])").filter(has_text=_beginning(words)).first
        assert await button.count(), f"no button “{words}” on {self.page.url}"
        form = button.locator("xpath=ancestor::form")
        await _unfold(button)
        for name, value in (fields or {}).items():
            field = form.locator(f'[name="{name}"]')
            await _unfold(field.first)
            await _fill(field, value)
        await self._click(button, words)

    async def _click(self, what: Locator, words: str) -> None:
        await self._tell_time()
        await _unfold(what)
        async with self.page.expect_navigation() as navigation:
            await what.click()
        response = await navigation.value
        assert response is None or response.status == 200, f"“{words}” led to {self.page.url}: {response.status}"

    async def _tell_time(self) -> None:
        if self._has_scripts:
            await self.page.clock.set_fixed_time(self._clock.instant)

    async def read(self) -> str:
        return " ".join((await self.page.locator("body").text_content() or "").split())

    async def address(self) -> str:
        return urlsplit(self.page.url).path

    async def picture(self, name: str) -> None:
        if self._has_scripts and (folder := os.environ.get(SCREENSHOTS)):
            for size in (NARROW, WIDE):
                await self.page.set_viewport_size(size)
                path = Path(folder) / f"{name}-{size['width']}.png"
                await self.page.screenshot(path=path, full_page=True)


def _beginning(words: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*{re.escape(words)}")


async def _unfold(element: Locator) -> None:
    """Open what the element is folded away in."""
    folds = element.locator("xpath=ancestor::details[not(@open)]")
    if await folds.count():
        await folds.first.locator("summary").click()


async def _fill(field: Locator, value: Value) -> None:
    if isinstance(value, tuple):
        await field.set_input_files({"name": value[0], "mimeType": "application/octet-stream", "buffer": value[1]})
        return
    kind = await field.first.get_attribute("type")
    if kind in {"checkbox", "radio"}:
        wanted = [value] if isinstance(value, str) else value
        for box in await field.all():
            is_wanted = await box.get_attribute("value") in wanted
            if is_wanted != await box.is_checked() and (is_wanted or kind == "checkbox"):
                await box.locator("xpath=following-sibling::label[1]").click()
    elif await field.evaluate("element => element.tagName") == "SELECT":
        await field.select_option(str(value))
    else:
        await field.fill(str(value))
