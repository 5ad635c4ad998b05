"""Serve the pages. Without COORD_REDIS_URL the jobs (letters out, answers in, chasing) run inside this process."""

import argparse
import asyncio

import structlog

from coord_service.bootstrap import build
from coord_service.commands.installation import load_settings
from coord_service.commands.serving import listen, require_newest_schema, require_secrets, serve
from coord_service.commands.terminal import BadInput
from coord_service.logs import configure_logs
from coord_service.settings import Settings


def register(parser: argparse.ArgumentParser) -> None:
    """No arguments: everything is a setting."""


def run(_arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    settings = load_settings()
    if settings.demo:
        raise BadInput("COORD_DEMO is for `coord demo` alone: it opens pages on which anybody answers for anybody")
    configure_logs()
    asyncio.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    with listen(settings) as taken:
        tools = build(settings)
        try:
            await require_newest_schema(tools.database)
            await require_secrets(tools)
        finally:
            await tools.close()
        log = structlog.get_logger()
        await serve(settings, taken, lambda: log.info("serving", host=settings.host, port=settings.port))
