# SPDX-License-Identifier: MIT
"""soak_goodbye.py: clients of one address that come, ask, say goodbye and do not read, as terminals, as pages and by HTTP, for
some seconds each (EDO_HOSTILE_S times 3): what the server's sockets hold is bounded by their places, others are served
meanwhile, and in the end nothing is left. And clients that leave amid long answers while the server stops: the stop is in
time. No test of ctest, as it takes minutes, and a busy machine delays any end: scripts/soak runs it."""
import contextlib
import os
import random
import resource
import socket
import threading
import time

import chat
import web

SECONDS = 3 * int(os.environ.get("EDO_HOSTILE_S", "3"))
PLACES = 50
PLACES_HTTP = PLACES + 256  # of the web's connections, of which as many as that may be WebSockets in use
HELD_MAX = 256 << 10  # bytes of one connection: twice CHAT_SEND_BUFFER
SERVED_S = 2  # at most, for another one's question
GONE_S = 90  # after the last one: a client that takes nothing is reset after 60 s
STOP_S = 5  # as --help says
ROUNDS = 5
HOSTILE, STEADY = "127.0.0.2", "127.0.0.3"


def held(server):
    """What the server's sockets have sent or are to send, and the other ends have not taken; those without an owner, too."""
    ports = tuple(f":{address[1]:04X}" for address in (server.address, server.web))
    with open("/proc/net/tcp", encoding="ascii") as rows:
        fields = [row.split() for row in rows][1:]
    return sum(int(f[4].split(":")[0], 16) for f in fields if f[1].endswith(ports) and f[3] != "0A")


def connected(address):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(chat.WAIT)
    s.bind((HOSTILE, 0))
    s.connect(address)
    return s


def terminal(server):
    s = connected(server.address)
    if s.recv(4096).startswith(b"* error"):
        s.close()
        raise ConnectionError("no place")
    s.sendall(b"/help\n" * 300 + b"/quit\n")
    s.shutdown(socket.SHUT_WR)
    return s


def page(server):
    p = web.Page(server, None, receive_bytes=4096, source=HOSTILE)
    if p.status != 101:
        p.close()
        raise ConnectionError("no place")
    p.send(type="hello", nick="", session="", rooms=[])
    p.raw((b"\x81\x91\0\0\0\0" + b'{"type":"unkown"}') * 1000)
    p.frame(0x88, b"\x03\xe8")
    return p.socket


def by_http(server):
    s = connected(server.web)
    s.sendall(f"GET /chat.js HTTP/1.1\r\nhost: 127.0.0.1:{server.web[1]}\r\n\r\n".encode() * 5)
    s.shutdown(socket.SHUT_WR)
    return s


def question(steady):
    start = time.monotonic()
    steady.send("/who")
    while not (line := steady.line()).startswith("* ") or steady.name not in line:
        pass
    return time.monotonic() - start


def soak_goodbye(come, places):
    with chat.Server("--rate", "0", "--per-address", str(PLACES), web=True) as server, contextlib.ExitStack() as all:
        steady = server.client(source=STEADY)
        steady.rename("steady")
        steady.join("quiet")
        end, came, most, slowest = time.monotonic() + SECONDS, 0, 0, 0.0
        while time.monotonic() < end:
            for _ in range(20):
                with contextlib.suppress(OSError, AssertionError):  # it was refused
                    all.enter_context(contextlib.closing(come(server)))
                    came += 1
            most = max(most, held(server))
            slowest = max(slowest, question(steady))
        left = gone(server)
        print(f"{come.__name__}: {came} came, {most >> 10} KiB were held, {slowest:.3f} s for another one, "
              f"{left:.0f} s until all was gone", flush=True)
        assert came > 0 and most > 0, "no attack"
        assert most <= places * HELD_MAX, (most, places * HELD_MAX)
        assert slowest <= SERVED_S, slowest
        assert left <= GONE_S, left


def gone(server):
    """How long it takes until nothing is held."""
    start = time.monotonic()
    while held(server) > 0 and time.monotonic() - start <= 2 * GONE_S:
        time.sleep(0.1)
    return time.monotonic() - start


def leave(one, dice):
    """Leaves amid its answers, in one of the ways there are."""
    with contextlib.suppress(OSError):
        if dice == 0:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        if dice == 1:
            one.shutdown(socket.SHUT_WR)
        else:
            one.close()


def soak_stop_amid_answers(seed):
    dice = random.Random(seed)
    with chat.Server("--rate", "0", web=True) as server, contextlib.ExitStack() as all:
        ones = [come(server) for come in (terminal, page, by_http) for _ in range(50)]
        for one in ones:
            all.enter_context(contextlib.closing(one))
        dice.shuffle(ones)
        ways = [dice.randrange(3) for _ in ones]
        leaver = threading.Thread(target=lambda: [(leave(one, way), time.sleep(0.01)) for one, way in zip(ones, ways)])
        leaver.start()
        time.sleep(dice.random())
        start = time.monotonic()
        server.stop()
        assert server.ended() == 0
        took = time.monotonic() - start
        leaver.join(chat.WAIT)
        print(f"stop amid answers, seed {seed}: {took:.3f} s", flush=True)
        assert took <= STOP_S, took


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    chat.bounded.limit(40 * chat.WAIT)
    for come, places in (terminal, PLACES), (page, PLACES_HTTP), (by_http, PLACES_HTTP):
        soak_goodbye(come, places)
    first = int(os.environ.get("EDO_TEST_SEED", "1"))
    for seed in range(first, first + ROUNDS):
        soak_stop_amid_answers(seed)


if __name__ == "__main__":
    main()
