# SPDX-License-Identifier: MIT
"""The WebSocket of edo-bench-http: text and binary come back, up to 16 MiB; more is refused with 1009; and
a connection that is no WebSocket is refused."""
import http.client
import os
import socket
import struct

import served
from served import Server

HELLO = (b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
         b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
TEXT, BINARY, CLOSE = 0x81, 0x82, 0x88
MESSAGE_MAX = 16 << 20


def open_socket(server):
    s = socket.create_connection(("127.0.0.1", server.port), served.bounded.WAIT)
    s.sendall(HELLO)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += read(s, 1)
    assert head.startswith(b"HTTP/1.1 101 ") and b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
    return s


def read(s, n):
    got = bytearray()
    while len(got) < n:
        piece = s.recv(n - len(got))
        assert piece, "the connection has ended"
        got += piece
    return bytes(got)


def send(s, first, payload):
    """A frame whose mask is zero."""
    n = len(payload)
    length = bytes([0x80 | n]) if n < 126 else b"\xfe" + struct.pack(">H", n) if n < 65536 \
        else b"\xff" + struct.pack(">Q", n)
    s.sendall(bytes([first]) + length + bytes(4) + payload)


def receive(s):
    first, n = read(s, 2)
    if n == 126:
        n, = struct.unpack(">H", read(s, 2))
    elif n == 127:
        n, = struct.unpack(">Q", read(s, 8))
    return first, read(s, n)


def test_messages_come_back():
    with Server() as server, open_socket(server) as s:
        for first, payload in ((TEXT, "grüße".encode()), (BINARY, b"\0\xff"), (TEXT, b""),
                               (BINARY, os.urandom(70000)), (BINARY, bytes(MESSAGE_MAX))):
            send(s, first, payload)
            assert receive(s) == (first, payload), len(payload)
        send(s, CLOSE, b"\x03\xe8")
        assert receive(s) == (CLOSE, b"\x03\xe8")
        assert s.recv(1) == b""


def test_longer_messages_are_refused():
    with Server() as server, open_socket(server) as s:
        s.sendall(bytes([BINARY, 0xff]) + struct.pack(">Q", MESSAGE_MAX + 1) + bytes(4))
        first, payload = receive(s)
        assert first == CLOSE and payload[:2] == b"\x03\xf1", payload


def test_plain_requests_are_refused():
    with Server() as server:
        asked = http.client.HTTPConnection("127.0.0.1", server.port, timeout=served.WAIT)
        asked.request("GET", "/ws")
        status = asked.getresponse().status
        assert status in (400, 426), status
        asked.close()


if __name__ == "__main__":
    served.main("1", "2")
