"""A Postfix of our own: its configuration and queue in one folder, on high ports of loopback, started as root."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.processes import ServerDidNotStart, folder_for_servers, free_port, wait_until_listening

DAEMONS = {  # as Debian's master.cf, without chroot: the folder holds no copies of /etc
    "pickup": "n - n 60 1 pickup",
    "cleanup": "n - n - 0 cleanup",
    "qmgr": "n - n 300 1 qmgr",
    "tlsmgr": "- - n 1000? 1 tlsmgr",
    "rewrite": "- - n - - trivial-rewrite",
    "bounce": "- - n - 0 bounce",
    "defer": "- - n - 0 bounce",
    "trace": "- - n - 0 bounce",
    "verify": "- - n - 1 verify",
    "proxymap": "- - n - - proxymap",
    "smtp": "- - n - - smtp",
    "lmtp": "- - n - - lmtp",
    "error": "- - n - - error",
    "retry": "- - n - - error",
    "anvil": "- - n - 1 anvil",
    "scache": "- - n - 1 scache",
}


@dataclass(frozen=True, slots=True)
class Postfix:
    """Where it listens and where its files are."""

    port: int
    folder: Path

    def log(self) -> str:
        """What it has written so far."""
        path = self.folder / "postfix.log"
        return path.read_text(errors="replace") if path.exists() else ""


@contextmanager
def start_postfix(settings: Mapping[str, str], tables: Mapping[str, str]) -> Iterator[Postfix]:
    """A Postfix for the length of the block. ``tables``: name and text of each; ``{folder}`` in settings is theirs."""
    with folder_for_servers() as folder:
        port = free_port()
        for name in ("queue", "data"):
            (folder / name).mkdir()
        subprocess.run(["chown", "postfix", folder / "data"], check=True)
        _configure(folder, port, {name: value.format(folder=folder) for name, value in settings.items()})
        for name, text in tables.items():
            (folder / name).write_text(text)
            _run(folder, "postmap", f"hash:{folder / name}")
        _run(folder, "postfix", "start")
        try:
            wait_until_listening(port)
            yield Postfix(port, folder)
        finally:
            _run(folder, "postfix", "stop")


def _configure(folder: Path, port: int, settings: Mapping[str, str]) -> None:
    main = {
        "compatibility_level": "3.6",
        "queue_directory": f"{folder}/queue",
        "data_directory": f"{folder}/data",
        "maillog_file": f"{folder}/postfix.log",
        "maillog_file_prefixes": str(folder),
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "alias_maps": "",
        "local_recipient_maps": "",
        "mydestination": "",
        "smtputf8_enable": "no",
        **settings,
    }
    (folder / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in main.items()))
    services = [f"127.0.0.1:{port} inet n - n - - smtpd", "postlog unix-dgram n - n - 1 postlogd"]
    services += [f"{name} unix {rest}" for name, rest in DAEMONS.items()]
    (folder / "master.cf").write_text("\n".join([*services, ""]))


def _run(folder: Path, command: str, *words: str) -> None:
    done = subprocess.run([command, "-c", folder, *words], capture_output=True, check=False, text=True)
    if done.returncode != 0:
        log = folder / "postfix.log"
        written = log.read_text(errors="replace") if log.exists() else ""
        raise ServerDidNotStart(f"{command}: {done.stderr}{done.stdout}{written}")
