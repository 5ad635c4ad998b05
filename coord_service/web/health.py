"""What a load balancer asks: are you alive, and can you work?"""

import structlog
from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.operations.checks import check_schema
from coord_service.web.keys import TOOLS
from coord_service.web.routing import Route

_log = structlog.get_logger()


async def healthz(_request: web.Request) -> web.Response:
    """Alive: the process answers."""
    return web.json_response({"status": "alive"})


async def readyz(request: web.Request) -> web.Response:
    """Ready: the database answers, and has the tables of this version. 503 while it has not."""
    try:
        is_migrated = await check_schema(request.app[TOOLS])
    except Exception as error:  # noqa: BLE001 - whatever stops us from working is said here, by its kind in the log
        _log.error("not_ready", error=type(error).__name__)
        return web.json_response({"status": "database does not answer"}, status=503)
    if not is_migrated:
        return web.json_response({"status": "database waits for coord migrate"}, status=503)
    return web.json_response({"status": "ready"})


ROUTES = (
    Route("GET", "/healthz", "healthz", healthz, Permission.ANYONE),
    Route("GET", "/readyz", "readyz", readyz, Permission.ANYONE),
)
