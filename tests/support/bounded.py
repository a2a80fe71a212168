# SPDX-License-Identifier: MIT
"""Waits of tests that drive programs: each ends after WAIT seconds at the latest, and then says what was seen last."""
import atexit
import contextlib
import mmap
import os
import select
import signal
import socket
import subprocess
import struct
import sys
import tempfile
import threading
import time

SANITIZER = os.environ.get("EDO_TEST_SANITIZER", "")
IS_COUNTED = not SANITIZER and "EDO_TEST_EMULATED" not in os.environ  # see Held
WAIT = 60 if SANITIZER else 30  # seconds that any one wait may take


def rounds(few, many):
    """How many there are of what a test repeats: as support/rounds.h has it."""
    return many if "EDO_MANY_ROUNDS" in os.environ else few


def inputs(few, many):
    """Likewise, of what is repeated with other inputs, or again where other tests have the same threads."""
    return few if "thread" in SANITIZER else rounds(few, many)


def until(what, look, wanted=bool):
    """Calls `look` until `wanted` says that its result is the one that is waited for; returns that."""
    end = time.monotonic() + WAIT
    while not wanted(seen := look()):
        assert time.monotonic() < end, f"{what} was waited for; seen last: {seen!r:.2000}"
        time.sleep(0.005)  # there is no notice of it
    return seen


def line_of(pipe, what="a line"):
    """The next line of a pipe, as text; "" at its end. It takes no byte behind the line, so that others may read on."""
    end, line = time.monotonic() + WAIT, b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], max(end - time.monotonic(), 0))
        assert ready, f"{what} was waited for; seen last: {line!r}"
        byte = os.read(pipe.fileno(), 1)
        if not byte:
            break
        line += byte
    return line.decode(errors="replace")


def served(command, servers=1, **options):
    """Starts a program that serves: the process, and where its servers are by their names, which it announces in lines
    "NAME on http://HOST:PORT", in any order."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
    atexit.register(process.kill)
    lines = [line_of(process.stdout, "the address of a server") for _ in range(servers)]
    return process, dict(line.strip().split(" on http://") for line in lines)


def ended(process, within=WAIT):
    """Waits for the end of a program; returns its status."""
    try:
        return process.wait(within)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"it did not end in {within} s; its threads: {states(process.pid)}") from None


def kill(process):
    """Ends a program that may have ended already, at once."""
    process.kill()
    ended(process)


def switches(pid):
    """How often each thread of a process has begun to wait."""
    folder, found = f"/proc/{pid}/task", {}
    with contextlib.suppress(OSError):
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/status", encoding="ascii", errors="replace") as status:
                found[thread] = [line for line in status if line.startswith("voluntary_")]
    return found


def is_idle(pid):
    """Whether all threads of a process wait at the same time, however slow the machine is: a thread that has something
    to do can run, and one that runs while the others are looked at waits once more before it is looked at."""
    before = switches(pid)
    return set(states(pid)) == {"S"} and switches(pid) == before


def states(pid):
    """A letter for each thread of a process: R runs or could, S waits, T is stopped."""
    folder, found = f"/proc/{pid}/task", ""
    with contextlib.suppress(OSError):  # of a thread that ends meanwhile, or the process
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/stat", encoding="ascii", errors="replace") as stat:
                found += stat.read().rpartition(")")[2].split()[0]
    return found


def unread_bytes(port):
    """What the sockets at a local port have received and their program has not read: bytes of each connection."""
    with open("/proc/net/tcp", encoding="ascii") as rows:
        fields = [row.split() for row in rows]
    return [int(f[4].split(":")[1], 16) for f in fields[1:] if f[1].endswith(f":{port:04X}") and f[3] == "01"]


def takes_no_more(pid, port):
    """Whether a server at that port lets bytes of a connection lie though it has nothing else to do."""
    return is_idle(pid) and max(unread_bytes(port), default=0) > 0 and is_idle(pid)


def reserved():
    """A socket whose port nobody else gets: a connection there is refused until a server of ours listens."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s


class Held:
    """The bytes that a program holds from malloc(), counted by support/counted_alloc.c in a program that is started in
    the environment `env`; with a sanitizer, whose allocator is another one, and under an emulator nothing is counted."""

    def __init__(self):
        self.env = os.environ
        self.begun = 0
        if IS_COUNTED:
            counter = os.path.join(os.environ["EDO_BUILD_DIR"], "tests", "libcounted_alloc.so")
            self.file = tempfile.NamedTemporaryFile()
            self.file.truncate(mmap.PAGESIZE)
            self.counts = mmap.mmap(self.file.fileno(), mmap.PAGESIZE)
            self.env = {**os.environ, "LD_PRELOAD": counter, "EDO_TEST_HELD": self.file.name}

    def begin(self):
        """What it holds now is what it may hold, and what it holds more is grown()."""
        if IS_COUNTED:
            self.begun, _ = struct.unpack_from("qq", self.counts)
            assert self.begun > 0, "nothing is counted"
            struct.pack_into("q", self.counts, 8, self.begun)

    def grown(self):
        """The most bytes that it has held since begin(), without those that it held then."""
        return struct.unpack_from("qq", self.counts)[1] - self.begun if IS_COUNTED else 0

    def kept(self):
        """The bytes that it holds now, without those of begin()."""
        return struct.unpack_from("qq", self.counts)[0] - self.begun if IS_COUNTED else 0


def limit(seconds):
    """Ends a test that takes longer, whatever it waits for, and says where; and a while later without a word."""
    def fail(*_):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WAIT)
        raise AssertionError(f"the test did not end in {seconds} s")
    signal.signal(signal.SIGALRM, fail)
    signal.alarm(seconds)


def run(test, seconds):
    """Runs a test within a time, with all threads that it has begun: one that hangs fails it, too."""
    limit(seconds)
    test()
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # what ends an end that does not come
    signal.alarm(2 * WAIT)
    for thread in set(threading.enumerate()) - {threading.main_thread()}:
        if not thread.daemon:
            thread.join(WAIT)
            assert not thread.is_alive(), f"{thread.name} goes on"
    signal.alarm(0)


def leave():
    """Ends a program whose tests have passed. The threads of Python's grpcio may crash an interpreter that ends by itself."""
    if "grpc" in sys.modules:
        atexit._run_exitfuncs()  # which end what the tests have started
        sys.stdout.flush()
        os._exit(0)


def run_one():
    """Runs the tests of the calling file that are named on the command line, or all."""
    tests = sys.modules["__main__"].__dict__
    for name in sys.argv[1:] or [name for name in tests if name.startswith("test_")]:
        run(tests[name], 4 * WAIT)
    leave()
