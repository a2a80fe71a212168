# SPDX-License-Identifier: MIT
"""edo-curl means by its options what curl means: each command line is run by both against one server, which notes the
requests; these, what is printed, and whether the status is 0 must be the same."""
import base64
import concurrent.futures
import gzip
import http.server
import os
import shutil
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time

WAIT = 30
EDO_CURL = os.path.join(os.environ["EDO_BIN_DIR"], "edo-curl")
SKIPPED = 77

# Fields that name the program, or that one of both leaves out by its version; they count if the command line says so.
OWN = {"user-agent", "accept-encoding", "expect", "referer", "proxy-connection"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []
    words = []  # of the command line
    busy = False  # for one more request

    def log_message(self, *_):
        pass

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def note(self, body):
        fields = sorted((name.lower(), value) for name, value in self.headers.items() if name.lower() not in OWN or (value in self.words and {"-A", "-e"} & set(self.words)))
        kind = self.headers.get("Content-Type", "")
        if "boundary=" in kind:  # each program makes its own
            boundary = kind.split("boundary=")[1]
            body = body.replace(boundary.encode(), b"BOUNDARY").lower()  # the case of names is free
            fields = [(name, value.replace(boundary, "BOUNDARY")) for name, value in fields
                      if name != "content-length"]
        self.seen.append((self.command, self.path, fields, body))

    def respond(self, status, body, *fields):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer(self):
        self.note(self.body())
        path = self.path.split("?")[0]
        if path.startswith("/to/"):
            self.respond(int(path[4:]), b"moved", ("Location", "/there"))
        elif path == "/round":
            self.respond(302, b"", ("Location", "/round"))
        elif path == "/set":
            self.respond(302, b"", ("Set-Cookie", "k=v; Path=/"), ("Set-Cookie", "far=off; Path=/far"),
                         ("Set-Cookie", "old=gone; Max-Age=0"), ("Location", "/show"))
        elif path.startswith("/status/"):
            self.respond(int(path[8:]), b"a status")
        elif path == "/busy" and Handler.busy:
            Handler.busy = False
            self.respond(503, b"busy")
        elif path == "/gzip" and "gzip" in self.headers.get("Accept-Encoding", ""):
            self.respond(200, gzip.compress(b"squeezed" * 100), ("Content-Encoding", "gzip"))
        elif path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"too short")
            self.close_connection = True
        elif path == "/garbage":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            self.close_connection = True
        else:
            self.respond(200, f"{self.command} {self.path}\n".encode())

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)


