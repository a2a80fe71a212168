# SPDX-License-Identifier: MIT
"""Starts the example mini_redis and talks to it. A test is a function test_…() of a *_test.py, which
ends with mini.main(). Every wait has a deadline."""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import bounded  # noqa: E402
from bounded import SANITIZER, WAIT, until  # noqa: E402

PROGRAM = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "mini_redis")


class Failure(Exception):
    """A reply that is an error."""


class Server:
    """The program on a free port. Used as a context it is stopped, and must then end with `status`
    and without a word. `counted`: its memory is, in `held`."""

    def __init__(self, *options, status=0, quiet=True, before=None, command=(), counted=False):
        self.held = bounded.Held() if counted else None
        self.status, self.quiet = status, quiet
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen([*command, PROGRAM, "--port", "0", *options],
                                        stdout=subprocess.PIPE, stderr=self.stderr, preexec_fn=before,
                                        env=self.held.env if counted else os.environ)
        try:
            line = bounded.line_of(self.process.stdout, "its address")
            assert line.startswith("listening on 127.0.0.1:"), f"no first line but {line!r}; {self.errors()}"
        except BaseException:
            bounded.kill(self.process)
            raise
        self.port = int(line.rsplit(":", 1)[1])

    def client(self):
        return Client(self.port)

    def errors(self):
        """Standard error, without the watchdog's lines and stacks, which a loaded machine may cause."""
        text = os.pread(self.stderr.fileno(), 1 << 20, 0).decode(errors="replace")
        return "".join(line for line in text.splitlines(True)
                       if not re.match(r"edo: .* (keeps|kept) worker|\s+(#\d+|addr2line) |\s*$", line))

    def kill(self):
        """As kill -9; this object is then done with."""
        bounded.kill(self.process)

    def takes_no_more(self):
        """It lets bytes of a client lie that it could read, as the replies are not read."""
        return bounded.takes_no_more(self.process.pid, self.port)

    def ended(self):
        return bounded.ended(self.process)

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if self.process.returncode == -signal.SIGKILL:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.ended()
        finally:
            bounded.kill(self.process)
            if kind:
                print(self.errors(), file=sys.stderr)
        if not kind:
            assert status == self.status, f"status {status}: {self.errors()}"
            assert not self.quiet or not self.errors(), self.errors()


def encoded(*words):
    """A request."""
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), WAIT)
        self.input = self.socket.makefile("rb")
        self.asked = ()  # last

    def close(self):
        self.input.close()
        self.socket.close()

    def send(self, *words):
        self.asked = words
        self.socket.sendall(encoded(*words))

    def reply(self):
        """The next one: an int, bytes, None or a list; a Failure as a value."""
        try:
            line = self.input.readline()
        except TimeoutError:
            raise TimeoutError(f"no reply in {WAIT} s to {self.asked[:200]!r}") from None
        if not line:
            raise EOFError
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            return Failure(rest.decode())
        n = int(rest)
        if kind == b":":
            return n
        if n < 0:
            return None
        if kind == b"*":
            return [self.reply() for _ in range(n)]
        value = self.input.read(n + 2)
        assert value.endswith(b"\r\n"), value
        return value[:-2]

    def call(self, *words):
        """Sends a request; returns its reply, or raises it if it is an error."""
        self.send(*words)
        got = self.reply()
        if isinstance(got, Failure):
            raise got
        return got

    def fails(self, text, *words):
        try:
            got = self.call(*words)
        except Failure as failure:
            assert str(failure) == text, f"{words}: {failure}"
        else:
            raise AssertionError(f"{words}: {got!r}, wanted {text!r}")

    def is_gone(self):
        """The server has closed the connection; what it still had sent is dropped."""
        try:
            while self.input.read(1 << 16):
                pass
        except ConnectionError:
            pass


def main():
    bounded.run_one()
