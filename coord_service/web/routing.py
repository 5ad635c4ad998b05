"""What a route is. Each names who may use it; nothing is reachable that doesn't."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from coord_service.domain.access import Permission

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_VARIABLE = re.compile(r"\{(\w+)(:(?:[^{}]|\{[^{}]*\})+)?\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the table: ``GET`` shows and changes nothing, ``POST`` changes and is named as its operation."""

    method: str
    path: str
    name: str
    handler: Handler
    permission: Permission

    def url(self, **facts: object) -> str:
        """The address with its variables filled in; what is no variable becomes the query. Raises KeyError."""
        names = {variable for variable, _ in _VARIABLE.findall(self.path)}
        path = _VARIABLE.sub(lambda found: str(facts[found.group(1)]), self.path)
        query = {name: value for name, value in facts.items() if name not in names and value not in (None, "")}
        return f"{path}?{urlencode(query, doseq=True)}" if query else path


class RouteTable:
    """Every route by its name."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = {route.name: route for route in routes}

    def register(self, application: web.Application) -> None:
        """Make the application answer for every route."""
        for route in self._routes.values():
            if route.method == "GET":
                application.router.add_get(route.path, route.handler, name=route.name)
            else:
                application.router.add_route(route.method, route.path, route.handler, name=route.name)

    def find(self, name: str | None) -> Route | None:
        """The route of this name, if there is one."""
        return self._routes.get(name or "")

    def url(self, name: str, **facts: object) -> str:
        """The address of a route by its name. Raises KeyError for a name nobody registered or a variable missing."""
        return self._routes[name].url(**facts)
