"""An installation that a browser can reach: the real application on a port of its own, with real mail servers.

Its jobs are off: a test delivers, reads the mailbox and chases by calling the operations, at the time it means.
"""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from coord_service.bootstrap import build
from coord_service.domain.people import Role
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage.accounts import list_users
from coord_service.storage.schema import migrate
from coord_service.web.app import create_app
from integrations.mail.demo_servers import DemoMail, serve_demo_mail
from tests.installation import StandingClock

OURS = "send.team@example.org"


@dataclass(frozen=True)
class Served:
    """``address`` is where the browser goes; ``clock`` stands still until moved."""

    tools: Tools
    clock: StandingClock
    mail: DemoMail
    address: str

    async def email_of(self, role: Role) -> str:
        """Somebody who can sign in in this role."""
        async with self.tools.database.read() as db:
            return next(user.email for user in await list_users(db) if user.role is role and user.is_active)


@asynccontextmanager
async def serve_installation(folder: Path) -> AsyncIterator[Served]:
    """Serve what ``folder`` holds, or an empty installation; its database is SQLite."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with serve_demo_mail(folder / "mail", OURS) as mail:
            clock = StandingClock()
            tools = build(_settings(folder, mail, address), clock=clock)
            await migrate(tools.database)
            runner = web.AppRunner(create_app(tools), access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.SockSite(runner, taken).start()
            yield Served(tools, clock, mail, address)
            await tools.mailer.close()
            if tools.mailbox:
                await tools.mailbox.close()
            await runner.cleanup()


def _settings(folder: Path, mail: DemoMail, address: str) -> Settings:
    return Settings(
        demo=True,
        hashing="quick",
        cookie_secure=False,
        public_url=address,
        data_dir=folder,
        smtp_port=mail.smtp_port,
        smtp_tls="none",
        imap_host=mail.host,
        imap_port=mail.imap_port,
        imap_tls=False,
        imap_user=mail.user,
        imap_password=mail.password,
        mail_from=mail.user,
        mail_authserv_id=mail.authserv_id,
    )
