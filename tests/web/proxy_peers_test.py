# SPDX-License-Identifier: MIT
"""edo-curl by proxies that others have written: tinyproxy, microsocks and danted. A proxy that is missing
skips its tests."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))

import served  # noqa: E402
from served import WAIT, Server, bounded, need, until  # noqa: E402

PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


@contextlib.contextmanager
def nobody():
    """A port at which nobody listens, and nobody can."""
    with bounded.reserved() as s:
        yield s.getsockname()[1]


def listens(process, port):
    """Whether the proxy, or a child of it, listens there; "ended": it could not."""
    if process.poll() is not None:
        return "ended"
    with open("/proc/net/tcp", encoding="ascii") as rows:
        fields = [row.split() for row in rows]
    inodes = {f[9] for f in fields if f[1].endswith(f":{port:04X}") and f[3] == "0A"}
    own = set()
    for pid in [process.pid, *children_of(process.pid)]:
        with contextlib.suppress(OSError):
            for fd in os.listdir(f"/proc/{pid}/fd"):
                own.add(os.readlink(f"/proc/{pid}/fd/{fd}")[len("socket:["):-1])
    return bool(inodes & own)


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        return [int(child) for child in children.read().split()]


def start(argv, log):
    """The proxy, which cannot choose a port, and one that it has: it is started again if somebody else took it first."""
    for _ in range(100):
        with bounded.reserved() as s:
            port = s.getsockname()[1]
        process = subprocess.Popen([shutil.which(argv(port)[0], path=PATH), *argv(port)[1:]],
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if until("the proxy to listen", lambda: listens(process, port)) is True:
            return process, port
        said = os.pread(log.fileno(), 1 << 16, 0).decode(errors="replace")
        assert "in use" in said, f"the proxy ended with {process.returncode}: {said}"
    raise AssertionError(f"no port is free: {said}")


@contextlib.contextmanager
def running(argv):
    """The proxy, once it accepts connections; `argv` returns its command line for a port."""
    with tempfile.TemporaryFile() as log:
        process, port = start(argv, log)
        try:
            yield port
        finally:
            process.terminate()
            bounded.ended(process)


@contextlib.contextmanager
def tinyproxy(more=""):
    need("tinyproxy")
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "tinyproxy.conf")

        def argv(port):
            with open(config, "w", encoding="ascii") as out:
                out.write(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n{more}\n")
            return "tinyproxy", "-d", "-c", config
        with running(argv) as port:
            yield port


@contextlib.contextmanager
def danted(rules):
    need("danted")
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "danted.conf")

        def argv(port):
            with open(config, "w", encoding="ascii") as out:
                out.write(f"logoutput: stderr\ninternal: 127.0.0.1 port = {port}\nexternal: lo\n"
                          "socksmethod: none\nclientmethod: none\n"
                          "client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n" + rules)
            return "danted", "-f", config, "-p", os.path.join(folder, "pid")
        with running(argv) as port:
            yield port


def microsocks(*options):
    need("microsocks")
    return running(lambda port: ("microsocks", "-i", "127.0.0.1", "-p", str(port), *options))


def fetch(*arguments, status=0):
    """What edo-curl prints, and what it says about a failure."""
    ours = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    got = subprocess.run([os.path.join(os.environ["EDO_BIN_DIR"], "edo-curl"), "-s", "-m", str(WAIT), *arguments],
                         stdin=subprocess.DEVNULL, capture_output=True, check=False, env=ours, timeout=2 * WAIT)
    assert got.returncode == status, (got.returncode, got.stdout, got.stderr)
    return got.stdout, got.stderr.decode()


def fetch_both(server, proxy):
    """Two responses, over one connection to the proxy if that keeps it."""
    url = f"{server.url}/user/17"
    out, _ = fetch("-x", proxy, url, url)
    assert out == b"1717", out


@contextlib.contextmanager
def tls_echo():
    """Says what it was sent, over TCP: a client's hello of TLS begins with 0x16."""
    first = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(WAIT)

        def take():
            with contextlib.suppress(OSError):
                peer, _ = listener.accept()
                with peer:
                    peer.settimeout(WAIT)
                    first.append(peer.recv(1))

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield listener.getsockname()[1], first
        finally:
            thread.join(WAIT)


def test_tinyproxy_passes_requests_on():
    with tinyproxy() as port, Server() as server:
        fetch_both(server, f"http://127.0.0.1:{port}")


def test_tinyproxy_wants_its_login():
    with tinyproxy("BasicAuth user pass") as port, Server() as server:
        fetch_both(server, f"http://user:pass@127.0.0.1:{port}")
        out, _ = fetch("-w", "%{http_code}", "-o", "/dev/null", "-x", f"http://127.0.0.1:{port}", server.url)
        assert out in (b"401", b"407"), out


def test_tinyproxy_makes_tunnels():
    with tinyproxy() as port, tls_echo() as (target, first):
        fetch("-k", "-x", f"http://127.0.0.1:{port}", f"https://127.0.0.1:{target}/", status=1)
    assert first == [b"\x16"], first


def test_tinyproxy_refuses_a_tunnel():
    with tinyproxy("ConnectPort 443") as port, nobody() as target:
        _, said = fetch("-k", "-x", f"http://127.0.0.1:{port}", f"https://127.0.0.1:{target}/", status=1)
    assert f"proxy 127.0.0.1:{port}: refuses the tunnel: 403" in said, said


def test_microsocks_connects_to_names_and_addresses():
    with microsocks() as port, Server() as server:
        for scheme in ("socks5", "socks5h"):
            fetch_both(server, f"{scheme}://127.0.0.1:{port}")
        out, _ = fetch("-x", f"socks5h://127.0.0.1:{port}", f"http://localhost:{server.port}/user/3")
        assert out == b"3", out


def test_microsocks_wants_its_login():
    with microsocks("-u", "user", "-P", "pass") as port, Server() as server:
        fetch_both(server, f"socks5h://user:pass@127.0.0.1:{port}")
        _, said = fetch("-x", f"socks5h://user:wrong@127.0.0.1:{port}", server.url, status=1)
        assert "user or password refused" in said and "wrong" not in said, said
        _, said = fetch("-x", f"socks5h://127.0.0.1:{port}", server.url, status=1)
        assert "wants a login" in said, said


def test_microsocks_tells_that_nobody_listens():
    with microsocks() as port, nobody() as target:
        _, said = fetch("-x", f"socks5h://127.0.0.1:{port}", f"http://127.0.0.1:{target}/", status=1)
    assert f"proxy 127.0.0.1:{port}: connection refused" in said, said


def test_danted_connects():
    with danted("socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n") as port, Server() as server:
        fetch_both(server, f"socks5://127.0.0.1:{port}")


def test_danted_tells_that_its_rules_forbid_it():
    with danted("socks block { from: 0.0.0.0/0 to: 0.0.0.0/0 }\n") as port, Server() as server:
        _, said = fetch("-x", f"socks5://127.0.0.1:{port}", server.url, status=1)
    assert f"proxy 127.0.0.1:{port}: not allowed by its rules" in said, said


if __name__ == "__main__":
    served.main("1")
