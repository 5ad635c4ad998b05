"""The one place that picks concrete parts: settings in, Tools out."""

from coord_service.clock import Clock, SystemClock
from coord_service.operations.asking import Asking
from coord_service.operations.tools import Tools
from coord_service.ports import Mailbox, Mailer, Wake
from coord_service.rulebook import load_rulebook
from coord_service.settings import Settings
from coord_service.storage.database import Database
from integrations.guard import HERE
from integrations.itip.codec import ItipCodec
from integrations.mail.imap import ImapMailbox, ImapServer
from integrations.mail.smtp import SmtpMailer, SmtpServer
from integrations.mail.stationery import Stationery
from integrations.registry import Registry
from integrations.reports import ReportPress
from integrations.vault import AesGcmVault


async def _nobody_to_wake() -> None:
    """Without a runner beside us the next round of the job picks the letter up."""


def build(settings: Settings, *, clock: Clock | None = None, wake: Wake = _nobody_to_wake) -> Tools:
    """The parts of one installation. Nothing is connected until it is first used."""
    return Tools(
        settings=settings,
        database=Database(settings.database),
        clock=clock or SystemClock(),
        letters=Stationery(
            from_name=settings.mail_from_name,
            from_address=settings.mail_from,
            house_facts={"council": settings.council, "phone": settings.contact_phone},
        ),
        codec=ItipCodec(settings.mail_authserv_id),
        mailer=_mailer(settings),
        mailbox=_mailbox(settings),
        rulebook=load_rulebook(),
        wake=wake,
        calendars=Registry(is_demo=settings.demo, networks=_reachable(settings)),
        vault=AesGcmVault(settings.secrets_keys),
        printer=ReportPress(),
        asking=Asking(),
    )


def _mailer(settings: Settings) -> Mailer:
    return SmtpMailer(
        SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            user=settings.smtp_user,
            password=settings.smtp_password.get_secret_value(),
            connections=settings.smtp_connections,
        )
    )


def _mailbox(settings: Settings) -> Mailbox | None:
    if not settings.imap_host:
        return None
    return ImapMailbox(
        ImapServer(
            host=settings.imap_host,
            port=settings.imap_port,
            tls=settings.imap_tls,
            user=settings.imap_user,
            password=settings.imap_password.get_secret_value(),
            folder=settings.imap_folder,
        )
    )


def _reachable(settings: Settings) -> tuple[str, ...]:
    """The networks in which calendar servers may stand; the demo's own stand on this machine."""
    return (*settings.calendar_networks.split(), *(HERE if settings.demo else ()))
