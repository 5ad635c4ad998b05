"""Try the service alone: an invented county on SQLite in .coord/, with mail servers of its own; nothing leaves."""

import argparse
import asyncio
import base64
import logging
import secrets
import shutil
from importlib import import_module
from pathlib import Path

from pydantic import SecretStr

from coord_service.bootstrap import build
from coord_service.commands.installation import load_settings
from coord_service.commands.migrate import migrate
from coord_service.commands.serving import listen, serve
from coord_service.commands.terminal import BadInput
from coord_service.demo.calendars import open_calendars
from coord_service.demo.county import COUNCIL, PASSWORD, STAFF
from coord_service.demo.ledger import is_half_made, is_to_be_filled
from coord_service.domain.people import ROLE_NAMES
from coord_service.errors import Refused
from coord_service.logs import configure_logs
from coord_service.settings import SECRETS_KEY_BYTES, Settings
from integrations.mail.demo_maildirs import folder_in
from integrations.mail.demo_servers import DemoMail, serve_demo_mail

LOG = "demo.log"
SECRETS_KEY = "secrets.key"


def register(parser: argparse.ArgumentParser) -> None:
    """No arguments: COORD_PORT and COORD_DATA_DIR say where, all else is the demo's own."""


def run(_arguments: argparse.Namespace) -> int:
    """Serve the demo until stopped."""
    settings = load_settings(demo=True, cookie_secure=False, council=COUNCIL)
    if "public_url" not in settings.model_fields_set:
        settings = settings.model_copy(update={"public_url": address_of(settings)})
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not settings.secrets_keys:
        settings = settings.model_copy(update={"secrets_key": SecretStr(_secrets_key(settings.data_dir / SECRETS_KEY))})
    with (settings.data_dir / LOG).open("a", encoding="utf-8") as log:
        configure_logs(logging.INFO, log)  # a file: the terminal stays readable
        try:
            asyncio.run(_demo(settings))
        except Refused as error:
            raise BadInput(str(error)) from error
    return 0


def _secrets_key(path: Path) -> str:
    """The demo's own key for passwords of calendars, made at its first start."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(base64.b64encode(secrets.token_bytes(SECRETS_KEY_BYTES)).decode())
    return path.read_text()


async def _demo(settings: Settings) -> None:
    with listen(settings) as taken:
        await migrate(settings)
        folder = folder_in(settings.data_dir)
        if await _forget_half_made(settings, folder):
            await migrate(settings)
        async with serve_demo_mail(folder, settings.mail_from) as mail:
            settings = _with_mail(settings, mail)
            await _fill(settings, folder)
            await serve(settings, taken, lambda: print(greeting(settings), flush=True))


async def _forget_half_made(settings: Settings, mail: Path) -> bool:
    """Begin afresh where the demo was stopped while its county was made; whether that was so."""
    tools = build(settings)
    try:
        if settings.database_url or not await is_half_made(tools):
            return False
    finally:
        await tools.close()
    for file in settings.data_dir.glob("coord.sqlite*"):
        file.unlink()
    shutil.rmtree(mail, ignore_errors=True)
    return True


def _with_mail(settings: Settings, mail: DemoMail) -> Settings:
    """The same installation with the demo's own mail servers."""
    return Settings.model_validate(
        settings.model_dump()
        | {
            "smtp_host": mail.host,
            "smtp_port": mail.smtp_port,
            "smtp_tls": "none",
            "smtp_user": "",
            "imap_host": mail.host,
            "imap_port": mail.imap_port,
            "imap_tls": False,
            "imap_user": mail.user,
            "imap_password": mail.password,
            "mail_authserv_id": mail.authserv_id,
        }
    )


async def _fill(settings: Settings, folder: Path) -> None:
    tools = build(settings)
    try:
        if await is_to_be_filled(tools):
            print("Making an invented county, once: a few seconds …", flush=True)
            # Imported here: the second start, which should be quick, has no use for it.
            await import_module("coord_service.demo.fill").fill(tools, folder)
        await open_calendars(tools)
    finally:
        await tools.close()


def address_of(settings: Settings) -> str:
    """Where the demo is served."""
    return f"http://{settings.host}:{settings.port}"


def greeting(settings: Settings) -> str:
    """What the terminal shows: where to go, and who can sign in."""
    address = address_of(settings)
    domain = settings.mail_domain
    sign_ins = [f"  {f'{short}@{domain}':<24}{ROLE_NAMES[role]}, {name}" for name, short, role in STAFF]
    return "\n".join(
        [
            "",
            f"The demo is at  {address}",
            "",
            f"Sign in with the password  {PASSWORD}  as",
            *sign_ins,
            "",
            f"Every mail stays here: read and answer it at  {address}/demo/mailbox",
            f"What you enter is kept in {settings.data_dir}/: delete it to start afresh. Ctrl-C ends the demo.",
            "",
        ]
    )
