"""A real CalDAV server, Radicale, from its wheel: users of htpasswd's, each with calendars of their own."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import free_port, running

CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
max_connections = 40
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""


@dataclass(frozen=True, slots=True)
class Radicale:
    """Where it listens, and where it keeps what."""

    url: str
    folder: Path

    def calendar(self, user: str, name: str = "work") -> Path:
        """The folder of a calendar."""
        return self.folder / "collections/collection-root" / user / name

    def forget_tokens(self, user: str, name: str = "work") -> None:
        """Throw the states away that sync-tokens stand for, as a server does with old ones."""
        for token in (self.calendar(user, name) / ".Radicale.cache/sync-token").glob("*"):
            token.unlink()


@contextmanager
def start_radicale(folder: Path, users: Mapping[str, str]) -> Iterator[Radicale]:
    """A server in a folder, for the length of the block; ``users`` are names and passwords."""
    port = free_port()
    (folder / "users").write_text("".join(f"{name}:{password}\n" for name, password in users.items()))
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder))
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    with running(command, port, folder / "radicale.log"):
        yield Radicale(f"http://127.0.0.1:{port}", folder)
