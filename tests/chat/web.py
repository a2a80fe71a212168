# SPDX-License-Identifier: MIT
"""A page of edo-chat: a WebSocket client of its own, with nothing but Python's library, since what it
has to do wrong in some tests no library does. And requests by HTTP."""
import base64
import contextlib
import http.client
import json
import os
import re
import socket
import struct
import time

import chat
import over


class Closed(Exception):
    """The WebSocket is over; `code` is that of the close, 1006 without one."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}")
        self.code = code
        self.reason = reason


def is_that(m, kind, members):
    """Whether a message is of that type, with those members. A node shows a room that another one has made as it is written
    there once the database has told it."""
    def is_equal(k, v):
        return m.get(k) == v or (over.IS_NODES and k == "room" and m.get(k, "").lower() == v.lower())
    return m["type"] == kind and all(is_equal(k, v) for k, v in members.items())


class Page:
    """A connection to /ws. `hello` is the first message; None: none is sent. `host` and `fields` are of
    the request, before which `before` is sent."""

    def __init__(self, server, hello=(), origin=None, receive_bytes=None, source=None, host=None,
                 before="", **fields):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(chat.WAIT)
        self.server = server
        self.node = over.node_of(server)
        self.guest = None
        address = self.node.web
        self.socket.connect(address)
        self.buffer = b""
        self.seen = None  # the last message
        self.session, self.name, self.welcome = None, None, None
        self.raw(before.encode())
        self.status = self.shake_hands(host or "{}:{}".format(*address),
                                       origin=origin, **fields)
        if self.status == 101 and hello is not None:
            self.hello(**dict(hello))

    def shake_hands(self, host, **fields):
        key = base64.b64encode(os.urandom(16)).decode()
        more = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in fields.items() if v)
        self.raw(f"GET /ws HTTP/1.1\r\nhost: {host}\r\n{more}"
                 f"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
                 f"sec-websocket-key: {key}\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            data = self.socket.recv(65536)
            assert data, f"the end came in the head: {self.buffer!r}"
            self.buffer += data
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        return int(head.split(b" ")[1])

    def hello(self, session="", nick="", rooms=()):
        """Says hello, and waits for the welcome, which it returns. Rooms are names, or names with
        the number that was seen last, and perhaps the life of the room."""
        wanted = [{"room": r} if isinstance(r, str) else dict(zip(("room", "after", "life"), r))
                  for r in rooms]
        over.level(self.server)
        self.send(type="hello", session=session, nick=nick, rooms=wanted)
        welcome = self.until("welcome")
        self.session, self.name, self.welcome = welcome["session"], welcome["nick"], welcome
        over.level(self.server)
        return welcome

    def send(self, **message):
        if message.get("type") == "hello":
            self.guest = over.Guests.come(self.node, message.get("session"))
        self.text(json.dumps(message))

    def text(self, text):
        self.frame(0x81, over.Guests.real(text.encode()))

    def frame(self, first_byte, payload):
        n = len(payload)
        head = (struct.pack("!BB", first_byte, 0x80 | n) if n < 126 else
                struct.pack("!BBH", first_byte, 0x80 | 126, n) if n < 65536 else
                struct.pack("!BBQ", first_byte, 0x80 | 127, n))
        self.raw(head + b"\0\0\0\0" + payload)  # a mask of zeros

    def raw(self, data):
        self.socket.sendall(data)

    def take(self, n):
        while len(self.buffer) < n:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            except TimeoutError:
                raise TimeoutError(f"nothing comes; seen last: {self.seen}, {self.buffer[:200]!r}") from None
            if not data:
                raise Closed(1006)
            self.buffer += data
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def any_frame(self):
        """The first byte of the next frame, and its payload."""
        first, n = self.take(2)
        if n >= 126:
            n = int.from_bytes(self.take(2 if n == 126 else 8), "big")
        return first, self.take(n)

    def until_close(self):
        """Reads up to the server's close, to which it does not reply."""
        while self.any_frame()[0] != 0x88:
            pass

    def receive(self, what="a message", end=None):
        """The next message. Pings are responded to; they come for ever, and end no wait."""
        end = end or time.monotonic() + chat.WAIT
        while True:
            assert time.monotonic() < end, f"{what} was waited for; seen last: {self.seen}"
            first, payload = self.any_frame()
            if first == 0x88:
                code = int.from_bytes(payload[:2], "big")
                with contextlib.suppress(OSError):
                    self.frame(0x88, payload[:2])
                raise Closed(code, payload[2:].decode())
            if first == 0x89:
                self.frame(0x8a, payload)
            if first == 0x81:
                told = json.loads(payload)
                if told["type"] == "welcome":
                    over.Guests.greet(self.guest, told["nick"].encode(), told["session"])
                self.seen = json.loads(over.Guests.shown(payload))
                return self.seen

    def until(self, kind, **members):
        """The next message of that type with those members; others before it are left out, but for
        errors."""
        end = time.monotonic() + chat.WAIT
        while True:
            m = self.receive(f"{kind} {members}", end)
            if is_that(m, kind, members):
                return m
            assert m["type"] != "error" or over.is_late(m["code"], m["text"]), f"{m} where {kind} {members} was expected"

    def expect(self, kind, **members):
        """The next message, but for lists of rooms, and what is away, is that one."""
        while (m := self.receive())["type"] in ("rooms", "state"):
            pass
        assert is_that(m, kind, members), \
            f"{kind} {members} was expected, not {m}"
        return m

    def fault(self):
        """The code of the next error."""
        while (m := self.receive())["type"] != "error":
            pass
        return m["code"]

    def say(self, text, room="general", ref=None):
        """Says it, and waits until that is confirmed."""
        ref = ref or os.urandom(6).hex()
        self.send(type="say", room=room, text=text, ref=ref)
        return self.until("message", room=room, ref=ref)

    def texts(self, n, room="general"):
        """The next n messages of a room, as (number, text)."""
        messages = [self.until("message", room=room) for _ in range(n)]
        return [(m["number"], m["text"]) for m in messages]

    def settle(self, with_marks=False):
        """Returns when all that was sent before has been done; returns what came meanwhile, but for lists of rooms: one
        comes a second after anybody has come or gone; what is away; and marks of what is not stored, which come where the disk
        is slow."""
        passed = ("rooms", "state") if with_marks else ("rooms", "state", "stored", "unstored")

        def here():
            self.send(type="settled", ref="settled")
            before, end = [], time.monotonic() + chat.WAIT
            while (m := self.receive("that all is done", end)).get("ref") != "settled":
                before += [m] if m["type"] not in passed else []
            return before
        before = here()
        return before + here() if over.level(self.server) else before

    def closed(self):
        """Reads to the end; returns the code of the close."""
        try:
            while True:
                self.receive()
        except Closed as end:
            return end.code

    def reset(self):
        """Breaks the connection off."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def ask(server, method, path, body=None, source="127.0.0.1", **headers):
    """A request from that address; returns (status, headers, body), which JSON is decoded of."""
    over.level(server)
    connection = http.client.HTTPConnection(*over.asked_of(server).web, timeout=chat.WAIT, source_address=(source, 0))
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        body = over.Guests.real(body)
        headers.setdefault("content_type", "application/json")
    connection.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})
    response = connection.getresponse()
    data = response.read()
    connection.close()
    if "json" in (response.getheader("content-type") or ""):
        data = json.loads(over.Guests.shown(data))
    return response.status, response.headers, data


def numbers(server, **options):
    """The text of /metrics, for which an address may ask some times a second."""
    asked = chat.until("/metrics", lambda: ask(server, "GET", "/metrics", **options), lambda seen: seen[0] != 429)
    assert asked[0] == 200, asked
    return asked[2]


def number(server, name, **options):
    """A number of /metrics; of all its labels, and all nodes, together."""
    if hasattr(server, "turns"):
        return sum(over.Asker.number(node, name) for node in (server, server.other))
    text = numbers(server, **options)
    found = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text.decode(), re.M)
    assert found, f"no {name} in {text}"
    return sum(map(float, found))


def until_number(server, name, wanted, **options):
    """Waits until a number of /metrics is that one."""
    chat.until(f"{name} {wanted}", lambda: number(server, name, **options), lambda seen: seen == wanted)