LINES = """
URL/
URL/a?b=c&d=%20e
URL/a#fragment
URL/one URL/two URL/three
-L URL/to/301
-L URL/to/302
-L URL/to/303
-L URL/to/307
-L URL/to/308
-L -d x=1 URL/to/301
-L -d x=1 URL/to/302
-L -d x=1 URL/to/303
-L -d x=1 URL/to/307
-L --max-redirs 3 URL/round
-i -L URL/to/301
-I -L URL/to/302
-i -L -d x=1 URL/to/303
-i -L -d x=1 URL/to/308
-i -L URL/set URL/far/away
-i -L --max-redirs 2 URL/round
-i -L -w %{http_code}:%{num_redirects}:%{http_version} URL/to/302
-v -L URL/to/302
URL/status/404
-f URL/status/404
-f -w %{http_code} URL/status/404
-f -i URL/status/404
-f URL/status/500
-X DELETE URL/thing
-X PATCH -d {"a":1} -H Content-Type:application/json URL/thing
--request OPTIONS URL/
-H X-One:1 -H X-Two:two URL/
-H Accept:text/plain URL/
-H X-Empty; URL/
-H Accept: URL/
-d a=1 -d b=2 URL/form
-d @FILE URL/form
--data-binary @FILE URL/form
--data-raw @FILE URL/form
-G -d a=1 -d b=2 URL/query
-G -d a=1 URL/query?z=9
-F name=value -F other=thing URL/parts
-F file=@FILE URL/parts
-F file=@FILE;type=text/plain;filename=other.txt URL/parts
-T FILE URL/put/
-T FILE URL/put/name
-T - URL/put/name
-L -T FILE URL/to/302
-L -T FILE URL/to/303
-L -T FILE URL/to/307
-L -T FILE URL/to/308
-d @- URL/form
-I URL/head
-i URL/with-head
HOST/?to=http://elsewhere.example/
URL/a/./b/../c/..?d=/./e
URL/\u00e4\u00f6?x
-L URL/to/302/../302
-T FILE URL
-T NOTHING URL/put/
--data-binary @NOTHING URL/form
-T FILE URL?a=b
-T FILE HOST/put/?a=b
-b a=1 -b b=2 URL/
-b NONE -b a=1 URL/
-O URL/folder/out URL/two
-O -o other URL/folder/out URL/two
-o other -O URL/one URL/folder/out
-F long=LONG URL/parts
-F file=@PAGE URL/parts
-F a=b;type=text/x -F c=d URL/parts
-H Content-Type: -d x=1 URL/form
-H X-Nothing: URL/
-H Transfer-Encoding:chunked -d x=1 URL/form
-H Transfer-Encoding:chunked -T FILE URL/put/
-H Host:other.example URL/
-L --max-redirs -1 URL/to/302
-d x=1 -L --max-redirs -1 URL/to/303
-u user:secret URL/
-u user:pass:word URL/
http://user:p%40ss@HOST/
-b a=1;b=2 URL/
-L -c OUT URL/set URL/far/away
-L -b NONE URL/set
-e http://from.example/ URL/
--compressed URL/gzip
-w %{http_code}\\n URL/status/201
-w %{size_download}:%{content_type}% URL/
-sS -o OUT URL/out
-o OUT URL/one URL/two
-i -o OUT URL/out
-O URL/folder/out?x=1
-A Mine/1 URL/
-v URL/
--retry 1 -o OUT URL/busy
--connect-timeout 5 URL/
--unix-socket SOCKET http://name.example/path
-x http://127.0.0.1:1 --unix-socket SOCKET http://name.example/path
-w %{http_code}:%{size_download} http://127.0.0.1:1/
--resolve name.example:PORT:127.0.0.1 http://name.example:PORT/
--noproxy * -x http://HOST --proxy-header X-For-Proxy:1 -H X-For-Server:2 http://elsewhere.example/path
-x http://127.0.0.1:1 URL/
-x http://HOST http://elsewhere.example/path
-x http://u:p@HOST http://elsewhere.example/path
-x http://HOST --proxy-header X-For-Proxy:1 -H X-For-Server:2 http://elsewhere.example/path
-x http://127.0.0.1:1 URL/
http_proxy=http://HOST http://elsewhere.example/path
http_proxy=http://127.0.0.1:1 --noproxy 127.0.0.1 URL/
http_proxy=http://127.0.0.1:1 no_proxy=10.*,127.0.0.1 URL/
http_proxy=http://HOST no_proxy=127.*,/run/x http://elsewhere.example/path
http_proxy=http://HOST no_proxy=elsewhere.example --noproxy other.example http://elsewhere.example/path
--max-time 5 URL/
-k URL/
URL/short
URL/garbage
http://127.0.0.1:1/
nothing://HOST/
https://localhost:TLS_PORT/
-k https://localhost:TLS_PORT/
--cacert CERT https://localhost:TLS_PORT/
--cacert CERT https://127.0.0.1:TLS_PORT/
--cacert CERT --resolve localhost:TLS_PORT:127.0.0.1 https://localhost:TLS_PORT/
--cacert CERT -x http://HOST https://localhost:TLS_PORT/
--cacert CERT https://localhost:BOTH_PORT/
--cacert CERT --cert CERT --key KEY https://localhost:BOTH_PORT/
""".strip().splitlines()


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    pass


def serving(server):
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def serving_tls(cert, key, asks_client):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    if asks_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cert)
    server.handle_error = lambda *_: None  # clients that refuse the certificate, or have none
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return serving(server)


