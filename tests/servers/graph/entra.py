"""Entra's part: the metadata of a tenant, and tokens for an app that proves itself."""

from dataclasses import dataclass, field
from uuid import uuid4

import jwt
from aiohttp import web

CLIENT = "1d3b9f0a-77aa-4d0e-8a39-5c0b1b6a4e21"
SECRET = "Xq8~graph-secret-that-nobody-may-see"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Entra:
    """A directory with one app. No two are the same: a token is never taken for one of an earlier server on this port.

    ``refusal``: (status, error, AADSTS number) that the token endpoint answers with.
    """

    tenant: str = field(default_factory=lambda: str(uuid4()))
    public_key: str = ""  # PEM of the app's certificate's key
    scope: str = ""
    tokens: set[str] = field(default_factory=set)
    refusal: tuple[int, str, int] | None = None
    sign_ins: int = 0
    expires_in: int = 3599

    def expire_tokens(self) -> None:
        """No token given out so far is taken any longer."""
        self.tokens.clear()

    async def metadata(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        if tenant != self.tenant:
            return refused(400, "invalid_tenant", 90002)
        base = f"https://{request.host}/{tenant}"
        return web.json_response({
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "issuer": f"{base}/v2.0",
        })  # fmt: skip

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self.refusal is not None:
            return refused(*self.refusal)
        if form.get("client_id") != CLIENT:
            return refused(400, "unauthorized_client", 700016)
        if form.get("grant_type") != "client_credentials" or form.get("scope") != self.scope:
            return refused(400, "invalid_scope", 1002012)
        if trouble := self._proof_of(request, dict(form)):
            return refused(401, "invalid_client", trouble)
        token = f"graph-token-that-nobody-may-see-{uuid4()}"
        self.tokens.add(token)
        self.sign_ins += 1
        return web.json_response({
            "token_type": "Bearer", "expires_in": self.expires_in, "access_token": token
        })  # fmt: skip

    def _proof_of(self, request: web.Request, form: dict[str, object]) -> int:
        """The number of what is wrong with the app's proof; 0: nothing."""
        if "client_assertion" not in form:
            return 0 if form.get("client_secret") == SECRET else 7000215
        audience = f"https://{request.host}{request.path}"
        try:
            claims = jwt.decode(
                str(form["client_assertion"]), self.public_key, ["RS256", "PS256"], audience=audience, issuer=CLIENT
            )
        except jwt.PyJWTError:
            return 700027
        return 0 if form.get("client_assertion_type") == ASSERTION and claims["sub"] == CLIENT else 700027


def refused(status: int, error: str, number: int) -> web.Response:
    """A refusal of the token endpoint's; its words name the app, and nobody should show them."""
    description = f"AADSTS{number}: No. Trace ID: 5f2c Correlation ID: {CLIENT}"
    body = {"error": error, "error_description": description, "error_codes": [number], "correlation_id": CLIENT}
    return web.json_response(body, status=status)
