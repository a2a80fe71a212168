# SPDX-License-Identifier: MIT
"""Goal: the page of the recorder's file (docs/design/recorder.md) is enough to read one.
Method: a reader that was written from that page alone finds the polls, spawns and notes that edo trace finds, to the
microsecond: in a file that a program has left, that of a process that was killed, and one that was written by a signal."""
import glob
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import bounded

BIN = os.environ["EDO_BIN_DIR"]
HEAD = struct.Struct("=8s6I7Q64s64s")
SITE = struct.Struct("=Q120s")
RING = struct.Struct("=QQQ8xIIQ48s")
EVENT = struct.Struct("=QQQ")
CLOCK, SLEEPS, WAKES, POLL_BEGINS, POLL_ENDS, SPAWN, NOTE, NUMBER = 1, 3, 4, 5, 6, 12, 15, 16
ENDS = ("waits", "ended", "goes on")


def text_of(raw):
    return raw.split(b"\0")[0].decode()


class File:
    """What the page says of the bytes of a file."""

    def __init__(self, content):
        (magic, version, order, self.pid, self.events_n, rings_n, sites_n, self.ticks_per_s, self.began_ns, _, self.wrote_ns,
         sites_at, rings_at, ring_bytes, why, program) = HEAD.unpack_from(content)
        assert HEAD.size == 216 and (magic, version, order) == (b"edo-rec\0", 1, 0x01020304)
        self.why, self.program = text_of(why), text_of(program)
        sites = [SITE.unpack_from(content, sites_at + i * SITE.size) for i in range(sites_n)]
        self.names = {at: text_of(text) for at, text in sites if at}
        self.rings = [self.ring(content, rings_at + i * ring_bytes) for i in range(rings_n)]
        self.set_clock()

    def ring(self, content, at):
        """(name, events), each of which is (ticks, kind, task, small, arg)."""
        head, after, begin, whose, index, _, name = RING.unpack_from(content, at)
        first = max(begin, max(head, after) - self.events_n + 1, 0)
        events = []
        for n in range(first, head):
            when, task, arg = EVENT.unpack_from(content, at + 128 + n % self.events_n * EVENT.size)
            if when & 255:
                events.append((when >> 8, when & 255, task >> 16, task & 65535, arg))
        return (f"worker {index} of {text_of(name)}" if whose == 1 else "other threads"), events

    def set_clock(self):
        looks = sorted((e[0], e[4]) for _, events in self.rings for e in events if e[1] == CLOCK)
        self.last, self.tick_ns = (0, self.began_ns), 1e9 / self.ticks_per_s
        if looks:
            self.last = looks[-1]
            if self.last[1] - looks[0][1] > 1e8:
                self.tick_ns = (self.last[1] - looks[0][1]) / (self.last[0] - looks[0][0])

    def us(self, ticks):
        return (self.last[1] + (ticks - self.last[0]) * self.tick_ns) / 1000

    def polls(self):
        """[worker, name of the task, its address, how it ended, what it waits for, microseconds], those that have ended."""
        found = []
        for worker, events in self.rings:
            begun = None
            for ticks, kind, task, small, arg in events:
                if kind in (SLEEPS, POLL_BEGINS):
                    begun = ticks, kind, task, arg
                elif kind in (WAKES, POLL_ENDS) and begun:
                    from_ticks, was, of, site = begun
                    begun = None
                    if was == POLL_BEGINS and of == task:
                        found.append([worker, self.names.get(site, "?"), f"{task:#x}", ENDS[small],
                                      self.names.get(arg, "?") if arg else None, self.us(ticks) - self.us(from_ticks)])
        return found

    def spawned(self):
        return sorted((worker, f"{task:#x}") for worker, events in self.rings for _, kind, task, *_ in events if kind == SPAWN)

    def notes(self):
        return sorted((self.names[a[4]], b[4]) for _, events in self.rings for a, b in zip(events, events[1:])
                      if (a[1], b[1]) == (NOTE, NUMBER))


def seen_by_edo_trace(file):
    """(polls, spawned, notes), likewise."""
    done = subprocess.run([os.path.join(BIN, "edo"), "trace", file], capture_output=True, text=True, timeout=bounded.WAIT)
    assert done.returncode == 0, done.stderr
    events = json.loads(done.stdout)["traceEvents"]
    workers = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    polls = [[workers[e["tid"]], e["name"], e["args"]["task"], e["args"]["end"], e["args"].get("for"), e["dur"]]
             for e in events if e["cat"] == "poll" and e["args"]["end"] != "runs"]
    spawned = sorted((workers[e["tid"]], e["args"]["task"]) for e in events if e["cat"] == "spawn")
    return polls, spawned, sorted((e["name"], e["args"]["n"]) for e in events if e["cat"] == "note")


def check(path):
    with open(path, "rb") as whole:
        file = File(whole.read())
    polls, spawned, notes = seen_by_edo_trace(path)
    mine = file.polls()
    assert len(mine) == len(polls) > 0, (mine, polls)
    for worker in {poll[0] for poll in polls}:  # of one worker both have the order in which they were
        for a, b in zip(*([poll for poll in of if poll[0] == worker] for of in (mine, polls))):
            assert a[:-1] == b[:-1] and abs(a[-1] - b[-1]) < 0.1 + b[-1] * 1e-6, (a, b)
    assert file.spawned() == spawned and file.notes() == notes, (file.spawned(), spawned, file.notes(), notes)
    return file


def example(*args, **more):
    """Starts an example which serves; returns it once it does."""
    env = dict(os.environ, EDO_RECORDER=more.pop("recorder"))
    process = subprocess.Popen([os.path.join(BIN, "examples", "leaks"), *args], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, env=env, **more)
    bounded.atexit.register(process.kill)
    assert "http://" in bounded.line_of(process.stdout, "its address")
    return process


def test_file_that_a_program_has_left_is_as_the_page_says():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "kitchen.rec")
        subprocess.run([os.path.join(BIN, "examples", "recorded")], check=True, timeout=bounded.WAIT,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, EDO_RECORDER="all:" + path))
        file = check(path)
        assert file.wrote_ns == 0 and file.program == "recorded", (file.wrote_ns, file.program)
        assert file.notes() == [("order", n) for n in (1, 2, 3, 4)]
        cooks = [poll for poll in file.polls() if poll[1].startswith("cook at ")]
        assert len({poll[2] for poll in cooks if poll[3] == "ended"}) == 4, cooks


def test_file_of_a_killed_process_is_as_the_page_says():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "leaks.rec")
        process = example("tasks", recorder="all:" + path)
        bounded.until("a task that leaks", lambda: "wait_for_ever" in subprocess.run(
            [os.path.join(BIN, "edo"), "trace", path], capture_output=True, text=True, timeout=bounded.WAIT).stdout)
        bounded.kill(process)
        file = check(path)
        assert file.pid == process.pid and file.wrote_ns == 0
        assert any(poll[4] == "edo_notify_wait" for poll in file.polls()), file.polls()


def test_file_that_a_signal_has_written_is_as_the_page_says():
    with tempfile.TemporaryDirectory() as folder:
        process = example("values", recorder="all", cwd=folder)
        process.send_signal(signal.SIGQUIT)
        [path] = bounded.until("the file", lambda: glob.glob(os.path.join(folder, "edo-*.rec")))
        file = check(path)
        bounded.kill(process)
        assert file.wrote_ns > file.began_ns and file.pid == process.pid and file.why, vars(file)


if __name__ == "__main__":
    bounded.run_one()
