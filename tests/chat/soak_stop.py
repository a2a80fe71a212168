# SPDX-License-Identifier: MIT
"""soak_stop.py: how many seconds the end of edo-chat takes, on a machine that has little else to do: without clients it
is over at once, and in spite of clients that do not read and of those that talk on it is in time. No test of ctest, as a
busy machine delays any end: scripts/soak runs it. That it ends at all, and in which order, is in stop_test.py."""
import contextlib
import threading
import time

import chat

AT_ONCE_S = 0.5  # the release build needs some milliseconds
IN_TIME_S = 5  # as --help says


def seconds_to_stop(server):
    start = time.monotonic()
    server.stop()
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


def main():
    chat.bounded.limit(20 * chat.WAIT)
    for soak in soak_without_clients, soak_with_clients_that_do_not_read_and_that_talk_on:
        for _ in range(5):
            took, most = soak()
            print(f"{soak.__name__}: {took:.3f} s, at most {most} s", flush=True)
            assert took <= most, took


if __name__ == "__main__":
    main()
