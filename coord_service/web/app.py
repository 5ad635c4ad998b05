"""The web application: routes, middleware, templates, put together once."""

from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from coord_service.domain.access import Permission
from coord_service.operations.tools import Tools
from coord_service.web import middleware
from coord_service.web.keys import TABLE, TOOLS
from coord_service.web.rendering import ENVIRONMENT, build_environment
from coord_service.web.routes import ROUTES
from coord_service.web.routing import Route, RouteTable
from coord_service.web.static_files import STATIC, list_static_files


def create_app(tools: Tools, routes: Sequence[Route] = ROUTES) -> web.Application:
    """The application of one installation. Serve it without an access log: addresses of links are secrets."""
    application = web.Application(
        middlewares=[middleware.note_request, middleware.answer_errors, middleware.check_access],
        client_max_size=(tools.settings.upload_limit_mb + 1) * 1024 * 1024,  # the form around the largest file
    )
    files = list_static_files()
    table = RouteTable([each for each in routes if tools.settings.demo or each.permission is not Permission.DEMO])
    application[TOOLS], application[TABLE], application[STATIC] = tools, table, files
    application[ENVIRONMENT] = build_environment(tools, table, files)
    table.register(application)
    application.on_response_prepare.append(middleware.add_headers)
    application.cleanup_ctx.append(_close_database)
    return application


async def _close_database(application: web.Application) -> AsyncIterator[None]:
    yield
    await application[TOOLS].asking.close()
    await application[TOOLS].database.close()
