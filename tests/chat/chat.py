# SPDX-License-Identifier: MIT
"""Starts the real edo-chat and talks to it. A test is a function test_…() of a *_test.py, which ends
with chat.main(). Every wait has a deadline; nothing sleeps to let something else happen first.
"""
import collections
import contextlib
import fcntl
import inspect
import os
import pathlib
import re
import resource
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
import over  # noqa: E402
from bounded import SANITIZER, WAIT, until  # noqa: E402

TSAN = "tsan" in SANITIZER or "thread" in SANITIZER


def passes(burst, rate, since):
    """How many things a limiter that has refused some may have let pass since a time before the first of them. It looks
    at a clock that lags by some ms, hence the last one."""
    return range(burst, burst + int(rate * (time.monotonic() - since)) + 2)


class Server:
    """The program on a free port, or two as over.py has it, without the web unless `web` is set: then that has a free port,
    too; of another address than 127.0.0.1 if it is the text of one. `tcp` False: without terminals. `counted`: its memory is,
    in `held`. `env` is its environment, beside that of the test. Used as a context it is stopped, and must then end with `status`."""

    threads = 1  # see main(); None: the server's default
    web_options = ["--http", "none"]  # without `web`

    def __init__(self, *options, limit=None, soft_limit=None, web=False, file_bytes=None, counted=False,
                 tcp=True, env=None, of=None):
        """`of` is the server that this one is a node of."""
        if not of:
            over.Guests.begin()
            options = over.options_of(options)
        web = web or over.IS_NODES
        self.held = bounded.Held() if counted else None
        self.stderr = tempfile.TemporaryFile()
        self.signal = None
        self.listener = None
        self.status = 0  # with which it must end
        program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        limits = (limit or soft_limit or soft, limit or hard)
        threads = ["--threads", str(Server.threads)] if Server.threads else []

        def limit_it():
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            if file_bytes:  # writes behind that fail
                signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, resource.RLIM_INFINITY))

        web_host = web if isinstance(web, str) else "127.0.0.1"
        http = ["--http", f"{web_host}:0"] if web else Server.web_options
        self.process = subprocess.Popen([program, "--tcp", "127.0.0.1:0" if tcp else "none", *http, *threads, *options],
                                        stdout=subprocess.PIPE, stderr=self.stderr, preexec_fn=limit_it,
                                        env={**(self.held.env if counted else os.environ), **(env or {})})
        self.clients = []
        try:
            self.address = self.told("listening on 127.0.0.1:") if tcp else None
            if "--tcp-tls" in options:
                self.secure = self.told("listening by TLS on 127.0.0.1:")
            if web:
                scheme = "https" if "--tls-cert" in options else "http"
                self.web = self.told(f"web on {scheme}://{web_host}:")
            if "--grpc" in options:
                self.grpc = self.told("gRPC by TLS on " if "--tls-cert" in options else "gRPC on ")
            self.other = None
            if over.IS_NODES:
                over.Guests.note_node(self)
            if over.IS_NODES and not of:
                self.other = Server(*options, limit=limit, soft_limit=soft_limit, web=web, file_bytes=file_bytes, tcp=tcp,
                                    env=env, of=self)
                over.begin(self)
        except BaseException:
            bounded.kill(self.process)
            print(self.errors(), file=sys.stderr)
            raise

    def told(self, begin):
        """The next line that it prints begins so, and ends with a port; returns the address."""
        line = bounded.line_of(self.process.stdout, f"a line {begin!r}")
        assert line.startswith(begin), f"{begin!r} was expected, not {line!r}"
        return "127.0.0.1", int(line.rstrip("/\n").rsplit(":", 1)[1])

    def client(self, **options):
        """A connected client that has seen its own arrival; messages that others sent just then
        may precede it."""
        over.level(self)
        c = Client(self, **options)
        self.clients.append(c)
        while not (own := re.fullmatch(r"\* (guest-[\d-]+) joined #general", c.line())):
            pass
        c.name = own.group(1)
        over.level(self)
        return c

    def named(self, name, **options):
        c = self.client(**options)
        c.rename(name)
        return c

    def errors(self):
        # Its place in the file is shared with the server, which may be writing.
        size = os.fstat(self.stderr.fileno()).st_size
        return os.pread(self.stderr.fileno(), size, 0).decode(errors="replace")

    def until_logged(self, text):
        """Returns the log once the text is in it: the thread that writes it is another one than those that serve."""
        return until(f"{text!r} in the log", self.errors, lambda log: text in log)

    def dump(self):
        """Sends SIGQUIT; returns all of standard error once there is one dump more in it."""
        dumps = self.errors().count(" tasks\n")
        self.process.send_signal(signal.SIGQUIT)
        for tries in range(1, 20 * WAIT):
            time.sleep(0.05)  # there is no notice of a file's growth
            if (errors := self.errors()).count(" tasks\n") > dumps:
                return errors
            if TSAN and tries % 100 == 0:  # it may have lost the signal: see ended()
                self.process.send_signal(signal.SIGQUIT)
        raise AssertionError(f"no dump but {errors!r}")

    @staticmethod
    def shown(dump, name):
        """How many tasks of that name a dump shows: equal ones are one line, "1,200 x NAME"."""
        lines = re.findall(rf"^  (?:([0-9,]+) x|0x[0-9a-f]+) {re.escape(name)}", dump, re.M)
        return sum(int(n.replace(",", "") or 1) for n in lines)

    def limit_file_bytes(self, most):
        """Writes behind that fail from now on."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    def allow_file_bytes(self):
        """Writes do not fail any more."""
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def pause(self):
        """Stops all its threads, until SIGCONT. A thread that is not stopped yet may still
        accept clients."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def signal_all(self, number):
        """All its nodes get the signal."""
        for node in filter(None, (self, self.other)):
            node.process.send_signal(number)

    def ends_with(self, status):
        """All its nodes are to end so."""
        for node in filter(None, (self, self.other)):
            node.status = status

    def stop(self, with_signal=signal.SIGTERM):
        """Asks it to end; see ended()."""
        self.signal = with_signal
        # A read of that table may miss rows while others come and go.
        self.listener = until("its listener", self.find_listener, lambda seen: seen or self.process.poll() is not None)
        self.process.send_signal(with_signal)
        if self.other:
            self.other.stop(with_signal)

    def find_listener(self):
        """The name of its listening socket, as its descriptor links to; None: not seen."""
        port = f":{(self.address or self.web)[1]:04X}"
        with open("/proc/net/tcp", encoding="ascii") as sockets:
            rows = [row.split() for row in sockets]
        inodes = [row[9] for row in rows if row[1].endswith(port) and row[3] == "0A"]
        return f"socket:[{inodes[0]}]" if inodes else None

    def is_listening(self):
        """After stop(): whether it still accepts clients: it does until it receives the signal."""
        folder = f"/proc/{self.process.pid}/fd"
        with contextlib.suppress(OSError):
            for fd in os.listdir(folder):
                with contextlib.suppress(OSError):
                    if os.readlink(f"{folder}/{fd}") == self.listener:
                        return True
        return False

    def ended(self, within=WAIT):
        """Waits for the end; returns the status."""
        try:
            if TSAN and self.signal:
                # The sanitizer keeps a signal with the context that it came to, and loses one that
                # comes while it makes the place for that. A server that lost the signal gets it
                # again; one that received it, and takes its time, would be killed by a second one.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return self.process.wait(15)
                if self.is_listening():
                    self.process.send_signal(self.signal)
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            threads = bounded.states(self.process.pid)
            raise AssertionError(f"it did not end in {within} s; its threads: {threads}; {self.errors()}") from None

    def __enter__(self):
        return self

    def __exit__(self, kind, *rest):
        for c in self.clients:
            c.close()
        if not self.signal and self.process.poll() is None:
            self.stop()  # only once: a second signal kills
        try:
            status = self.ended()
        finally:
            bounded.kill(self.process)
            if self.other:
                self.other.__exit__(kind, *rest)
            if kind or self.errors():
                print(self.errors(), file=sys.stderr)
        if not kind:
            assert status == self.status, f"the server ended with status {status}"
            assert "Sanitizer" not in self.errors()


