"""Requests to a CalDAV server, signed in; its answers as they are, its refusals in the house's words."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import aiohttp
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
    """Basic (RFC 7617), Digest where a server wants that alone (RFC 7616: Baikal), or a Bearer token (RFC 6750)."""

    user: str
    secret: str = field(repr=False)
    is_token: bool = False

    @classmethod
    def of(cls, account: CalendarAccount) -> "SignIn":
        """What the account's form says."""
        values = account.values
        return cls(values.get("user", ""), values.get("password", ""), values.get("sign_in") == "bearer")

    @property
    def header(self) -> str:
        """For Authorization; it is sent over https alone, or inside our networks."""
        if self.is_token:
            return f"Bearer {self.secret}"
        return f"Basic {base64.b64encode(f'{self.user}:{self.secret}'.encode()).decode()}"

    def digest_for(self, answer: Response) -> aiohttp.DigestAuthMiddleware | None:
        """What answers the challenge of a refusal that wants Digest and nothing else; None for any other answer."""
        if answer.status != 401 or self.is_token or ":" in self.user:
            return None
        wanted = {each.partition(" ")[0].lower() for each in answer.headers.getall("WWW-Authenticate", [])}
        is_alone = "digest" in wanted and "basic" not in wanted
        return aiohttp.DigestAuthMiddleware(self.user, self.secret) if is_alone else None


class DavServer:
    """One server, spoken to as one user."""

    def __init__(self, guard: Guard, sign_in: SignIn, origin: str) -> None:
        self._http, self._sign_in, self._guard = GuardedHttp(guard), sign_in, guard
        self._origin = origin
        self._digest: aiohttp.DigestAuthMiddleware | None = None

    @property
    def url(self) -> URL:
        """What was typed, checked. Raises AddressRefused."""
        return self._guard.check(self._origin)

    async def ask(
        self, method: str, url: URL, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer, whatever its status. Who we are is told to the server that was typed in alone."""
        request = Request(method, url, headers or {}, body=body)
        if not is_same_service(self.url, url):
            return await self._http.ask(request)
        if self._digest is None:
            answer = await self._http.ask(replace(request, secret={"Authorization": self._sign_in.header}))
            digest = self._sign_in.digest_for(answer)
            if digest is None:
                return answer
            self._digest = digest
        return await self._http.ask(replace(request, signing=self._digest))

    async def multistatus(self, method: str, url: URL, body: bytes, depth: int = 0) -> Multistatus:
        """The resources in an answer. Raises a CalendarTrouble for any that isn't a 207."""
        answer = await self.ask(method, url, body, {**XML, "Depth": str(depth)})
        raise_for(answer)
        if answer.status != 207:
            raise CalendarNonsense("The calendar’s server answered something that is no WebDAV.")
        return read_multistatus(answer.body, answer.url)

    async def close(self) -> None:
        """Leave the server."""
        await self._http.close()
