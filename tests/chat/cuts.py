# SPDX-License-Identifier: MIT
"""A relay between a node and an engine whose connections can be cut, stalled, or stalled one way. It runs in an event loop
that other threads do not share: what they ask for is done there later."""
import asyncio
import contextlib


class Way:
    """One of the two ways: while it is held what comes lies where it is."""

    def __init__(self):
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def pump(self, source, target):
        while data := await source.read(65536):
            await self.is_open.wait()
            target.write(data)
            await target.drain()


class Relay:
    """A port, connections to which go to `engine()`, the path of a Unix socket at that time."""

    def __init__(self, loop, engine):
        self.loop, self.engine = loop, engine
        self.is_cut = False
        self.writers = set()
        self.port = asyncio.run_coroutine_threadsafe(self.listen(), loop).result()

    async def listen(self):
        self.there, self.back = Way(), Way()
        server = await asyncio.start_server(self.carry, "127.0.0.1", 0)
        self.server = server
        return server.sockets[0].getsockname()[1]

    async def carry(self, reader, writer):
        ends = [writer]
        self.writers.add(writer)
        try:
            if not self.is_cut:
                there, to = await asyncio.open_unix_connection(self.engine())
                ends.append(to)
                self.writers.add(to)
                ways = [asyncio.ensure_future(self.there.pump(reader, to)), asyncio.ensure_future(self.back.pump(there, writer))]
                _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in rest:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # there is no engine: its end is what the node sees
        finally:
            for end in ends:
                self.writers.discard(end)
                end.transport.abort()

    def soon(self, what, *arguments):
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self.loop.call_soon_threadsafe(what, *arguments)

    def break_all(self):
        for writer in list(self.writers):
            writer.transport.abort()

    def cut(self):
        """Breaks all connections, and those that come."""
        self.is_cut = True
        self.soon(self.break_all)

    def hold(self, ways):
        """Nothing goes on these ways, a part of "there" and "back", and nobody is told."""
        for way in ways:
            self.soon(getattr(self, way).is_open.clear)

    def mend(self, breaks=False):
        """All goes on; what was held, too, unless its connections are broken."""
        self.is_cut = False
        if breaks:
            self.soon(self.break_all)
        for way in (self.there, self.back):
            self.soon(way.is_open.set)
