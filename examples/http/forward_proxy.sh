# SPDX-License-Identifier: MIT
# edo-curl, and curl where it is there, go by the proxy: for http with bodies both ways, and by tunnels to a server of
# TLS; what is of one connection is not passed on; private addresses are refused without --private; a SIGTERM lets a
# tunnel end.
exec python3 - "$@" <<'PY'
import atexit, http.client, http.server, os, shutil, signal, socket, ssl, subprocess, sys, tempfile, threading, time

WAIT = 30
top = tempfile.mkdtemp()
atexit.register(shutil.rmtree, top)
cert, key = os.path.join(top, "cert.pem"), os.path.join(top, "key.pem")
subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
               check=True, stderr=subprocess.DEVNULL)


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []

    def respond(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, [(n.lower(), v) for n, v in self.headers.items()], body))
        status = int(self.path[8:]) if self.path.startswith("/status/") else 200
        self.send_response(status)
        for name, value in [("Connection", "x-mine"), ("X-Mine", "1"), ("X-Theirs", "2"), ("Location", "/elsewhere"),
                            ("Content-Length", str(len(body)))]:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = respond

    def log_message(self, *args):
        pass


def serving(tls):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Origin)
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def start(*args):
    p = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", *args], stdout=subprocess.PIPE, text=True)
    atexit.register(p.kill)
    return p, int(p.stdout.readline().rsplit(":", 1)[1])


plain, secure = serving(False), serving(True)
proxy, port = start("--private")
here, there = "http://127.0.0.1:%d" % plain, "https://localhost:%d" % secure
large = os.urandom(3_000_000)
with open(os.path.join(top, "large"), "wb") as f:
    f.write(large)
environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


edo_curl = os.path.join(os.environ["EDO_BIN_DIR"], "edo-curl")


def fetch(program, *args, via=None):
    runner = sys.argv[1:-1] if program == edo_curl else []  # it is of the machine of the proxy
    return subprocess.run([*runner, program, "-sS", "-m", "30", "-x", "http://u:p@127.0.0.1:%d" % (via or port), *args],
                          capture_output=True, timeout=100, env=environment)


def field(fields, name):
    return [v for n, v in fields if n == name]


has_tls = b"no TLS" not in fetch(edo_curl, "--cacert", cert, there + "/").stderr
for program in filter(None, [edo_curl, shutil.which("curl")]):
    Origin.seen.clear()
    done = fetch(program, here + "/page?q=1", "-H", "X-Own: 1", "-H", "X-Hop: 1", "-H", "Connection: x-hop",
                 "-H", "Via: 1.0 before")
    assert (done.returncode, done.stdout) == (0, b""), done
    method, path, fields, _ = Origin.seen.pop()
    assert (method, path) == ("GET", "/page?q=1") and field(fields, "host") == ["127.0.0.1:%d" % plain], fields
    assert field(fields, "x-own") == ["1"] and not field(fields, "x-hop"), fields
    assert not field(fields, "proxy-authorization") and not field(fields, "proxy-connection"), fields
    assert field(fields, "via")[0] == "1.0 before" and field(fields, "via")[1].startswith("1.1 "), fields
    assert len(field(fields, "user-agent")) == 1 and field(fields, "accept") == ["*/*"], fields

    done = fetch(program, "-I", here + "/head")
    head = done.stdout.decode().lower()
    assert "x-theirs: 2" in head and "x-mine" not in head and "\r\nvia: 1.1 " in head, head
    done = fetch(program, "--data-binary", "@" + os.path.join(top, "large"), here + "/large")
    assert done.stdout == large, done.stderr
    if program != edo_curl or has_tls:
        Origin.seen.clear()
        done = fetch(program, "--cacert", cert, "--data-binary", "@" + os.path.join(top, "large"), there + "/secret")
        assert done.stdout == large, done.stderr
        assert not field(Origin.seen[0][2], "via"), Origin.seen[0][2]  # the proxy sees nothing of it

with socket.socket() as s:
    s.bind(("127.0.0.1", 0))  # it does not listen
    dead = s.getsockname()[1]

    def ask(text, to=port):
        with socket.create_connection(("127.0.0.1", to), WAIT) as c:
            c.sendall(text.encode() + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
            return int(c.makefile("rb").readline().split()[1])

    assert ask("GET /page HTTP/1.1") == 400 and ask("GET https://localhost/ HTTP/1.1") == 400
    assert ask("GET http://127.0.0.1:%d/status/302 HTTP/1.1" % plain) == 302  # it is not followed
    assert ask("GET http://127.0.0.1:%d/ HTTP/1.1" % dead) == 502
    assert ask("CONNECT 127.0.0.1:%d HTTP/1.1" % dead) == 502
    assert ask("GET http://127.0.0.1:%d/ HTTP/1.1" % port) == 400  # itself, as if it was a server
    loop = field(Origin.seen[-1][2], "via")[-1]
    assert ask("GET http://127.0.0.1:%d/ HTTP/1.1\r\nVia: %s" % (plain, loop)) == 508

    public, public_port = start()
    for host in "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]":
        assert ask("GET http://%s:%d/ HTTP/1.1" % (host, plain), public_port) == 403, host
    assert ask("GET http://0x7f.1:%d/ HTTP/1.1" % plain, public_port) == 400
    for target in "127.0.0.1:443", "localhost:443", "[::1]:443", "127.0.0.1:%d" % secure, "192.0.2.1:25":
        assert ask("CONNECT %s HTTP/1.1" % target, public_port) == 403, target
    public.terminate()
    assert public.wait(WAIT) == 0, public.returncode

# The tunnel goes on while the proxy drains, one end closed or not, and nobody new is let in.
echo = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(("127.0.0.1", port), WAIT)
client.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: x\r\n\r\nearly" % echo.getsockname()[1])
server, _ = echo.accept()
server.settimeout(WAIT)
head = client.makefile("rb", buffering=0)
assert head.readline().startswith(b"HTTP/1.1 200"), "no tunnel"
while head.readline() != b"\r\n":
    pass
assert server.recv(5, socket.MSG_WAITALL) == b"early"
proxy.send_signal(signal.SIGTERM)
end = time.monotonic() + WAIT
while True:
    try:
        socket.create_connection(("127.0.0.1", port), WAIT).close()
    except ConnectionRefusedError:
        break
    except ConnectionResetError:
        pass  # it was in the line of the socket that was closed
    assert time.monotonic() < end
    time.sleep(0.01)
client.sendall(b"ping")
assert server.recv(4, socket.MSG_WAITALL) == b"ping"
client.shutdown(socket.SHUT_WR)
assert server.recv(1) == b""
server.sendall(b"pong")
server.close()
assert head.read(4) == b"pong" and head.read(1) == b""
client.close()
assert proxy.wait(WAIT) == 0, proxy.returncode
PY
