# SPDX-License-Identifier: MIT
"""Goal: over PostgreSQL the chat says nothing that is not kept, loses nothing that it has said, and says nothing twice,
whatever becomes of the server; meanwhile people stay, and read what is in memory.
Method: the real program and a real server, which is stopped, or killed again and again while pages talk; what pages saw
and what was acknowledged is compared with the tables. EDO_CHAT_ROUNDS is how often it is killed."""
import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import chat
from web import Page, ask

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402

ROUNDS = int(os.environ.get("EDO_CHAT_ROUNDS", "1"))
SPEAKERS, PAUSE = 4, 0.001


def error(page):
    """The next error, whatever else comes before it."""
    while (m := page.receive())["type"] != "error":
        pass
    return m


def history(server, room="general"):
    status, _, page = ask(server, "GET", f"/api/rooms/{room}/messages?limit=200")
    assert status == 200, status
    return [(m["number"], m["text"]) for m in page["messages"]]


def restart_goes_on(db):
    with chat.Server("--db", db.uri, web=True) as server, Page(server) as ann:
        first = ann.say("one", ref="r1")
        assert first["number"] == 1 and abs(first["time"] / 1000 - time.time()) < 60, first
        assert ann.say("two")["number"] == 2
        assert ask(server, "POST", "/api/rooms/tea/messages", {"nick": "bot", "text": "tea"})[0] == 201
        terminal = server.client()
        terminal.send("three")
        assert ann.until("message", text="three")["number"] == 3
    with chat.Server("--db", db.uri, web=True) as server, Page(server) as bob:
        assert history(server) == [(1, "one"), (2, "two"), (3, "three")]
        assert history(server, "tea") == [(1, "tea")]
        assert bob.say("four")["number"] == 4
    refs = db.rows("select number, ref is not null from chat_message where room = 'general' order by number")
    assert refs == [["1", "t"], ["2", "t"], ["3", "t"], ["4", "t"]], refs


def stopped_database_holds_messages_back(db):
    with chat.Server("--db", db.uri, web=True) as server, Page(server) as ann, Page(server) as bob:
        terminal = server.client()
        ann.settle(), bob.settle()
        db.pause()
        ann.send(type="say", room="general", text="five", ref="r5")
        assert error(ann) | {"text": ""} == {"type": "error", "code": "try_later", "text": "", "ref": "r5"}
        terminal.send("six")
        assert terminal.line() == "* not kept yet: it is said once the store has it"
        status, _, said = ask(server, "POST", "/api/rooms/general/messages", {"nick": "bot", "text": "seven"})
        assert status == 202 and said["unstored"] is True, (status, said)
        ann.send(type="say", room="general", text="five", ref="r5")  # as the page does
        assert error(ann)["ref"] == "r5"
        assert [m for m in bob.settle() if m["type"] == "message"] == []
        assert history(server)[-1] == (4, "four")  # what is in memory
        with Page(server) as eve:  # people come and go
            assert eve.texts(4)[-1] == (4, "four")
        db.go_on()
        assert bob.texts(3) == [(5, "five"), (6, "six"), (7, "seven")]
        assert ann.until("message", ref="r5")["number"] == 5
        lines = terminal.until("bot: seven")  # its own line, too
        assert [line.partition(": ")[2] for line in lines if not line.startswith("* ")] == ["five", "six"], lines
        terminal.send("eight")
        assert bob.until("message", text="eight")["number"] == 8


def refused_late_is_told_to_its_author_alone(db):
    db.rows("create function refuse() returns trigger language plpgsql as $$ begin if new.text = 'unfit' then raise exception 'no'"
            " using errcode = '23514'; end if; return new; end $$")
    db.rows("create trigger refuse before insert on chat_message for each row execute function refuse()")
    with chat.Server("--db", db.uri) as server:
        ann, bob = server.named("ann"), server.client()
        db.pause()
        for text in "unfit", "fit":
            ann.send(text)
            ann.until("* not kept yet: it is said once the store has it")
        db.go_on()
        lines = ann.until("ann: fit")
        assert "* what was not kept yet is not said, as the store cannot keep it" in lines, lines
        assert not any("kept" in line or "unfit" in line for line in bob.until("ann: fit"))


def test_what_is_said_is_kept_over_a_restart_and_waits_while_the_database_is_stopped():
    db = postgres.Postgres()
    restart_goes_on(db)
    stopped_database_holds_messages_back(db)
    refused_late_is_told_to_its_author_alone(db)


