"""Where we may go at somebody's word: every address that a user can type is reached through this, and no other way.

A server that fetches what it is told to is a door into the network it stands in (SSRF). So: https, known ports, public
addresses alone, and those networks that the council itself names. The name is looked up by us and the address that was
checked is the one that is connected to: a name that means something else a moment later (DNS rebinding) gains nothing.
"""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from coord_service.errors import AddressRefused

PORTS = frozenset({443, 8443})
SCHEMES = {"https": "https", "webcal": "https", "webcals": "https", "http": "http"}
HERE = ("127.0.0.0/8", "::1/128")  # for tests and the demo: this machine
IPV6_IN_USE = IPv6Network("2000::/3")

# IANA's special-purpose registries (RFC 6890), and what is not in them: multicast, old 6to4, a cloud's inner service.
# Python's own ``is_global`` differs from version to version.
NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
NOT_HTTPS = "Calendars are read over https: ask for an address that begins with https://."
NOT_AN_ADDRESS = "That is not an address of a calendar: copy it once more, from https:// to its end."
NOT_THERE = (
    "That address leads into a network that isn’t public, or to an unusual port; calendars there are not read. If the "
    "server is the council’s own, ask whoever runs this service to name its network (COORD_CALENDAR_NETWORKS)."
)
SECRET_IN_IT = "Take the name and the password out of the address, and put them into their own fields."  # noqa: S105


class Forbidden(OSError):
    """A look-up gave an address that we don't connect to. An OSError, since aiohttp expects one there."""


class Guard:
    """``networks`` are the council's own, which may be reached on any port and without https."""

    def __init__(self, networks: Iterable[str] = (), resolver: AbstractResolver | None = None) -> None:
        self._networks = tuple(ip_network(each) for each in networks)
        self._resolver = resolver

    def check(self, address: str) -> URL:
        """The address to use for what somebody typed, https for webcal. Raises AddressRefused, in words."""
        written, colon, rest = address.strip().partition(":")
        scheme = SCHEMES.get(written.lower(), "")
        try:
            url = URL(f"{scheme}{colon}{rest}")
            port = url.port or 0  # not before it is asked for is it found to be none
        except ValueError:
            raise AddressRefused(NOT_AN_ADDRESS) from None
        if not scheme or not url.host:
            raise AddressRefused(NOT_AN_ADDRESS)
        if scheme == "http" and not self._networks:
            raise AddressRefused(NOT_HTTPS)
        if url.user or url.password:
            raise AddressRefused(SECRET_IN_IT)
        if _literal(url.host) and not self.may_reach(url.host, port, scheme):
            raise AddressRefused(NOT_THERE)
        return url.with_fragment(None)

    def session(self, url: URL, **options: Any) -> aiohttp.ClientSession:
        """A session that reaches what is allowed from this address on: over http the council's networks alone."""
        resolver = CheckedResolver(self, self._resolver or aiohttp.ThreadedResolver(), url.scheme)

        def checked_socket(info: tuple[Any, ...]) -> socket.socket:
            # the last door: every connection passes here, also those to addresses written as numbers
            family, kind, protocol, _, (host, port, *_) = info
            if not self.may_reach(host, port, url.scheme):
                raise Forbidden(NOT_THERE)
            return socket.socket(family, kind, protocol)

        connector = aiohttp.TCPConnector(resolver=resolver, socket_factory=checked_socket, limit=8)
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False, **options
        )

    def may_reach(self, host: str, port: int, scheme: str) -> bool:
        """Whether a number may be connected to."""
        address = _literal(host)
        if address is None:
            return False
        if any(address in network for network in self._networks if network.version == address.version):
            return True
        return scheme == "https" and port in PORTS and is_public(address)


class CheckedResolver(AbstractResolver):
    """Looks names up and gives out what may be connected to; one number that may not spoils the whole name."""

    def __init__(self, guard: Guard, inner: AbstractResolver, scheme: str) -> None:
        self._guard, self._inner, self._scheme = guard, inner, scheme

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The numbers of a name. Raises Forbidden."""
        found = await self._inner.resolve(host, port, family)
        if not all(self._guard.may_reach(each["host"], port, self._scheme) for each in found):
            raise Forbidden(NOT_THERE)
        return found

    async def close(self) -> None:
        """Leave the resolver."""
        await self._inner.close()


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is anybody's on the internet; IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo) never is."""
    if isinstance(address, IPv6Address) and (address not in IPV6_IN_USE or address.scope_id):
        return False
    return not any(address in network for network in NOT_PUBLIC if network.version == address.version)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
