# SPDX-License-Identifier: MIT
"""Goal: a reader that has joined a room gets each message once, in order, or is told how many are
missing, over links of any speed that break at any time, also before its first message: pages, and
edo-chat --connect through a pipe.
Method: each round has a room, a speaker, and a reader behind a relay that is slow and breaks at
random. EDO_CHAT_ROUNDS is how many there are, EDO_TEST_SEED chooses others."""
import contextlib
import os
import random
import re
import signal
import socket
import sys
import tempfile
import threading
import time
import types

import chat
from chat import bounded
from terminal_test import TIME, piped
from web import Closed, Page

ROUNDS = int(os.environ.get("EDO_CHAT_ROUNDS", "12"))
AT_ONCE = 6
SPEEDS = None, 200000, 20000  # bytes a second; None: as fast as it is
BREAK_MAX = 0.4  # seconds after which a link breaks, at most


class Link:
    """A relay to an address. Until it is `calm` its connections are slow, and each breaks."""

    def __init__(self, dice, address):
        self.dice, self.address = dice, address
        self.calm = False
        self.breaks = threading.Event()  # set: from now on
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.at = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):  # closed in the end
            while True:
                here = self.listener.accept()[0]
                there = socket.socket()
                there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                there.connect(self.address)
                speed = None if self.calm else self.dice.choice(SPEEDS)
                threading.Thread(target=self.pump, args=(here, there, None), daemon=True).start()
                threading.Thread(target=self.pump, args=(there, here, speed), daemon=True).start()
                threading.Thread(target=self.break_later, args=(here, there), daemon=True).start()

    def break_later(self, *ends):
        self.breaks.wait()
        time.sleep(self.dice.random() * BREAK_MAX)
        if self.calm:
            return
        for end in ends:
            with contextlib.suppress(OSError):
                if self.dice.random() < 0.5:  # with a reset
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                end.shutdown(socket.SHUT_RDWR)

    def pump(self, source, target, speed):
        with contextlib.suppress(OSError):
            while data := source.recv(1024):
                target.sendall(data)
                if speed and not self.calm:
                    time.sleep(len(data) / speed)
        for end in source, target:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # so that accept() ends
        self.listener.close()


