"""App-only sign-in by msal (OAuth 2.0 client credentials). msal blocks: it runs in one thread of its own."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from msal import ConfidentialClientApplication
from msal.exceptions import MsalError

from coord_service.errors import CalendarNonsense, CalendarTimedOut, CalendarTrouble, SignInRefused
from integrations.calendars.microsoft.account import GraphAccount
from integrations.calendars.microsoft.line import Line, Request
from integrations.calendars.microsoft.refusals import SIGN_IN, overload_of, refused_sign_in

NONSENSE = "Microsoft's sign-in answered something that can't be understood."


class SignIn:
    """Tokens for Graph: kept until they run out, or until Graph no longer takes them."""

    def __init__(self, account: GraphAccount, line: Line) -> None:
        self._account = account
        self._thread = ThreadPoolExecutor(1, "microsoft-sign-in")
        self._errands = _Errands(line, account.seconds)
        self._app: ConfidentialClientApplication | None = None

    async def token(self, stale: str = "") -> str:
        """An access token other than ``stale``. Raises a CalendarTrouble; each attempt begins afresh."""
        self._errands.loop = loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._acquire, stale)

    def close(self) -> None:
        """Let the thread go; what it waits for ends within the time limit."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _acquire(self, stale: str) -> str:
        try:
            return self._ask_msal(stale)
        except CalendarTrouble:
            self._app = None  # it remembers refusals for a minute
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RuntimeError, MsalError):
            self._app = None
            if self._errands.last_status in range(400, 500):
                raise SignInRefused(SIGN_IN[90002]) from None
            raise CalendarNonsense(NONSENSE) from None

    def _ask_msal(self, stale: str) -> str:
        scopes = [f"{self._account.cloud.graph}/.default"]
        app = self._app = self._app or self._new_app()
        result = app.acquire_token_for_client(scopes)
        if stale and result.get("access_token") == stale:
            app.remove_tokens_for_client()
            result = app.acquire_token_for_client(scopes)
        token = result.get("access_token")
        if isinstance(token, str) and token.isascii() and token.isprintable():
            return token
        raise refused_sign_in(result) if "error" in result else CalendarNonsense(NONSENSE)

    def _new_app(self) -> ConfidentialClientApplication:
        return ConfidentialClientApplication(
            self._account.client_id,
            client_credential=self._account.credential,
            authority=f"{self._account.cloud.authority}/{self._account.tenant}",
            instance_discovery=False,  # the authority comes from our own list
            http_client=self._errands,
        )


@dataclass(frozen=True, slots=True)
class _Response:
    """An answer as msal wants it."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class _Errands:
    """msal's way out: our own line, so that proxy, trust and time limit are the same for sign-in and calendars."""

    def __init__(self, line: Line, seconds: float) -> None:
        self._line, self._seconds = line, seconds
        self.loop: asyncio.AbstractEventLoop | None = None  # on which the line lives; msal calls from another thread
        self.last_status = 0

    def get(self, url: str, params: Any = None, headers: Mapping[str, str] | None = None, **_: Any) -> _Response:
        """What a GET gives."""
        return self._run(Request("GET", f"{url}?{urlencode(params)}" if params else url, headers or {}))

    def post(self, url: str, data: Any = None, headers: Mapping[str, str] | None = None, **_: Any) -> _Response:
        """What a POST of a form gives."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._run(Request("POST", url, form, urlencode(data or {}).encode()))

    def close(self) -> None:
        """The line belongs to somebody else."""

    def _run(self, request: Request) -> _Response:
        """Raises the trouble of the line; Throttled or ConnectionLost when the server is overloaded."""
        assert self.loop is not None
        sent = asyncio.run_coroutine_threadsafe(self._line.send(request), self.loop)
        try:
            answer = sent.result(self._seconds + 1)
        except TimeoutError:
            raise CalendarTimedOut("Microsoft's sign-in did not answer in time.") from None
        self.last_status = answer.status
        if trouble := overload_of(answer):
            raise trouble
        return _Response(answer.status, answer.content.decode("utf-8", "replace"), answer.headers)
