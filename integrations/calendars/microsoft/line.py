"""The one way out to Microsoft: a request, its whole answer, and what went wrong in between."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from yarl import URL

from coord_service.errors import CalendarNonsense, CalendarTimedOut, ConnectionLost

LARGEST = 30_000_000  # octets of one answer: 20 diaries of 42 days are some 3 million


@dataclass(frozen=True, slots=True)
class Request:
    """One request. The address is complete and encoded; no header or body may ever be shown."""

    method: str
    address: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def retry_after(self) -> timedelta | None:
        """How long the server wants to be left alone: seconds, or a date beside the answer's own (RFC 9110 §10.2.3)."""
        wish = self.headers.get("Retry-After", "").strip()
        if wish.isdecimal():
            return timedelta(seconds=min(int(wish), 86_400))
        until, sent = _date(wish), _date(self.headers.get("Date", ""))
        return max(until - sent, timedelta()) if until and sent else None


class Line:
    """One HTTP session, opened when it is first used, through the machine's proxy where it names one."""

    def __init__(self, seconds: float, trust: ssl.SSLContext | None = None) -> None:
        self._seconds, self._trust = seconds, trust
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def send(self, request: Request) -> Answer:
        """The answer, whatever its status; a redirect is an answer and is not followed.

        Raises ConnectionLost, CalendarTimedOut or CalendarNonsense (an answer without end).
        """
        if self._is_closed:
            raise ConnectionLost("The connection to Microsoft 365 has been closed.")
        try:
            async with self._opened().request(
                request.method,
                URL(request.address, encoded=True),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            ) as response:
                content = await response.content.read(LARGEST + 1)
                while not response.content.at_eof() and len(content) <= LARGEST:
                    content += await response.content.read(LARGEST + 1 - len(content))
                answer = Answer(response.status, response.headers.copy(), content)
        except TimeoutError:
            raise CalendarTimedOut("Microsoft 365 did not answer in time.") from None
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, ValueError):
            raise ConnectionLost("Microsoft 365 can’t be reached, or hung up in the middle of an answer.") from None
        if len(answer.content) > LARGEST:
            raise CalendarNonsense("Microsoft 365 sent an answer without end.")
        return answer

    async def close(self) -> None:
        """Hang up, for good: a sign-in that still runs in its thread must not dial again."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()
        self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._trust or True),
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )
        return self._session


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
