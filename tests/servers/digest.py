"""Digest sign-in before another server, as strict as RFC 7616: Radicale can't, and real ones are lenient.

A nonce is good for a few requests, each with a count of its own; a wrong URI, count, opaque or response is refused.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

from aiohttp import web

from tests.servers.faulty import Answering

REALM, OPAQUE = "Calendars, all of them", "5ccc069c403ebaf9"
PAIR = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))(?:,\s*|$)')
HASHES = {"MD5": hashlib.md5, "MD5-SESS": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(slots=True)
class DigestDoor:
    """``algorithm`` is one of HASHES; a nonce is stale after ``uses`` requests; ``opened``: how often one came in."""

    inner: Answering
    user: str
    password: str
    algorithm: str = "SHA-256"
    uses: int = 3
    opened: int = 0
    challenges: int = 0
    _counts: dict[str, set[str]] = field(default_factory=dict)  # those used of each nonce

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Let in, or asked (again) who it is."""
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        told = {name: quoted or plain for name, quoted, plain in PAIR.findall(rest)}
        if scheme != "Digest" or told.get("nonce") not in self._counts or not self._is_right(request, told):
            return self._ask()
        used = self._counts[told["nonce"]]
        if told["nc"] in used:
            return self._ask()
        used.add(told["nc"])
        if len(used) > self.uses:
            return self._ask(is_stale=True)
        self.opened += 1
        return await self.inner(request)

    def _is_right(self, request: web.BaseRequest, told: dict[str, str]) -> bool:
        return (
            told["username"] == self.user
            and told["realm"] == REALM
            and told["opaque"] == OPAQUE
            and told["qop"] == "auth"
            and told["uri"] == request.raw_path
            and re.fullmatch("[0-9a-f]{8}", told["nc"]) is not None
            and told["response"] == self._response(request.method, told)
        )

    def _response(self, method: str, told: dict[str, str]) -> str:
        """RFC 7616 §3.4.1 to §3.4.3."""

        def hashed(*parts: str) -> str:
            return HASHES[self.algorithm](":".join(parts).encode()).hexdigest()

        first = hashed(self.user, REALM, self.password)
        if self.algorithm.endswith("-SESS"):
            first = hashed(first, told["nonce"], told["cnonce"])
        return hashed(first, told["nonce"], told["nc"], told["cnonce"], "auth", hashed(method, told["uri"]))

    def _ask(self, *, is_stale: bool = False) -> web.Response:
        self.challenges += 1
        nonce = secrets.token_hex(16)
        self._counts[nonce] = set()
        wanted = f'Digest realm="{REALM}", qop="auth", nonce="{nonce}", opaque="{OPAQUE}", algorithm={self.algorithm}'
        return web.Response(status=401, headers={"WWW-Authenticate": wanted + (", stale=true" if is_stale else "")})