def unacknowledged(s):
    """Bytes that a socket has sent and the other end's has not told to have."""
    return struct.unpack("i", fcntl.ioctl(s, termios.TIOCOUTQ, bytes(4)))[0]


class Client:
    """A connection with lines; `receive_bytes` is the size of its socket's buffer, `source` the
    address that it comes from."""

    def __init__(self, server, receive_bytes=None, source=None):
        self.socket = socket.socket()
        if source:
            self.socket.bind((source, 0))
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT)
        self.server = server
        node = over.node_of(server)
        self.guest = over.Guests.come(node)
        self.socket.connect(node.address)
        self.buffer = b""
        self.seen = collections.deque(maxlen=5)  # the last lines
        self.name = None

    def send(self, text):
        """Sends a line."""
        self.raw(text.encode() + b"\n")

    def raw(self, data):
        self.socket.sendall(over.Guests.real(data))

    def reached(self):
        """Waits until the server's socket has all that was sent: this end may hold short packets back."""
        until("that all that was sent has reached the server", lambda: unacknowledged(self.socket), lambda left: left == 0)

    def line(self):
        """The next line, without its end; None at the end of the connection."""
        while b"\n" not in self.buffer:
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                raise TimeoutError(f"no line in {WAIT} s; the last ones: {[*self.seen]}, {self.buffer!r}") from None
            if not data:
                assert not self.buffer, f"half a line at the end: {self.buffer!r}"
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.seen.append(line[:200])
        if greeted := re.match(rb"\* you are (\S+) in #", line):
            over.Guests.greet(self.guest, greeted[1])
        return over.Guests.shown(line).decode()

    def rest(self):
        """All lines up to the end of the connection."""
        lines = []
        while (line := self.line()) is not None:
            lines.append(line)
        return lines

    def expect(self, *lines):
        """The next lines are exactly these."""
        for wanted in lines:
            line = self.line()
            assert line == wanted, f"{wanted!r} was expected, not {line!r}"

    def greeted(self, name, others, room="general"):
        """The next line tells the newcomer its name, and who is there. The first one of a node is perhaps not told the names
        of those who are at another one, but how many they are."""
        line, people = self.line(), ", ".join(others[:10])
        if len(others) > 10:
            people += f" and {len(others) - 10} other{'s'[:len(others) != 11]}"
        if over.IS_NODES and (found := re.search(r" with (?:(.*) and |)(\d+) others?; /help$", line)):
            named = found[1].split(", ") if found[1] else []
            assert set(named) <= set(others) and len(named) + int(found[2]) == len(others), line
            line = f"{line[:found.start()]} with {people}; /help"
        assert line == f"* you are {name} in #{room} with {people}; /help", line

    def answers(self, text, wanted):
        """That is replied to the line, as over.in_time() has it."""
        line = over.in_time(lambda: self.ask(text), lambda line: line == wanted)
        assert line == wanted, line

    def until(self, wanted):
        """Reads up to that line; returns the lines before it."""
        before, end = [], time.monotonic() + WAIT
        while (line := self.line()) != wanted:
            assert line is not None, f"the end came before {wanted!r}, after {before[-5:]}"
            before.append(line)
            assert time.monotonic() < end, f"{wanted!r} was waited for; seen last: {before[-5:]}"
        return before

    def error(self):
        """The next line is an error; returns it."""
        line = self.line()
        assert line is not None and line.startswith("* error: "), line
        return line

    def ask(self, text):
        self.send(text)
        return self.line()

    def rename(self, name):
        old, self.name = self.name, name
        done, taken = f"* {old} is now {name}", f"* error: the name {name} is taken"

        def seen():
            self.send(f"/nick {name}")
            while (line := self.line()) not in (done, taken):
                assert line is not None, "the end came before the name"
            return line
        line = over.in_time(seen, lambda line: line == done)
        assert line == done, line

    def join(self, room):
        self.send(f"/join #{room}")
        before = self.until(f"* {self.name} joined #{room}")
        over.level(self.server)
        return before

    def settle(self):
        """Returns when all that was sent to the server before has been done; returns the lines
        that came."""
        def here():
            self.send("/settled")
            return self.until("* error: unknown command, see /help")
        before = here()
        return before + here() if over.level(self.server) else before

    def end(self):
        """The connection is at its end."""
        line = self.line()
        assert line is None, f"the end was expected, not {line!r}"

    def reset(self):
        """Breaks the connection off."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()


def run(*options):
    """Runs the program to its end; returns (status, standard output, standard error)."""
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")
    done = subprocess.run([program, *options], capture_output=True, timeout=WAIT, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def main(limit=6 * WAIT):
    """Runs the tests of the calling file, or those named on the command line: with one thread of
    the server, and with two, each within `limit` seconds. EDO_CHAT_THREADS sets other numbers."""
    tests = {name: thing for name, thing in inspect.stack()[1].frame.f_globals.items()
             if name.startswith("test_") and callable(thing)}
    suite = pathlib.Path(sys.argv[0]).name.removesuffix("_test.py")
    reasons = {name: over.left_out(suite, name) for name in sys.argv[1:] or tests}
    for name, why in reasons.items():
        if why:
            print(f"skipped {name}: {why}")
    if all(reasons.values()):
        sys.exit(77)
    for name in (name for name, why in reasons.items() if not why):
        for Server.threads in os.environ.get("EDO_CHAT_THREADS", "1 2").split():
            start = time.monotonic()
            bounded.run(tests[name], limit)
            took = time.monotonic() - start
            print(f"ok {took:6.2f} s  {name}, --threads {Server.threads}", flush=True)
    bounded.leave()
