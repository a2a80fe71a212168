# SPDX-License-Identifier: MIT
"""Starts the real edo-bench-http, or another program, on a free port and talks to it. A test is a function test_…() of a
*_test.py, which ends with served.main(). Every wait has a deadline; nothing sleeps to let something
else happen first."""
import contextlib
import fcntl
import inspect
import os
import pathlib
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import bounded  # noqa: E402
from bounded import SANITIZER, WAIT, until  # noqa: E402

HELLO = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
FILE_BYTES = 16384


def need(*programs):
    """Skips the test if a program is missing."""
    for program in programs:
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            print(f"skipped: there is no {program}")
            sys.exit(77)


def need_descriptors(n):
    """Lets this process, and the servers that it starts, have `n` descriptors, or skips."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < n:
        print(f"skipped: a process may have {hard} descriptors, {n} are needed")
        sys.exit(77)
    if soft != resource.RLIM_INFINITY and soft < n:
        resource.setrlimit(resource.RLIMIT_NOFILE, (n, hard))


class Server:
    """The program. Used as a context it gets SIGTERM at the end, and must then end with status 0. `counted`: its memory
    is, in `held`."""

    threads = "1"  # see main()
    program = "edo-bench-http"

    def __init__(self, *options, port=0, counted=False):
        self.held = bounded.Held() if counted else None
        self.www = tempfile.TemporaryDirectory()
        self.file = os.urandom(FILE_BYTES)
        with open(os.path.join(self.www.name, "16k.bin"), "wb") as out:
            out.write(self.file)
        self.stderr = tempfile.TemporaryFile()
        program = os.path.join(os.environ["EDO_BIN_DIR"], Server.program)
        self.process = subprocess.Popen(
            [program, "-t", Server.threads, *options, f"127.0.0.1:{port}"], stderr=self.stderr,
            env={**(self.held.env if counted else os.environ), "WWW": self.www.name})
        self.stopped = False
        try:
            self.port = until("it listens", self.find_port)
        except AssertionError:
            bounded.kill(self.process)
            print(self.errors(), file=sys.stderr)
            raise
        self.url = f"http://127.0.0.1:{self.port}"

    def sockets(self):
        """Inodes of its sockets."""
        folder, found = f"/proc/{self.process.pid}/fd", set()
        for fd in os.listdir(folder):
            with contextlib.suppress(OSError):
                link = os.readlink(f"{folder}/{fd}")
                if link.startswith("socket:["):
                    found.add(link[len("socket:["):-1])
        return found

    def find_port(self):
        """The port on which one of its sockets listens; None so far."""
        assert self.process.poll() is None, f"it ended: {self.errors()}"
        own = self.sockets()
        with open("/proc/net/tcp", encoding="ascii") as rows:
            for row in map(str.split, rows):
                if row[3] == "0A" and row[9] in own:
                    return int(row[1].split(":")[1], 16)
        return None

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    def errors(self):
        return os.pread(self.stderr.fileno(), 1 << 20, 0).decode(errors="replace")

    def client(self, **options):
        return Client(self.port, **options)

    def serves(self):
        """It still serves a well-behaved client."""
        with self.client() as c:
            for n in range(2):
                c.send(b"GET /user/%d HTTP/1.1\r\nHost: h\r\n\r\n" % n)
                c.expect(200, b"%d" % n)

    def has_only(self, descriptors):
        """It closes all that it has opened since it had that number of descriptors."""
        until(f"{descriptors} descriptors", self.descriptors, lambda seen: seen <= descriptors)

    def takes_no_more(self):
        """It lets bytes of a client lie that it could read, as the responses are not read."""
        return bounded.takes_no_more(self.process.pid, self.port)

    def stop(self):
        self.stopped = True  # a second signal would kill it
        self.process.send_signal(signal.SIGTERM)

    def ended(self):
        """Waits for the end; returns the status."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            # The thread sanitizer loses a signal at times; a server that has received it does not
            # listen any more.
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(WAIT / 4)
            with contextlib.suppress(OSError, AssertionError):
                if "thread" in SANITIZER and self.find_port():
                    self.process.send_signal(signal.SIGTERM)
        raise AssertionError(f"it did not end in {WAIT} s; its threads: {bounded.states(self.process.pid)}")

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        if not self.stopped and self.process.poll() is None:
            self.stop()
        try:
            status = self.ended()
        finally:
            bounded.kill(self.process)
            self.www.cleanup()
            if kind or self.errors():
                print(self.errors(), file=sys.stderr)
        if not kind:
            assert status == 0, f"the server ended with status {status}"
            assert "Sanitizer" not in self.errors()


