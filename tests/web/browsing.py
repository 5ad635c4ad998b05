"""A browser for tests: it keeps cookies, follows redirects, and looks at every page it is given."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import FormData
from aiohttp.test_utils import TestClient

from coord_service.web.keys import TABLE
from tests.web.markup import Element, read_markup

_NEEDS_NO_LABEL = {"hidden", "submit", "button"}


@dataclass
class Page:
    """A page as it came: ``root`` to look for elements in, and the words people read."""

    status: int
    address: str
    headers: dict[str, str]
    body: str
    root: Element

    @property
    def title(self) -> str:
        return self.root.one("head").one("title").text  # a picture has a title of its own

    @property
    def heading(self) -> str:
        return self.root.one("h1").text

    @property
    def text(self) -> str:
        return self.root.one("main").text

    @property
    def errors(self) -> dict[str, str]:
        """The error summary: the anchor each sentence leads to, and the sentence."""
        summaries = self.root.all("div", class_="govuk-error-summary")
        return {link["href"]: link.text for summary in summaries for link in summary.all("a")}

    @property
    def banner(self) -> str:
        """What the last change left to be said."""
        banners = self.root.all("p", class_="govuk-notification-banner__heading")
        return banners[0].text if banners else ""

    @property
    def menu(self) -> list[str]:
        return [item.text for item in self.root.all("li", class_="govuk-service-navigation__item")]

    def links(self) -> dict[str, str]:
        """The links of the page's own part, by their words."""
        return {link.text: link["href"] for link in self.root.one("main").all("a")}

    def value(self, name: str) -> str:
        """What stands in a field."""
        field = next(e for e in self.root.all("input", "textarea", "select") if e.get("name") == name)
        return field.text if field.tag == "textarea" else field.get("value")


class Browser:
    """``page = await browse.get("users")``; a route's name or, beginning with a slash, an address."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def url(self, where: str, **facts: object) -> str:
        if where.startswith("/"):
            return where
        assert self.client.app is not None
        return self.client.app[TABLE].url(where, **facts)

    async def get(self, where: str, status: int | None = 200, **facts: object) -> Page:
        """Open a page and look at it."""
        return await self._answer("GET", self.url(where, **facts), status)

    async def post(
        self,
        where: str,
        data: dict[str, object] | FormData,
        status: int | None = 200,
        *,
        seen: str = "",
        **facts: object,
    ) -> Page:
        """Send a form, with the hidden token of the page at ``seen`` (the form's own address where not said)."""
        address = self.url(where, **facts)
        if isinstance(data, dict) and "csrf_token" not in data:
            data = {**data, "csrf_token": await self.token(self.url(seen) if seen else address)}
        return await self._answer("POST", address, status, data)

    async def token(self, address: str) -> str:
        """The hidden token of the first form on a page; of the home page where the address shows none."""
        for place in (address, "/users", "/sign-in"):
            async with self.client.get(place) as response:
                found = re.search(r'name="csrf_token" value="([^"]+)"', await response.text())
            if found:
                return found.group(1)
        raise AssertionError(f"no form at {address}")

    async def _answer(self, method: str, address: str, status: int | None, data=None) -> Page:
        async with self.client.request(method, address, data=data) as response:
            body = await response.text()
            assert status is None or response.status == status, (
                f"{method} {address}: {response.status}, not {status}\n{body[:3000]}"
            )
            page = Page(response.status, str(response.url.relative()), dict(response.headers), body, read_markup(body))
        look_at(page)
        return page


def look_at(page: Page) -> None:
    """What holds for every page."""
    root = page.root
    assert root.one("html").get("lang") == "en"
    assert page.title
    assert "Example County Council" in page.title
    assert len(root.all("h1")) == 1
    assert page.errors == {} or page.title.startswith("Error: ")
    _look_at_headers(page)
    _look_at_ids(root)
    _look_at_forms(root)
    _look_at_scripts(page)
    _look_at_words(root)


def _look_at_headers(page: Page) -> None:
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


def _look_at_ids(root: Element) -> None:
    ids = [element["id"] for element in root.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids)), f"ids used twice: {sorted({i for i in ids if ids.count(i) > 1})}"
    for link in root.all("a"):
        if link.get("href").startswith("#"):
            assert link["href"][1:] in ids, f"{link['href']} leads nowhere"
    for element in root.walk():
        for reference in element.get("aria-describedby").split():
            assert reference in ids, f"aria-describedby {reference} leads nowhere"


def _look_at_forms(root: Element) -> None:
    labelled = {label.get("for") for label in root.all("label")}
    for form in root.all("form"):
        if form.get("method").lower() == "post":
            assert form.all("input", name="csrf_token"), f"a form without token: {form.get('action')}"
    for control in root.all("input", "select", "textarea"):
        if control.get("type") not in _NEEDS_NO_LABEL:
            named = control.get("id") in labelled or control.get("aria-label") or control.get("aria-labelledby")
            assert named, f"a field without label: {control.get('name')}"
    for button in root.all("button"):
        assert button.text or button.get("aria-label"), "a button without words"


def _look_at_scripts(page: Page) -> None:
    nonce = re.search(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"])
    assert nonce
    for element in page.root.walk():
        assert "style" not in element.attributes, f"inline style on <{element.tag}>"
        assert element.tag != "style" or element.get("nonce") == nonce.group(1)
        assert not [name for name in element.attributes if name.startswith("on")], f"handler on <{element.tag}>"
        if element.tag == "script" and "src" not in element.attributes:
            assert element.get("nonce") == nonce.group(1), "a script without nonce"


def _look_at_words(root: Element) -> None:
    for element in root.all("p", "h1", "h2", "h3", "li", "label", "legend", "caption", "button", "dt"):
        straight = [word for word in element.text.split() if re.search(r"\w'\w|\"", word)]
        assert not straight, f"straight quotes: {straight}"
    assert "Undefined" not in root.text
    assert " None " not in root.text
