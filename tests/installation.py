"""A whole installation for tests: the real parts, over whichever database and mail servers the test has.

``tools``        on SQLite and again on PostgreSQL, mail out to and in from ``mail_servers``
``clock``        stands still until moved; it starts on Tuesday 3 March 2026, 10:00 in London
"""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coord_service.bootstrap import build
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from integrations.mail.demo_servers import DemoMail

SECRETS_KEY = base64.b64encode(bytes(range(32))).decode()


class StandingClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.instant

    def move(self, **by: float) -> None:
        self.instant += timedelta(**by)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
async def tools(
    tmp_path: Path, migrated_url: str, clock: StandingClock, mail_servers: DemoMail
) -> AsyncIterator[Tools]:
    """An installation with nobody in it."""
    settings = Settings(
        demo=True,
        hashing="quick",
        cookie_secure=False,
        data_dir=tmp_path,
        database_url=migrated_url,
        smtp_port=mail_servers.smtp_port,
        smtp_tls="none",
        imap_host=mail_servers.host,
        imap_port=mail_servers.imap_port,
        imap_tls=False,
        imap_user=mail_servers.user,
        imap_password=mail_servers.password,
        mail_from=mail_servers.user,
        mail_authserv_id=mail_servers.authserv_id,
        secrets_key=SECRETS_KEY,
    )
    tools = build(settings, clock=clock)
    yield tools
    await tools.close()
