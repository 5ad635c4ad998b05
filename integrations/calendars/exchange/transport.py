"""HTTP for exchangelib as this house wants it: TLS always checked, one time limit for a call, nothing cached or logged.

exchangelib keeps connections and passwords in caches of the whole process, waits and tries again by itself, and its
logs hold requests word for word. Here every connection has its own sessions, fails at once, and the loggers are silent.
"""

import logging
import socket
from typing import Any

import requests
from exchangelib.autodiscover.protocol import AutodiscoverProtocol
from exchangelib.errors import ResponseMessageError, UnauthorizedError
from exchangelib.properties import ENTRY_ID, EWS_ID, AlternateId
from exchangelib.protocol import BaseProtocol, CachingProtocol, FailFast, Protocol
from exchangelib.services import ConvertId
from exchangelib.version import Version
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from coord_service.errors import AddressRefused, CalendarTimedOut, ConnectionLost
from integrations.calendars.exchange.threads import CURRENT, TOO_SLOW
from integrations.calendars.exchange.troubles import NOT_REACHED, trouble_of_status
from integrations.guard import NOT_THERE, Guard

TALKATIVE = ("exchangelib", "oauthlib", "requests_oauthlib", "requests_ntlm", "spnego", "urllib3")
SILENT = logging.CRITICAL + 1

NOT_TRUSTED = (
    "The calendar’s server shows a certificate that we have no reason to believe. Where the council has a certificate"
    " authority of its own, name its file in the connection."
)


def hush() -> None:
    """Silence the libraries below for good: what they write holds names, addresses, subjects and tokens."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(SILENT)


class _Watched:
    """A connection that tells the running call of itself, so that the call can cut it; it goes where it may alone."""

    guard: Guard
    scheme: str

    def _new_conn(self: Any) -> socket.socket:
        """Connect to the number that was checked, whatever the name means a moment later. Raises AddressRefused."""
        named = self._dns_host
        self._dns_host = self._checked(named)
        try:
            return super()._new_conn()  # type: ignore[misc,no-any-return]
        finally:
            self._dns_host = named

    def _checked(self: Any, name: str) -> str:
        try:
            found = [str(info[4][0]) for info in socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)]
        except OSError:
            raise ConnectionLost(NOT_REACHED) from None
        if not found or not all(self.guard.may_reach(each, self.port, self.scheme) for each in found):
            raise AddressRefused(NOT_THERE)
        return found[0]

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request for the call of this thread."""
        CURRENT.get().use(self)
        super().request(*args, **kwargs)  # type: ignore[misc]


def _pools(guard: Guard) -> dict[str, type[HTTPConnectionPool]]:
    """Pools of connections that this guard looks after."""

    class Plain(_Watched, HTTPConnection):
        scheme = "http"

    class Tls(_Watched, HTTPSConnection):
        scheme = "https"

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    Plain.guard = Tls.guard = guard
    return {"http": PlainPool, "https": TlsPool}


class CheckedAdapter(HTTPAdapter):
    """One connection whose certificate is checked, whatever the environment or a library says, to where we may go."""

    def __init__(self, ca_file: str, guard: Guard) -> None:
        self._trust: str | bool = ca_file or True
        self._guard = guard
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools of watched and guarded connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pools(self._guard)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """The whole answer. Raises AddressRefused for a certificate, ConnectionLost, CalendarTimedOut."""
        kwargs |= {"timeout": CURRENT.get().remaining(), "verify": self._trust}
        try:
            response = super().send(request, **kwargs)
            if response.status_code != 401:  # an NTLM handshake needs the connection of that one still open
                response.content  # noqa: B018 - read here, where what goes wrong is understood
        except requests.exceptions.SSLError as error:
            if "CERTIFICATE" in str(error).upper():
                raise AddressRefused(NOT_TRUSTED) from None
            raise ConnectionLost(NOT_REACHED) from None
        except requests.exceptions.Timeout:
            raise CalendarTimedOut(TOO_SLOW) from None
        except OSError:  # requests' own errors are among them
            raise ConnectionLost(NOT_REACHED) from None
        return response


class FailAtOnce(FailFast):  # type: ignore[misc]
    """Never wait, never try again: the outbox and the next search do that."""

    def raise_response_errors(self, response: requests.Response) -> None:
        """Raise what an HTTP status means."""
        if response.status_code == 401:
            raise UnauthorizedError("refused")
        if trouble := trouble_of_status(response.status_code, response.url, response.headers.get("Retry-After")):
            raise trouble
        super().raise_response_errors(response)


class _OwnSessions(BaseProtocol):  # type: ignore[misc]
    """Sessions of one connection."""

    RETRY_WAIT = 0  # so that a back-off is what the server asked for, or nothing

    def __init__(self, config: Any, ca_file: str, networks: tuple[str, ...]) -> None:
        self._ca_file, self._guard = ca_file, Guard(networks)
        super().__init__(config=config)

    def raw_session(self, prefix: str, oauth2_client: Any = None, oauth2_session_params: Any = None,
                    oauth2_token_endpoint: str | None = None) -> requests.Session:  # fmt: skip
        """A session that takes nothing from the environment: no proxy, no netrc, no other certificates."""
        session: requests.Session = super().raw_session(
            prefix, oauth2_client, oauth2_session_params, oauth2_token_endpoint
        )
        session.trust_env = False
        session.adapters.clear()
        for scheme in ("https://", "http://"):
            session.mount(scheme, CheckedAdapter(self._ca_file, self._guard))
        return session

    def retire_session(self, session: requests.Session) -> None:
        """Close a session after an error; the next call makes another. (exchangelib makes it here, and where that
        fails the pool is one short for ever.)"""
        self.close_session(session)
        with self._session_pool_lock:
            self._session_pool_size -= 1


class _Uncached(CachingProtocol):  # type: ignore[misc]
    """Makes protocols without keeping them, and the passwords in them, in a table of the whole process."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return type.__call__(self, *args, **kwargs)


class ExchangeProtocol(_OwnSessions, Protocol, metaclass=_Uncached):  # type: ignore[misc]
    """EWS on one server."""

    @property
    def version(self) -> Version:
        """The server's version, asked for once. (exchangelib's own question turns "busy" into "no version".)"""
        with self._version_lock:
            if not self.config.version or not self.config.version.build:
                self._ask_version()
            return self.config.version

    def _ask_version(self) -> None:
        self.config.version = Version(build=None, api_version=ConvertId.supported_api_versions()[0])
        nothing = AlternateId(id="DUMMY", format=EWS_ID, mailbox="DUMMY")
        try:
            list(ConvertId(protocol=self).call([nothing], ENTRY_ID))
        except ResponseMessageError:  # that there is no such id, from a server that has said its version
            if not self.config.version.build:
                raise


class DiscoveryProtocol(_OwnSessions, AutodiscoverProtocol):  # type: ignore[misc]
    """Autodiscover on one server."""