def run(program, line, folder):
    """`line` has its words replaced already."""
    out = os.path.join(folder, "out")
    if os.path.exists(out):
        os.remove(out)
    words = [word.replace("\\n", "\n") if word.startswith("%") else word for word in line.split(" ")]
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    while "_proxy=" in words[0]:  # as for a shell
        name, value = words.pop(0).split("=", 1)
        environment[name] = value
    Handler.seen, Handler.words, Handler.busy = [], words, True
    done = subprocess.run([program, "-s", *words], input=b"standard\ninput\n", capture_output=True, timeout=WAIT,
                          env=environment, cwd=folder, check=False)
    has_head = bool({"-i", "-I"} & set(words))

    def comparable(text):  # names of fields in any case, and no time
        text = b"".join(piece for piece in text.splitlines(True) if not piece.lower().startswith(b"date:"))
        return text.lower() if has_head else text

    written = comparable(open(out, "rb").read()) if os.path.exists(out) else None
    if "-c" in words and written:
        written = sorted(piece for piece in written.splitlines() if piece and piece[:1] != b"#")
    return {"requests": Handler.seen, "printed": comparable(done.stdout), "written": written,
            "ok": done.returncode == 0}, done.stderr


def places(folder):
    """Starts the servers. Returns what the words of the lines stand for."""
    cert, key, sock = (os.path.join(folder, name) for name in ("cert.pem", "key.pem", "socket"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, stderr=subprocess.DEVNULL)
    file = os.path.join(folder, "file")
    with open(file, "wb") as f:
        f.write(b"first line\r\nsecond line\n")
    page = os.path.join(folder, "page.HTML")
    with open(page, "wb") as f:
        f.write(b"<p>")
    nothing = os.path.join(folder, "nothing")
    open(nothing, "wb").close()
    serving(UnixServer(sock, Handler))
    port = serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)).server_port
    tls, both = serving_tls(cert, key, False).server_port, serving_tls(cert, key, True).server_port
    return {"URL": f"http://127.0.0.1:{port}", "HOST": f"127.0.0.1:{port}", "TLS_PORT": str(tls), "BOTH_PORT": str(both),
            "PORT": str(port), "FILE": file, "NOTHING": nothing, "OUT": os.path.join(folder, "out"), "CERT": cert, "KEY": key,
            "SOCKET": sock, "PAGE": page, "LONG": "x" * 5000}


def test_each_line_means_the_same_to_both():
    curl = shutil.which("curl")
    if not curl:
        print("skipped: curl is not there")
        sys.exit(SKIPPED)
    with tempfile.TemporaryDirectory() as folder:
        wrong = []
        words = places(folder)
        for line in LINES:
            for word, stands_for in words.items():
                line = line.replace(word, stands_for)
            theirs, _ = run(curl, line, folder)
            ours, said = run(EDO_CURL, line, folder)
            for what, wanted in theirs.items():
                if ours[what] != wanted:
                    wrong.append(f"{line}\n  {what}: {ours[what]!r}\n  curl: {wanted!r}\n  it said: {said!r}")
        assert not wrong, "\n".join(wrong)
        assert len(LINES) >= 40


def test_nothing_is_said_of_a_whole_answer():
    with tempfile.TemporaryDirectory() as folder:
        url = places(folder)["URL"]
        for i in range(20):
            path = os.path.join(folder, "printed")
            with open(path, "wb") as out:
                done = subprocess.run([EDO_CURL, "-s", url + "/x"], stdout=out, stderr=subprocess.PIPE, timeout=WAIT, check=False)
            assert (done.returncode, done.stderr) == (0, b""), f"{i}: {done.returncode} {done.stderr!r}"
            assert open(path, "rb").read() == b"GET /x\n"


class Steps(Handler):
    """Does one step after the other of those that its class has, a request each."""

    def answer(self):
        self.times.append(time.monotonic())
        self.note(self.body())
        step = self.steps.pop(0)
        if step == "silence":
            self.rfile.read(1)  # until the client goes
        elif step in ("half", "short"):
            self.send_response(200)
            self.send_header("Content-Length", "8")
            self.end_headers()
            self.wfile.write(b"half")
            if step == "half":
                self.rfile.read(1)
        elif step == "after":
            self.respond(429, b"later", ("Retry-After", "2"))
        elif step != "end":
            self.respond(int(step), f"a {step}".encode())
        self.close_connection = self.close_connection or not step.isdigit()


