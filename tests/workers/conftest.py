"""Tools with a real database and real mail out; nothing else of an installation."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from coord_service.clock import SystemClock
from coord_service.operations.asking import Asking
from coord_service.operations.tools import Tools
from coord_service.settings import Settings
from coord_service.storage import schema
from coord_service.storage.database import Database
from integrations.mail.smtp import SmtpMailer, SmtpServer


def make_tools(database_url: str, smtp_port: int, **parts: Any) -> Tools:
    settings = Settings(database_url=database_url)
    absent: dict[str, Any] = dict.fromkeys(Tools.__dataclass_fields__)
    mailer = SmtpMailer(SmtpServer("127.0.0.1", smtp_port, tls="none"))
    whole = {"settings": settings, "database": Database(database_url), "clock": SystemClock(), "mailer": mailer}
    return Tools(**(absent | whole | {"asking": Asking()} | parts))


@pytest.fixture
async def tools(sqlite_url: str, smtp: Any, tmp_path: Path) -> AsyncIterator[Tools]:
    """On a migrated SQLite file."""
    tools = make_tools(sqlite_url, smtp.port)
    await schema.migrate(tools.database)
    yield tools
    await tools.mailer.close()
    await tools.database.close()
