# SPDX-License-Identifier: MIT
"""Goal: two programs over one PostgreSQL are one conversation: what is said at one is seen at the other within about a
second, by pages, terminals and gRPC, by all in one order, nothing lost and nothing twice; whatever becomes of a program, or
of the database.
Method: two real programs and a real server. Each client notes what it sees, which is compared with the tables."""
import concurrent.futures
import contextlib
import os
import re
import signal
import sys
import threading
import time

import chat
from web import Closed, Page, ask

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402

OPTIONS = ("--rate", "0")
SPEAKERS, SAID = 4, 125  # of each node, and messages of each


@contextlib.contextmanager
def two_nodes(*options):
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, *OPTIONS, *options, web=True) as one, \
            chat.Server("--db", db.uri, *OPTIONS, *options, web=True) as other:
        yield db, one, other


def kept(db, room="general"):
    return [(int(n), text) for n, text in
            db.rows(f"select number, text from chat_message where room = '{room}' order by number")]


def assert_without_gap(rows):
    assert [n for n, _ in rows] == list(range(1, len(rows) + 1)), "a gap, or a number twice"
    assert len({text for _, text in rows}) == len(rows), "something was said twice"


def texts_of(page, n):
    """The next n messages, each with the next number."""
    seen = page.texts(n)
    assert [number for number, _ in seen] == list(range(seen[0][0], seen[0][0] + n)), seen
    return seen


def history(server, room="general"):
    status, _, page = ask(server, "GET", f"/api/rooms/{room}/messages?limit=200")
    return [(m["number"], m["text"]) for m in page["messages"]] if status == 200 else status


def test_what_is_said_at_a_node_is_seen_at_the_other_in_one_order():
    with two_nodes() as (db, one, other), Page(one) as ann, Page(other) as bob:
        line = other.client()
        began = time.monotonic()
        assert ann.say("1")["number"] == 1
        assert texts_of(bob, 1) == [(1, "1")]
        print(f"seen at the other node after {time.monotonic() - began:.2f} s")
        assert line.until(f"{ann.name}: 1") is not None
        line.send("2")  # its author is not shown it again
        assert texts_of(bob, 1) == texts_of(ann, 1) == [(2, "2")]
        assert bob.say("3")["number"] == 3
        assert texts_of(ann, 1) == [(3, "3")]
        line.expect(f"{bob.name}: 3")
        with Page(other) as eve:  # a newcomer
            assert texts_of(eve, 3) == kept(db)
        assert history(one) == history(other) == kept(db) == [(1, "1"), (2, "2"), (3, "3")]


def test_page_that_goes_to_the_other_node_goes_on_there_and_repeats_are_told_once():
    with two_nodes() as (db, one, other):
        with Page(other) as bob, Page(one) as ann:
            for i in range(1, 4):
                ann.say(str(i), ref=f"r{i}")
            seen = {"session": ann.session, "rooms": [("general", 3)]}
        with Page(other, hello=seen) as ann:  # at once: that node has perhaps not asked yet
            ann.send(type="say", room="general", text="3", ref="r3")  # the acknowledgement was lost
            assert ann.until("message")["number"] == 3
            ann.send(type="say", room="general", text="4", ref="r4")
            told = ann.until("message")
            assert (told["number"], told["ref"]) == (4, "r4"), told
            assert [m for m in ann.settle() if m["type"] == "message"] == []
        assert kept(db) == [(i, str(i)) for i in range(1, 5)]
        with Page(one, hello={"session": ann.session}) as ann:
            ann.say("5", ref="r5")
        with Page(other, hello={"session": ann.session}) as again:
            again.send(type="say", room="general", text="5", ref="r5")  # that has not seen it, unless it has just asked
            told = again.until("message", text="5")
            assert (told["number"], told["ref"]) == (5, "r5"), told
        assert kept(db)[4:] == [(5, "5")]


