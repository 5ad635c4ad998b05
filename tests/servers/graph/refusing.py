"""Graph's way of saying no: a status, and an error body."""

import json
from dataclasses import dataclass, field

from aiohttp import web


@dataclass(eq=False)
class Refusal(Exception):
    """An answer that is no success; raised anywhere below a handler."""

    status: int
    code: str
    message: str = "The words change, and name somebody@example.org: nobody should look at them."
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        inner = {"date": "2027-03-01T09:00:00", "request-id": "5f2c", "client-request-id": "5f2c"}
        body = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        return web.Response(
            status=self.status, text=json.dumps(body), content_type="application/json", headers=self.headers
        )


def bad_request(code: str, message: str) -> Refusal:
    return Refusal(400, code, message)
