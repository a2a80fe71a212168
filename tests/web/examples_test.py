# SPDX-License-Identifier: MIT
"""Each example that listens is safe as people copy it: the same attacks are tried on all. A request that a page of another
site has a browser send changes nothing, a page runs no script of somebody else's, no path leads out, no head or length that
is wrong is taken, and the program still serves afterwards."""
import contextlib
import glob
import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from bounded import WAIT, line_of  # noqa: E402

TREE, BIN = os.environ["EDO_SOURCE_DIR"], os.path.join(os.environ["EDO_BIN_DIR"], "examples")
HERE = "127.0.0.1:0"

# The arguments of each; DIR and FILE are made for it.
ARGS = {
    "blog": [HERE], "crud_sqlite": ["FILE", HERE], "file_server": ["DIR", HERE], "grpc_gateway": [HERE], "grpc_greeter": [HERE],
    "hello": [HERE], "links1": [HERE], "links2": [HERE], "links3": [HERE, HERE, "0"], "login": [HERE], "looked_at": [HERE],
    "orders_partner": ["FILE", HERE], "production": [HERE, HERE, "0"], "shout": [HERE], "sqlite_blog": ["FILE", HERE],
    "sse_board": [HERE], "sse_news": [HERE], "sse_ticker": [HERE], "upload_progress": ["DIR", HERE], "web_layers": [HERE],
    "web_openapi": [HERE], "web_users": [HERE], "ws_echo": [HERE], "ws_room": [HERE]}
NOT_TRIED = {
    "it needs a database, a collector, a certificate, or others to call": """
        accounts gateway grpc_route_guide links_test orders otlp_shop pg_shop reverse_proxy shops tls_files tls_pages traced webhook""",
    "it asks itself, and ends": "calls leaks http2_versions bookshelf"}


def listening():
    """The examples that serve routes: a program each, which may be of several files."""
    for path in glob.glob(os.path.join(TREE, "examples", "*", "**", "*.c"), recursive=True):
        with open(path, encoding="utf-8") as file:
            if re.search(r"\bedo_web_(serve|run)\(", file.read()):
                folder = os.path.dirname(path)
                alone = os.path.dirname(folder) == os.path.join(TREE, "examples")
                yield os.path.basename(path)[:-2] if alone else os.path.basename(folder), path if alone else folder


def paths_of(source):
    """What its routes that may change something are for."""
    text = "".join(open(f, encoding="utf-8").read() for f in ([source] if source.endswith(".c") else glob.glob(source + "/*.c")))
    found = re.findall(r'edo_router_(?:post|put|patch|delete|any|add|resource)\w*\(\w+, (?:\w+, )?"([^"]*)"', text)
    return sorted({re.sub(r"{[^}]*}", "1", path) for path in found} | {"/", "/none"})


@contextlib.contextmanager
def started(name):
    """The host and port of the example."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a.html"), "w", encoding="utf-8") as file:
            file.write("<p>a")
        made = {"DIR": folder, "FILE": os.path.join(folder, "file")}
        env = dict(os.environ, LOGIN_PASSWORD="of the test")
        with subprocess.Popen([os.path.join(BIN, name), *(made.get(a, a) for a in ARGS[name])], env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as program:
            try:
                line = ""
                while "http://" not in line:
                    line = line_of(program.stdout, f"the address of {name}")
                    assert line, f"{name} has ended"
                yield re.search(r"http://([^:\s]*):(\d+)", line).groups()
            finally:
                program.terminate()
                program.wait(WAIT)


def ask(at, method, path, **fields):
    client = http.client.HTTPConnection(*at, timeout=WAIT)
    client.request(method, path, "a=b" if method not in ("GET", "HEAD") else None, {k.replace("_", "-"): v for k, v in fields.items()})
    response = client.getresponse()
    client.sock and client.sock.settimeout(WAIT)
    head = response.headers
    body = b"" if "event-stream" in head.get("content-type", "") else response.read(1 << 20)
    client.close()
    return response.status, head, body


def say(at, text):
    """The first line of what comes back for these bytes; "" if the connection ends."""
    with socket.create_connection(at, WAIT) as peer:
        with contextlib.suppress(ConnectionError):
            peer.sendall(text)
            return peer.recv(200).partition(b"\r\n")[0].decode()
    return ""


ANYBODY = {"grpc_gateway"}  # has the guard off, since nobody is known by a cookie


def forged(name, at, source):
    if name in ANYBODY:
        return
    for path in paths_of(source):
        for method in "POST", "PUT", "PATCH", "DELETE":
            for fields in ({"sec_fetch_site": "cross-site", "origin": "https://evil.example"}, {"origin": "https://evil.example"},
                           {"sec_fetch_site": "same-site"}, {"origin": "null"}):
                got = ask(at, method, path, content_type="application/x-www-form-urlencoded", **fields)[0]
                assert got == 403, f"{name}: {method} {path} of another site, {fields}: {got}"


def pages(name, at):
    for path in "/", "/none", "/a.html", "/index.html":
        status, head, body = ask(at, "GET", path)
        assert head["x-content-type-options"] == "nosniff", f"{name}: {path} has {head.items()}"
        if "html" in head.get("content-type", ""):
            assert head["x-frame-options"] and head["referrer-policy"], f"{name}: {path} has {head.items()}"
            policy = head.get("content-security-policy")
            assert name == "file_server" or policy and "unsafe-inline" not in policy, f"{name}: {path} has {head.items()}"
            assert b"<script>" not in body and b"<style>" not in body, f"{name}: {path} has what its policy does not run"
        assert status != 500, f"{name}: {path}"


def bytes_that_are_wrong(name, at):
    for path in "/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd", "/a.html/../../etc/passwd":
        status, _, body = ask(at, "GET", path)
        assert b"root:" not in body and status != 500, f"{name}: {path}: {status}"
    for text, wanted in [
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "400"),
            (b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "400"),
            (b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", "400"),
            (b"GET / HTTP/1.1\r\n\r\n", "400"),
            (b"GET / HTTP/1.1\r\nhost: a\r\na b: c\r\n\r\n", "400"),
            (b"GET / HTTP/1.1\r\nhost: a\r\n" + b"".join(b"a%d: b\r\n" % i for i in range(200)) + b"\r\n", "431"),
            (b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nhost: a\r\n\r\n", "414")]:
        got = say(at, text)
        assert got.startswith(f"HTTP/1.1 {wanted} "), f"{name}: {text[:80]!r}: {got!r}"


def test_each_example_that_listens_is_tried_or_says_why_not():
    known = {n for names in NOT_TRIED.values() for n in names.split()} | ARGS.keys()
    found = {name for name, _ in listening()}
    assert len(found) > 25, found
    assert found <= known, f"in no table: {sorted(found - known)}"


def test_examples_are_safe_as_they_are_copied():
    tried = 0
    for name, source in sorted(listening()):
        if name not in ARGS or not os.path.exists(os.path.join(BIN, name)):
            continue
        with started(name) as (host, port):
            at = host, int(port)
            forged(name, at, source)
            pages(name, at)
            bytes_that_are_wrong(name, at)
            assert ask(at, "GET", "/")[0] < 500, f"{name} does not serve any more"
        tried += 1
    if tried == 0:
        print("skipped: no example is built here")
        sys.exit(77)


if __name__ == "__main__":
    for test in sys.argv[1:]:
        globals()[test]()