def test_room_that_another_node_has_made_is_listed_and_can_be_read():
    with two_nodes() as (db, one, other):
        assert history(other, "tea") == 404
        with Page(one, hello={"rooms": ["tea"]}) as ann, Page(other) as bob:
            ann.say("hello", room="tea")
            began = time.monotonic()
            chat.until("the room", lambda: ask(other, "GET", "/api/rooms")[2]["rooms"],
                       lambda rooms: {"room": "tea", "members": 0} in rooms)
            print(f"listed at the other node after {time.monotonic() - began:.2f} s")
            while {"room": "tea", "members": 0} not in bob.until("rooms")["rooms"]:
                pass
            db.pause()
            status, _, page = ask(other, "GET", "/api/rooms/tea/messages")
            assert (status, page["messages"], page["missing"]) == (200, [], "unread"), page
            db.go_on()
            chat.until("the room's past", lambda: history(other, "tea"), lambda past: past == [(1, "hello")])
            assert {"room": "tea", "members": 1} in ask(one, "GET", "/api/rooms")[2]["rooms"]


def test_streams_of_grpc_see_what_other_nodes_have_said():
    import streams
    with two_nodes(*streams.OPTIONS) as (_, one, other), streams.Stream(one, hello={"rooms": ["tea"]}) as ann, \
            streams.Stream(other, hello={"rooms": ["tea"]}) as bob:
        assert ann.say("1", room="tea").number == 1
        assert bob.until("message", room="tea").text == "1"
        assert bob.say("2", room="tea").number == 2
        assert ann.until("message", room="tea").text == "2"
        with streams.Door(other) as door:
            assert [m.text for m in door.history(room="tea").messages] == ["1", "2"]


def test_thousand_messages_from_both_nodes_at_once_have_one_order_for_all():
    total = 2 * SPEAKERS * SAID
    with two_nodes() as (db, one, other), contextlib.ExitStack() as stack:
        speakers = [stack.enter_context(Page(server)) for server in (one, other) for _ in range(SPEAKERS)]
        watchers = [stack.enter_context(Page(server)) for server in (one, other)]
        lines = [server.client() for server in (one, other)]
        starts = threading.Barrier(len(speakers))

        def speak(i):
            starts.wait(chat.WAIT)
            for k in range(SAID):
                speakers[i].send(type="say", room="general", text=f"{i}-{k}", ref=f"{k}")
            return texts_of(speakers[i], total)

        def listen(line):
            return [text.partition(": ")[2] for text in iter(line.line, None) if not text.startswith("* ")]

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            seen = [pool.submit(speak, i) for i in range(len(speakers))]
            seen += [pool.submit(texts_of, page, total) for page in watchers]
            heard = [pool.submit(listen, line) for line in lines]
            seen = [s.result(2 * chat.WAIT) for s in seen]
            rows = kept(db)
            for line in lines:
                line.send("/quit")
            heard = [h.result(chat.WAIT) for h in heard]
        assert_without_gap(rows)
        assert len(rows) == total
        assert all(s == rows for s in seen), "pages have seen another order"
        assert all(h == [text for _, text in rows] for h in heard), "terminals have seen another order"
        for i in range(len(speakers)):
            own = [text for _, text in rows if text.startswith(f"{i}-")]
            assert own == [f"{i}-{k}" for k in range(SAID)], "an author's messages have another order"


class Speaker(threading.Thread):
    """Says one thing after the other, until its node is gone or it is told to end; notes what was acknowledged."""

    def __init__(self, server, me):
        super().__init__(daemon=True)
        self.page, self.me = Page(server), me
        self.ends, self.acknowledged, self.fault = threading.Event(), {}, None

    def run(self):
        n = 0
        try:
            while not self.ends.is_set():
                text, n = f"{self.me}-{n}", n + 1
                self.page.send(type="say", room="general", text=text, ref=text)
                while (m := self.page.receive()).get("ref") != text or m["type"] == "error":
                    if m["type"] == "error":  # as a page does
                        assert m["code"] == "try_later", m
                        time.sleep(0.1)
                        self.page.send(type="say", room="general", text=text, ref=text)
                self.acknowledged[text] = m["number"]
        except (Closed, OSError):
            pass  # its node is gone
        except Exception as e:  # told by end()
            self.fault = e

    def end(self):
        self.ends.set()
        self.join(2 * chat.WAIT)
        assert not self.is_alive() and self.fault is None, self.fault
        self.page.close()


