# SPDX-License-Identifier: MIT
"""Goal: behind proxies of --trust-proxy terminals and streams of gRPC are of the addresses that these tell by the PROXY
protocol, and have the limits of those; who is no such proxy tells nothing, and a header that lies, is cut, or comes slowly or
late ends its connection, without a word in the room.
Method: headers of both versions, as bytes before lines, before TLS, and before HTTP/2 by a relay."""
import contextlib
import os
import re
import socket
import struct
import subprocess
import sys

import chat
from chat import Server
from line_tls_test import SECURE
from web_tls_test import Pair

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from balancer import Balancer  # noqa: E402

TRUSTED = ("--trust-proxy", "127.0.0.1")
FULL = "* error: too many connections"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def text(source):
    """Version 1."""
    return f"PROXY TCP{6 if ':' in source else 4} {source} {source} 4711 7000\r\n".encode()


def binary(source, more=b""):
    """Version 2; `more` are TLVs."""
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    address = socket.inet_pton(family, source)
    body = address + address + struct.pack("!HH", 4711, 7000) + more
    return SIGNATURE + bytes([0x21, 0x21 if ":" in source else 0x11]) + struct.pack("!H", len(body)) + body


LOCAL = SIGNATURE + b"\x20\0\0\0"  # the proxy speaks for itself


def through(server, header, more=b""):
    """A terminal whose connection begins so."""
    client = chat.Client(server)
    server.clients.append(client)
    client.raw(header + more)
    return client


def arrived(client):
    """It is shown that it has come; returns it."""
    while not (own := re.fullmatch(r"\* (guest-\d+) joined #general", client.line())):
        pass
    client.name = own.group(1)
    return client


def silent_end(client):
    """The connection ends, by whatever the kernel makes of input that was not read, and without a line."""
    with contextlib.suppress(ConnectionResetError):
        assert client.line() is None


def test_terminals_are_counted_for_the_address_that_a_proxy_tells():
    for header, one, other in ((text, "192.0.2.1", "192.0.2.2"), (binary, "192.0.2.1", "192.0.2.2"),
                               (text, "2001:db8::1", "2001:db8:0:1::1"), (binary, "2001:db8::1", "2001:db8:0:1::1")):
        with Server(*TRUSTED, "--per-address", "2") as server:
            first = [arrived(through(server, header(one))) for _ in range(2)]
            assert through(server, header(one)).line() == FULL
            arrived(through(server, header(other)))
            first[0].close()

            def comes_again():
                with contextlib.closing(chat.Client(server)) as again:
                    again.raw(header(one))
                    return again.line()
            chat.until("a free place", comes_again, lambda line: line != FULL)


def test_header_is_read_up_to_its_end_and_no_further():
    long = binary("192.0.2.1", b"\xe0" + struct.pack("!H", 1500) + b"x" * 1500)
    with Server(*TRUSTED, "--rate", "0", "--max-line", "16") as server:
        watcher = arrived(through(server, LOCAL))
        for header in (text("192.0.2.1"), binary("192.0.2.1"), long, LOCAL, b"PROXY UNKNOWN\r\n"):
            client = arrived(through(server, header, b"behind it\n" + b"y" * 17 + b"\n"))
            assert client.line() == "* error: too long a line, at most 16 bytes"
            watcher.until(f"{client.name}: behind it")
        in_pieces = chat.Client(server)
        server.clients.append(in_pieces)
        in_pieces.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in binary("192.0.2.1"):
            in_pieces.raw(bytes([byte]))
            in_pieces.reached()
        arrived(in_pieces)


def test_terminal_of_a_trusted_address_needs_no_header():
    with Server(*TRUSTED) as server:
        speaks = chat.Client(server)
        speaks.send("Pretty words")  # begins with a letter of the header
        line = arrived(speaks)
        watcher = arrived(chat.Client(server))  # after a second, as it might have been a slow header
        server.clients += [speaks, watcher]
        watcher.send("hello")
        line.until(f"{watcher.name}: hello")


def test_who_is_not_trusted_tells_nothing():
    with Server("--trust-proxy", "192.0.2.0/24", "--per-address", "2") as server:
        lines = [server.client() for _ in range(2)]
        assert through(server, text("192.0.2.1")).line() == FULL
        lines[0].raw(text("192.0.2.1"))  # is a line as any other
        lines[1].until(f"{lines[0].name}: PROXY TCP4 192.0.2.1 192.0.2.1 4711 7000")


