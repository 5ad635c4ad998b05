"""What operations work with: built once by ``bootstrap``, passed as the first argument."""

from dataclasses import dataclass

from coord_service.clock import Clock
from coord_service.operations.asking import Asking
from coord_service.ports import CalendarKinds, Codec, Letters, Mailbox, Mailer, ReportPrinter, Vault, Wake
from coord_service.rulebook import Rulebook
from coord_service.settings import Settings
from coord_service.storage.database import Database


@dataclass(frozen=True, slots=True)
class Tools:
    """The concrete parts of one installation."""

    settings: Settings
    database: Database
    clock: Clock
    letters: Letters
    codec: Codec
    mailer: Mailer
    mailbox: Mailbox | None
    rulebook: Rulebook
    wake: Wake
    calendars: CalendarKinds
    vault: Vault
    printer: ReportPrinter
    asking: Asking

    async def close(self) -> None:
        """Leave every server and close the database."""
        await self.asking.close()
        if self.mailbox is not None:
            await self.mailbox.close()
        await self.mailer.close()
        await self.database.close()
