# SPDX-License-Identifier: MIT
# A file comes in parts, from file_server by way of a relay that stops after some bytes; a download that is killed, or
# told to end, goes on where it was; one whose file changes, meanwhile or in between, is of one version; a server without
# ranges sends one piece; a wrong sum leaves nothing.
exec python3 - "$@" <<'PY'
import atexit, hashlib, http.server, json, os, re, select, shutil, signal, socket, subprocess, sys, tempfile, threading, time

WAIT = 30
SIZE = 4_000_000
top = tempfile.mkdtemp()
atexit.register(shutil.rmtree, top)
site = os.path.join(top, "site")
os.mkdir(site)
# What runs the program, if it is of another machine, runs the others too.
runner = sys.argv[1:-1]
server = subprocess.Popen(runner + [os.environ["EDO_BIN_DIR"] + "/examples/file_server", site, "127.0.0.1:0"],
                          stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
origin = int(server.stdout.readline().strip().rsplit(":", 1)[1])


class Relay:
    """Passes connections on to the server. Once `most` bytes have gone to clients the next ones wait, until `hold` is
    cleared or the connections are cut. Notes the ranges that were asked for."""

    def __init__(self):
        self.lock = threading.Condition()
        self.most, self.sent, self.held, self.ranges, self.open = None, 0, 0, [], set()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def reset(self, most):
        with self.lock:
            self.most, self.sent, self.held, self.ranges = most, 0, 0, []
            self.lock.notify_all()

    def cut(self):
        """Ends all connections; those to come are not held."""
        with self.lock:
            self.most = None
            for s in self.open:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
            self.lock.notify_all()

    def accept(self):
        while True:
            client, _ = self.socket.accept()
            there = socket.create_connection(("127.0.0.1", origin), WAIT)
            with self.lock:
                self.open |= {client, there}
            for source, to in (client, there), (there, client):
                threading.Thread(target=self.pump, args=(source, to, source is there), daemon=True).start()

    def pump(self, source, to, is_down):
        try:
            while data := source.recv(16384):
                with self.lock:
                    if is_down:
                        while self.most is not None and self.sent >= self.most:
                            self.held += 1
                            self.lock.notify_all()
                            self.lock.wait(WAIT)
                        self.sent += len(data)
                    else:
                        self.ranges += re.findall(rb"(?im)^range: bytes=(\d+)-(\d*)\r$", data)
                to.sendall(data)
        except OSError:
            pass
        for s in source, to:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


relay = Relay()
url = "http://127.0.0.1:%d/file" % relay.port
target = os.path.join(top, "got")


def publish(seed, size=SIZE):
    """A new version of the file, which has another inode and so another tag."""
    data = (hashlib.sha512(b"%d" % seed).digest() * (size // 64 + 1))[:size]
    data = b"".join(b"%08d" % (i + seed) + data[i * 8 + 8:i * 8 + 64] for i in range(0, size // 8, 8))[:size]
    with open(os.path.join(top, "new"), "wb") as f:
        f.write(data)
    os.replace(os.path.join(top, "new"), os.path.join(site, "file"))
    return data


def start(*args, to=url, stderr=subprocess.PIPE):
    return subprocess.Popen(sys.argv[1:] + [to, target, *args], stdout=subprocess.PIPE, stderr=stderr, text=True)


def ended(p):
    """Standard error is for messages only, in which a debug build may tell of a busy machine."""
    out, err = p.communicate(timeout=WAIT)
    return p.returncode, out, err


if "needs a build with libcrypto" in ended(start("--sha256", 64 * "0"))[2]:
    print("skipped: this build has no libcrypto, so no sums")
    sys.exit(77)


def fine(p):
    status, out, err = ended(p)
    assert status == 0, (status, out, err)
    return out


def got():
    with open(target, "rb") as f:
        data = f.read()
    os.remove(target)
    assert sorted(os.listdir(top)) == ["site"], os.listdir(top)
    return data


def parts_there():
    """How many bytes the state says are there."""
    try:
        with open(target + ".part.json") as f:
            return sum(p["at"] - p["begin"] for p in json.load(f)["parts"])
    except FileNotFoundError:
        return 0


def bytes_of(data):
    """How many bytes of a version are in the file."""
    try:
        with open(target + ".part", "rb") as f:
            there = f.read()
    except FileNotFoundError:
        return 0
    return sum(64 for i in range(0, len(there), 64) if there[i:i + 64] == data[i:i + 64])


def until(what):
    end = time.monotonic() + WAIT
    while not what():
        assert time.monotonic() < end, (parts_there(), relay.sent, relay.held)
        time.sleep(0.01)


def interrupted(signal_number):
    """Begins a download of the first version, and ends it by a signal when most of 1.5 MB are there: in the state if
    it cannot write that at its end."""
    relay.reset(1_500_000)
    p = start()
    until(lambda: (parts_there() if signal_number == signal.SIGKILL else bytes_of(first)) > 1_000_000)
    p.send_signal(signal_number)
    status, _, err = ended(p)
    assert status == (-signal.SIGKILL if signal_number == signal.SIGKILL else 0), (status, err)
    assert not os.path.exists(target) and os.path.exists(target + ".part")
    there = parts_there()
    assert 1_000_000 < there < SIZE, there
    relay.cut()
    return there


# All at once, by four ranges behind the one that asks.
first = publish(1)
sum_of_first = hashlib.sha256(first).hexdigest()
relay.reset(None)
assert fine(start("--sha256", sum_of_first.upper())) == "4000000 bytes in 4 parts, 0 of them from before\n"
assert got() == first
assert sorted(relay.ranges) == sorted([(b"0", b"0"), (b"0", b"999999"), (b"1000000", b"1999999"),
                                       (b"2000000", b"2999999"), (b"3000000", b"3999999")]), relay.ranges
assert fine(start("--parts", "1")) == "4000000 bytes in 1 parts, 0 of them from before\n"
assert got() == first

# Interrupted: the next run fetches what is not there, and no more.
for by in signal.SIGKILL, signal.SIGTERM:
    there = interrupted(by)
    relay.reset(None)
    done = fine(start("--sha256", sum_of_first))
    assert done == "4000000 bytes in 4 parts, %d of them from before\n" % there, done
    assert got() == first
    asked = sum(int(last) - int(begin) + 1 for begin, last in relay.ranges)
    assert asked == SIZE - there + 1, (relay.ranges, there)

# The file changes in between: nothing of the old one is used.
interrupted(signal.SIGTERM)
second = publish(2)
relay.reset(None)
assert fine(start()) == "4000000 bytes in 4 parts, 0 of them from before\n"
assert got() == second

# The file changes within a run, whose connections break then: it begins again. Its size is no help.
relay.reset(1_500_000)
p = start()
until(lambda: relay.held > 0)
third = publish(3)
relay.cut()
status, out, err = ended(p)
assert (status, out) == (0, "4000000 bytes in 4 parts, 0 of them from before\n"), (status, out, err)
assert "the file has changed: it is fetched again\n" in err, err
assert got() == third

# Two at once would write to one file: the second one is refused. On a terminal there is a bar.
relay.reset(1_500_000)
ours, theirs = os.openpty()
p = start(stderr=theirs)
os.close(theirs)
bar = b""
while b" left" not in bar:
    assert select.select([ours], [], [], WAIT)[0], bar
    bar += os.read(ours, 4096)
assert re.search(rb"\r\x1b\[K +\d+ %  \d\.\d MiB  \d+\.\d MiB/s  \d+ s left", bar), bar
status, _, err = ended(start())
assert status == 1 and "lock" in err, (status, err)
relay.reset(None)
fine(p)
assert got() == third
os.close(ours)

# A wrong sum.
status, _, err = ended(start("--sha256", sum_of_first))
assert status == 1 and hashlib.sha256(third).hexdigest() in err and os.listdir(top) == ["site"], (status, err)

# What is not there, and what is empty.
status, _, err = ended(start(to=url + "-not"))
assert status == 1 and "404" in err, (status, err)
os.remove(target + ".part")
publish(4, 0)
assert fine(start()) == "0 bytes in one piece\n"
assert got() == b""


class NoRanges(http.server.BaseHTTPRequestHandler):
    """Has no ranges, and breaks the first response off."""
    asked = 0

    def do_GET(self):
        NoRanges.asked += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(first)))
        self.end_headers()
        self.wfile.write(first[:100_000] if self.asked == 1 else first)

    def log_message(self, *args):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), NoRanges) as plain:
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    done = fine(start("--sha256", sum_of_first, to="http://127.0.0.1:%d/" % plain.server_port))
    assert done == "4000000 bytes in one piece\n", done
    assert got() == first and NoRanges.asked == 2, NoRanges.asked
    plain.shutdown()

# By HTTPS, with the roots that OpenSSL's environment names.
secure = os.path.join(os.environ["EDO_BIN_DIR"], "examples/tls_files")
if os.path.exists(secure):  # this build has TLS
    keys = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, keys)
    cert, key = os.path.join(keys, "cert.pem"), os.path.join(keys, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, stderr=subprocess.DEVNULL)
    fifth = publish(5)
    s = subprocess.Popen([secure, site, cert, key, "127.0.0.1:0", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    atexit.register(s.kill)
    ports = dict(re.search(r"(https?)://127\.0\.0\.1:(\d+)", s.stdout.readline()).groups() for _ in range(2))
    os.environ["SSL_CERT_FILE"] = cert
    done = fine(start("--parts", "2", to="https://localhost:%s/file" % ports["https"]))
    assert done == "4000000 bytes in 2 parts, 0 of them from before\n", done
    assert got() == fifth
    s.terminate()
    assert s.wait(WAIT) == 0, s.returncode
server.terminate()
assert server.wait(WAIT) == 0, server.returncode
PY
