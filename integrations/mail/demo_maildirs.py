"""The demo's mail as files: a maildir for each address, all in one folder.

What the demo's SMTP server keeps (``demo_servers``) and its pages show; reading it needs no server.
"""

import itertools
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.utils import parseaddr
from mailbox import Maildir
from operator import itemgetter
from pathlib import Path
from urllib.parse import quote, unquote

from coord_service.errors import PermanentFailure
from coord_service.ports import OutgoingMail, Receipt

AUTHSERV_ID = "demo-mail.invalid"  # who writes our Authentication-Results (RFC 8601)


@dataclass(frozen=True, slots=True)
class Pile:
    """The mail kept for one address: how many, and the newest, as it arrived."""

    address: str
    count: int
    newest: bytes


def folder_in(data_dir: Path) -> Path:
    """Where the demo keeps its mail."""
    return data_dir / "mail"


def letters_to(folder: Path, address: str) -> list[bytes]:
    """Every mail kept for an address under ``folder``, oldest first, as it arrived."""
    box = open_maildir(folder, address)
    return [box.get_bytes(key) for key in sorted(box.keys(), key=arrived)]


def arrived(key: str) -> tuple[int, ...]:
    """When a maildir's mail came, for sorting: its key begins with seconds and microseconds."""
    return tuple(int(number) for number in re.findall(r"\d+", key)[:2])


def list_piles(folder: Path) -> list[Pile]:
    """Every address that was written to, the one that was written to last first."""
    found = []
    for box in folder.glob("*@*"):
        mails = [*box.glob("new/*"), *box.glob("cur/*")]
        if mails:
            newest = max(mails, key=lambda mail: arrived(mail.name))
            found.append((arrived(newest.name), Pile(unquote(box.name), len(mails), newest.read_bytes())))
    return [pile for _, pile in sorted(found, key=itemgetter(0), reverse=True)]


def mailbox_of(user: str, recipient: str) -> str:
    """The address whose maildir keeps mail to ``recipient``: the service's own (``user``) for its tags and bounces."""
    name, _, domain = recipient.lower().rpartition("@")
    untagged = f"{name.partition('+')[0]}@{domain}"
    ours = {user.lower(), f"bounces@{user.lower().rpartition('@')[2]}"}
    return user.lower() if untagged in ours else recipient.lower()


def delivery_headers(sender: str, recipient: str, content: bytes) -> bytes:
    """What a receiving server writes on top: the envelope, and whether From's domain is the one that sent it."""
    author = parseaddr(str(message_from_bytes(content[:100_000])["From"] or ""))[1]
    domain = author.rpartition("@")[2].lower()
    verdict = "pass" if domain and domain == sender.rpartition("@")[2].lower() else "fail"
    lines = [
        f"Return-Path: <{sender}>",
        f"Delivered-To: {recipient}",
        f"Authentication-Results: {AUTHSERV_ID}; dmarc={verdict} header.from={domain}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")


def maildir_name(address: str) -> str:
    """The name of the folder that keeps an address's mail; no address can step out of it."""
    return quote(address.lower(), safe="@+")


def open_maildir(folder: Path, address: str) -> Maildir:
    """An address's maildir, made where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    return Maildir(folder / maildir_name(address), factory=None)


class MaildirMailer:
    """The Mailer port straight into the maildirs, dated as told: for the part of a demo's story that is past."""

    def __init__(self, folder: Path, refusing: frozenset[str] = frozenset()) -> None:
        self._folder = folder
        self._refusing = refusing
        self._numbers = itertools.count(1)
        self.now: datetime | None = None

    async def send(self, mail: OutgoingMail) -> Receipt:
        """Keep the mail for its recipient. Raises PermanentFailure for an address that takes none."""
        if mail.recipient in self._refusing:
            raise PermanentFailure(
                f"There is no mailbox {mail.recipient}: ask for the right address (it answered: 550)."
            )
        open_maildir(self._folder, mail.recipient)
        moment = int(self.now.timestamp()) if self.now else 0
        name = f"{moment}.M{next(self._numbers)}.story"
        content = delivery_headers(mail.sender, mail.recipient, mail.content) + mail.content
        (self._folder / maildir_name(mail.recipient) / "new" / name).write_bytes(content)
        return Receipt("250 Kept in the demo")

    async def check(self) -> str:
        """The folder is there, or is made."""
        return "files"

    async def close(self) -> None:
        """Nothing is open."""
