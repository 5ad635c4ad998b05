"""Long lists, fifty at a time: ``?page=2``, with the filters in the address kept."""

from dataclasses import dataclass

from aiohttp import web

SIZE = 50


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of a list of ``total``: hand ``SIZE`` and ``offset`` to the query, and itself to the template."""

    request: web.Request
    number: int
    total: int

    @property
    def offset(self) -> int:
        """How many rows stand before this page."""
        return (self.number - 1) * SIZE

    @property
    def last(self) -> int:
        """The number of the last page, at least 1."""
        return max(1, -(-self.total // SIZE))

    def url(self, number: int) -> str:
        """The same list at another page."""
        return str(self.request.rel_url.update_query(page=number))

    @property
    def items(self) -> list[dict[str, object]]:
        """The links of the pagination: first, last, and around here."""
        wanted = sorted({1, self.last, *range(max(1, self.number - 1), min(self.last, self.number + 1) + 1)})
        items: list[dict[str, object]] = []
        for before, number in zip([0, *wanted], wanted, strict=False):
            if number > before + 1:
                items.append({"ellipsis": True})
            items.append({"number": number, "href": self.url(number), "current": number == self.number})
        return items


def page_number(request: web.Request) -> int:
    """Which page the address asks for; the first when it makes no sense."""
    asked = request.query.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
