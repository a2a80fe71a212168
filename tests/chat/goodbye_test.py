# SPDX-License-Identifier: MIT
"""Terminals that say goodbye and do not read: they have their place while the kernel has bytes for them."""
import contextlib
import socket
import time

import chat
from chat import Server

HELPS = 300  # their texts fit into the buffer of the server's socket, and not into that of the client
HELP_END = "* /quit [TEXT]     leave"
FULL = "* error: too many connections"
LEAVE = {
    "says so": lambda client: client.send("/quit"),
    "ends its output": lambda client: client.socket.shutdown(socket.SHUT_WR),
}


def greeting(server):
    """The first line for one that comes now."""
    with contextlib.closing(chat.Client(server)) as one:
        return one.line()


def leaves_unread(server, watcher, leave):
    """A client that has left, and has a part of what it was shown still to read."""
    deaf = server.client(receive_bytes=4096)
    deaf.raw(b"/help\n" * HELPS)
    leave(deaf)
    watcher.until(f"* {deaf.name} left #general")
    return deaf


def test_terminal_that_left_and_does_not_read_keeps_its_place_until_it_has_all():
    for leave in LEAVE.values():
        with Server("--rate", "0", "--per-address", "2") as server:
            deaf = leaves_unread(server, server.client(), leave)
            end = time.monotonic() + 0.2
            while time.monotonic() < end:  # it was free at once
                assert greeting(server) == FULL
            assert deaf.rest().count(HELP_END) == HELPS
            chat.until("a free place", lambda: greeting(server), lambda line: line != FULL)


def test_place_of_a_terminal_that_left_and_is_gone_is_free():
    with Server("--rate", "0", "--per-address", "2") as server:
        deaf = leaves_unread(server, server.client(), LEAVE["says so"])
        assert greeting(server) == FULL
        deaf.reset()
        chat.until("a free place", lambda: greeting(server), lambda line: line != FULL)


def test_end_of_the_server_waits_for_no_terminal_that_left_and_does_not_read():
    with Server("--rate", "0") as server:
        deaf = leaves_unread(server, server.client(), LEAVE["ends its output"])
        server.stop()
        assert server.ended() == 0
        assert deaf.rest().count(HELP_END) == HELPS  # the kernel has gone on


if __name__ == "__main__":
    chat.main()
