"""Mail in over IMAP: resumes after (UIDVALIDITY, UID), waits with IDLE, and never waits for ever (RFC 3501, 2177)."""

import asyncio
import re
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from aioimaplib import IMAP4, Abort, AioImapException, Response

from coord_service.errors import TemporaryFailure
from coord_service.ports import Position, ReceivedMail

T = TypeVar("T")
MOST_TRIES = 3  # to read one mail, before the ones behind it are read without it
LONGEST_LEFT = 600.0  # seconds that a server which refuses our password is left alone, at most
STUCK = "Our mail server can't give this message out. Look for it in the mailbox itself."


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where our mailbox is. ``seconds`` bounds every command."""

    host: str
    port: int
    user: str
    password: str
    tls: bool = True
    folder: str = "INBOX"
    seconds: float = 20
    largest: int = 10_000_000  # octets of one mail that are read; what follows is cut off
    poll_seconds: float = 30  # how often to look where the server has no IDLE
    refused_seconds: float = 60  # not to sign in again after a first refusal, lest the account is locked
    trust: ssl.SSLContext | None = None  # whose certificates we believe; None: the machine's own list


class ImapMailbox:
    """The Mailbox port over IMAP. Whoever wants to fetch ends a ``wait`` that goes on: both use one connection."""

    def __init__(self, server: ImapServer) -> None:
        self.name = f"imap://{server.user}@{server.host}/{server.folder}"
        self._server = server
        self._turn = asyncio.Lock()
        self._is_wanted = asyncio.Event()  # by somebody who can't wait until a ``wait`` is over
        self._connection: _Connection | None = None
        self._handed_out: set[tuple[int, int]] = set()  # (UIDVALIDITY, UID) not yet marked as read
        self._may_idle = True  # until the server has refused it, whatever it says that it can
        self._more = False  # the last fetch left mail behind
        self._refusals = 0  # of our password, one after another
        self._refusal: tuple[str, float] | None = None  # its words, and until when (the loop's clock) they stand
        self._stuck: Counter[tuple[int, int]] = Counter()  # how often reading this mail has failed

    async def fetch(self, after: Position | None, limit: int) -> Sequence[ReceivedMail]:
        r"""The oldest mails after a position, at most ``limit`` and about ``largest`` octets in all.

        Asking for what follows a position says that everything up to it is recorded: what was handed out is marked
        \Seen then and not before. Where UIDVALIDITY is another, UIDs mean other mails: it begins at the first again.
        Raises TemporaryFailure; the next call connects anew.
        """
        async with self._at_once(), self._connected() as connection:
            uidvalidity = await connection.select(self._server.folder)
            start = after.uid if after and after.uidvalidity == uidvalidity else 0
            await self._mark_seen(connection, uidvalidity, start)
            uids = await connection.uids_after(start)
            mails = await self._read(connection, uidvalidity, uids[:limit])
            self._more = connection.has_heard or (bool(mails) and mails[-1].uid < uids[-1])
            return mails

    async def wait(self, seconds: float) -> None:
        """Return when there may be new mail, at the latest after ``seconds``.

        Returns at once when the last fetch left mail behind or the connection had to be made again, since mail may
        have come unseen; and when somebody fetches meanwhile. Raises TemporaryFailure.
        """
        async with self._turn:
            must_look = self._more or self._connection is None or self._connection.is_lost
            self._more = False
            if not must_look:
                await self._wait(seconds)

    async def _wait(self, seconds: float) -> None:
        async with self._connected() as connection:
            if connection.can_idle and self._may_idle:
                try:
                    await connection.idle(seconds, self._is_wanted)
                except Abort:
                    self._may_idle = False
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._is_wanted.wait(), min(seconds, self._server.poll_seconds))

    async def check(self) -> str:
        """Connect, sign in and open the folder; one line on what is there. Raises TemporaryFailure with the cause."""
        self._refusal = None  # a person asks: the server answers
        async with self._at_once(), self._connected() as connection:
            await connection.select(self._server.folder)
            self._more = True  # what this has seen, IDLE will not announce again
            return f"{self._server.folder} is open" + (", new mail is announced" if connection.can_idle else "")

    async def close(self) -> None:
        """Leave the server."""
        self._drop()

    @asynccontextmanager
    async def _at_once(self) -> AsyncIterator[None]:
        self._is_wanted.set()
        async with self._turn:
            self._is_wanted.clear()
            yield

    async def _mark_seen(self, connection: "_Connection", uidvalidity: int, start: int) -> None:
        recorded = {uid for validity, uid in self._handed_out if validity == uidvalidity and uid <= start}
        await connection.mark_seen(recorded)
        self._handed_out -= {(uidvalidity, uid) for uid in recorded}

    async def _read(self, connection: "_Connection", uidvalidity: int, uids: Sequence[int]) -> list[ReceivedMail]:
        mails: list[ReceivedMail] = []
        octets = 0
        for uid in uids:
            mail = await self._read_one(connection, (uidvalidity, uid))
            if mail is not None:
                mails.append(mail)
                octets += len(mail.content)
            if octets >= self._server.largest:
                break
        self._handed_out |= {(uidvalidity, mail.uid) for mail in mails if not mail.trouble}
        return mails

    async def _read_one(self, connection: "_Connection", place: tuple[int, int]) -> ReceivedMail | None:
        """One mail. Where the server fails with this very one time and again, it is named instead of read."""
        if self._stuck[place] >= MOST_TRIES:
            return ReceivedMail(*place, b"", trouble=STUCK)
        try:
            found = await connection.read(place[1], self._server.largest)
        except (TemporaryFailure, AioImapException, OSError, ValueError):
            self._stuck[place] += 1
            raise
        del self._stuck[place]
        if found is None:
            return None
        left_out = max(0, found.size - len(found.content))
        return ReceivedMail(*place, found.content, left_out, arrived_at=found.arrived_at, is_opened=found.is_opened)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator["_Connection"]:
        """The kept connection or a new one; given up after any failure, so that the next call starts afresh."""
        try:
            if self._connection is None or self._connection.is_lost:
                self._drop()
                self._connection = await self._open()
            yield self._connection
        except (AioImapException, OSError, ValueError) as error:
            self._drop()
            raise TemporaryFailure(f"Our mailbox can't be read ({error or type(error).__name__}).") from error
        except BaseException:
            self._drop()
            raise

    async def _open(self) -> "_Connection":
        """A new connection. A password that was refused is not tried again for a while: the answer stands till then."""
        now = asyncio.get_running_loop().time()
        if self._refusal is not None and now < self._refusal[1]:
            raise TemporaryFailure(self._refusal[0])
        try:
            connection = await _Connection.open(self._server)
        except _PasswordRefused as error:
            self._refusals += 1
            self._refusal = str(error), now + seconds_to_leave(self._refusals, self._server.refused_seconds)
            raise
        self._refusals, self._refusal = 0, None
        return connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
        self._connection = None


def seconds_to_leave(refusals: int, first: float) -> float:
    """How long a server is left alone after so many refusals of our password, each twice as long as the one before."""
    return min(LONGEST_LEFT, first * 2.0 ** min(refusals - 1, 16))


class _PasswordRefused(TemporaryFailure):
    """The server is there and does not take our user name or password."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A mail as the server gives it out, and what it says of it."""

    content: bytes
    size: int
    arrived_at: datetime | None
    is_opened: bool


