"""Starting a server's own binary: free ports, an unprivileged user where we are root, and waiting until it listens."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


class ServerDidNotStart(Exception):
    """The server ended, or did not listen in time; the message carries what it wrote."""


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A temporary folder that an unprivileged user may reach; pytest's own stands under a 0700 parent."""
    with tempfile.TemporaryDirectory(prefix="coord-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def unprivileged() -> dict[str, object]:
    """What subprocess needs to run something as ``nobody``; nothing unless we are root (PostgreSQL refuses root)."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def running(command: Sequence[str | Path], port: int, log: Path, **options: object) -> Iterator[None]:
    """Run a server for the length of the block, entered as soon as it listens on ``port`` (20 seconds at most)."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command], stdout=output, stderr=subprocess.STDOUT, cwd=log.parent, **options
        )
    try:
        wait_until_listening(port, process, log)
        yield
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL ends its sessions at once, Redis just ends
        process.wait(timeout=20)


def wait_until_listening(port: int, process: "subprocess.Popen[bytes] | None" = None, log: Path | None = None) -> None:
    """Return once somebody listens on ``port``. Raises ServerDidNotStart when the process ends, or after 20 seconds."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)  # a server that is starting sends no event
    raise ServerDidNotStart(log.read_text(errors="replace") if log else f"nobody listens on port {port}")
