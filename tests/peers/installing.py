"""Debian packages for the peers: only those that are missing, without starting any server of the system's."""

import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")  # Debian asks it before a package starts its server; 101 says no
MANNERS = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # no question is asked, no server is started
COMMAND = ("apt-get", "install", "--yes", "--no-install-recommends")


class NotInstalled(Exception):
    """A package is missing and can't be installed from here; the message says what to run."""


def install(packages: Sequence[str]) -> None:
    """Install what is missing, saying what. Raises NotInstalled where we are not root or apt-get fails."""
    missing = [package for package in packages if not is_installed(package)]
    if not missing:
        return
    command = [*COMMAND, *missing]
    if os.geteuid() != 0:
        raise NotInstalled(f"{', '.join(missing)} must be installed first, as root: {shlex.join(command)}")
    print(f"Installing from Debian, without starting anything: {', '.join(missing)}", flush=True)
    with _nothing_is_started():
        for step in (["apt-get", "update", "--quiet=2"], command):
            done = subprocess.run(step, env=os.environ | MANNERS, capture_output=True, check=False, text=True)
            if done.returncode != 0:
                raise NotInstalled(f"`{shlex.join(step)}` failed: {done.stderr.strip() or done.stdout.strip()}")


def is_installed(package: str) -> bool:
    """Whether Debian's own list says so; False as well where the machine isn't Debian's."""
    ask = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    try:
        return subprocess.run(ask, capture_output=True, check=False).stdout == b"installed"
    except FileNotFoundError:
        return False


@contextmanager
def _nothing_is_started() -> Iterator[None]:
    """Servers of these packages stay down, unless the machine has a policy of its own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