def fill(path, first, n):
    """Messages of two rooms, and of two runs of the chat, between which numbers are passed over."""
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        for i in range(first, first + n):
            room, number = ("Tea", "general")[i % 2], i + (10 ** 15 if i > first + n // 2 else 0)
            file.execute("insert into message (room, number, time_ms, kind, sender, text, ref) values (?, ?, ?, ?, ?, ?, ?)",
                         (room, number, 1700000000000 + i, i % 3 == 0, "ann", f"m{i}", f"key r{i // 2 * 2}" if i % 5 == 0 else None))


def of_file(path, room):
    with contextlib.closing(sqlite3.connect(path)) as file:
        return file.execute("select time_ms, kind, sender, text from message where room = ? order by number", (room,)).fetchall()


def of_database(db, room):
    rows = db.rows(f"select time_ms, is_action::int, sender, text, number from chat_message where room = '{room}' order by number")
    assert [int(row[4]) for row in rows] == list(range(1, len(rows) + 1)), "numbers have a gap"
    return [(int(time_ms), int(is_action), sender, text) for time_ms, is_action, sender, text, _ in rows]


def begin_copy(db, path):
    return subprocess.Popen([os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat"), "--db", path, "--copy-to", db.uri],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end_copy(process, status=0):
    """What it says."""
    out, errors = process.communicate(timeout=chat.WAIT)
    assert process.returncode == status, (process.returncode, out, errors)
    return out + errors


def copy(db, path, status=0):
    return end_copy(begin_copy(db, path), status)


def copy_half(db, path):
    """It is ended by SIGINT when it has copied the first room, and waits for the second one."""
    with db.holding("select from chat_room where room = 'tea' for update"):
        process = begin_copy(db, path)
        chat.until("the second room", db.waiting)
        process.send_signal(signal.SIGINT)
        return end_copy(process, status=1)


def test_file_is_copied_once_however_often_that_is_interrupted():
    db = postgres.Postgres()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with chat.Server("--db", path, web=True) as server, Page(server) as ann:
            ann.say("before all", room="general", ref="first")
            assert "another program uses it" in copy(db, path, status=1)
        with contextlib.closing(sqlite3.connect(path)) as file, file:
            file.execute("delete from message")  # whose number is the time of the start
        assert copy(db, path).startswith("copied 0 messages of 0 rooms")
        fill(path, 1, 4000)
        db.rows("insert into chat_room (room, name) values ('tea', 'Tea')")
        assert copy_half(db, path) == ("copied 2000 messages of 2 rooms, 0 of them earlier, and 0 names; not all: the same command"
                                       " goes on with it\n")
        db.rows("update chat_server set server = ''")  # as if a standby had taken over: there is no gap in what is copied
        said = copy(db, path)
        # The batch that was under way is not cancelled: it may be kept after the end of its copy.
        assert re.match(r"copied 4000 messages of 2 rooms, 2(000|250) of them earlier", said), said
        for room in "tea", "general":
            assert of_database(db, room) == of_file(path, room)
        assert copy(db, path) == "copied 4000 messages of 2 rooms, 4000 of them earlier, and 0 names\n"
        fill(path, 3 * 10 ** 15, 10)
        assert copy(db, path).startswith("copied 4010 messages of 2 rooms, 4000 of them earlier")
        for room in "tea", "general":
            assert of_database(db, room) == of_file(path, room)
        with chat.Server("--db", db.uri, web=True) as server, Page(server) as ann:
            assert ann.say("behind them")["number"] == 2006
        assert copy(db, path).startswith("copied 4010 messages")  # nothing is new there
        fill(path, 5 * 10 ** 15, 10)
        told = copy(db, path, status=1)
        assert "the database has messages of #general that are none of the file's" in told, told


class Speaker(threading.Thread):
    """Says one thing after the other, each again by its reference until it is acknowledged, as the page does."""

    def __init__(self, server, me, ends):
        super().__init__(daemon=True)
        self.page, self.me, self.ends = Page(server), me, ends
        self.acknowledged, self.seen, self.fault = {}, [], None

    def run(self):
        try:
            n = 0
            while not self.ends.is_set():
                self.say(f"{self.me}-{n}")
                n += 1
                time.sleep(PAUSE)
        except Exception as e:  # told by the thread that joins
            self.fault = e

    def say(self, text):
        end = time.monotonic() + chat.WAIT
        while text not in self.acknowledged:
            assert time.monotonic() < end, f"{text} was not acknowledged"
            self.page.send(type="say", room="general", text=text, ref=text)
            while True:
                m = self.page.receive()
                if m["type"] == "message":
                    self.note(m)
                if m.get("ref") == text:
                    break
            if m["type"] == "error":
                assert m["code"] == "try_later", m
                time.sleep(0.2)

    def note(self, m):
        if "ref" in m:
            assert self.acknowledged.setdefault(m["ref"], m["number"]) == m["number"], m
        if not self.seen or m["number"] > self.seen[-1][0]:
            self.seen.append((m["number"], m["text"]))
        else:  # a reply to what was said again
            assert "ref" in m, f"{m} was doubled"

    def drain(self, last):
        while not self.seen or self.seen[-1][0] < last:
            m = self.page.receive()
            if m["type"] == "message":
                self.note(m)


def test_database_that_is_killed_again_and_again_loses_and_doubles_nothing():
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, web=True) as server:
        ends = threading.Event()
        speakers = [Speaker(server, f"s{i}", ends) for i in range(SPEAKERS)]
        for speaker in speakers:
            speaker.start()
        for _ in range(ROUNDS):
            had = int(db.rows("select count(*) from chat_message")[0][0])
            chat.until("more messages", lambda: int(db.rows("select count(*) from chat_message")[0][0]),
                       lambda n, had=had: n > had + 20)
            db.kill()
            db.start()
        ends.set()
        for speaker in speakers:
            speaker.join(2 * chat.WAIT)
            assert not speaker.is_alive() and speaker.fault is None, speaker.fault
        kept = [(int(n), text) for n, text in db.rows("select number, text from chat_message order by number")]
        assert [n for n, _ in kept] == list(range(1, len(kept) + 1)), "a gap, or a number twice"
        assert len({text for _, text in kept}) == len(kept), "something was said twice"
        number_of = {text: n for n, text in kept}
        for speaker in speakers:
            speaker.drain(len(kept))
            assert all(number_of.get(text) == n for text, n in speaker.acknowledged.items()), "something was lost"
            assert speaker.seen == kept[len(kept) - len(speaker.seen):], json.dumps([speaker.seen, kept])
            speaker.page.close()
        print(f"{len(kept)} messages, killed {ROUNDS} times")


if __name__ == "__main__":
    chat.main()
