# SPDX-License-Identifier: MIT
"""soak_stop.py: how many seconds the end of edo-chat takes, on a machine that has little else to do: without clients it
is over at once; in spite of clients that do not read, of those that talk on, and of pages that do neither reply nor end
their handshake it is in time. No test of ctest, as a busy machine delays any end: scripts/soak runs it. That it ends at
all, and in which order, is in stop_test.py and web_hostile_test.py."""
import contextlib
import signal
import socket
import threading
import time

import chat
from web import Page

AT_ONCE_S = 0.5  # the release build needs some milliseconds
IN_TIME_S = 5  # as --help says
PAGES_S = 2  # a drain is 0.5 s, and what is left is cancelled 0.25 s later


def seconds_to_stop(server, meanwhile=lambda: None):
    start = time.monotonic()
    server.stop(signal.SIGTERM)
    meanwhile()
    assert server.ended() == 0
    return time.monotonic() - start


def talk_on(client):
    with contextlib.suppress(OSError):  # it is broken off
        while True:
            client.send("still talking")
            time.sleep(0.001)  # as fast as a quick typist, and not as fast as the server can


def soak_without_clients():
    with chat.Server() as server:
        return seconds_to_stop(server), AT_ONCE_S


def soak_with_clients_that_do_not_read_and_that_talk_on():
    with chat.Server("--rate", "0", web=True) as server:
        server.client(receive_bytes=4096).raw(b"/help\n" * 30000)  # more than all buffers on the way hold
        talker = threading.Thread(target=talk_on, args=(server.client(),))
        talker.start()
        took = seconds_to_stop(server)
        talker.join(chat.WAIT)
        return took, IN_TIME_S


def half_of(server, request):
    """A connection on which a request has begun and is not finished."""
    half = socket.create_connection(server.web, chat.WAIT)
    half.sendall(request)
    return half


def soak_with_pages_that_reply():
    with chat.Server(web=True) as server, contextlib.ExitStack() as stack:
        pages = [stack.enter_context(Page(server, {"nick": f"p{n}"})) for n in range(50)]

        def reply():
            assert {page.closed() for page in pages} == {1001}

        return seconds_to_stop(server, reply), PAGES_S


def soak_with_pages_that_do_not_read_and_half_handshakes():
    upgrade = b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    with chat.Server(web=True) as server, contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(Page(server, receive_bytes=4096))  # it neither reads nor replies
            stack.enter_context(Page(server, hello=None))
            for begun in b"", b"GET / HT", upgrade:
                stack.enter_context(half_of(server, begun))
        with Page(server) as last:
            last.settle()  # those before it have been accepted, too
        return seconds_to_stop(server), PAGES_S


def main():
    chat.bounded.limit(20 * chat.WAIT)
    for soak in (soak_without_clients, soak_with_clients_that_do_not_read_and_that_talk_on, soak_with_pages_that_reply,
                 soak_with_pages_that_do_not_read_and_half_handshakes):
        for _ in range(5):
            took, most = soak()
            print(f"{soak.__name__}: {took:.3f} s, at most {most} s", flush=True)
            assert took <= most, took


if __name__ == "__main__":
    main()
