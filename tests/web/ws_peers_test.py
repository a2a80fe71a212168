# SPDX-License-Identifier: MIT
"""WebSockets beside programs that others have written: Node's ws and Python's websockets as clients and
as servers, nginx in front. A program that is missing skips its tests."""
import asyncio
import contextlib
import importlib.util
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))

import served  # noqa: E402
from served import Server, bounded, need, run, started  # noqa: E402

# Debian's Python modules are found by Debian's Python, and its Node modules by a path.
DEBIAN_PYTHON = "/usr/bin/python3"
NODE_PATH = "/usr/share/nodejs:/usr/lib/nodejs"
SIZES = [0, 1, 63, 64, 125, 126, 65535, 65536, 1 << 20]


def need_node():
    need("node")
    found = subprocess.run(["node", "-e", "require('ws')"], env={**os.environ, "NODE_PATH": NODE_PATH},
                           stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if found.returncode != 0:
        print("skipped: node has no ws")
        sys.exit(77)


def need_websockets():
    """Runs this test again by Debian's Python if ours has no such module."""
    if importlib.util.find_spec("websockets"):
        return
    if (sys.executable != DEBIAN_PYTHON or sys.flags.no_site) and os.path.exists(DEBIAN_PYTHON):
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, "-B", *sys.argv])
    print("skipped: Python has no websockets")
    sys.exit(77)


async def receive(ws):
    return await asyncio.wait_for(ws.recv(), served.WAIT)


def node(program, *arguments):
    os.environ["NODE_PATH"] = NODE_PATH
    out, _ = run("node", "-e", program, *arguments)
    return out.decode()


# ---- Node's ws ---------------------------------------------------------------------------------

NODE_CLIENT = """
const WebSocket = require('ws'), [url, deflate] = process.argv.slice(1);
const sizes = SIZES, ws = new WebSocket(url, { perMessageDeflate: deflate === 'yes' });
let at = 0, sent;
function next() {
  if (at === sizes.length) return ws.close(4000, 'enough');
  sent = Buffer.alloc(sizes[at], 'abcdefg' + at++);
  at % 2 ? ws.send(sent) : ws.send(sent.toString());
}
ws.on('open', () => { console.log('extensions', ws.extensions); ws.ping('here'); next(); });
ws.on('pong', data => console.log('pong', data.toString()));
ws.on('message', (data, isBinary) => {
  if (Buffer.compare(data, sent) || isBinary !== (at % 2 === 1)) { console.log('other', at); process.exit(1); }
  next();
});
ws.on('close', (code, reason) => console.log('close', code, reason.toString()));
ws.on('error', e => { console.log('error', e.message); process.exit(1); });
""".replace("SIZES", str(SIZES))


def test_node_client_gets_its_messages_back():
    need_node()
    with Server() as server:
        url = f"ws://127.0.0.1:{server.port}/ws"
        for deflate in ("no", "yes"):
            out = node(NODE_CLIENT, url, deflate)
            assert "pong here\n" in out and "close 4000 \n" in out, out
            assert ("extensions permessage-deflate" in out) == (deflate == "yes"), out
        server.serves()


NODE_LIMIT = """
const WebSocket = require('ws'), ws = new WebSocket(process.argv[1], { perMessageDeflate: true });
ws.on('open', () => ws.send(Buffer.alloc((16 << 20) + 1)));
ws.on('close', code => console.log('close', code));
ws.on('error', () => {});
"""


def test_node_client_is_told_that_its_message_is_too_long():
    """It is compressed, so the limit is met when it is expanded."""
    need_node()
    with Server() as server:
        assert node(NODE_LIMIT, f"ws://127.0.0.1:{server.port}/ws") == "close 1009\n"
        server.serves()


NODE_SERVER = """
const WebSocket = require('ws');
const s = new WebSocket.Server({ host: '127.0.0.1', port: 0, perMessageDeflate: { threshold: 0 } },
  () => console.log(s.address().port));
s.on('connection', ws => ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary })));
"""
TEXTS = ["héllo", "", "x" * 70000]


def says(url):
    """The example says the texts to a server, and prints what it hears."""
    client = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "ws_client")
    out, _ = run(client, url, *TEXTS)
    assert out.decode() == "".join(text + "\n" for text in TEXTS), out[:200]


def test_our_client_speaks_with_a_server_of_node():
    need_node()
    with subprocess.Popen(["node", "-e", NODE_SERVER], stdout=subprocess.PIPE,
                          env={**os.environ, "NODE_PATH": NODE_PATH}) as server:
        try:
            port = int(bounded.line_of(server.stdout, "its port"))
            says(f"ws://127.0.0.1:{port}/")
        finally:
            bounded.kill(server)


# ---- Python's websockets -----------------------------------------------------------------------


