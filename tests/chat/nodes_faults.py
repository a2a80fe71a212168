# SPDX-License-Identifier: MIT
"""A conversation over three nodes, PostgreSQL and Redis, to which faults come at random: what may die, stand still, be cut off,
or be full is so for a while, one or two at a time, while 300 people talk. What they note is looked at by checker.py.

All that is random comes from a seed, which is printed: the same one has the same people, and the same faults in the same
order; when each of them comes depends on when what was before is over."""
import asyncio
import atexit
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time

import chat
import checker
import crowd
import cuts
from chat import SANITIZER
from web import ask

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402
import redis_server  # noqa: E402

NODES = 3
ROOMS = 30
PAGES, TERMINALS, POSTERS = (100, 40, 10) if SANITIZER else (200, 90, 10)
PATIENCE_S = 300  # any one wait; what takes longer hangs
WAYS = ("there",), ("back",), ("there", "back")


def until(what, look, wanted=bool):
    begin, told = time.monotonic(), 30
    while not wanted(seen := look()):
        waited = time.monotonic() - begin
        assert waited < PATIENCE_S, f"{what} was waited for; seen last: {seen!r:.2000}"
        if waited > told:
            print(f"\n    after {told} s without {what}: {seen!r:.1000}", end=" ", flush=True)
            told *= 2
        time.sleep(0.02)
    return seen


class Node:
    """One of the servers, with relays of its own to both engines; it may be killed, and started again."""

    def __init__(self, site, index):
        self.index, self.name = index, f"node {index}"
        self.to_postgres = cuts.Relay(site.loop, lambda: site.postgres.socket)
        self.to_redis = cuts.Relay(site.loop, lambda: site.redis.socket)
        self.server = None
        self.old = []  # what those said that were killed
        atexit.register(self.kill)
        self.start()

    def start(self):
        self.server = chat.Server(
            "--rate", "0", "--db", f"postgres://edo@127.0.0.1:{self.to_postgres.port}/postgres",
            "--redis", f"redis://127.0.0.1:{self.to_redis.port}", web=True)

    def kill(self):
        server, self.server = self.server, None
        if server:
            server.process.kill()
            server.process.wait()
            self.old.append(server)

    def leave(self):
        server, self.server = self.server, None
        server.process.terminate()
        self.old.append(server)
        return server.process.wait(PATIENCE_S)

    def check(self):
        """It has not ended by itself."""
        status = self.server.process.poll() if self.server else None
        assert status is None, f"{self.name} has ended with {status}: {self.server.errors()[-4000:]}"

    def end(self):
        self.server.stop()
        status = self.server.ended()
        words = "".join(one.errors() for one in (*self.old, self.server))
        assert status == 0, f"{self.name} has ended with {status}: {words[-4000:]}"
        assert "Sanitizer" not in words and "invariant" not in words, words[-8000:]


