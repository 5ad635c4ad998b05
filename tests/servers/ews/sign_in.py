"""Who asks: NTLM with its three messages (MS-NLMP, by pyspnego), basic (RFC 7617) or a bearer token (RFC 6750)."""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import spnego
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from spnego.channel_bindings import GssChannelBindings
from spnego.exceptions import SpnegoError

DOMAIN, USER, PASSWORD = "COUNCIL", "svc.coord", "Correct-Horse-7"
CLIENT, SECRET, SCOPE = "b6f1-coord", "Battery-Staple-9", "https://mail.council.example/.default"


class Refused(Exception):
    """Not signed in yet: the headers that say what to do."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        super().__init__("401")
        self.headers = headers


class Door:
    """Lets in whoever shows the right name and password, by the ways that are open."""

    def __init__(self, certificate: Path, ways: tuple[str, ...] = ("NTLM", 'Basic realm="mail"')) -> None:
        self.ways = ways
        self.is_shut = False  # nobody's password is right
        self.hangs_up = False  # after it has refused somebody, as some front ends do
        self.tokens: set[str] = set()
        self.issued = 0
        self.handshakes = 0  # completed NTLM ones
        self._contexts: dict[object, spnego.ContextProxy] = {}
        der = x509.load_pem_x509_certificate(certificate.read_bytes()).public_bytes(Encoding.DER)
        self._bindings = b"tls-server-end-point:" + hashlib.sha256(der).digest()  # RFC 5929 §4.1

    def let_in(self, request: web.Request) -> str:
        """The name of whoever asks. Raises Refused."""
        way, _, proof = request.headers.get("Authorization", "").partition(" ")
        if way == "Basic" and any(each.startswith("Basic") for each in self.ways):
            return self._basic(proof)
        if way == "Bearer" and proof in self.tokens and not self.is_shut:
            return CLIENT
        if "NTLM" in self.ways:
            return self._ntlm(request, proof if way == "NTLM" else "")
        raise self._refused()

    def _refused(self) -> Refused:
        headers = [("WWW-Authenticate", way) for way in self.ways]
        return Refused([*headers, ("Connection", "close")] if self.hangs_up else headers)

    def _basic(self, proof: str) -> str:
        if self.is_shut or base64.b64decode(proof).decode() != f"{DOMAIN}\\{USER}:{PASSWORD}":
            raise self._refused()
        return USER

    def _ntlm(self, request: web.Request, proof: str) -> str:
        """NTLM signs a connection in: what was proved once on it need not be again."""
        connection = request.protocol
        context = self._contexts.get(connection)
        if context and context.complete and not proof and not self.is_shut:
            return USER
        if not proof:
            raise self._refused()
        if context is None or context.complete:
            bindings = GssChannelBindings(application_data=self._bindings)
            context = self._contexts[connection] = spnego.server(protocol="ntlm", channel_bindings=bindings)
        try:
            challenge = context.step(base64.b64decode(proof))
        except SpnegoError:
            del self._contexts[connection]
            raise self._refused() from None
        if not context.complete:
            raise Refused([("WWW-Authenticate", f"NTLM {base64.b64encode(challenge or b'').decode()}")])
        if self.is_shut:
            del self._contexts[connection]
            raise self._refused()
        self.handshakes += 1
        return USER

    async def issue_token(self, request: web.Request) -> web.Response:
        """The token endpoint for client credentials (RFC 6749 §4.4)."""
        form = await request.post()
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET, "scope": SCOPE}
        if self.is_shut or any(form.get(name) != value for name, value in wanted.items()):
            return web.json_response({"error": "invalid_client"}, status=401)
        self.issued += 1
        token = f"token-{self.issued}-Dromedary"
        self.tokens.add(token)
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


@contextmanager
def known_users(folder: Path) -> Iterator[None]:
    """Let pyspnego know the one account; it looks for a file that an environment variable names."""
    file = folder / "ntlm-users"
    file.write_text(f"{DOMAIN}:{USER}:{PASSWORD}\n")
    before = os.environ.get("NTLM_USER_FILE")
    os.environ["NTLM_USER_FILE"] = str(file)
    try:
        yield
    finally:
        os.environ.pop("NTLM_USER_FILE")
        if before is not None:
            os.environ["NTLM_USER_FILE"] = before
