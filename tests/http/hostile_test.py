# SPDX-License-Identifier: MIT
"""The HTTP/1.1 server and clients that mean no good: slow, silent, greedy, smuggling, gone. What each
test ends with: others are served, and no descriptor is left."""
import contextlib
import os
import re
import resource
import select
import time

import served
from served import HELLO, Server, need_descriptors

ECHO = b"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
REFUSALS = tuple(b"HTTP/1.1 %d " % status for status in (400, 414, 431, 501, 505))


def smugglers(side, verdict):
    """The vectors with that verdict of a server: pairs of id and bytes."""
    path = os.path.join(os.environ["EDO_SOURCE_DIR"], "tests/http/vectors/http1.tsv")
    with open(path, encoding="ascii") as rows:
        for row in rows:
            name, its_side, _, its_verdict, data, _ = row.rstrip("\n").split("\t")
            if (its_side, its_verdict) == (side, verdict):
                yield name, bytes.fromhex(data)


# ---- Slow and silent ---------------------------------------------------------------------------


def test_slow_heads_are_ended_and_others_served():
    need_descriptors(1024)
    with Server("--header-timeout", "1") as server:
        descriptors = server.descriptors()
        good = server.client()
        slow = [server.client() for _ in range(300)]
        head = b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 30000
        left, n = set(slow), 0
        end = time.monotonic() + served.WAIT
        while left:
            assert time.monotonic() < end, f"{len(left)} of the slow ones are still there"
            ready, _, _ = select.select([c.socket for c in left], [], [], 0.02)
            for c in [c for c in left if c.socket in ready]:
                assert c.rest().startswith(b"HTTP/1.1 408 "), n
                left.remove(c)
            for c in left:
                c.send(head[n:n + 1])
            good.send(HELLO)
            good.expect(200, b"Hello, World!")
            n += 1
        for c in [good, *slow]:
            c.close()
        server.has_only(descriptors)
        server.serves()


def test_half_a_head_costs_less_than_4_kib():
    need_descriptors(4096)
    half = HELLO[:-4] + b"\r\nX-Own: value"
    with Server() as server:
        warm = [server.client() for _ in range(200)]
        for c in warm:
            c.send(half)
        server.serves()
        before, n = server.memory(), 1000
        slow = [server.client() for _ in range(n)]
        for c in slow:
            c.send(half)
        server.serves()
        if not served.SANITIZER:
            assert (server.memory() - before) / n < 4096, server.memory() - before
        for c in [*warm, *slow]:  # each goes on where it was
            c.send(b"\r\n\r\n")
            c.expect(200, b"Hello, World!")


