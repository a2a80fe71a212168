# SPDX-License-Identifier: MIT
"""Goal: servers of one conversation are restarted one after the other, while people talk, and nobody notices: nothing that
was said is lost, or said or shown twice, nobody is told of a loss, and clients do not all come at once.
Method: three programs behind a balancer that asks for their readiness; pages, streams of gRPC and a real line client say
something all along, and note what they see, which is compared with the tables."""
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import types

import chat
import postgres_nodes_test as nodes
from postgres_nodes_test import assert_all_kept, assert_without_gap, kept
from web import Closed, Page, ask, number

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402
from balancer import Balancer  # noqa: E402

MOVED = 4002  # the close code of a page that is sent to another server
DRAIN = ("--pre-stop", "300ms", "--drain", "1s")


class Nodes:
    """So many servers over one database, and what is in front of them: `at` has the addresses of balancers, as a Server has
    its own. A server that is not ready gets no new connections."""

    KINDS = ("address", "web", "grpc")

    def __init__(self, n, *options):
        self.db = postgres.Postgres()
        self.options = ("--db", self.db.uri, *nodes.OPTIONS, "--grpc", "127.0.0.1:0", *DRAIN, *options)
        self.running = [self.start() for _ in range(n)]
        self.balancers = {kind: Balancer() for kind in self.KINDS}
        self.at = types.SimpleNamespace(**{kind: b.address for kind, b in self.balancers.items()})
        self.ends = threading.Event()
        self.watching = threading.Thread(target=self.watch, daemon=True)
        self.watching.start()

    def start(self):
        return chat.Server(*self.options, web=True)

    @staticmethod
    def is_ready(server):
        with contextlib.suppress(OSError):
            return ask(server, "GET", "/readyz")[0] == 200
        return False

    def watch(self):
        while not self.ends.wait(0.05):
            ready = [server for server in self.running if self.is_ready(server)]
            for kind, b in self.balancers.items():
                b.set_targets([getattr(server, kind) for server in ready])

    def restart(self, i):
        """Ends a server in order, and starts another one in its place."""
        self.running[i].stop()
        assert self.running[i].ended() == 0, self.running[i].errors()
        self.running[i] = self.start()
        chat.until("it is ready", lambda: self.is_ready(self.running[i]))

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.ends.set()
        self.watching.join()
        for b in self.balancers.values():
            b.close()
        with contextlib.ExitStack() as stack:
            for server in self.running:
                stack.push(server)


class Talker(threading.Thread):
    """Says one thing after the other, each again until it is acknowledged, over as many connections as it takes; notes what
    was acknowledged, all that it has seen, and how its connections have ended."""

    def __init__(self, at, me):
        super().__init__(daemon=True)
        self.at, self.me = at, me
        self.session, self.life, self.last = "", 0, 0
        self.ends, self.fault = threading.Event(), None
        self.acknowledged, self.seen, self.ended_by = {}, [], []
        self.connection = None
        self.start()

    def run(self):
        try:
            n = 0
            while not self.ends.is_set():
                text, n = f"{self.me}-{n}", n + 1
                while text not in self.acknowledged:
                    self.try_once(text)
        except Exception as e:  # told by end()
            self.fault = e

    def try_once(self, text):
        try:
            if not self.connection:
                self.connection = self.connect()
            self.say(text)
            while text not in self.acknowledged:
                self.take()
        except self.LOST as e:
            self.ended_by.append(self.why(e))
            self.drop()

    def note(self, n, text, ref):
        """What it says again, and has seen since it came back, is acknowledged with the number that it has."""
        is_own = ref.startswith(f"{self.me}-")
        if not (is_own and (n, text) in self.seen):
            self.seen.append((n, text))
            self.last = n
        if is_own:
            self.acknowledged[ref] = n

    def take_all(self, rows):
        """Reads until it has seen what the tables have."""
        try:
            if not self.connection:
                self.connection = self.connect()
            while self.last < rows[-1][0]:
                self.take()
        finally:
            self.drop()

    def end(self):
        self.ends.set()
        self.join(2 * chat.WAIT)
        assert not self.is_alive() and self.fault is None, self.fault


