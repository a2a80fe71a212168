# SPDX-License-Identifier: MIT
"""Goal: nodes whose clocks are 10 minutes apart are one conversation all the same: leases, names, order and times are right.
Method: two real programs over a real PostgreSQL, one of which has another clock by libfaketime."""
import email.utils
import glob
import os
import signal
import sys
import time

import chat
from postgres_nodes_test import OPTIONS, asks_for, history, kept, texts_of
from web import Page, ask

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402

APART = 600  # seconds


def other_clock(seconds):
    """An environment: the time of day is another one, and no interval."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        postgres.skip("faketime is not installed")
    if chat.SANITIZER:
        postgres.skip("a sanitizer is to be the first library")
    return {"LD_PRELOAD": found[0], "FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


def ahead(server):
    """How many seconds its clock is ahead."""
    date = ask(server, "GET", "/api/rooms")[1]["date"]
    return email.utils.parsedate_to_datetime(date).timestamp() - time.time()


def renewed(db):
    """Waits until each program has renewed its lease after all that it had until now are over."""
    before = max(int(row[0]) for row in db.rows("select lease_ms from chat_program"))

    def leases():
        return [int(row[0]) for row in db.rows("select lease_ms from chat_program")]
    chat.until("each lease again", leases, lambda now: min(now) > before + 17000)


def clocks_are_apart(offset):
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, *OPTIONS, web=True) as one, \
            chat.Server("--db", db.uri, *OPTIONS, web=True, env=other_clock(offset)) as other, \
            Page(one, hello={"nick": "ann"}) as ann, Page(other, hello={"nick": "bob"}) as bob:
        assert abs(ahead(one)) < 60 and abs(ahead(other) - offset) < 60, (ahead(one), ahead(other))
        times = []
        for i in range(1, 11):  # by turns
            speaker, listener = (ann, bob) if i % 2 else (bob, ann)
            said = speaker.say(str(i))
            assert said["number"] == i
            heard = listener.until("message", text=str(i))
            assert heard["time"] == said["time"] and heard["number"] == i
            times.append(said["time"])
        assert times == sorted(times), "a time goes back"
        assert all(abs(t / 1000 - time.time()) < 60 for t in times), "a time is not PostgreSQL's"
        assert history(one) == history(other) == kept(db) == [(i, str(i)) for i in range(1, 11)]
        with Page(other, hello={"nick": "tom", "rooms": ["tea"]}) as tom:  # who does not speak
            renewed(db)
            assert db.rows("select count(*) from chat_program") == [["2"]], "a node was taken for gone"
            assert asks_for(bob, "ann") == "nick_taken" and asks_for(ann, "tom") == "nick_taken"
            assert tom.say("1", room="tea")["from"] == "tom"
        chat.until("the room of the other node", lambda: ask(one, "GET", "/api/rooms")[2]["rooms"],
                   lambda rooms: {"room": "tea", "members": 0} in rooms)
        eve = Page(other, hello={"nick": "eve"})
        other.status = -signal.SIGKILL
        other.process.kill()
        assert asks_for(ann, "bob") == "nick_taken"
        chat.until("a name that nobody has spoken under", lambda: asks_for(ann, "eve"), lambda got: got == "eve")
        assert asks_for(ann, "bob") == "nick_taken"  # it was spoken under
        eve.close()
        seen = {"session": bob.session, "nick": "bob", "rooms": [("general", 10)]}
        with Page(one, hello=seen) as back:
            assert back.name == "bob"
            assert back.say("11")["number"] == 11


def test_node_whose_clock_is_ahead_is_one_of_all():
    clocks_are_apart(APART)


def test_node_whose_clock_is_behind_is_one_of_all():
    clocks_are_apart(-APART)


if __name__ == "__main__":
    chat.main()