class Site:
    """All that serves."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.postgres = postgres.Postgres(syncs=True)
        self.standby = None
        self.redis = redis_server.Redis()
        self.nodes = [Node(self, i) for i in range(NODES)]

    def addresses(self, kind):
        servers = [node.server for node in self.nodes]
        return [s.web if kind == "web" else s.address for s in servers if s]

    def end(self):
        for node in self.nodes:
            node.end()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE_S)


# ---- Faults ---------------------------------------------------------------------------------------------------------------


class Fault:
    """`begin()`, and after `seconds` `end()`: then all is there that was away. `of` names what it is about: two at a time
    are about different things. `stops`: it is a SIGSTOP."""
    stops = False

    def __init__(self, site, dice, seconds):
        self.site, self.dice, self.seconds = site, dice, seconds
        self.choose()

    def choose(self):
        pass

    def node(self):
        node = self.dice.choice(self.site.nodes)
        self.of = node.name
        return node


class KillNode(Fault):
    def choose(self):
        self.what = self.node()
        self.words = f"kill {self.of}"

    def begin(self):
        self.what.kill()

    def end(self):
        self.what.start()


class EndNode(KillNode):
    """It ends in order, by SIGTERM; 1: without PostgreSQL it cannot keep what waits, and says so."""

    def choose(self):
        self.what = self.node()
        self.words = f"end {self.of}"

    def begin(self):
        status = self.what.leave()
        assert status in (0, 1), f"{self.of} has ended with {status}: {self.what.old[-1].errors()[-4000:]}"


class StopNode(KillNode):
    stops = True

    def choose(self):
        self.what = self.node()
        self.words = f"stop {self.of}"

    def begin(self):
        self.what.server.pause()

    def end(self):
        self.what.server.process.send_signal(signal.SIGCONT)


class KillEngine(Fault):
    def choose(self):
        self.of = self.engine
        self.words = f"kill {self.engine}"

    def begin(self):
        getattr(self.site, self.engine).kill()

    def end(self):
        getattr(self.site, self.engine).start()


class StopEngine(KillEngine):
    stops = True

    def choose(self):
        super().choose()
        self.words = f"stop {self.engine}"

    def begin(self):
        getattr(self.site, self.engine).pause()

    def end(self):
        getattr(self.site, self.engine).go_on()


class Cut(Fault):
    """Some of the nodes are cut off from an engine."""

    def choose(self):
        self.of = self.engine
        nodes = self.dice.sample(self.site.nodes, self.dice.randrange(1, NODES + 1))
        self.relays = [getattr(node, "to_" + self.engine) for node in nodes]
        self.whom = ", ".join(str(node.index) for node in sorted(nodes, key=lambda node: node.index))
        self.words = f"cut {self.engine} off from {self.whom}"

    def begin(self):
        for relay in self.relays:
            relay.cut()

    def end(self):
        for relay in self.relays:
            relay.mend()


class Hold(Cut):
    """Nothing comes through, one way or both, and nobody is told. In the end what was held comes, or the connections break."""

    def choose(self):
        super().choose()
        self.ways, self.breaks = self.dice.choice(WAYS), self.dice.random() < 0.5
        self.words = (f"hold {self.engine} off from {self.whom}, {' and '.join(self.ways)}, "
                      f"then {'break it' if self.breaks else 'let it go'}")

    def begin(self):
        for relay in self.relays:
            relay.hold(self.ways)

    def end(self):
        for relay in self.relays:
            relay.mend(self.breaks)


class Flush(Fault):
    of, words = "redis", "FLUSHALL"

    def begin(self):
        self.site.redis.cli("FLUSHALL")

    def end(self):
        self.site.redis.cli("FLUSHALL")


class Full(Fault):
    """The disk of PostgreSQL: its tables cannot grow, while its log, whose files are there already, goes on; or nothing can
    be written at all, and it ends."""
    of = "postgres"

    def choose(self):
        self.is_all = self.dice.random() < 0.5
        self.words = f"no room {'at all' if self.is_all else 'for tables'} on the disk of postgres"

    def begin(self):
        db = self.site.postgres
        size = 0 if self.is_all else int(db.rows("select pg_relation_size('chat_message')")[0][0])
        db.limit_file_bytes(size)

    def end(self):
        db = self.site.postgres
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended
            db.limit_file_bytes(None)
        db.start()


class FailOver(Fault):
    """A synchronous standby is made, and takes over when the primary is killed. Before that it may be away for longer than any
    statement waits: what is not on both may not be acknowledged, nor shown."""
    of = "postgres"

    def choose(self):
        self.is_away = self.dice.random() < 0.5
        self.words = "fail over to a synchronous standby" + (", which is away before" if self.is_away else "")

    def begin(self):
        site, old = self.site, self.site.postgres
        site.standby = postgres.Postgres(syncs=True, standby_of=old)
        old.rows("alter system set synchronous_standby_names = '*'")
        old.rows("select pg_reload_conf()")
        until("a synchronous standby", lambda: old.rows("select sync_state from pg_stat_replication"),
              lambda rows: rows == [["sync"]])
        site.crowd_goes_on(50)
        if self.is_away:
            site.standby.kill()
            time.sleep(AWAY_S)
        old.kill()
        if self.is_away:
            site.standby.start()

    def end(self):
        site, old = self.site, self.site.postgres
        site.note(what="fails_over")
        site.standby.promote()
        site.postgres, site.standby = site.standby, None
        old.end()


class FallBack(FailOver):
    """The standby is one that commits do not wait for, and is away before: what is told meanwhile is lost."""

    def choose(self):
        self.words = "fail over to an asynchronous standby"

    def begin(self):
        site, old = self.site, self.site.postgres
        site.standby = postgres.Postgres(syncs=True, standby_of=old)
        until("a standby that follows", lambda: old.rows("select state from pg_stat_replication"),
              lambda rows: rows == [["streaming"]])
        site.crowd_goes_on(50)
        site.note(what="falls_behind")
        told = old.rows("select pg_current_wal_lsn()")[0][0]
        until("what was told before", lambda: old.rows(f"select flush_lsn >= '{told}' from pg_stat_replication"),
              lambda rows: rows == [["t"]])
        site.standby.kill()
        site.crowd_goes_on(50)
        old.kill()
        site.standby.start()


STOP_S = 30  # more than a lease (15 s), and than the silence after which people are gone for the others (8 s)
AWAY_S = 14  # more than a batch waits for (PG_WRITE_MAX), and then some


def of_engine(kind, engine):
    return type(f"{kind.__name__}_{engine}", (kind,), {"engine": engine})


KINDS = (KillNode, EndNode, StopNode, Flush, Full, FailOver,
         *(of_engine(kind, engine) for kind in (KillEngine, StopEngine, Cut, Hold) for engine in ("postgres", "redis")))


def schedule(site, dice, longest, kinds, stops_s):
    """Lists of one or two faults, without an end: each kind comes once before any comes again. The first one, if any kind
    stops, is a stop of STOP_S seconds; the others stop for one of `stops_s`."""
    def make(kind, seconds):
        return kind(site, dice, seconds)

    if stops := [kind for kind in kinds if kind.stops]:
        yield [make(dice.choice(stops), STOP_S)]
    while True:
        deck = [make(kind, dice.choice(stops_s if kind.stops else (0, 1, 3, longest)))
                for kind in dice.sample(kinds, len(kinds))]
        while deck:
            step = [deck.pop()]
            if deck and dice.random() < 0.3 and deck[-1].of != step[0].of:
                step.append(deck.pop())
            yield step


# ---- The round ------------------------------------------------------------------------------------------------------------


class Round:
    """`seconds` of faults, each of which lasts `longest` at most. Everybody is to be back within `back_s` seconds after the end
    of each. `kinds` of faults may be others. What stops does so for one of `stops_s`, and the first of all for STOP_S."""

    def __init__(self, seed, seconds, longest, back_s, kinds=KINDS, stops_s=(STOP_S,)):
        self.seed, self.seconds, self.longest, self.back_s, self.kinds = seed, seconds, longest, back_s, kinds
        self.stops_s = stops_s
        self.file = tempfile.NamedTemporaryFile("w+", prefix=f"edo-notes-{seed}-", suffix=".jsonl", delete=False)
        self.lock = threading.Lock()
        self.slowest = (0, "")

    def note(self, **what):
        line = json.dumps(what) + "\n"
        with self.lock:
            self.file.write(line)

    def notes(self):
        self.file.flush()
        with open(self.file.name, encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def run(self):
        print(f"EDO_TEST_SEED={self.seed}", flush=True)
        self.site = site = Site()
        self.crowd = crowd.Crowd(site.loop, random.Random(self.seed), site.addresses, self.note)
        site.crowd_goes_on, site.note = self.goes_on, self.note
        people = crowd.people(self.crowd, PAGES, TERMINALS, POSTERS, ROOMS)
        site.loop.call_soon_threadsafe(self.crowd.begin, people)
        self.all_are_back("the begin", most=None)
        began = time.monotonic()
        for step in schedule(site, random.Random(self.seed + 1), self.longest, self.kinds, self.stops_s):
            if time.monotonic() - began > self.seconds:
                break
            self.step(step)
        self.finish()
        site.loop.call_soon_threadsafe(self.crowd.end)
        site.end()
        self.judge()

    def goes_on(self, n):
        """More is acknowledged."""
        had = self.crowd.acknowledged_n
        until("more that is acknowledged", lambda: self.crowd.acknowledged_n, lambda now: now >= had + n)

    def step(self, faults):
        words = " and ".join(f"{one.words} for {one.seconds} s" for one in faults)
        print(f"  {words} …", end=" ", flush=True)
        for one in faults:
            one.begin()
        time.sleep(max(one.seconds for one in faults))
        for one in sorted(faults, key=lambda one: one.of.startswith("node")):  # which want their engines
            one.end()
        self.all_are_back(words, self.back_s)
        for node in self.site.nodes:
            node.check()

    def all_are_back(self, fault, most):
        """Each has said something that was acknowledged, since now."""
        asked = threading.Event()
        self.site.loop.call_soon_threadsafe(lambda: (self.crowd.ask_all(fault), asked.set()))
        asked.wait(PATIENCE_S)
        until(f"all are back after {fault}", self.crowd.missing, lambda missing: not missing)
        took = sorted((one.took[-1][1], one.me) for one in self.crowd.people)
        print(f"all are back after {took[-1][0]:.1f} s, half of them after {took[len(took) // 2][0]:.1f} s, {took[-1][1]} last",
              flush=True)
        if most is not None:
            self.slowest = max(self.slowest, (took[-1][0], fault))
            for seconds, me in took:
                self.note(what="back", who=me, fault=fault, took=seconds, most=most)

    def finish(self):
        """Nobody says anything more, and all see what there is."""
        self.crowd.is_quiet = True
        with contextlib.suppress(AssertionError):  # the checker says it
            until("that nobody waits", self.crowd.waiting, lambda waiting: not waiting)
        for one in self.crowd.people:
            for text in list(one.pending):
                self.note(what="waits", who=one.me, text=text)
        rows = self.site.postgres.rows("select room, number, text, sender from chat_message order by room, number")
        last = {row[0]: int(row[1]) for row in rows}
        with contextlib.suppress(AssertionError):  # as above
            until("that all see the end", lambda: self.short(last), lambda short: not short)
        for room, number, text, by in rows:
            self.note(what="kept", room=room, number=int(number), text=text, by=by)
        for node in self.site.nodes:
            for room in last:
                self.read_history(node, room, last[room])

    def short(self, last):
        """Who has not seen up to the last message of a room."""
        return [(one.me, room) for one in self.crowd.people for room in one.rooms if one.seen_up_to(room) < last.get(room, 0)]

    def read_history(self, node, room, last):
        """A client that is new reads it by pages. A node without members of a room asks for its news only from time to time:
        so the newest page has its moment until it has the last one."""
        def is_whole(got):
            return got[0] != 429 and (before or got[0] != 200 or not got[2]["messages"] or got[2]["messages"][-1]["number"] == last)

        before, found = 0, []
        while before != 1:
            path = f"/api/rooms/{room}/messages?limit=200&before={before}"
            status, _, page = until("a page of the past", lambda path=path: ask(node.server, "GET", path), is_whole)
            if status != 200 or page.get("missing") or not page["messages"]:
                self.note(what="refused", who=node.name, text=path, why=f"{status} {page!r:.200}")
                break
            found = page["messages"] + found
            before = page["messages"][0]["number"]
        for m in found:
            self.note(what="reads", who=node.name, room=room, number=m["number"], text=m["text"])

    def judge(self):
        found, counts = checker.check(self.notes())
        print(f"{counts['kept']} messages of {len(self.crowd.people)} people, of which {counts['acknowledged']} were "
              f"acknowledged; seen {counts['sees']} times, and {counts['told as missing']} told as missing; "
              f"{self.crowd.moves_n} connections; the last one was back {self.slowest[0]:.1f} s after: {self.slowest[1]}",
              flush=True)
        if lost := counts["lost by a standby that was behind"]:
            print(f"{lost} that were told while the standby was behind are lost")
        if found:
            for kind, words in found:
                print(f"{kind}: {words}", flush=True)
            raise AssertionError(f"EDO_TEST_SEED={self.seed}: {dict(counts)}; the notes are in {self.file.name}")
        os.unlink(self.file.name)