class _Connection:
    """One signed-in connection. aioimaplib does not tell a waiting command that the server is gone: this does."""

    def __init__(self, server: ImapServer) -> None:
        self._seconds = server.seconds
        self.has_heard = False  # of mail that came since the folder was opened, beside the answer to something else
        self._idling: asyncio.Future[Any] | None = None
        self._lost: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        trust = (server.trust or ssl.create_default_context()) if server.tls else None
        self._imap = IMAP4(
            server.host, server.port, timeout=server.seconds, conn_lost_cb=self._on_lost, ssl_context=trust
        )

    @classmethod
    async def open(cls, server: ImapServer) -> "_Connection":
        """Connect and sign in."""
        connection = cls(server)
        try:
            await connection._run(connection._imap.wait_hello_from_server())
            await connection._sign_in(server.user, server.password)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def _sign_in(self, user: str, password: str) -> None:
        response = await self._run(self._imap.login(_quoted(user), password))
        if response.result != "OK":
            raise _PasswordRefused(f"Our mailbox refused our user name or password ({_words(response)}).")

    @property
    def is_lost(self) -> bool:
        """The server has hung up."""
        return self._lost.done()

    @property
    def can_idle(self) -> bool:
        """The server announces new mail (RFC 2177)."""
        return bool(self._imap.has_capability("IDLE"))

    async def select(self, folder: str) -> int:
        """Open the folder, and so see what is new; its UIDVALIDITY."""
        response = await self._answer(self._imap.select(_quoted(folder)))
        self.has_heard = False
        found = re.search(rb"UIDVALIDITY (\d+)", b" ".join(_lines(response)))
        if found is None:
            raise TemporaryFailure("Our mailbox's server gives no UIDVALIDITY, so mail can't be read in order.")
        return int(found[1])

    async def uids_after(self, start: int) -> list[int]:
        """The UIDs greater than ``start``, in order; ``n:*`` alone would always give the last one (RFC 3501 §6.4.8)."""
        response = await self._answer(self._imap.uid_search(f"UID {start + 1}:*", charset=None))
        found = (int(number) for line in _lines(response)[:-1] for number in re.findall(rb"\d+", line))
        return sorted({uid for uid in found if uid > start})

    async def read(self, uid: int, largest: int) -> "_Found | None":
        """A mail, of which at most the first ``largest`` octets, as they are kept; None when it has gone."""
        wanted = f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.{largest}>)"
        response = await self._answer(self._imap.uid("fetch", str(uid), wanted))
        words = b" ".join(_lines(response))
        literal = next((line for line in response.lines if isinstance(line, bytearray)), None)
        if literal is None and not re.search(rb'BODY\[\](<0>)? (""|NIL)', words):
            return None
        content = bytes(literal or b"")
        said = re.search(rb"RFC822\.SIZE (\d+)", words)
        size = int(said[1]) if said and len(content) >= largest else len(content)
        return _Found(content, size, _date_in(words), b"\\Seen" in words)

    async def mark_seen(self, uids: set[int]) -> None:
        """Show to people who open the mailbox themselves what has been read; a read-only mailbox may refuse."""
        if uids:
            await self._run(self._imap.uid("store", ",".join(map(str, sorted(uids))), r"+FLAGS.SILENT (\Seen)"))

    async def idle(self, seconds: float, ended: asyncio.Event) -> None:
        """Return when the server announces a mail or somebody ends it, at the latest after ``seconds``."""
        self._idling = idling = await self._run(self._imap.idle_start(timeout=seconds + self._seconds))
        reasons: set[asyncio.Future[Any]] = {
            asyncio.ensure_future(self._announced()),
            asyncio.ensure_future(ended.wait()),
        }
        try:
            await self._first_of(reasons, seconds)
        finally:
            for reason in reasons:
                reason.cancel()
        self._imap.idle_done()
        await self._run(idling)

    async def _announced(self) -> None:
        while True:
            pushed = await self._imap.wait_server_push()
            if any(b"EXISTS" in bytes(line) for line in pushed):
                return

    async def _answer(self, command: Awaitable[Response]) -> Response:
        response = await self._run(command)
        if response.result != "OK":
            raise TemporaryFailure(f"Our mailbox's server refused: {_words(response)}.")
        self.has_heard |= any(re.fullmatch(rb"\d+ EXISTS", line) is not None for line in _lines(response))
        return response

    async def _run(self, command: Awaitable[T]) -> T:
        """The command's result. Raises TemporaryFailure when the server hangs up or takes too long."""
        task = asyncio.ensure_future(command)
        try:
            if await self._settled(task, self._seconds):
                return task.result()
            raise TemporaryFailure("Our mailbox's server did not answer in time.")
        finally:
            task.cancel()

    async def _settled(self, task: asyncio.Future[Any], seconds: float) -> bool:
        """Whether the task ended within ``seconds``. Raises TemporaryFailure when the server hangs up meanwhile."""
        return await self._first_of({task}, seconds)

    async def _first_of(self, tasks: set[asyncio.Future[Any]], seconds: float) -> bool:
        await asyncio.wait({*tasks, self._lost}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        is_done = any(task.done() for task in tasks)
        if self.is_lost and not is_done:
            raise TemporaryFailure("Our mailbox's server hung up.")
        return is_done

    def _on_lost(self, _error: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)

    def abort(self) -> None:
        """Close without a word: nothing is left half-done on the server."""
        if self._idling is not None:
            self._idling.cancel()
        for task in {*self._imap.tasks, *self._imap.protocol.tasks}:  # they hold its lock, and wait for ever otherwise
            task.cancel()
        transport = self._imap.protocol.transport
        if transport is not None:
            transport.abort()


def _lines(response: Response) -> list[bytes]:
    """The response without its literals: what a mail says is never taken for the server's words."""
    return [line for line in response.lines if isinstance(line, bytes)]


def _date_in(words: bytes) -> datetime | None:
    """The INTERNALDATE (RFC 3501 §2.3.3), in UTC; None where the server gives none that makes sense."""
    found = re.search(rb'INTERNALDATE "\s*([^"]+)"', words)
    try:
        return datetime.strptime(found[1].decode(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC) if found else None
    except ValueError:
        return None


def _words(response: Response) -> str:
    return b" ".join(_lines(response)[-1:]).decode("utf-8", "replace")


def _quoted(text: str) -> str:
    """A quoted string (RFC 3501 §4.3)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
