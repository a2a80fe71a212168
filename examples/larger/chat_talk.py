# SPDX-License-Identifier: MIT
"""chat_talk.py STEP PROGRAM...: talks to step 1 to 6 of the chat, and ends it by SIGTERM."""
import contextlib
import signal
import socket
import subprocess
import sys
import time


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.lines = self.socket.makefile("r", encoding="utf-8", newline="\n")

    def say(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def hears(self, *wanted):
        for line in wanted:
            heard = self.lines.readline().rstrip("\n")
            assert heard == line, f"wanted {line!r}, heard {heard!r}"

    def is_gone(self):
        assert self.lines.readline() == ""


def connect_first(port):
    for _ in range(500):
        with contextlib.suppress(ConnectionRefusedError):
            return Client(port)
        time.sleep(0.02)
    raise AssertionError("nobody listens")


def greet(client, step, number):
    """Who has been greeted hears what comes later."""
    client.hears("* you are in #general" if step >= 4 else f"* you are guest-{number}")


def meet(one, port, step):
    """A second client; `one` hears of it."""
    two = Client(port)
    greet(two, step, 2)
    room = " #general" if step >= 4 else ""
    one.hears(f"* guest-2 joined{room}")
    return two


def talk(step, port):
    one = connect_first(port)
    if step == 1:
        one.say("hello")
        one.hears("you said: hello")
        return one
    greet(one, step, 1)
    two = meet(one, port, step)
    two.say("hello")
    one.hears("guest-2: hello")
    if step >= 3:
        two.say("/nick bo")
        two.hears("* you are bo")
        one.hears("* guest-2 is now bo")
        two.say("/dance")
        two.hears("* error: unknown command")
    if step >= 4:
        two.say("/join #tea")
        two.hears("* you are in #tea")
        one.hears("* bo left #general")
        one.say("/rooms")
        one.hears("* #general (1)", "* #tea (1)")
        one.say("nobody hears this")
    if step >= 5:
        one.say("x" * 5000)
        one.hears("* error: line too long")
    if step in (3, 4, 5):
        two.say("/quit")
        two.is_gone()
    elif step == 2:
        two.socket.shutdown(socket.SHUT_RDWR)
        one.hears("* guest-2 left")
    return one


def main():
    step, program = int(sys.argv[1]), sys.argv[2:]
    # Nobody else gets the port of this socket, which listens to nothing; the server is allowed to.
    place = socket.socket()
    place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    place.bind(("127.0.0.1", 0))
    port = place.getsockname()[1]
    server = subprocess.Popen(program + [f"127.0.0.1:{port}"])
    try:
        one = talk(step, port)
        server.send_signal(signal.SIGTERM)
        if step == 6:
            one.hears("* server shutting down")
        one_status = server.wait(20)
        assert one_status == 0, f"the server ended with {one_status}"
    finally:
        server.kill()


main()