def test_our_client_speaks_with_a_server_of_python():
    need_websockets()
    import websockets

    async def echo(ws, *_):
        async for message in ws:
            await ws.send(message)

    async def speak_with_it():
        async with websockets.serve(echo, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await asyncio.get_running_loop().run_in_executor(None, says, f"ws://127.0.0.1:{port}/")
    asyncio.run(speak_with_it())


async def speak(url, **options):
    import websockets
    async with websockets.connect(url, max_size=None, open_timeout=served.WAIT,
                                  close_timeout=served.WAIT, **options) as ws:
        for n in SIZES:
            data = random.Random(n).randbytes(n) if n % 2 else "é" * (n // 2)
            await ws.send(data)
            got = await receive(ws)
            assert got == data, (n, len(got))
        await ws.send([b"frag", b"ment", b"", b"s" * 1000])  # one message
        assert await receive(ws) == b"fragment" + b"s" * 1000
        await asyncio.wait_for(await ws.ping(b"here"), served.WAIT)
        return [type(e).__name__ for e in ws.extensions]


def test_python_client_gets_its_messages_back():
    need_websockets()
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
    with Server() as server:
        url = f"ws://127.0.0.1:{server.port}/ws"
        assert asyncio.run(speak(url, compression=None)) == []
        for bits in (9, 12, 15):
            offer = ClientPerMessageDeflateFactory(server_max_window_bits=bits,
                                                   client_max_window_bits=bits)
            assert asyncio.run(speak(url, extensions=[offer])) == ["PerMessageDeflate"], bits
        server.serves()


async def crowd(url, n):
    """That many at once, each with messages of its own."""
    import websockets

    async def one(i):
        async with websockets.connect(url, open_timeout=served.WAIT) as ws:
            for k in range(5):
                await ws.send(f"{i} {k}" * 20)
                assert await receive(ws) == f"{i} {k}" * 20
    await asyncio.gather(*(one(i) for i in range(n)))


def test_many_python_clients_speak_at_once():
    need_websockets()
    with Server() as server:
        before = server.descriptors()
        asyncio.run(crowd(f"ws://127.0.0.1:{server.port}/ws", 50))
        server.serves()
        server.has_only(before)


def test_sockets_are_closed_with_1001_when_the_server_ends():
    need_websockets()
    import websockets

    async def wait(server):
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws") as ws:
            await ws.send("here")
            assert await receive(ws) == "here"
            server.stop()
            with contextlib.suppress(websockets.ConnectionClosed):
                await asyncio.wait_for(ws.recv(), served.WAIT)
            assert ws.close_code == 1001, ws.close_code
    with Server() as server:
        asyncio.run(wait(server))
        assert server.ended() == 0


# ---- Hostile clients ---------------------------------------------------------------------------

ASK = (b"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
       b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def test_handshakes_that_never_end_and_idle_sockets_leave_nothing():
    """Half of them stop within the head, half after it; then all leave without a close."""
    with Server("--header-timeout", "1") as server:
        server.serves()
        before = server.descriptors()
        clients = []
        for i in range(300):
            server.process.send_signal(signal.SIGSTOP)  # so that it gets the head with the connection
            clients.append(server.client())
            clients[-1].send(ASK if i % 2 else ASK[:-3])
            server.process.send_signal(signal.SIGCONT)
            if i % 2:
                assert clients[-1].head()[0] == 101
        server.serves()
        for client in clients[::2]:  # each has had its second
            assert client.head()[0] == 408
        for client in clients:
            client.socket.close()
        server.has_only(before)
        server.serves()


def test_flood_of_a_client_that_never_reads_is_bounded():
    frame = b"\x82\xfe\x10\x00\0\0\0\0" + bytes(4096)
    with Server(counted=True) as server:
        before = server.descriptors()
        server.held.begin()
        clients = [server.client(receive_bytes=4096) for _ in range(20)]
        for client in clients:
            client.send(ASK)
            assert client.head()[0] == 101
            assert client.flood(frame * 4000, server.takes_no_more)
        server.serves()
        assert server.held.grown() < 20 << 20, server.held.grown()  # they have sent 100 MiB
        for client in clients:
            client.socket.close()
        server.has_only(before)


# ---- nginx in front ----------------------------------------------------------------------------

NGINX = """
daemon off; worker_processes 1; error_log stderr crit; pid {dir}/pid; master_process off;
events {{ worker_connections 100; }}
http {{
  access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
  uwsgi_temp_path {dir}; scgi_temp_path {dir};
  server {{ listen unix:{dir}/front;
    location / {{ proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; }} }} }}
"""


def test_nginx_passes_sockets_on():
    need("nginx")
    need_websockets()
    import websockets

    async def speak_through(path):
        async with websockets.unix_connect(path, "ws://localhost/ws") as ws:
            for n in (1, 100, 100000):
                await ws.send("x" * n)
                assert await receive(ws) == "x" * n
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "conf")
        with open(conf, "w", encoding="ascii") as out:
            out.write(NGINX.format(dir=folder, port=server.port))
        front = os.path.join(folder, "front")
        with started(front, folder, "nginx", "-p", folder, "-e", "stderr", "-c", conf):
            asyncio.run(speak_through(front))


if __name__ == "__main__":
    Server.program = "edo-bench-ws"
    served.main("1", "2")
