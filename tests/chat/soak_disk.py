# SPDX-License-Identifier: MIT
"""soak_disk.py: a full disk that gets room again, in many rounds by a seed (EDO_TEST_SEED, EDO_CHAT_ROUNDS). In each one
people in several rooms speak while the store's disk is filled up at any moment; what is not stored is marked, and once
there is room all that was said is in the file, in order. scripts/soak runs it. The disk is a small tmpfs; in every third
round a file system whose blocks are not there once they are written, as on a volume that promises more than it has.
Without the right to mount the size of the file is limited."""
import collections
import contextlib
import os
import random
import sqlite3
import subprocess
import tempfile
import time

import chat
from web import Page, ask, number

ROUNDS = int(os.environ.get("EDO_CHAT_ROUNDS", "20"))
ROOMS = "tea", "art", "sea"
MEMORY_MORE = 64 << 20  # two times what may wait, and what malloc() keeps


def mount(*arguments):
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


def fill(path):
    """Takes all room that is left."""
    with open(path, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"f" * 4096)


def resident(server):
    """Bytes of the server that are in memory."""
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


class Tmpfs:
    """A disk that says at once that it is full."""
    name = "tmpfs"

    def __init__(self, folder, end, size="4m"):
        self.folder = os.path.join(folder, "disk")
        os.mkdir(self.folder)
        if not mount("-t", "tmpfs", "-o", f"size={size}", "edo-soak", self.folder):
            raise OSError("no right to mount")
        end.callback(subprocess.run, ["umount", self.folder], check=False)
        self.filler = os.path.join(self.folder, "filler")

    def fill(self, _):
        fill(self.filler)

    def make_room(self, _):
        os.unlink(self.filler)


class Thin:
    """A disk that takes more than it can keep: it says so when it is synced. Its one group of large blocks has all that
    the file system keeps of itself from the beginning, so that it loses what files have, and never gives a block twice."""
    name = "thin"

    def __init__(self, folder, end):
        under, self.folder = Tmpfs(folder, end, "64m"), os.path.join(folder, "thin")  # with room for all of the image
        os.mkdir(self.folder)
        image = os.path.join(under.folder, "image")
        with open(image, "wb") as file:
            file.truncate(60 << 20)
        made = subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-b", "4096", image], capture_output=True,
                              check=False)
        if made.returncode or not mount("-o", "loop,errors=continue,dioread_lock", image, self.folder):
            raise OSError("no file system in a file")
        end.callback(subprocess.run, ["umount", self.folder], check=False)
        self.fill, self.make_room = under.fill, under.make_room


class Limit:
    """A file that may not grow."""
    name = "limit"

    def __init__(self, folder, _):
        self.folder = folder

    def fill(self, server):
        path = os.path.join(self.folder, "chat.db-wal")
        server.limit_file_bytes(os.path.getsize(path))

    def make_room(self, server):
        server.allow_file_bytes()


def disk_of(n, folder, end):
    for kind in ((Thin,) if n % 3 == 2 else ()) + (Tmpfs, Limit):
        with contextlib.suppress(OSError, FileExistsError), contextlib.ExitStack() as made:
            disk = kind(tempfile.mkdtemp(dir=folder), made)
            end.push(made.pop_all())
            return disk
    raise AssertionError("no disk")


class Speaker:
    """A page that says something in its rooms, and notes what it is told."""

    def __init__(self, server):
        self.page = Page(server, {"rooms": ROOMS})
        self.said = collections.defaultdict(list)  # numbers by room
        self.unstored = set()  # rooms and numbers

    def note(self, told):
        kind = told["type"]
        if kind == "message" and told.get("unstored"):
            self.unstored.add((told["room"], told["number"]))
        if kind in ("unstored", "stored"):
            of = {(told["room"], n) for n in told["numbers"]}
            self.unstored = self.unstored | of if kind == "unstored" else self.unstored - of

    def say(self, chance):
        room, ref = chance.choice(ROOMS), os.urandom(6).hex()
        self.page.send(type="say", room=room, text="x" * chance.randrange(1, 4000), ref=ref)
        while (told := self.page.receive()).get("ref") != ref:
            self.note(told)
        self.note(told)
        self.said[room].append(told["number"])

    def settle(self):
        for told in self.page.settle(with_marks=True):
            self.note(told)


def until_settled(server, speakers, wanted):
    """Waits until the speakers are told that as many messages are not stored as the server counts."""
    def seen():
        for one in speakers:
            one.settle()
        unstored = number(server, "chat_messages_unstored")
        return unstored if all(len(one.unstored) == unstored for one in speakers) else -1

    return chat.until("marks as the server counts", seen, wanted)


def soak(n, chance, folder):
    with contextlib.ExitStack() as end:
        disk = disk_of(n, folder, end)
        path = os.path.join(disk.folder, "chat.db")
        server = end.enter_context(chat.Server("--rate", "0", "--history", "4000", "--db", path, "--log", "off", web=True))
        speakers = [Speaker(server) for _ in range(3)]
        for one in speakers:
            one.say(chance)
        before = resident(server)
        full_at = chance.randrange(100)
        for i in range(300):
            if i == full_at:
                disk.fill(server)
            chance.choice(speakers).say(chance)
            if chance.random() < 0.05:
                time.sleep(chance.random() / 4)
        marked = until_settled(server, speakers, lambda count: count >= (disk.name != "thin"))
        health = ask(server, "GET", "/healthz")[2]
        if marked:
            assert health["status"] == "degraded" and f"{marked:.0f} yet" in str(health), (marked, health)
        assert resident(server) - before < MEMORY_MORE
        disk.make_room(server)
        until_settled(server, speakers, lambda count: count == 0)
        chat.until("a healthy store", lambda: ask(server, "GET", "/healthz")[2]["status"], lambda seen: seen == "healthy")
        assert number(server, "chat_messages_lost_total") == 0
        server.stop()
        assert server.ended() == 0
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            for room in ROOMS:
                said = sorted(number for one in speakers for number in one.said[room])
                kept = [row[0] for row in db.execute("SELECT number FROM message WHERE room = ? ORDER BY id", (room,))]
                assert kept == said, (room, len(kept), len(said))
        return disk.name, marked


def main():
    seed = int(os.environ.get("EDO_TEST_SEED", time.time_ns() % 1000000))
    chance = random.Random(seed)
    chat.bounded.limit((ROUNDS + 2) * chat.WAIT)
    chat.Server.threads = 2
    with tempfile.TemporaryDirectory() as folder:
        for n in range(ROUNDS):
            name, marked = soak(n, chance, folder)
            print(f"round {n}, {name}: {marked:.0f} of 303 were not stored for a while, and all are", flush=True)
    print(f"EDO_TEST_SEED={seed} soak_disk.py: {ROUNDS} full disks that got room again")


if __name__ == "__main__":
    main()
