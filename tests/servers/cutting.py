"""A wire to a real server that is cut when something is said: dropped connections, at a chosen word."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class CuttingWire:
    """Passes bytes on both ways, until one side says something that a cut is wanted at."""

    def __init__(self) -> None:
        self.port = 0
        self.cuts: list[bytes] = []  # each cuts one connection, the one in which a client or a server says it next
        self.always: bytes | None = None  # cuts every connection in which it is said
        self.instead: tuple[bytes, bytes] | None = None  # what is passed on in place of what
        self.cut = 0  # connections cut so far
        self._writers: set[asyncio.StreamWriter] = set()

    async def join(self, server_port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, and ours to the server behind."""
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", server_port)
        except OSError:
            writer.close()
            return
        pair = {writer, there_writer}
        self._writers |= pair
        ways = [self._pass(reader, there_writer, pair), self._pass(there_reader, writer, pair)]
        await asyncio.gather(*ways, return_exceptions=True)
        self._writers -= pair

    def close(self) -> None:
        """Cut everything."""
        for writer in self._writers:
            writer.transport.abort()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: set[asyncio.StreamWriter]
    ) -> None:
        try:
            while said := await reader.read(65536):
                if self._is_cut_at(said):
                    self.cut += 1
                    break
                writer.write(said.replace(*self.instead) if self.instead else said)
                await writer.drain()
        finally:
            for each in pair:
                each.transport.abort()

    def _is_cut_at(self, said: bytes) -> bool:
        if self.always is not None and self.always in said:
            return True
        cut = next((each for each in self.cuts if each in said), None)
        if cut is not None:
            self.cuts.remove(cut)
        return cut is not None


@asynccontextmanager
async def cutting_wire(server_port: int) -> AsyncIterator[CuttingWire]:
    """A wire on a port of its own, in this event loop, to a server on loopback."""
    wire = CuttingWire()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await wire.join(server_port, reader, writer)

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        wire.close()
        await asyncio.sleep(0)
