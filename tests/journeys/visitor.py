"""Somebody who uses the pages as a person does without JavaScript: follows links and presses buttons by their words."""

from __future__ import annotations

from typing import Protocol

from aiohttp import FormData

from tests.web.browsing import Browser, Page
from tests.web.markup import Element

Value = str | list[str] | tuple[str, bytes]  # a field's value, the boxes that are ticked, or a file


class Visitor(Protocol):
    """What a story needs of whoever walks through it: a client that reads HTML, or a real browser."""

    async def open(self, address: str) -> None:
        """Go to an address."""

    async def follow(self, words: str) -> None:
        """Follow the first link that begins with these words."""

    async def press(self, words: str, fields: dict[str, Value] | None = None) -> None:
        """Fill in the form that has a button with these words; then press it. Fields go by name."""

    async def read(self) -> str:
        """The words on the page."""

    async def address(self) -> str:
        """Where we are: the path alone."""

    async def picture(self, name: str) -> None:
        """Keep a picture of the page, where somebody wants one."""


class Reader:
    """A visitor over the tests' own client, which looks at every page that it is given."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.page: Page

    async def open(self, address: str) -> None:
        self.page = await self.browser.get(address)

    async def follow(self, words: str) -> None:
        links = [link for link in self.page.root.all("a") if link.text.startswith(words)]
        assert links, f"no link “{words}” on {self.page.address}: {[link.text for link in self.page.root.all('a')]}"
        await self.open(links[0]["href"])

    async def press(self, words: str, fields: dict[str, Value] | None = None) -> None:
        form, button = self._find(words)
        values = _values_of(form) | ({button["name"]: button.get("value")} if button.get("name") else {})
        names = {field.get("name") for field in form.all("input", "select", "textarea")}
        assert set(fields or {}) <= names, f"no field {set(fields or {}) - names} in {sorted(names)}"
        address = form.get("action") or self.page.address
        if form.get("method").lower() == "post":
            self.page = await self.browser.post(address, _encode(values | (fields or {})))
        else:
            query = "&".join(f"{name}={value}" for name, value in (values | (fields or {})).items())
            self.page = await self.browser.get(f"{address}?{query}")

    def _find(self, words: str) -> tuple[Element, Element]:
        pairs = [(form, button) for form in self.page.root.all("form") for button in form.all("button")]
        # A button for the Enter key alone comes first in its form, and nobody sees it.
        found = [
            (form, button) for form, button in pairs if button.text.startswith(words) and button.get("tabindex") != "-1"
        ]
        assert found, f"no button “{words}” on {self.page.address}: {[button.text for _, button in pairs]}"
        return found[0]

    async def read(self) -> str:
        return self.page.root.one("body").text

    async def address(self) -> str:
        return self.page.address.partition("?")[0]

    async def picture(self, name: str) -> None:
        pass


def _values_of(form: Element) -> dict[str, Value]:
    """What the form would send as it stands."""
    values: dict[str, Value] = {}
    for field in form.all("input", "select", "textarea"):
        if (sent := _sent(field)) is not None and field.get("name"):
            name, before = field["name"], values.get(field["name"])
            values[name] = sent if before is None else [*(before if isinstance(before, list) else [str(before)]), sent]
    return values


def _sent(field: Element) -> str | None:
    if field.tag == "textarea":
        return "".join(child for child in field.children if isinstance(child, str)).removeprefix("\n")
    if field.tag == "select":
        options = field.all("option")
        chosen = [each for each in options if "selected" in each.attributes] or options[:1]
        return chosen[0].get("value", chosen[0].text) if chosen else None
    if field.get("type") in {"checkbox", "radio"}:
        return field.get("value", "on") if "checked" in field.attributes else None
    return None if field.get("type") in {"file", "submit"} else field.get("value")


def _encode(values: dict[str, Value]) -> FormData:
    form = FormData()
    for name, value in values.items():
        if isinstance(value, tuple):
            form.add_field(name, value[1], filename=value[0], content_type="application/octet-stream")
        else:
            for each in [value] if isinstance(value, str) else value:
                form.add_field(name, each)
    return form
