# SPDX-License-Identifier: MIT
"""A collector of OpenTelemetry that fails as a test says, and the programs that export to it. Every wait has a deadline."""
import atexit
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
for folder in "support", "chat", "orders":
    sys.path.insert(0, str(HERE.parent / folder))

import bounded  # noqa: E402
from bounded import WAIT, reserved, run_one, until  # noqa: E402, F401

BIN = os.environ["EDO_BIN_DIR"]
EXAMPLES = os.path.join(BIN, "examples")
HOUR = "3600000"  # ms
SERVER = 2  # the kind of a span


def fields_of(message):
    """The fields of a message of protobuf, as (number, value); a value is a number or bytes."""
    at = 0

    def varint():
        nonlocal at
        n = shift = 0
        while True:
            n |= (message[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if message[at - 1] < 128:
                return n

    while at < len(message):
        number, wire = divmod(varint(), 8)
        if wire == 0:
            yield number, varint()
            continue
        size = {1: 8, 5: 4}.get(wire) or varint()
        assert at + size <= len(message), "a field is cut"
        yield number, message[at:at + size]
        at += size


def parts(message, *numbers):
    """The messages that are found by these numbers, one in the other."""
    if not numbers:
        yield message
        return
    for number, value in fields_of(message):
        if number == numbers[0]:
            yield from parts(value, *numbers[1:])


class Collector:
    """At a port that stays its own: away at first, when connections are refused. `spans`: what it has taken, a dictionary
    of fields each."""

    def __init__(self):
        self.place = reserved()
        self.address = self.place.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}"
        self.listener, self.status, self.pause = None, 200, 0
        self.lock, self.open = threading.Lock(), set()
        self.spans, self.requests = [], 0

    def listen(self):
        """It is there; but nobody reads what comes."""
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(self.address)
        self.listener.listen(64)

    def serve(self, status=200, pause=0):
        """Each request is responded to with that status, after so many seconds."""
        self.status, self.pause = status, pause
        if not self.listener:
            self.listen()
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def die(self):
        """As one that is killed."""
        listener, self.listener = self.listener, None
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        with self.lock:
            for connection in self.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        with self.lock:
            self.open.add(connection)
        with contextlib.suppress(OSError), connection.makefile("rb") as lines:
            while self.respond(connection, lines):
                pass
        with self.lock:
            self.open.discard(connection)
        connection.close()

    def respond(self, connection, lines):
        request = lines.readline()
        head = http.client.parse_headers(lines)
        body = lines.read(int(head["content-length"] or 0))
        if not request:
            return False
        time.sleep(self.pause)  # it is slow
        with self.lock:
            self.requests += 1
            if self.status == 200 and b"/v1/traces " in request:
                self.spans += [dict(fields_of(span)) for span in parts(body, 1, 2, 2)]
        more = b"" if self.status == 200 else b"retry-after: 1\r\n"
        connection.sendall(b"HTTP/1.1 %d X\r\n%scontent-length: 0\r\n\r\n" % (self.status, more))
        return True

    def served(self):
        """How many requests the spans are of that it has."""
        with self.lock:
            return sum(span.get(6) == SERVER for span in self.spans)

    def traces(self):
        """Numbers of traces, as texts."""
        with self.lock:
            return {span[1].hex() for span in self.spans if span.get(6) == SERVER}

    def env(self, **more):
        """What a program that exports to it is told."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
        return {**own, "OTEL_EXPORTER_OTLP_ENDPOINT": self.url, **more}


class Customer:
    """A connection that stays."""

    def __init__(self, port):
        self.client = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)

    def get(self, path, **fields):
        """The status and the text of a response."""
        self.client.request("GET", path, headers=fields)
        response = self.client.getresponse()
        return response.status, response.read()

    def close(self):
        self.client.close()


class Program:
    """Serves HTTP on `port`; `path` is what customers ask for. `held`: its memory."""

    path = "/"

    def __init__(self, collector, command, servers=1, **variables):
        self.held = bounded.Held()
        env = collector.env(**variables)
        env.update({name: self.held.env[name] for name in ("LD_PRELOAD", "EDO_TEST_HELD") if name in self.held.env})
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.stderr, env=env)
        atexit.register(self.process.kill)
        said = [bounded.line_of(self.process.stdout, "where it listens") for _ in range(servers)]
        self.ports = {line.partition(" on ")[0]: int(line.strip().rstrip("/").rsplit(":", 1)[1]) for line in said}
        self.port = next(iter(self.ports.values()))

    def errors(self):
        size = os.fstat(self.stderr.fileno()).st_size
        return os.pread(self.stderr.fileno(), size, 0).decode(errors="replace")

    def told(self):
        """What the log has said of the exporter: of each line how many were dropped, what, and why."""
        return [(int(n), what, why) for n, what, why in
                re.findall(r'edo\.otlp: .* dropped=(\d+) what="(\w+)" why="([^"]*)"', self.errors())]

    def serve(self, n, customers=4):
        """Responds to n requests of some customers at the same time, all as it should."""
        wrong = []

        def ask():
            customer = Customer(self.port)
            for _ in range(n // customers):
                got = customer.get(self.path)
                if got[0] != 200:
                    wrong.append(got)
            customer.close()

        threads = [threading.Thread(target=ask, daemon=True) for _ in range(customers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * WAIT)
            assert not thread.is_alive(), f"a request is not responded to; {self.errors()}"
        assert not wrong, wrong[:3]

    def numbers(self, port):
        """What became of what it exports: how many of each kind, sent and dropped."""
        customer = Customer(port)
        status, text = until("/metrics", lambda: customer.get("/metrics"), lambda seen: seen[0] != 429)
        customer.close()
        assert status == 200, (status, text)
        found = re.findall(r'^edo_otlp_(\w+)_total{kind="(\w+)"} (\d+)$', text.decode(), re.M)
        return {(what, kind): int(n) for what, kind, n in found}

    def stop(self):
        """Ends it in order, within its limit: another status would say that it was not."""
        self.process.send_signal(signal.SIGTERM)
        status = bounded.ended(self.process)
        assert status == 0, (status, self.errors())
        assert "Sanitizer" not in self.errors(), self.errors()
        self.process.stdout.close()


def hello():
    """A server that says hello, and its address."""
    process = subprocess.Popen([os.path.join(EXAMPLES, "http_hello"), "127.0.0.1:0"], stdout=subprocess.PIPE)
    atexit.register(process.kill)
    return process, bounded.line_of(process.stdout, "an address").strip().partition("://")[2]


class Gateway(Program):
    path = "/shop/Ann"

    def __init__(self, collector, **variables):
        self.shop, address = hello()
        self.folder = tempfile.TemporaryDirectory()
        listed, config = (os.path.join(self.folder.name, name) for name in ("shops.txt", "gateway.json"))
        pathlib.Path(listed).write_text(address + "\n", encoding="ascii")
        pathlib.Path(config).write_text(json.dumps({
            "listen": "127.0.0.1:0", "admin": "127.0.0.1:0",
            "routes": [{"path": "/shop", "upstreams": listed, "strips": True}]}), encoding="ascii")
        super().__init__(collector, [os.path.join(EXAMPLES, "gateway"), config], 2, **variables)
        self.port = self.ports["gateway"]

    def dropped(self):
        return self.numbers(self.ports["admin"])["dropped", "traces"]

    def stop(self):
        super().stop()
        bounded.kill(self.shop)
        self.shop.stdout.close()


class Chat(Program):
    def __init__(self, collector, **variables):
        super().__init__(collector, [os.path.join(BIN, "edo-chat"), "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--db",
                                     "none"], 2, **variables)
        self.port = self.ports["web"]

    def dropped(self):
        return self.numbers(self.port)["dropped", "traces"]


class Orders(Program):
    """With a database, and one order of which customers ask."""

    path = "/orders/4711"

    def __init__(self, collector, database, partner, **variables):
        super().__init__(collector, [os.path.join(EXAMPLES, "orders"), database.url, f"http://127.0.0.1:{partner.port}",
                                     "127.0.0.1:0"], **variables)

    def buy(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        client.request("POST", "/orders", json.dumps({"item": 1, "n": 1}),
                       {"content-type": "application/json", "idempotency-key": "4711"})
        assert client.getresponse().status == 201
        client.close()


class Shop(Program):
    path = "/goods/12"

    def __init__(self, collector, port=0, **variables):
        super().__init__(collector, [os.path.join(EXAMPLES, "otlp_shop"), f"127.0.0.1:{port}"], **variables)