class Round:
    """A room with its speaker. Messages begin with their place, from 0."""

    def __init__(self, n, server):
        self.dice = random.Random(n * 0x9E3779B97F4A7C15 + int(os.environ.get("EDO_TEST_SEED", 0)))
        self.n, self.server, self.room = n, server, f"room-{n}"
        self.said_n = self.dice.randrange(20, 80)
        self.last = None  # the number of the last one, once it was said
        self.speaker = server.named(f"speaker-{n}")
        self.speaker.join(self.room)
        threading.Thread(target=self.drain, daemon=True).start()

    def drain(self):
        with contextlib.suppress(OSError, AssertionError):  # its end
            while (line := self.speaker.line()) is not None:
                if found := re.fullmatch(rf"#{self.room} (\d+) \d+", line):
                    self.last = int(found[1])

    def speak(self):
        time.sleep(self.dice.choice((0, BREAK_MAX)) * self.dice.random())  # the reader may be away by now
        for i in range(self.said_n):
            self.speaker.send(f"{i} " + "x" * self.dice.choice((1, 100, 1000)))
            if self.dice.random() < 0.5:
                time.sleep(self.dice.random() / 20)
        with contextlib.suppress(OSError):  # the reader has all, and this is the end
            self.speaker.send("/numbers")

    def is_over(self):
        return self.last is not None

    def page(self, link):
        """Returns how many messages it got, and of how many it was told."""
        end = time.monotonic() + 3 * chat.WAIT
        joined = None  # the room's state when it came
        seen, got, gaps, session = 0, {}, [], ""

        def has_all():
            return self.is_over() and (seen or (joined["last"] if joined else 0)) >= self.last

        link.breaks.set()
        threading.Thread(target=self.speak, daemon=True).start()
        while not has_all():
            assert time.monotonic() < end, (self.room, seen, self.last)
            link.calm = self.is_over()
            with contextlib.suppress(Closed, OSError, AssertionError if not link.calm else Closed), \
                    contextlib.closing(Page(types.SimpleNamespace(web=link.at), None)) as page:
                room = (self.room, seen or joined["last"], joined["life"]) if joined else self.room
                welcome = page.hello(session=session, rooms=[room])
                joined = joined or welcome["rooms"][0]
                session = page.session
                while not has_all():
                    page.socket.settimeout(1)
                    m = page.receive()
                    if m["type"] == "message":
                        if seen and m["number"] != seen + 1:
                            raise ValueError((self.room, seen, m))
                        seen = m["number"]
                        got[seen] = m["text"]
                    elif m["type"] == "lagged":
                        if m["after"] != (seen or joined["last"]):
                            raise ValueError((self.room, seen, m))
                        gaps.append(m)
                        seen = m["before"] - 1
        self.check(joined["last"], got, gaps)
        return len(got), sum(gap["missed"] for gap in gaps)

    def check(self, joined_at, got, gaps):
        """Each message after that number was got, or is in one of the gaps; `got` is in order."""
        first = self.last - self.said_n + 1  # numbers may begin with any
        for number, text in got.items():
            assert int(text.split()[0]) == number - first, (number, text, first)
        told = []
        for gap in gaps:
            missing = range(max(gap["after"] + 1, first), gap["before"])
            assert gap["missed"] == len(missing), (gap, first)
            told += missing
        wanted = range(max(joined_at + 1, first), self.last + 1)
        known = sorted(told + [n for n in got if n > joined_at])
        assert known == list(wanted), (joined_at, first, self.last, list(got), gaps)

    def program(self, link):
        client = piped("%s:%d" % link.at)
        client.stdin.write(f"/join #{self.room}\n".encode())
        client.stdin.flush()
        lines, next_place, missing, begun = [], 0, 0, False
        alarm = threading.Timer(3 * chat.WAIT, client.kill)
        alarm.start()
        while next_place < self.said_n:
            line = client.stdout.readline().decode().rstrip("\n")
            lines.append(line[:40])
            assert line, lines
            if not begun and re.fullmatch(rf"{TIME}\* guest-\d+ joined #{self.room}", line):
                begun = True
                link.breaks.set()
                threading.Thread(target=self.speak, daemon=True).start()
            link.calm = self.is_over()
            if told := re.fullmatch(r".{6}\* you missed (\d+) messages?", line):
                missing += int(told[1])
                next_place += int(told[1])
            elif said := re.match(r".{6}speaker-\d+: (\d+) ", line):
                assert int(said[1]) == next_place, (self.room, next_place, lines)
                next_place += 1
        alarm.cancel()
        client.kill()
        bounded.ended(client)
        for pipe in client.stdin, client.stdout, client.stderr:
            pipe.close()
        return self.said_n - missing, missing


def run_round(one, failures, counts):
    try:
        is_page = one.n % 2
        link = Link(one.dice, one.server.web if is_page else one.server.address)
        counts.append((one.page if is_page else one.program)(link))
        link.close()
    except BaseException as failure:  # pylint: disable=broad-except
        failures.append((one.n, repr(failure)))


def test_reader_gets_each_message_once_or_is_told_how_many_are_missing():
    dice = random.Random(int(os.environ.get("EDO_TEST_SEED", 1)))
    counts, failures = [], []
    for first in range(0, ROUNDS, AT_ONCE):
        signal.alarm(6 * chat.WAIT)  # as main() does for a whole test
        with tempfile.TemporaryDirectory() as folder:
            db = () if first // AT_ONCE % 2 else ("--db", os.path.join(folder, "chat.db"))
            history = dice.choice((0, 1, 5, 50))
            with chat.Server("--rate", "0", "--history", str(history), *db, web=True) as server:
                rounds = [Round(n, server) for n in range(first, min(first + AT_ONCE, ROUNDS))]
                threads = [threading.Thread(target=run_round, args=(one, failures, counts)) for one in rounds]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(4 * chat.WAIT)
                assert not any(thread.is_alive() for thread in threads)
                assert not failures, (db, history, failures)
    print(f"{len(counts)} rounds, {sum(got for got, _ in counts)} messages, "
          f"{sum(missing for _, missing in counts)} told as missing", flush=True)
    assert len(counts) == ROUNDS


if __name__ == "__main__":
    chat.main()
    sys.exit(0)
