"""An IMAP server with IDLE over one maildir, in the caller's event loop: pymap, for the demo and the tests."""

import asyncio
import contextvars
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from mailbox import Maildir
from pathlib import Path
from typing import Any

from proxyprotocol.sock import SocketInfo
from pymap.backend.maildir import Config, Identity, Login
from pymap.backend.maildir.io import FileWriteable
from pymap.backend.maildir.mailbox import Maildir as PymapMaildir
from pymap.frozen import frozendict
from pymap.imap import IMAPServer
from pymap.user import Passwords, UserMetadata
from pysasl.hashing import BuiltinHash

from integrations.mail.demo_maildirs import arrived


@asynccontextmanager
async def serve_imap(maildir: Path, credentials: tuple[str, str], port: int = 0) -> AsyncIterator[int]:
    """Serve one maildir to one (name, password) on loopback, in this event loop. Yields the port."""
    Maildir(maildir)  # makes it where there is none
    config = _config(maildir)
    context = contextvars.copy_context()
    context.run(config.apply_context)  # pymap looks its settings up in context variables; ours stay as they are
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(_answer(config, credentials, port, ready), context=context)
    either: set[asyncio.Future[Any]] = {task, ready}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    try:
        yield ready.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _answer(config: Config, credentials: tuple[str, str], port: int, ready: "asyncio.Future[int]") -> None:
    login = Login(config)
    await _enter_user(login, *credentials)
    answer = IMAPServer(login, config)
    sessions: set[asyncio.Task[Any]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        sessions.add(task)
        task.add_done_callback(sessions.discard)
        await answer(reader, writer, SocketInfo.get(writer, None))

    server = await asyncio.start_server(meet, "127.0.0.1", port)
    ready.set_result(server.sockets[0].getsockname()[1])
    try:
        await asyncio.Event().wait()  # until cancelled
    finally:
        server.close()
        for session in list(sessions):
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)


def _config(maildir: Path) -> Config:
    return Config(
        Namespace(passlib_cfg=None, proxy_protocol=None),
        host="127.0.0.1",
        port=0,
        base_dir=str(maildir),
        layout="++",
        colon=None,
        tls_enabled=False,
        hash_context=BuiltinHash(rounds=1000),  # a demo's password on loopback: quick rather than slow
    )


async def _enter_user(login: Login, name: str, password: str) -> None:
    """Write pymap's own password files, which stand in the maildir beside the mail."""
    digest = await Passwords(login.config).hash_password(password)
    user = UserMetadata(login.config, name, password=digest, params=frozendict({"mailbox_path": "."}))
    await Identity(login.config, login.tokens, name, None, {"admin"}).set(user)


def _write_in_place(self: FileWriteable) -> None:
    """Write one of pymap's own files beside where it belongs, then put it in place."""
    path = Path(self.get_file(self.path))
    draft = path.with_name(f"{path.name}.new")
    with draft.open("w") as file:
        self.write(file)
    draft.rename(path)
    self._touched = False


def _keys_as_they_came(self: PymapMaildir) -> list[str]:
    return sorted(self.iterkeys(), key=arrived)


# Three things that pymap has no setting for. It writes under /tmp and renames, which fails where /tmp is another file
# system; it parses and rewrites every message, where a real server gives back the bytes that came; and it numbers new
# messages in the order of the folder's listing, where UIDs rise as mail comes (RFC 3501 section 2.3.1.1).
FileWriteable.file_write = _write_in_place  # type: ignore[method-assign]
PymapMaildir.get_message = PymapMaildir.get_bytes  # type: ignore[assignment,method-assign]
PymapMaildir.keys = _keys_as_they_came  # type: ignore[assignment,method-assign]
