"""App-only sign-in by msal (OAuth 2.0 client credentials). msal blocks: it runs in a few threads, with a time limit.

A connection is opened for a call and closed again, and a token is good for an hour: tokens are kept for the process.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from msal import ConfidentialClientApplication
from msal.exceptions import MsalError

from coord_service.errors import CalendarNonsense, CalendarTimedOut, SignInRefused
from integrations.calendars.microsoft.account import GraphAccount
from integrations.calendars.microsoft.line import Answer, Line, Request
from integrations.calendars.microsoft.refusals import SIGN_IN, overload_of, refused_sign_in

NONSENSE = "Microsoft’s sign-in answered something that can’t be understood."
MOST_KEPT = 200
MARGIN = 300.0  # seconds before its end from which a token is not used any more; half its time where that is short

_threads = ThreadPoolExecutor(4, "microsoft-sign-in")
_kept: "OrderedDict[tuple[str, ...], Token]" = OrderedDict()


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and until when (on the event loop's clock) it is used."""

    text: str = field(repr=False)
    good_until: float


class SignIn:
    """Tokens for Graph: used until shortly before they run out, or until Graph no longer takes them."""

    def __init__(self, account: GraphAccount, line: Line) -> None:
        self._account, self._line = account, line
        proof = sha256(repr(account.credential).encode()).hexdigest()
        cloud = account.cloud
        self._key = (cloud.authority, cloud.graph, account.tenant, account.client_id, proof)
        self._turn = asyncio.Lock()

    async def token(self, stale: str = "") -> str:
        """An access token other than ``stale``. Raises a CalendarTrouble; each attempt begins afresh."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            kept = _kept.get(self._key)
            if kept is None or kept.text == stale or kept.good_until <= loop.time():
                _kept.pop(self._key, None)
                errands = _Errands(self._line, loop, self._account.seconds)
                try:
                    text, seconds = await loop.run_in_executor(_threads, _acquire, self._account, errands)
                except asyncio.CancelledError:
                    errands.give_up()
                    raise
                kept = _kept[self._key] = Token(text, loop.time() + seconds - min(MARGIN, seconds / 2))
                while len(_kept) > MOST_KEPT:
                    _kept.popitem(last=False)
            return kept.text


def _acquire(account: GraphAccount, errands: "_Errands") -> tuple[str, float]:
    """A new token and for how many seconds it is good."""
    try:
        app = ConfidentialClientApplication(
            account.client_id,
            client_credential=account.credential,
            authority=f"{account.cloud.authority}/{account.tenant}",
            instance_discovery=False,  # the authority comes from our own list
            http_client=errands,
        )
        result = app.acquire_token_for_client([f"{account.cloud.graph}/.default"])
        token, seconds = result.get("access_token"), float(result.get("expires_in", 0))
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, MsalError):
        if errands.last_status in range(400, 500):
            raise SignInRefused(SIGN_IN[90002]) from None
        raise CalendarNonsense(NONSENSE) from None
    if isinstance(token, str) and token.isascii() and token.isprintable():
        return token, seconds
    raise refused_sign_in(result) if "error" in result else CalendarNonsense(NONSENSE)


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer as msal wants it."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class _Errands:
    """msal's way out: our own line, so that proxy, trust and time limit are the same for sign-in and calendars."""

    def __init__(self, line: Line, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self._line, self._loop, self._seconds = line, loop, seconds  # msal calls from another thread than the loop's
        self.last_status = 0
        self._sent: Future[Answer] | None = None

    def get(self, url: str, params: Any = None, headers: Mapping[str, str] | None = None, **_: Any) -> _Response:
        """What a GET gives."""
        return self._run(Request("GET", f"{url}?{urlencode(params)}" if params else url, headers or {}))

    def post(self, url: str, data: Any = None, headers: Mapping[str, str] | None = None, **_: Any) -> _Response:
        """What a POST of a form gives."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._run(Request("POST", url, form, urlencode(data or {}).encode()))

    def close(self) -> None:
        """The line belongs to somebody else."""

    def give_up(self) -> None:
        """Leave off waiting: nobody wants the token any more."""
        if self._sent is not None:
            self._sent.cancel()

    def _run(self, request: Request) -> _Response:
        """Raises the trouble of the line; Throttled or ConnectionLost when the server is overloaded."""
        self._sent = asyncio.run_coroutine_threadsafe(self._line.send(request), self._loop)
        try:
            answer = self._sent.result(self._seconds + 1)
        except TimeoutError:
            self.give_up()
            raise CalendarTimedOut("Microsoft’s sign-in did not answer in time.") from None
        self.last_status = answer.status
        if trouble := overload_of(answer):
            raise trouble
        return _Response(answer.status, answer.content.decode("utf-8", "replace"), answer.headers)
