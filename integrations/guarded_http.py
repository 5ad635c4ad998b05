"""Requests to servers that somebody else named: guarded, bounded in time and size, each failure in the house's words.

No error carries the address or what was sent: an address may be a secret (a published calendar's is), and so the
library's own error, which has it, is not kept as the cause.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from coord_service.errors import (
    AddressRefused,
    CalendarNonsense,
    CalendarTimedOut,
    CalendarTrouble,
    ConnectionLost,
    SignInRefused,
    Throttled,
)
from integrations.guard import NOT_AN_ADDRESS, Forbidden, Guard

MOST_BYTES = 16_000_000
MOST_REDIRECTS = 4
LONGEST_WAIT = timedelta(hours=24)
REDIRECTS = {301, 302, 307, 308}
# Sister hosts of one service, to which it sends its users itself.
FAMILIES = ("icloud.com",)
AGENT = "coord-service"
NOT_ACCEPTED = "The calendar’s server does not accept our name and password. Has the password changed? Enter it again."
NO_CALENDAR = "There is no calendar at this address, or not for us. Check the address, and whose calendar it is."
NOT_TRUSTED = (
    "The calendar’s server has no certificate that we trust, so nothing was sent to it. Whoever runs it has to"
    " install a valid one, with the certificates between it and a known authority."
)


@dataclass(frozen=True, slots=True)
class Request:
    """``headers`` are sent to wherever a redirect leads; ``secret`` ones (who we are) to the same service alone.

    ``signing`` answers a server's challenge, likewise of the same service alone.
    """

    method: str
    url: URL
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    signing: aiohttp.ClientMiddlewareType | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status; ``url`` is where it came from in the end."""

    status: int
    url: URL
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)


class GuardedHttp:
    """A connection to one server, kept open between requests. Opens nothing before the first."""

    def __init__(self, guard: Guard, *, most_bytes: int = MOST_BYTES) -> None:
        self._guard, self._most_bytes = guard, most_bytes
        self._session: aiohttp.ClientSession | None = None
        self._scheme = ""

    async def ask(self, request: Request) -> Response:
        """The answer to a request, redirects followed. Raises a CalendarTrouble for no answer, never for a status."""
        url, is_told = request.url, True
        for _ in range(MOST_REDIRECTS + 1):
            url = self._guard.check(str(url))
            answer = await self._ask_once(url, request, is_told=is_told)
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or not location:
                return answer
            following = _joined(url, location)
            is_told = is_told and is_same_service(url, following)
            url = following
        raise CalendarNonsense("The calendar’s server sends us round in circles.")

    async def close(self) -> None:
        """Leave the server."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _ask_once(self, url: URL, request: Request, *, is_told: bool) -> Response:
        secret = request.secret if is_told else {}
        headers = CIMultiDict({"User-Agent": AGENT, "Accept-Encoding": "gzip", **request.headers, **secret})
        session = await self._session_to(url)
        async with (
            _in_words(),
            session.request(
                request.method,
                url,
                headers=headers,
                data=request.body,
                allow_redirects=False,
                middlewares=(request.signing,) if request.signing and is_told else (),
            ) as answer,
        ):
            body = await self._read(answer)
            return Response(answer.status, url, answer.headers, body)

    async def _session_to(self, url: URL) -> aiohttp.ClientSession:
        """One session for https and another for http, whose reach differs."""
        if self._session and self._scheme != url.scheme:
            await self.close()
        if self._session is None:
            # no total: whoever asks says how long everything together may take
            self._session = self._guard.session(url, timeout=aiohttp.ClientTimeout(total=None))
            self._scheme = url.scheme
        return self._session

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        raw = bytearray()
        async for chunk in answer.content.iter_any():
            raw += chunk
            if len(raw) > self._most_bytes:
                raise CalendarNonsense(self._too_large())
        if answer.headers.get("Content-Encoding", "").lower() not in {"gzip", "x-gzip", "deflate"}:
            return bytes(raw)
        unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        try:
            body = unpacking.decompress(raw, self._most_bytes)
        except zlib.error:
            raise CalendarNonsense("The calendar’s answer can’t be unpacked.") from None
        if unpacking.unconsumed_tail:
            raise CalendarNonsense(self._too_large())
        return body

    def _too_large(self) -> str:
        return f"The calendar’s answer was not read: it is larger than {self._most_bytes // 1_000_000} MB."


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[None]:
    """A limit for everything in the block together. Raises CalendarTimedOut."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise CalendarTimedOut("The calendar did not answer in time.") from None


def raise_for(answer: Response) -> None:
    """What a status means that is no success. Raises a CalendarTrouble; quiet for anything below 400."""
    status = answer.status
    if status < 400:
        return
    if status in {401, 403}:
        raise SignInRefused(NOT_ACCEPTED)
    if status in {404, 410}:
        raise SignInRefused(NO_CALENDAR)
    if status in {429, 503}:
        wait = _retry_after(answer.headers.get("Retry-After", ""), answer.headers.get("Date", ""))
        raise Throttled("The calendar’s server wants to be asked less often.", wait)
    if status >= 500:
        raise ConnectionLost(f"The calendar’s server is out of order ({status}).")
    raise CalendarNonsense(f"The calendar’s server does not understand us ({status}).")


def _retry_after(text: str, date: str) -> timedelta | None:
    """Retry-After (RFC 9110 §10.2.3): seconds, or a date, which counts from the server's own."""
    if text.strip().isdecimal():
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)


def _joined(url: URL, location: str) -> URL:
    try:
        return url.join(URL(location))
    except ValueError:
        raise CalendarNonsense("The calendar’s server sends us to an address that is none.") from None


def is_same_service(url: URL, following: URL) -> bool:
    """Whether what we say to one host may be said to the other: the same, or a sister that we know; never less safe."""
    if url.scheme != following.scheme:
        return False
    if (url.host, url.port) == (following.host, following.port):
        return True
    hosts = (url.host or "", following.host or "")
    return any(all(host.endswith(f".{family}") for host in hosts) for family in FAMILIES)


@asynccontextmanager
async def _in_words() -> AsyncIterator[None]:
    """aiohttp's errors as ours, without what they hold."""
    trouble: CalendarTrouble
    try:
        yield
    except aiohttp.ClientConnectorError as error:
        trouble = _not_reached(error)
    except aiohttp.InvalidURL:
        trouble = AddressRefused(NOT_AN_ADDRESS)
    except (aiohttp.ClientResponseError, aiohttp.http.HttpProcessingError):
        trouble = CalendarNonsense("The calendar’s answer can’t be understood.")
    except (aiohttp.ClientError, OSError):
        trouble = ConnectionLost("The calendar’s server hung up in the middle of its answer.")
    except ValueError:
        trouble = CalendarNonsense("The calendar’s answer can’t be understood.")
    else:
        return
    raise trouble from None


def _not_reached(error: aiohttp.ClientConnectorError) -> CalendarTrouble:
    if isinstance(error.os_error, Forbidden):
        return AddressRefused(str(error.os_error))
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        return AddressRefused(NOT_TRUSTED)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ConnectionLost("There is no server of that name.")
    return ConnectionLost("The calendar’s server can’t be reached.")
