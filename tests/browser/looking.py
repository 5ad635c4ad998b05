"""What is looked for on every page in the browser."""

from pathlib import Path
from typing import ClassVar
from weakref import WeakKeyDictionary

import axe_playwright_python
from playwright.async_api import ConsoleMessage, Page

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}

_AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
_RUN = """() => axe.run(document, {resultTypes: ['violations'], preload: false, iframes: false,
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(found => found.violations
    .map(each => `${each.id}: ${each.help}, at ${each.nodes.map(node => node.target.join(' ')).join(' and ')}`))"""
_TOO_WIDE = """() => { const page = document.scrollingElement; if (page.scrollWidth <= page.clientWidth) return [];
    const wide = [...document.body.querySelectorAll('*')].filter(each =>
        Math.max(each.getBoundingClientRect().right, each.scrollWidth) > page.clientWidth).slice(-3);
    return [`scrolls sideways at 320 px: ${page.scrollWidth} px, because of ` + wide.map(each =>
        `${each.tagName.toLowerCase()}.${each.className}`).join(', ')] }"""


class Looker:
    """Looks at the page that a tab shows, and at what its console said on the way there."""

    _lookers: ClassVar[WeakKeyDictionary[Page, "Looker"]] = WeakKeyDictionary()

    @classmethod
    def of(cls, page: Page) -> "Looker":
        """The one that looks through this tab."""
        if page not in cls._lookers:
            cls._lookers[page] = cls(page)
        return cls._lookers[page]

    def __init__(self, page: Page) -> None:
        self._page = page
        self._said: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._said.append(f"script error: {error}"))

    def _note(self, message: ConsoleMessage) -> None:
        is_the_page = message.location.get("url") == self._page.url and "Failed to load resource" in message.text
        if message.type in {"error", "warning"} and not is_the_page:  # a 422 is what an empty form should get
            self._said.append(f"console: {message.text}")

    async def look(self) -> list[str]:
        """What is wrong with the page, a sentence each."""
        problems = [] if await self._page.title() else ["has no title"]
        await self._page.evaluate(_AXE)
        problems += await self._page.evaluate(_RUN)
        await self._page.set_viewport_size(NARROW)
        problems += await self._page.evaluate(_TOO_WIDE)
        await self._page.set_viewport_size(WIDE)
        problems += self._said
        self._said.clear()
        return [f"{self._page.url}: {problem}" for problem in problems]