# The steps of the server, and the line.
RETRIES = [(steps.split(","), line) for steps, line in (row.split(" ", 1) for row in """
408,200 --retry 1 URL/
429,200 --retry 1 URL/
500,200 --retry 1 URL/
502,200 --retry 1 URL/
503,200 --retry 1 URL/
504,200 --retry 1 URL/
501,200 --retry 1 URL/
404,200 --retry 1 URL/
503,200 --retry 0 URL/
503,503,200 --retry 1 URL/
503,503,200 --retry 2 URL/
503,200 --retry 1 -d x=1 URL/
503,200 --retry 1 -X PATCH -d x=1 URL/
503,200 --retry 1 -T FILE URL/
503,200 --retry 1 -F file=@FILE URL/
503,200 --retry 1 -f URL/
503,503,200 --retry 1 -f -w %{http_code} URL/
503,200 --retry 1 -i -w %{http_code}:%{size_download} URL/
503,200 --retry 1 -o OUT URL/
503,200 --retry 1 -I URL/
503,200,200 --retry 1 URL/one URL/two
silence,200 --retry 1 -m 5 URL/
half,200 --retry 1 -m 5 -o OUT URL/
short,200 --retry 1 -o OUT URL/
end,200 --retry 1 URL/
after,200 --retry 1 URL/
after,200 --retry 1 -f -d x=1 URL/
after,200 --retry 1 --retry-max-time 1 URL/
503,200 --retry 1 --retry-max-time 10 URL/
200 --retry 1 http://127.0.0.1:1/
""".strip().splitlines())]


def run_steps(program, steps, line, file):
    """Runs the line against a server of its own."""
    handler = type("OfLine", (Steps,), {"steps": list(steps), "seen": [], "times": [], "words": line.split(" ")})
    server = serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
    server.handle_error = lambda *_: None  # clients that go
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        line = line.replace("URL", f"http://127.0.0.1:{server.server_port}").replace("FILE", file).replace("OUT", out)
        done = subprocess.run([program, "-s", "--noproxy", "*", *line.split(" ")], capture_output=True, timeout=WAIT, check=False)
        written = open(out, "rb").read() if os.path.exists(out) else None
    server.shutdown()
    seen = [(method, path, [field for field in fields if field[0] != "host"], body)
            for method, path, fields, body in handler.seen]
    printed = [piece for piece in done.stdout.lower().splitlines() if not piece.startswith(b"date:")]
    longest = max([after - before for before, after in zip(handler.times, handler.times[1:])], default=0)
    return {"requests": seen, "printed": printed, "written": written, "ok": done.returncode == 0,
            "waits": "after" not in steps or "--retry-max-time 1 " in line or longest >= 2}, done.stderr


def test_retry_is_that_of_curl():
    """All lines at once, as each has pauses."""
    curl = shutil.which("curl")
    if not curl:
        print("skipped: curl is not there")
        sys.exit(SKIPPED)
    with tempfile.NamedTemporaryFile() as file, concurrent.futures.ThreadPoolExecutor(2 * len(RETRIES)) as pool:
        file.write(b"what is sent")
        file.flush()
        rows = [(line, steps, pool.submit(run_steps, curl, steps, line, file.name),
                 pool.submit(run_steps, EDO_CURL, steps, line, file.name)) for steps, line in RETRIES]
        wrong = [f"{','.join(steps)} {line}\n  {ours.result()}\n  curl: {theirs.result()}"
                 for line, steps, theirs, ours in rows if theirs.result()[0] != ours.result()[0]]
    assert not wrong, "\n".join(wrong)
    assert all(theirs.result()[0]["waits"] for _, _, theirs, _ in rows)