class PageTalker(Talker):
    LOST = (Closed, OSError)

    def connect(self):
        while True:
            with contextlib.suppress(ConnectionError, AssertionError):  # no server takes it, or it ends amid the head
                page = Page(self.at, hello=None)
                if page.status == 101:
                    break
                page.close()
        self.connection = page
        rooms = [{"room": "general", **({"after": self.last, "life": self.life} if self.session else {})}]
        page.send(type="hello", session=self.session, rooms=rooms)
        while (m := page.receive())["type"] != "welcome":
            pass
        self.session, self.life = m["session"], m["rooms"][0]["life"]
        return page

    def say(self, text):
        self.connection.send(type="say", room="general", text=text, ref=text)

    def take(self):
        m = self.connection.receive()
        assert m["type"] not in ("error", "lagged"), m
        if m["type"] == "message":
            self.note(m["number"], m["text"], m.get("ref", ""))

    @staticmethod
    def why(e):
        return e.code if isinstance(e, Closed) else repr(e)

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class StreamTalker(Talker):
    def __init__(self, streams, at, me):
        self.streams, self.LOST = streams, streams.grpc.RpcError
        super().__init__(at, me)

    def connect(self):
        stream = self.streams.Stream(self.at, hello=None)
        self.connection = stream
        rooms = [("general", self.last, self.life)] if self.session else ["general"]
        self.life = stream.hello(session=self.session, rooms=rooms).rooms[0].life
        self.session = stream.session
        return stream

    def say(self, text):
        self.connection.send("say", room="general", text=text, ref=text)

    def take(self):
        kind, what = self.connection.receive()
        assert kind not in ("error", "lagged"), what
        if kind == "message":
            self.note(what.number, what.text, what.ref)

    def why(self, e):
        return e.code().name

    def drop(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class LineTalker(threading.Thread):
    """The line client, as a script uses it. It says a line every now and then."""

    def __init__(self, at, me):
        super().__init__(daemon=True)
        self.me, self.said, self.lines = me, 0, []
        program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")
        self.process = subprocess.Popen([program, "--connect", "%s:%d" % at.address], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.start()

    def run(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n")[6:])  # behind the time

    def say(self):
        self.process.stdin.write(f"{self.me}-{self.said}\n")
        self.process.stdin.flush()
        self.said += 1

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(chat.WAIT) == 0, self.lines[-10:]
        self.join(chat.WAIT)


def more_from_all(talkers, line, n):
    """Until each has been acknowledged n more; the line client says as much meanwhile."""
    had = [len(t.acknowledged) for t in talkers]
    for _ in range(n):
        line.say()
    chat.until("more that is acknowledged", lambda: [t.fault or len(t.acknowledged) - h for t, h in zip(talkers, had)],
               lambda seen: any(isinstance(s, Exception) for s in seen) or min(seen) >= n)


def assert_nobody_noticed(all_of_them, talkers, line):
    for t in talkers:
        t.end()
    line.end()
    rows = kept(all_of_them.db)
    assert_without_gap(rows)
    assert_all_kept(talkers, rows)
    assert [text for _, text in rows if text.startswith(line.me)] == [f"{line.me}-{i}" for i in range(line.said)]
    for t in talkers:
        t.take_all(rows)
        first = t.seen[0][0]
        wanted = [row for row in rows if row[0] >= first]
        other = [(i, *pair) for i, pair in enumerate(zip(t.seen, wanted)) if pair[0] != pair[1]]
        assert t.seen == wanted, (f"{t.me} has seen something else", len(t.seen), len(wanted), other[:3], t.ended_by)
        assert set(t.ended_by) <= {MOVED, "UNAVAILABLE"}, t.ended_by
    heard = [text for text in (said.partition(": ")[2] for said in line.lines if not said.startswith("* "))]
    others = [text for _, text in rows if not text.startswith(line.me)]
    assert heard == others[others.index(heard[0]):][:len(heard)], "the line client has seen something else"
    told = [said for said in line.lines if any(word in said for word in ("lost", "again", "missed", "not sent", "perhaps"))]
    assert not told, told
    print(f"{len(rows)} messages; connections ended by {sorted(str(w) for t in talkers for w in t.ended_by)}")


def test_servers_are_restarted_one_after_the_other_and_nobody_notices():
    import streams  # first: it may begin the program anew
    with Nodes(3) as all_of_them:
        chat.until("a ready server", lambda: all_of_them.balancers["web"].targets)
        talkers = [PageTalker(all_of_them.at, f"p{i}") for i in range(4)]
        talkers += [StreamTalker(streams, all_of_them.at, f"s{i}") for i in range(2)]
        line = LineTalker(all_of_them.at, "t")
        for i in range(3):
            more_from_all(talkers, line, 10)
            all_of_them.restart(i)
        more_from_all(talkers, line, 10)
        assert_nobody_noticed(all_of_them, talkers, line)


def test_clients_of_a_server_that_ends_leave_one_after_the_other_and_no_more_are_let_in():
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, *nodes.OPTIONS, "--drain", "2s", web=True) as server, contextlib.ExitStack() as stack:
        pages = [stack.enter_context(Page(server)) for _ in range(300)]  # 150 a second
        lines = [server.client() for _ in range(5)]
        stack.enter_context(Page(server))
        server.stop()
        left = {}
        began = time.monotonic()

        def read(page):
            code = page.closed()
            left[page] = code, time.monotonic() - began
        readers = [threading.Thread(target=read, args=(page,), daemon=True) for page in pages]
        for reader in readers:
            reader.start()
        chat.until("the first to leave", lambda: left)
        late = stack.enter_context(Page(server, hello=None))
        assert late.status == 503 and ask(server, "GET", "/readyz")[0] == 503
        for line in lines:
            assert line.rest()[-1] == "* this server ends: connect again, and another one goes on"
        for reader in readers:
            reader.join(chat.WAIT)
        assert {code for code, _ in left.values()} == {MOVED}, left.values()
        at = sorted(when for _, when in left.values())
        print(f"the first left after {at[0]:.2f} s, half of them by {at[150]:.2f} s, the last after {at[-1]:.2f} s")
        assert at[-1] - at[0] > 1, at


def test_end_without_clients_takes_none_of_that_time():
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, *nodes.OPTIONS, "--drain", "10m", web=True) as server:
        with Page(server) as ann:
            ann.say("hello")
        chat.until("she is gone", lambda: number(server, "chat_pages"), lambda n: n == 0)
        server.stop(signal.SIGTERM)  # and the test has a limit


def test_drain_without_other_servers_is_refused():
    status, _, errors = chat.run("--tcp", "127.0.0.1:0", "--http", "none", "--drain", "1s")
    assert status == 2 and "--drain wants --db postgres://" in errors, (status, errors)


if __name__ == "__main__":
    chat.main()