BAD = (b"PROXY TCP4 999.0.2.1 192.0.2.1 4711 7000\r\n", b"PROXY TCP4 192.0.2.1 192.0.2.1 4711 70000\r\n",
       b"PROXY TCP4 192.0.2.1 ::1 4711 7000\r\n", b"PROXY " + b"x" * 120 + b"\r\n", SIGNATURE + b"\x31\0\0\0",
       binary("192.0.2.1", b"\3\0\4aaaa"), SIGNATURE + b"\x21\x11\xff\xff")  # of them the last two: a sum, a length


def test_header_that_lies_ends_its_connection_and_is_shown_to_nobody():
    with Server(*TRUSTED, "--log", "debug") as server:
        watcher = arrived(through(server, LOCAL))
        for header in BAD:
            silent_end(through(server, header, b"said by a liar\n"))
        for header in (text("192.0.2.1"), binary("192.0.2.1")):
            for n in (1, len(header) - 1):
                cut = through(server, header[:n])
                cut.socket.shutdown(socket.SHUT_WR)
                silent_end(cut)
        assert watcher.settle() == []
        chat.until("all of them in the log", lambda: server.errors().count("without a right PROXY header"),
                   lambda n: n == len(BAD) + 4)


def test_header_that_comes_late_ends_its_connection_and_is_shown_to_nobody():
    with Server(*TRUSTED) as server:
        watcher = arrived(through(server, LOCAL))
        for header in (text("192.0.2.1"), binary("192.0.2.1")):
            late = arrived(chat.Client(server))
            watcher.until(f"* {late.name} joined #general")
            late.raw(header)
            silent_end(late)
            watcher.expect(f"* {late.name} left #general")
            late.close()


def test_slow_header_ends_after_some_seconds():
    with Server(*TRUSTED) as server:
        slow = [through(server, header[:7]) for header in (text("192.0.2.1"), binary("192.0.2.1"))]
        for client in slow:
            silent_end(client)
        waiting = through(server, text("192.0.2.1")[:7])
        server.stop()  # does not wait for it
        silent_end(waiting)


def talks_by_tls(server, pair, header):
    """What openssl's client, in front of which a relay says that, is shown of its first lines."""
    with Balancer(server.secure, header=header) as to:
        done = subprocess.Popen(["openssl", "s_client", "-quiet", "-verify_quiet", "-CAfile", pair.cert, "-servername", "localhost",
                                 "-connect", "%s:%d" % to.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True)
        try:
            return done.communicate("/quit\n", timeout=chat.WAIT)[0]
        finally:
            done.kill()


def test_header_before_tls_is_read_and_what_is_none_ends():
    pair = Pair()
    with Server(*SECURE, *TRUSTED, *pair.options, "--per-address", "1") as server:
        for header in (text("192.0.2.1"), binary("192.0.2.1", b"\xe0\0\1x"), LOCAL, b""):
            # the one before has its place until it has taken all
            chat.until("a client by TLS", lambda h=header: talks_by_tls(server, pair, h), lambda said: " joined #general\n" in said)
        arrived(through(server, text("192.0.2.3")))
        assert "joined" not in talks_by_tls(server, pair, text("192.0.2.3"))  # another one of its address
        assert "joined" in talks_by_tls(server, pair, binary("192.0.2.4"))
        for header in (*BAD, b"hello in clear text\n"):
            assert talks_by_tls(server, pair, header) == "", header


def test_streams_are_counted_for_the_address_that_a_proxy_tells():
    import streams
    for header in (text, binary):
        with Server(*streams.OPTIONS, *TRUSTED, "--per-address", "1") as server, contextlib.ExitStack() as stack:

            def comes_from(source):
                behind = stack.enter_context(Balancer(server.grpc, header=header(source) if source else b""))

                class Behind:
                    grpc = behind.address
                return stack.enter_context(streams.Stream(Behind, hello=None))
            one = comes_from("192.0.2.1")
            one.hello(nick="ann")
            full = comes_from("192.0.2.1")
            assert full.status()[0] == streams.grpc.StatusCode.RESOURCE_EXHAUSTED, full.status()
            other = comes_from("192.0.2.2")
            other.hello(nick="bob")
            one.say("hello")
            other.until("message", text="hello")
            comes_from("").hello()  # the proxy's own
        with Server(*streams.OPTIONS, "--trust-proxy", "192.0.2.0/24", "--per-address", "1") as server, \
                Balancer(server.grpc, header=header("192.0.2.1")) as behind:
            with contextlib.closing(socket.create_connection(behind.address, chat.WAIT)) as s:
                s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                with contextlib.suppress(ConnectionResetError):
                    while s.recv(4096):  # a refusal, and the end
                        pass


if __name__ == "__main__":
    chat.main()
