"""Run the jobs (letters out, answers in, chasing) from Redis, beside any number of `coord serve`."""

import argparse
import asyncio

from coord_service.bootstrap import build
from coord_service.commands.installation import load_settings
from coord_service.commands.serving import require_newest_schema, require_secrets, stop_signal
from coord_service.commands.terminal import BadInput
from coord_service.errors import Refused
from coord_service.logs import configure_logs
from coord_service.settings import Settings
from workers.arq_worker import ArqWake, run_worker
from workers.mail_door import mail_door


def register(parser: argparse.ArgumentParser) -> None:
    """No arguments: everything is a setting."""


def run(_arguments: argparse.Namespace) -> int:
    """Work until stopped."""
    settings = load_settings()
    if not settings.redis_url:
        raise BadInput("COORD_REDIS_URL is not set: without Redis the jobs run inside `coord serve`")
    configure_logs()
    asyncio.run(_work(settings))
    return 0


async def _work(settings: Settings) -> None:
    stop = stop_signal()
    wake = ArqWake(settings.redis_url)
    tools = build(settings, wake=wake)
    try:
        await require_newest_schema(tools.database)
        await require_secrets(tools)
        async with mail_door(tools):
            await run_worker(tools, settings.redis_url, stop)
    except Refused as error:
        raise BadInput(str(error)) from error
    finally:
        await wake.close()
        await tools.close()
