"""Requests to a CalDAV server, signed in; its answers as they are, its refusals in the house's words."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from yarl import URL

from coord_service.errors import CalendarNonsense
from coord_service.ports import CalendarAccount
from integrations.calendars.caldav.xml import Multistatus, read_multistatus
from integrations.guard import Guard
from integrations.guarded_http import GuardedHttp, Request, Response, is_same_service, raise_for

XML = {"Content-Type": "application/xml; charset=utf-8"}
# What a server says of a single request, and the caller knows what to do about.
NO_METHOD = frozenset({400, 403, 405, 409, 415, 501})


@dataclass(frozen=True, slots=True)
class SignIn:
    """The Authorization header: Basic (RFC 7617) or Bearer (RFC 6750), over https alone or inside our networks."""

    header: str

    @classmethod
    def of(cls, account: CalendarAccount) -> "SignIn":
        """What the account's form says."""
        password = account.values.get("password", "")
        if account.values.get("sign_in", "basic") == "bearer":
            return cls(f"Bearer {password}")
        pair = f"{account.values.get('user', '')}:{password}"
        return cls(f"Basic {base64.b64encode(pair.encode()).decode()}")


class DavServer:
    """One server, spoken to as one user."""

    def __init__(self, guard: Guard, sign_in: SignIn, origin: str) -> None:
        self._http, self._sign_in, self._guard = GuardedHttp(guard), sign_in, guard
        self._origin = origin

    @property
    def url(self) -> URL:
        """What was typed, checked. Raises AddressRefused."""
        return self._guard.check(self._origin)

    async def ask(
        self, method: str, url: URL, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer, whatever its status. Who we are is told to the server that was typed in alone."""
        secret = {"Authorization": self._sign_in.header} if is_same_service(self.url, url) else {}
        return await self._http.ask(Request(method, url, headers or {}, secret, body))

    async def multistatus(self, method: str, url: URL, body: bytes, depth: int = 0) -> Multistatus:
        """The resources in an answer. Raises a CalendarTrouble for any that isn't a 207."""
        answer = await self.ask(method, url, body, {**XML, "Depth": str(depth)})
        raise_for(answer)
        if answer.status != 207:
            raise CalendarNonsense("The calendar's server answered something that is no WebDAV.")
        return read_multistatus(answer.body, answer.url)

    async def close(self) -> None:
        """Leave the server."""
        await self._http.close()