class Watcher(threading.Thread):
    """A page that reads all along, as one that does not is let go; notes all messages that it is told."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.page, self.seen = Page(server), []
        self.start()

    def run(self):
        with contextlib.suppress(Closed, OSError):  # the end, or what it has seen is too little
            while True:
                m = self.page.receive(end=float("inf"))
                if m["type"] == "message":
                    self.seen.append((m["number"], m["text"]))

    def has_seen(self, rows):
        chat.until(f"{len(rows)} messages", lambda: len(self.seen), lambda n: n >= len(rows))
        assert self.seen == rows


def acknowledged_more(speakers, n):
    def count():
        return min(len(s.acknowledged) for s in speakers)
    had = count()
    chat.until("more that is acknowledged", count, lambda now: now > had + n)


def assert_all_kept(speakers, rows):
    number_of = {text: n for n, text in rows}
    for s in speakers:
        assert s.acknowledged, "it said nothing"
        assert all(number_of.get(text) == n for text, n in s.acknowledged.items()), "what was acknowledged is lost"


def test_node_that_is_killed_leaves_what_it_has_acknowledged_to_the_other():
    with two_nodes() as (db, one, other):
        watcher = Watcher(other)
        speakers = [Speaker(server, f"s{i}") for i, server in enumerate((one, one, other))]
        for s in speakers:
            s.start()
        acknowledged_more(speakers, 20)
        one.status = -signal.SIGKILL
        one.process.kill()
        acknowledged_more(speakers[2:], 20)
        for s in speakers:
            s.end()
        rows = kept(db)
        assert_without_gap(rows)
        assert_all_kept(speakers, rows)
        watcher.has_seen(rows)
        print(f"{len(rows)} messages")


def test_node_that_was_stopped_for_a_while_catches_up():
    with two_nodes() as (db, one, other):
        watcher = Watcher(one)
        speaker, line = Speaker(other, "s"), one.client()
        speaker.start()
        acknowledged_more([speaker], 20)
        one.pause()
        acknowledged_more([speaker], 400)  # more than one answer has
        one.process.send_signal(signal.SIGCONT)
        acknowledged_more([speaker], 20)
        speaker.end()
        rows = kept(db)
        assert_without_gap(rows)
        assert_all_kept([speaker], rows)
        watcher.has_seen(rows)
        wanted = rows[-1][1]
        lines = [*line.until(f"{speaker.page.name}: {wanted}"), f": {wanted}"]
        assert [t.partition(": ")[2] for t in lines if not t.startswith("* ")] == [text for _, text in rows]


def test_database_that_is_killed_loses_and_doubles_nothing_at_either_node():
    with two_nodes() as (db, one, other):
        watchers = [Watcher(one), Watcher(other)]
        speakers = [Speaker(server, f"s{i}") for i, server in enumerate((one, other))]
        for s in speakers:
            s.start()
        for _ in range(2):
            acknowledged_more(speakers, 20)
            db.kill()
            db.start()
        acknowledged_more(speakers, 20)
        for s in speakers:
            s.end()
        rows = kept(db)
        assert_without_gap(rows)
        assert_all_kept(speakers, rows)
        for watcher in watchers:
            watcher.has_seen(rows)
        print(f"{len(rows)} messages")


def test_readers_go_on_when_a_standby_without_the_last_messages_takes_over():
    db = postgres.Postgres()
    standby = postgres.Postgres(standby_of=db)
    both = f"postgres:///postgres?host={db.folder},{standby.folder}&user=edo&target_session_attrs=read-write"
    with chat.Server("--db", both, *OPTIONS, web=True) as one, chat.Server("--db", both, *OPTIONS, web=True) as other, \
            Page(one) as ann, Page(other) as bob:
        line = one.client()
        for i in range(1, 4):
            ann.say(str(i))
        chat.until("the standby", lambda: standby.rows("select last from chat_room"), lambda rows: rows == [["3"]])
        standby.cut_off()
        for i in range(4, 6):
            ann.say(str(i))
        assert texts_of(bob, 5) == kept(db) == [(i, str(i)) for i in range(1, 6)]
        with Page(one, hello={"rooms": ["lost"]}) as eve:  # a room that the standby has never had
            eve.say("1", room="lost")
            eve.say("2", room="lost")
            db.kill()
            standby.promote()
            said = {"type": "say", "room": "lost", "text": "3", "ref": "3"}
            number, told = say_until_kept(eve, said)
            assert number > 2, "a number that was given before"
            assert told == [1, 2], "what is lost was not told"
            assert say_until_kept(eve, said) == (number, [])
        sixth, told = say_until_kept(bob, {"type": "say", "room": "general", "text": "6", "ref": "6"})
        assert sixth > 5, "a number that was given before"
        assert told == ann.until("unstored")["numbers"] == [4, 5]
        assert ann.texts(1) == [(sixth, "6")]
        line.until("* the last 2 messages of #general were lost where they were kept")
        line.until(f"{bob.name}: 6")
        seventh = ann.say("7")["number"]
        assert texts_of(bob, 1) == [(seventh, "7")] and seventh == sixth + 1
        rows = kept(standby)
        assert rows == [(1, "1"), (2, "2"), (3, "3"), (sixth, "6"), (seventh, "7")]
        with Page(other) as newcomer:
            assert newcomer.texts(5) == rows
        seen = {"session": ann.session, "rooms": [("general", 5, 1)]}
        with Page(other, hello=seen) as back:  # it has seen what is lost, and nothing that came later
            assert back.texts(2) == rows[3:]
    standby.end()


def say_until_kept(page, said):
    """As a page does; returns the number, and those of messages of which the page was told that they are lost."""
    lost = []
    while True:
        page.send(**said)
        while (m := page.receive()).get("ref") != said["ref"]:
            lost += m["numbers"] if m["type"] == "unstored" else []
        if m["type"] == "message":
            return m["number"], lost
        assert m["code"] == "try_later", m
        time.sleep(0.1)


def asks_for(page, name):
    page.send(type="nick", nick=name)
    while (m := page.receive())["type"] not in ("error", "renamed") or (m["type"] == "renamed" and m["to"] != name):
        pass
    return m.get("code", name)


def test_name_is_one_persons_at_both_nodes_and_over_a_kill():
    with two_nodes() as (db, one, other), contextlib.ExitStack() as stack:
        ann, bob = Page(one, hello={"nick": "ann"}), stack.enter_context(Page(other, hello={"nick": "Ann"}))
        assert ann.name == "ann" and re.fullmatch(r"guest-\d+-\d+", bob.name), (ann.name, bob.name)
        assert asks_for(bob, "ANN") == "nick_taken"
        assert ask(other, "POST", "/api/rooms/general/messages", {"nick": "ann", "text": "me"})[0] == 403
        one.named("tom")
        line = other.client()
        line.send("/nick tom")
        line.until("* error: the name tom is taken")
        assert ann.say("1", ref="r1")["number"] == 1
        one.status = -signal.SIGKILL
        one.process.kill()
        killed = time.monotonic()
        assert asks_for(bob, "ann") == "nick_taken"
        chat.until("a name that nobody has spoken under", lambda: asks_for(bob, "tom"), lambda got: got == "tom")
        print(f"free {time.monotonic() - killed:.1f} s after its node was killed")
        assert asks_for(bob, "ann") == "nick_taken"  # it was spoken under
        again = stack.enter_context(chat.Server("--db", db.uri, *OPTIONS, web=True))
        assert stack.enter_context(Page(again, hello={"nick": "ann"})).name.startswith("guest-")
        seen = {"session": ann.session, "nick": "ann", "rooms": [("general", 0)]}
        back = stack.enter_context(Page(other, hello=seen))
        assert back.name == "ann"
        back.send(type="say", room="general", text="1", ref="r1")  # the acknowledgement was lost
        assert back.until("message", text="1")["number"] == 1
        assert back.say("2")["number"] == 2
        assert kept(db) == [(1, "1"), (2, "2")]


def test_page_that_moves_to_the_other_node_is_let_go_at_the_first():
    with two_nodes() as (_, one, other), Page(one) as eve, Page(one, hello={"nick": "ann"}) as ann:
        eve.until("joined", nick="ann")
        with Page(other, hello={"session": ann.session, "rooms": ["general", "tea"]}) as moved:
            assert moved.name == "ann"  # it does not say so: its session does
            began = time.monotonic()
            eve.until("left", nick="ann")
            print(f"let go after {time.monotonic() - began:.1f} s")
            assert ann.closed() == 4001
            assert moved.say("1", room="tea")["from"] == "ann"
            assert asks_for(eve, "ann") == "nick_taken"


def test_terminal_whose_node_is_killed_has_its_name_at_the_other_at_once_and_says_each_line_once():
    from terminal_loss_test import Sink
    from terminal_test import Terminal
    with two_nodes() as (db, one, other), Sink(one) as relay, Terminal(relay.address) as ann:
        relay.accept()
        ann.shows(r"joined #general\n>")
        bob = other.client()
        ann.type("/nick ann\nfirst\n")
        bob.until("ann: first")
        relay.swallows = ("down",)
        ann.type("came\n")
        bob.until("ann: came")
        relay.swallows = ("up", "down")
        ann.type("did not come\n")
        relay.has_swallowed(b"did not come\n")
        one.status = -signal.SIGKILL
        one.process.kill()
        relay.cut()
        ann.shows(r"trying again\n>")
        ann.type("typed\n")
        relay.server, relay.swallows = other, ()
        relay.accept()
        heard = bob.until("ann: typed")  # not as a guest
        assert [line for line in heard if line[0] != "*"] == ["ann: did not come"], heard
        ann.type("last\n/quit\n")
        bob.until("ann: last")
        ann.until_end()
        assert "not sent" not in ann.screen() and "taken" not in ann.screen(), ann.screen()
        assert kept(db) == [(n + 1, text) for n, text in enumerate(("first", "came", "did not come", "typed", "last"))]


def test_name_of_who_leaves_is_free_at_both_nodes_at_once():
    session = "s" * 22
    with two_nodes() as (db, one, other):
        bob = other.client()
        for first, second in (one, other), (other, one):
            ann, moved = first.client(), second.client()
            ann.send(f"/session {session} ann")
            ann.until("* you are ann by your session")
            ann.send("hello")
            bob.until("ann: hello")
            assert db.rows("select until_ms from chat_name where name = 'ann'") == [[str(2**63 - 1)]]
            moved.send(f"/session {session}")
            moved.until("* you are ann by your session")
            ann.send("/quit")  # too late
            ann.rest()
            bob.send("/nick ann")
            bob.until("* error: the name ann is taken")
            moved.send("/quit")
            moved.rest()
            chat.until("the name", lambda: bob.ask("/nick ann"), lambda seen: seen.endswith("is now ann"))
            assert db.rows("select until_ms from chat_name where name = 'ann'") == [["0"]]
            bob.send("/nick bob")
            bob.until("* ann is now bob")


def test_connections_to_the_database_have_the_names_of_their_nodes():
    def names(db):
        return {name for name, in db.rows("select application_name from pg_stat_activity where backend_type = 'client backend'")}
    with two_nodes("--node", "a-1") as (db, one, _), Page(one) as ann:
        ann.say("hello")
        assert names(db) - {"psql"} == {"edo-chat a-1"}, names(db)
    db = postgres.Postgres()
    with chat.Server("--db", db.uri + "&application_name=mine", *OPTIONS, "--node", "a-1", web=True) as server, \
            Page(server) as ann:
        ann.say("hello")
        assert names(db) - {"psql"} == {"mine"}, names(db)


def test_people_stay_and_names_come_later_while_the_database_is_stopped():
    with two_nodes() as (db, one, other), Page(one, hello={"nick": "ann"}) as ann, Page(other) as bob:
        db.pause()
        with Page(one, hello={"nick": "cid"}) as cid:
            assert re.fullmatch(r"guest-\d+-\d+", cid.name) and cid.welcome["wanted"] == "cid", cid.welcome
            assert asks_for(ann, "eve") == "try_later"
            db.go_on()
            assert cid.until("renamed", to="cid")["from"] == cid.name
            chat.until("a name", lambda: asks_for(ann, "eve"), lambda got: got == "eve")
            assert asks_for(bob, "cid") == "nick_taken"
            assert asks_for(bob, "ann") == "ann"


def page_comes_late(is_known, before=60, since=240):
    """A page that has seen the first messages comes to the other node while the database does not respond; somebody is
    there already or not."""
    with two_nodes() as (db, one, other), Page(one) as ann, contextlib.ExitStack() as there:
        with Page(one) as bob:
            life = next(r["life"] for r in bob.welcome["rooms"])
            bob.reset()
        for i in range(before + since):
            ann.say(str(i + 1))
        if is_known:
            there.enter_context(Page(other))
        db.pause()
        try:
            with Page(other, hello={"session": bob.session, "rooms": [("general", before, life)]}) as moved:
                assert moved.settle() == []  # nothing is said to lack
                db.go_on()
                seen = []
                while len(seen) < since:
                    m = moved.receive()
                    assert m["type"] != "lagged", f"{m} behind {seen[-1:]}"
                    seen += [m["number"]] if m["type"] == "message" else []
                assert seen == list(range(before + 1, before + since + 1)), seen
                ann.say("next")
                assert moved.until("message")["text"] == "next"
        finally:
            db.go_on()


def test_page_that_comes_while_the_database_does_not_respond_goes_on_where_it_was():
    page_comes_late(is_known=False)


def test_page_that_comes_then_to_a_room_that_remembers_a_part_goes_on_where_it_was():
    page_comes_late(is_known=True)


def terminal_comes_late(is_known, before=60, since=240):
    with two_nodes() as (db, one, other), Page(one) as ann, contextlib.ExitStack() as there:
        for i in range(before + since):
            ann.say(str(i + 1))
        if is_known:
            there.enter_context(Page(other))
        life = next(r["life"] for r in ann.welcome["rooms"])
        db.pause()
        try:
            line = other.client()
            line.send(f"/numbers {before} {life}")
            line.until(f"#general {before} {life}")
            line.send("mine")
            db.go_on()
            seen, own = before, []  # what it says itself is confirmed, then or before it comes in its turn
            while seen < before + since or not own:
                said = line.line()
                if said == f"#general {seen + 1} {ann.name}: {seen + 1}":
                    seen += 1
                elif said == f"#general {seen}" or said == f"#general {before + since + 1}":
                    own.append(said)
                else:
                    assert said.startswith("* ") or said.endswith(": mine") and own, said
            ann.say("next")
            line.until(f"#general {before + since + 2} {ann.name}: next")
        finally:
            db.go_on()


def test_terminal_that_comes_while_the_database_does_not_respond_goes_on_where_it_was():
    terminal_comes_late(is_known=False)


def test_terminal_that_comes_then_to_a_room_that_remembers_a_part_goes_on_where_it_was():
    terminal_comes_late(is_known=True)


if __name__ == "__main__":
    chat.main()