def test_limits_and_names_are_told_in_plain_words():
    """Standard error has what was wrong; no pause is longer than -m, if that was given."""
    for steps, line, words in [
            ("after,200", "-m 1 --retry 1 URL/", b"not again: a pause of 2 s is longer than -m allows"),
            ("half", "-m 0.5 URL/", b"it took longer than the 0.5 s of -m, --max-time: the time of the whole call was over after 4 bytes"),
            ("silence", "-m 0.5 URL/", b"it took longer than the 0.5 s of -m"),
            ("200", "http://b\u00fccher.example/", b"write the name that it has in the DNS")]:
        handler = type("OfLine", (Steps,), {"steps": steps.split(","), "seen": [], "times": [], "words": []})
        server = serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        server.handle_error = lambda *_: None
        line = line.replace("URL", f"http://127.0.0.1:{server.server_port}")
        done = subprocess.run([EDO_CURL, "--noproxy", "*", *line.split(" ")], capture_output=True, timeout=WAIT, check=False)
        server.shutdown()
        assert words in done.stderr, f"{line}: {done.stderr!r}"
        assert len(handler.times) <= 1, f"{line}: {len(handler.times)} requests"


def test_a_refusal_is_told_each_time():
    """A server that wants a certificate says so behind the handshake, and is gone before what is sent has been read."""
    with tempfile.TemporaryDirectory() as folder:
        words = places(folder)
        large = os.path.join(folder, "large")
        with open(large, "wb") as f:
            f.write(b"x" * 300000)
        url = f"https://localhost:{words['BOTH_PORT']}/"
        for line in ["", f"--data-binary @{large}"] * 10:
            done = subprocess.run([EDO_CURL, "-k", "-s", "--noproxy", "*", *line.split(), url], capture_output=True, timeout=WAIT, check=False)
            assert b"the other end wants a certificate of this end" in done.stderr, f"{line}: {done.stderr!r}"


def test_the_login_goes_to_the_first_host_only():
    """Secrets are left out behind a redirect to another port, which is another origin."""
    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    class Leads(Handler):
        def answer(self):
            self.note(self.body())
            self.respond(302, b"", ("Location", f"http://127.0.0.1:{other.server_port}/there"))

    first = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Leads)
    for server in (first, other):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    Handler.seen = Leads.seen = []
    subprocess.run([EDO_CURL, "-s", "-u", "a:b", "-H", "Cookie: c=d", f"http://127.0.0.1:{first.server_port}/"],
                   check=True, timeout=WAIT, stdout=subprocess.DEVNULL)
    (_, _, at_first, _), (_, _, at_other, _) = Handler.seen
    assert dict(at_first)["authorization"] == "Basic " + base64.b64encode(b"a:b").decode()
    assert dict(at_first)["cookie"] == "c=d"
    assert not {"authorization", "cookie"} & set(dict(at_other)), at_other
    for server in (first, other):
        server.shutdown()


def test_progress_is_for_a_terminal():
    """That the body does not go to; not for logs, and not with -s."""
    server = serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    url = f"http://127.0.0.1:{server.server_port}/page"

    def said(*args, to):
        """What comes on a terminal that is standard error, and standard output if `to` is None."""
        ours, theirs = os.openpty()
        subprocess.run([EDO_CURL, *args, url], stdout=theirs if to is None else to, stderr=theirs, check=True, timeout=WAIT)
        os.write(theirs, b"END")  # all is small: it fits into the terminal's buffer
        os.close(theirs)
        text = b""
        while not text.endswith(b"END"):
            text += os.read(ours, 4096)
        os.close(ours)
        return text[:-3]

    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        assert b"\r100%  0.0 MiB" in said("-o", out, to=subprocess.DEVNULL)
        assert b"\r100%" in said(to=subprocess.DEVNULL)
        log = subprocess.run([EDO_CURL, "-o", out, url], capture_output=True, check=True, timeout=WAIT)
        for text in said(to=None), said("-s", "-o", out, to=subprocess.DEVNULL), log.stdout + log.stderr:
            assert b"MiB" not in text, text  # a debug build may tell of a busy machine
    server.shutdown()


if __name__ == "__main__":
    for name in sys.argv[1:] or [name for name in dict(globals()) if name.startswith("test_")]:
        globals()[name]()
