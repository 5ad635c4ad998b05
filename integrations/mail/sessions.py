"""SMTP sessions in this event loop, for as long as they are wanted."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP


@asynccontextmanager
async def serve_sessions(
    greet: Callable[[], asyncio.Protocol],
    sessions: Iterable[SMTP],
    address: tuple[str, int],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Let ``greet`` meet whoever connects, for the length of the block; yields the port. Raises OSError when that is
    taken.

    ``sessions`` are those that ``greet`` has begun: they are ended with the block.
    """
    server = await asyncio.get_running_loop().create_server(greet, *address, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for session in sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        await asyncio.sleep(0)  # lets the sessions see that they ended
        await server.wait_closed()
