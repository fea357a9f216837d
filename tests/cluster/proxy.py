"""A TCP proxy on loopback that breaks the line between a program and its server, at a test's command."""
import asyncio
import contextlib
import socket
import struct
import threading
from urllib.parse import urlsplit

from leash import free_port

CHUNK = 65536
RESET_AT_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Proxy:
    """with Proxy(server.url()) as proxy: ... proxy.url leads to the server, through here

    `delay` (seconds), which may be set at any time, is what each chunk waits, either way.
    """

    def __init__(self, url, delay=0.0):
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port)
        self._port = free_port()
        user, at, _ = parts.netloc.rpartition("@")
        self.url = parts._replace(netloc=f"{user}{at}127.0.0.1:{self._port}").geturl()
        self.delay = delay
        self._ends = {}          # the writer to one end of a connection: the writer to its other end
        self._bytes_left = None  # until the next drop
        self._way = None
        self._listener = None

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._do(self._prepare())
        return self

    def __exit__(self, *failure):
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def connections(self):
        """How many there are now."""
        return len(self._ends) // 2

    def cut(self):
        """Resets every connection (RST), at both ends; new ones are taken."""
        self._do(self._cut_all())

    def refuse(self, refused=True):
        """True: resets every connection, and refuses new ones until False."""
        self._do(self._refuse(refused))

    def freeze(self, frozen=True):
        """True: nothing passes and nothing is closed, as on a lost line, until False."""
        self._do(self._freeze(frozen))

    def drop_after(self, count, way=None):
        """Lets `count` more bytes pass, then resets the connection that brought the next one, once.

        The bytes of all connections count: both ways, or only "to_server", or only "to_client".
        """
        assert way in (None, "to_server", "to_client"), way
        self._do(self._set_drop(count, way))

    def is_drop_pending(self):
        return self._bytes_left is not None

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _prepare(self):
        self._passing = asyncio.Event()
        self._passing.set()
        await self._refuse(False)

    async def _close(self):
        await self._refuse(True)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _refuse(self, refused):
        if refused and self._listener:
            self._listener.close()
            self._listener = None
        elif not refused and not self._listener:
            self._listener = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        if refused:
            await self._cut_all()

    async def _freeze(self, frozen):
        self._passing.clear() if frozen else self._passing.set()

    async def _set_drop(self, count, way):
        self._bytes_left, self._way = count, way

    async def _cut_all(self):
        for end in list(self._ends):
            self._reset(end)

    def _reset(self, end):
        """Both ends of its connection get an RST instead of a FIN."""
        for writer in (end, self._ends.get(end)):
            if self._ends.pop(writer, None):
                with contextlib.suppress(OSError):  # closed by then
                    writer.get_extra_info("socket").setsockopt(*RESET_AT_CLOSE)
                writer.transport.abort()

    async def _connected(self, client_reader, client):
        try:
            server_reader, server = await asyncio.open_connection(*self._server)
        except OSError:  # the server is away
            return client.transport.abort()
        self._ends[client], self._ends[server] = server, client
        if not self._listener:  # refused since
            return self._reset(client)
        with contextlib.suppress(asyncio.CancelledError):  # the proxy closes
            await asyncio.gather(self._pass_on(client_reader, server, "to_server"),
                                 self._pass_on(server_reader, client, "to_client"))
        for writer in (client, server):
            self._ends.pop(writer, None)
            writer.close()

    async def _pass_on(self, reader, writer, way):
        try:
            while chunk := await reader.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._passing.wait()
                if self._bytes_left is not None and self._way in (None, way):
                    if len(chunk) > self._bytes_left:
                        return await self._drop(writer, chunk[:self._bytes_left])
                    self._bytes_left -= len(chunk)
                writer.write(chunk)
                await writer.drain()
            await self._passing.wait()
            if writer.can_write_eof() and not writer.is_closing():
                writer.write_eof()
        except OSError:
            self._reset(writer)

    async def _drop(self, writer, last):
        self._bytes_left = None
        writer.write(last)
        await asyncio.sleep(0.02)  # a reset at once would take what was written along
        self._reset(writer)