class Client:
    """A connection; `receive_bytes` is the size of its socket's buffer."""

    def __init__(self, port, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        """Reads more; False at the end of the connection."""
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            raise TimeoutError(f"nothing comes in {WAIT} s; seen last: {self.buffer[-200:]!r}") from None
        self.buffer += data
        return bool(data)

    def take(self, n):
        while len(self.buffer) < n:
            assert self.more(), f"the end came within {self.buffer!r}"
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def until(self, mark):
        """Takes what is before the mark, and the mark; returns the former."""
        while (at := self.buffer.find(mark)) < 0:
            assert self.more(), f"the end came within {self.buffer!r}"
        return self.take(at + len(mark))[:at]

    def head(self):
        """Takes a head; returns the status and the fields, with names in lower case."""
        first, *lines = self.until(b"\r\n\r\n").split(b"\r\n")
        version, status = first.split()[:2]
        assert version == b"HTTP/1.1", first
        fields = [line.split(b":", 1) for line in lines]
        return int(status), {name.lower(): value.strip() for name, value in fields}

    def chunk(self):
        """Takes a chunk; b"" is the last one."""
        data = self.take(int(self.until(b"\r\n"), 16))
        assert self.take(2) == b"\r\n"
        return data

    def response(self):
        """Takes a response with its body; returns status, fields and body."""
        status, fields = self.head()
        if b"content-length" in fields:
            return status, fields, self.take(int(fields[b"content-length"]))
        body = b""
        if fields.get(b"transfer-encoding") == b"chunked":
            while data := self.chunk():
                body += data
        return status, fields, body

    def expect(self, status, body):
        got, _, got_body = self.response()
        assert (got, got_body) == (status, body), (got, got_body[:200])

    def reached(self):
        """Waits until the server's socket has all that was sent."""
        def unacknowledged():
            return struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, bytes(4)))[0]
        until("that all that was sent has reached the server", unacknowledged, lambda left: left == 0)

    def flood(self, data, is_over):
        """Sends what the other end takes of the data, until there is no more, or it is over; returns what is left."""
        left = memoryview(data)
        self.socket.setblocking(False)

        def push():
            nonlocal left
            with contextlib.suppress(BlockingIOError):
                while left:
                    left = left[self.socket.send(left[:1 << 16]):]
            return not left or is_over()
        until("that no more is taken", push)
        self.socket.settimeout(WAIT)
        return left

    def rest(self):
        """All bytes up to the end of the connection, orderly or not."""
        with contextlib.suppress(ConnectionError):
            while self.more():
                pass
        data, self.buffer = self.buffer, b""
        return data

    def end_input(self):
        with contextlib.suppress(OSError):  # the server may have closed it
            self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Breaks the connection off."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *rest):
        self.close()


def run(*command, status=0, **options):
    """Runs a program to its end; returns standard output and standard error."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    done = subprocess.run(command, capture_output=True, timeout=WAIT, check=False,
                          env={**os.environ, "PATH": path}, **options)
    assert done.returncode == status, (done.returncode, done.stderr.decode(errors="replace"))
    return done.stdout, done.stderr.decode(errors="replace")


@contextlib.contextmanager
def started(front, folder, *command):
    """A proxy that listens on the Unix socket `front`; its process."""
    with open(os.path.join(folder, "log"), "w+b") as log:
        env = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=env)
        try:
            def accepts():
                assert process.poll() is None, "it ended"
                with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
                    s.connect(front)
                    return True
                return False
            until(f"{command[0]} listens", accepts)
            yield process
        except BaseException:
            print(os.pread(log.fileno(), 1 << 16, 0).decode(errors="replace"))
            raise
        finally:
            process.terminate()
            try:
                bounded.ended(process)
            finally:
                bounded.kill(process)


def main(*threads):
    """Runs the tests of the calling file, or those named on the command line, once for each of these
    numbers of threads of the server."""
    tests = {name: thing for name, thing in inspect.stack()[1].frame.f_globals.items()
             if name.startswith("test_") and callable(thing)}
    for name in sys.argv[1:] or tests:
        for Server.threads in threads:
            start = time.monotonic()
            bounded.run(tests[name], 6 * WAIT)
            took = time.monotonic() - start
            print(f"ok {took:6.2f} s  {name}, -t {Server.threads}", flush=True)