def test_slow_bodies_cost_little_and_others_are_served():
    need_descriptors(1024)
    with Server(counted=True) as server:
        descriptors, n = server.descriptors(), 300
        good = server.client()
        good.send(HELLO)
        good.expect(200, b"Hello, World!")
        server.held.begin()
        slow = [server.client() for _ in range(n)]
        rounds = 8
        for c in slow:
            c.send(ECHO % rounds)
        for byte in range(rounds):
            for c in slow:
                c.send(b"%d" % byte)
            good.send(HELLO)
            good.expect(200, b"Hello, World!")
            if byte == rounds // 2:
                grown = server.held.grown() // n
                assert grown < 40 << 10, f"{grown} bytes for each"
                for c in slow[n // 2:]:
                    c.reset()
                slow = slow[:n // 2]
        for c in slow:
            c.expect(200, b"01234567")
            c.close()
        good.close()
        server.has_only(descriptors)
        server.serves()


def test_idle_connections_cost_less_than_2_kib_each():
    n, warm = 2000, 100
    need_descriptors(n + 200)
    with Server() as server:
        descriptors = server.descriptors()

        def connected(count):
            clients = [server.client() for _ in range(count)]
            for c in clients[::2]:  # the others have never sent anything
                c.send(HELLO)
            for c in clients[::2]:
                c.expect(200, b"Hello, World!")
            return clients
        for c in connected(warm):
            c.close()
        server.has_only(descriptors)
        before = server.memory()
        clients = connected(n)
        served.until("all are accepted", lambda: server.descriptors() >= descriptors + n)
        each = (server.memory() - before) / n
        print(f"{each:.0f} bytes for each idle connection")
        if not served.SANITIZER:
            assert each < 2048, f"{each} bytes for each"
        server.serves()
        for c in clients:
            c.close()
        server.has_only(descriptors)


# ---- Smuggling ---------------------------------------------------------------------------------


def test_nothing_is_served_after_a_rejected_message():
    behind = b"GET /user/smuggled HTTP/1.1\r\nHost: h\r\n\r\n"
    with Server() as server:
        descriptors = server.descriptors()
        with server.client() as c:  # what else the test looks for does come
            c.send(HELLO + behind)
            c.expect(200, b"Hello, World!")
            c.expect(200, b"smuggled")
        rejected = list(smugglers("request", "reject"))
        assert len(rejected) > 150, len(rejected)
        refused = 0
        for name, data in rejected:
            with server.client() as c:
                c.send(HELLO + data + behind)
                c.expect(200, b"Hello, World!")
                rest = c.rest()  # the connection ends, though the client's side is open
                assert b"smuggled" not in rest, (name, rest)
                refused += rest.startswith(REFUSALS)
        # Bad framing of a body may be found when the head of the response has been sent.
        assert refused > len(rejected) * 3 // 4, f"{refused} of {len(rejected)}"
        server.has_only(descriptors)
        server.serves()


# ---- Greedy ------------------------------------------------------------------------------------


def test_flood_of_pipelined_requests_without_reading_is_bounded():
    n, floods = 10000, 4
    flood = b"".join(b"GET /user/%d HTTP/1.1\r\nHost: h\r\n\r\n" % i for i in range(n))
    with Server(counted=True) as server:
        descriptors = server.descriptors()
        server.serves()
        server.held.begin()
        clients = [server.client(receive_bytes=4096) for _ in range(floods)]
        # As much as the server takes: it stops when its responses are not read.
        left = {c: c.flood(flood, server.takes_no_more) for c in clients}
        for c in clients:
            c.socket.setblocking(False)
        assert server.held.grown() < 512 << 10, server.held.grown()
        server.serves()
        got = {c: bytearray() for c in clients}
        open_ones = set(clients)
        while open_ones:
            reads, writes, _ = select.select([c.socket for c in open_ones],
                                             [c.socket for c in open_ones if left[c]], [], served.WAIT)
            assert reads or writes, "nothing comes any more"
            for c in list(open_ones):
                if c.socket in writes:
                    left[c] = left[c][c.socket.send(left[c][:1 << 16]):]
                if c.socket in reads:
                    data = c.socket.recv(1 << 20)
                    assert data, "the end came"
                    got[c] += data
                    if got[c].endswith(b"\r\n\r\n%d" % (n - 1)):
                        open_ones.remove(c)
        for c in clients:
            bodies = re.findall(rb"\r\n\r\n(\d+)(?=HTTP/1\.1 200 OK\r\n|$)", bytes(got[c]))
            assert bodies == [b"%d" % i for i in range(n)], len(bodies)
            c.close()
        server.has_only(descriptors)


BODY = b"POST /user HTTP/1.1\r\nHost: h\r\n"
CHUNKED = BODY + b"Transfer-Encoding: chunked\r\n\r\n"
OVERSIZE = (
    ("target", b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", (414,)),
    ("method", b"G" * 70000 + b" / HTTP/1.1\r\nHost: h\r\n\r\n", (400, 414, 501)),
    ("field", b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 70000 + b"\r\n\r\n", (431,)),
    ("name of a field", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"x" * 70000 + b": x\r\n\r\n", (431,)),
    ("fields", b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 100 + b"\r\n", (431,)),
    ("length", BODY + b"Content-Length: 99999999999999999999\r\n\r\n", (400,)),
    ("body", BODY + b"Content-Length: 2000000\r\n\r\n", (413,)),
    ("chunked body", CHUNKED + b"10000\r\n%b\r\n" % (b"x" * 65536) * 32 + b"0\r\n\r\n", (413,)),
    ("chunk", CHUNKED + b"fffffffffffffffff\r\n", (400,)),
    ("chunk, from the start", CHUNKED + b"7fffffffffffffff\r\n" + b"x" * 2000000, (413,)),
    ("extension", CHUNKED + b"1;x=" + b"y" * 70000 + b"\r\nz\r\n0\r\n\r\n", (400,)),
    ("extensions", CHUNKED + (b"1;x=%b\r\nz\r\n" % (b"y" * 1000)) * 70 + b"0\r\n\r\n", (400,)),
    ("trailer", CHUNKED + b"0\r\nX: " + b"x" * 70000 + b"\r\n\r\n", (400, 431)),
    ("trailers", CHUNKED + b"0\r\n" + b"X: y\r\n" * 9000 + b"\r\n", (400, 431)),
)


def test_what_is_too_large_is_refused_and_costs_no_memory():
    with Server(counted=True) as server:
        descriptors = server.descriptors()
        server.serves()
        server.held.begin()
        for name, data, statuses in OVERSIZE * 3:
            with server.client() as c:
                with contextlib.suppress(ConnectionError):  # it need not read all
                    c.send(data)
                rest = c.rest()
                assert rest.startswith(tuple(b"HTTP/1.1 %d " % s for s in statuses)), (name, rest[:80])
        assert server.held.grown() < 8 << 20, server.held.grown()  # a body of 1 MiB as it becomes longer, and the next
        server.has_only(descriptors)
        server.serves()
        served.until("that little is kept", server.held.kept, lambda seen: seen < 2 << 20)


def test_shortage_of_descriptors_closes_the_oldest_idle_connections():
    n, room = 60, 20
    with Server() as server:
        most = server.descriptors() + room
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (most, most))
        clients = []
        for _ in range(n):  # each is served, for which another is closed
            c = server.client()
            clients.append(c)
            c.send(HELLO)
            c.expect(200, b"Hello, World!")
        for c in clients[:n - room - 1]:
            assert c.rest() == b""
        for c in clients[n - room // 2:]:
            c.send(HELLO)
            c.expect(200, b"Hello, World!")
        for c in clients:
            c.close()
        server.serves()


# ---- Gone --------------------------------------------------------------------------------------


EXCHANGE = (b"POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nA: b\r\n\r\n")


def test_half_close_at_every_byte_ends_the_connection():
    with Server() as server:
        descriptors = server.descriptors()
        for size in range(len(EXCHANGE)):
            with server.client() as c:
                c.send(EXCHANGE[:size])
                c.end_input()
                rest = c.rest()
                assert not rest.endswith(b"0\r\n\r\n"), (size, rest)  # no part looks whole
        with server.client() as c:
            c.send(HELLO)
            c.end_input()
            c.expect(200, b"Hello, World!")
            assert c.rest() == b""
        server.has_only(descriptors)
        server.serves()


def test_reset_at_every_byte_leaves_nothing():
    with Server() as server:
        descriptors = server.descriptors()
        for size in range(len(EXCHANGE) + 1):
            c = server.client()
            c.send(EXCHANGE[:size])
            c.reset()
        with server.client() as c:
            c.send(EXCHANGE)
            response = c.until(b"\r\n0\r\n\r\n")
            assert response.startswith(b"HTTP/1.1 200 OK\r\n"), response
        for size in range(1, len(response)):
            c = server.client()
            c.send(EXCHANGE)
            c.take(size)
            c.reset()
        server.has_only(descriptors)
        server.serves()


def test_reset_amid_a_large_response_leaves_nothing():
    big = ECHO % (64 << 20) + b"x" * (1 << 16)
    with Server() as server:
        descriptors = server.descriptors()
        for target in b"/16k.bin", b"/user/1":
            clients = [server.client(receive_bytes=4096) for _ in range(20)]
            for c in clients:
                c.send(b"GET %b HTTP/1.1\r\nHost: h\r\n\r\n" % target * 200)
            for c in clients:
                c.take(100)
                c.reset()
        clients = [server.client(receive_bytes=4096) for _ in range(20)]
        for c in clients:
            c.send(big)
        for c in clients:
            c.take(100)
            c.reset()
        server.has_only(descriptors)
        server.serves()


# ---- The end -----------------------------------------------------------------------------------


def test_sigterm_with_clients_of_each_kind_ends_in_order():
    with Server("--drain-max", str(served.WAIT)) as server:
        idle = [server.client() for _ in range(20)]
        for c in idle[::2]:
            c.send(HELLO)
            c.expect(200, b"Hello, World!")
        part = server.client()
        part.send(b"GET / HT")
        busy = server.client()
        busy.send(ECHO % 10 + b"01234")
        assert busy.head()[0] == 200
        assert busy.take(5) == b"01234"
        server.stop()
        for c in idle:
            assert c.rest() == b""
        busy.send(b"56789")  # what was begun is finished
        assert busy.take(5) == b"56789"
        assert busy.rest() == b""
        assert b"200 OK" not in part.rest()
        part.close()
        assert server.ended() == 0


def test_sigterm_with_clients_that_stall_ends_with_status_0():
    with Server() as server:
        writer = server.client()
        writer.send(ECHO % 10 + b"01")
        assert writer.head()[0] == 200
        reader = server.client(receive_bytes=4096)
        reader.send(b"GET /16k.bin HTTP/1.1\r\nHost: h\r\n\r\n" * 2000)
        assert reader.head()[0] == 200
        server.stop()
        assert server.ended() == 0
        for c in writer, reader:
            c.close()


if __name__ == "__main__":
    served.main("1", "2")
