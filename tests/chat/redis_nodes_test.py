# SPDX-License-Identifier: MIT
"""Goal: two programs over one PostgreSQL, which Redis carries messages between, are one conversation: what is said at one is
seen at the other by Redis, and without it as before; whatever becomes of Redis, nothing is lost, nothing comes twice, and
all see one order.
Method: two real programs and two real servers; the programs' own numbers tell which way a message came. Clients note what
they see, which is compared with the tables."""
import contextlib
import json
import signal
import statistics
import time

import chat
import postgres_nodes_test as nodes
from postgres_nodes_test import Speaker, Watcher, acknowledged_more, assert_all_kept, assert_without_gap, kept
from web import Page, ask, number

import redis_server  # noqa: E402: postgres_nodes_test has put its folder on the path


@contextlib.contextmanager
def two_nodes(*options):
    redis = redis_server.Redis()
    with nodes.two_nodes("--redis", redis.url, *options) as (db, one, other):
        for server in (one, other):
            carries(server, 1)
        yield db, redis, one, other


def carries(server, how):
    chat.until(f"carries {how}", lambda: number(server, "chat_redis_carries"), lambda n: n == how)


def health(server):
    return ask(server, "GET", "/healthz")[2]["status"]


def channels(redis, n):
    return chat.until("channels", lambda: list(filter(None, redis.cli("PUBSUB", "CHANNELS", "edo-chat:*:room:*"))),
                      lambda found: len(found) == n)


def both_hear(redis):
    """Both nodes have subscribed to the one room in which somebody is."""
    channel, = channels(redis, 1)
    chat.until("two subscribers", lambda: redis.cli("PUBSUB", "NUMSUB", channel), lambda found: found[-1] == "2")


def test_what_is_said_at_a_node_comes_to_the_other_by_redis():
    with two_nodes() as (db, redis, one, other), Page(one) as ann, Page(other) as bob:
        both_hear(redis)
        took = []
        for i in range(1, 201):
            server, speaker, reader = (one, ann, bob) if i % 2 else (other, bob, ann)
            began = time.monotonic()
            speaker.send(type="say", room="general", text=str(i), ref=str(i))
            assert (m := reader.until("message"))["number"] == i and m["text"] == str(i), m
            took.append(time.monotonic() - began)
            assert speaker.until("message")["number"] == i
        assert [n for n, _ in kept(db)] == list(range(1, 201))
        heard = [number(server, "chat_redis_heard_total") for server in (one, other)]
        assert heard == [100, 100], heard
        print(f"seen at the other node after {statistics.median(took) * 1000:.1f} ms, median")


def test_node_hears_the_rooms_that_it_has_members_in():
    with two_nodes() as (db, redis, one, other):
        assert channels(redis, 0) == []
        with Page(one, hello={"rooms": ["tea"]}) as ann, Page(other, hello={"rooms": ["tea", "wine"]}) as bob:
            assert sorted(c.rpartition(":")[2] for c in channels(redis, 2)) == ["tea", "wine"]
            ann.say("1", room="tea")
            assert bob.until("message", room="tea")["text"] == "1"
            bob.say("2", room="tea")
            assert ann.until("message", room="tea")["text"] == "2"
        chat.until("nobody", lambda: ask(one, "GET", "/api/rooms")[2]["rooms"])


def test_redis_that_is_killed_again_and_again_loses_and_doubles_nothing():
    with two_nodes() as (db, redis, one, other):
        watchers = [Watcher(one), Watcher(other)]
        speakers = [Speaker(server, f"s{i}") for i, server in enumerate((one, other))]
        for s in speakers:
            s.start()
        for _ in range(3):
            acknowledged_more(speakers, 20)
            redis.kill()
            acknowledged_more(speakers, 20)
            redis.start()
        for server in (one, other):
            carries(server, 1)
        before = number(other, "chat_redis_heard_total")
        acknowledged_more(speakers, 20)
        chat.until("more by Redis", lambda: number(other, "chat_redis_heard_total"), lambda n: n > before)
        for s in speakers:
            s.end()
        rows = kept(db)
        assert_without_gap(rows)
        assert_all_kept(speakers, rows)
        for watcher in watchers:
            watcher.has_seen(rows)
        print(f"{len(rows)} messages")


def test_redis_that_does_not_respond_is_told_and_the_database_is_asked():
    with two_nodes() as (db, redis, one, other), Page(one) as ann, Page(other) as bob:
        assert health(one) == "healthy"
        redis.pause()
        carries(one, 0)
        carries(other, 0)
        assert health(one) == "degraded"
        assert one.errors().count("WARN") == 1, one.errors()  # however many commands have failed
        ann.say("1")
        assert bob.until("message")["text"] == "1"
        redis.go_on()
        carries(one, 1)
        carries(other, 1)
        ann.say("2")
        assert bob.until("message")["text"] == "2"


def test_operator_is_told_once_why_redis_does_not_carry():
    redis = redis_server.Redis()
    for url, why in ((f"unix://:wrong@{redis.socket}", "login"), (f"{redis.url}?db=99", "database")):
        with nodes.two_nodes("--redis", url) as (db, one, other):
            one.until_logged("does not carry")
            told = [line for line in one.errors().splitlines() if "does not carry" in line]
            assert len(told) == 1 and why in told[0] and "wrong" not in told[0], told
            found = json.dumps(ask(one, "GET", "/healthz")[2])
            assert why in found and "wrong" not in found, found
            assert health(one) == "degraded"


def test_what_others_publish_is_believed_only_where_the_database_has_it():
    with two_nodes() as (db, redis, one, other), Page(one) as ann, Page(other) as bob:
        both_hear(redis)
        channel = channels(redis, 1)[0]
        said = {"by": "x", "room": "general", "number": 2**62, "time_ms": 1, "nick": "eve", "is_action": False,
                "text": "from afar", "ref": ""}
        for text in ("", "{", "null", json.dumps(said), json.dumps(said | {"number": 0}),
                     json.dumps(said | {"nick": "no name"}), json.dumps(said | {"text": "\u0007"})):
            assert redis.cli("PUBLISH", channel, text) == ["2"]
        for i in range(1, 4):
            assert ann.say(str(i))["number"] == i
            assert (m := bob.until("message"))["text"] == str(i), m


def test_message_that_redis_has_otherwise_than_was_shown_is_told_and_counted():
    with two_nodes() as (db, redis, one, other), Page(one) as ann, Page(other) as bob:
        both_hear(redis)
        forged = {"by": "x", "room": "general", "number": 1, "time_ms": 1, "nick": "eve", "is_action": False, "text": "forged",
                  "ref": ""}
        assert redis.cli("PUBLISH", channels(redis, 1)[0], json.dumps(forged)) == ["2"]
        for page in (ann, bob):
            assert page.until("message")["text"] == "forged"
        for i in range(3):
            ann.send(type="say", room="general", text=f"real {i}", ref=str(i))
        chat.until("what was told", lambda: number(other, "chat_redis_contradicted_total"), lambda n: n == 1)
        other.until_logged("another message than was shown")
        assert number(one, "chat_redis_contradicted_total") == 0


def test_thousand_messages_from_both_nodes_at_once_have_one_order_for_all():
    redis = redis_server.Redis()
    plain, nodes.OPTIONS = nodes.OPTIONS, (*nodes.OPTIONS, "--redis", redis.url)
    try:
        nodes.test_thousand_messages_from_both_nodes_at_once_have_one_order_for_all()
    finally:
        nodes.OPTIONS = plain


# ---- What is written to one person ----------------------------------------------------------------

def test_what_is_written_to_one_person_comes_to_the_other_node_and_is_acknowledged():
    with two_nodes() as (db, redis, one, other), Page(one, {"nick": "ann"}) as ann, Page(other, {"nick": "bob"}) as bob:
        cid, eve = one.named("cid"), other.named("eve")
        ann.send(type="direct", to="BOB", text="1", ref="r1")
        own, told = ann.until("direct", ref="r1"), bob.until("direct", text="1")
        assert (told["from"], own["to_id"]) == ("ann", told["to_id"]) and told["number"] > 0, (own, told)
        bob.send(type="nick", nick="rob")
        bob.until("renamed")
        ann.send(type="direct", to="bob", to_id=own["to_id"], text="2", ref="r2")
        assert ann.until("direct", ref="r2")["to"] == "rob"
        bob.send(type="direct", to="ann", to_id=told["from_id"], text="3", ref="r3")
        bob.until("direct", ref="r3")
        assert ann.until("direct", text="3")["from"] == "rob"
        cid.send("/msg eve psst")
        cid.until("* sent to eve")
        eve.until("cid -> you: psst")
        eve.send("/msg ann a  b")
        eve.until("* sent to ann")
        assert ann.until("direct", **{"from": "eve"})["text"] == "a  b"
        cid.send("/msg nobody psst")
        cid.until("* error: nobody is called nobody")
        eve.send("/quit")
        eve.rest()
        chat.until("eve has gone", lambda: db.rows("select 1 from chat_name where name = 'eve'"), lambda rows: not rows)
        cid.send("/msg eve psst")
        cid.until("* error: nobody is called eve")


def test_author_is_told_what_a_node_that_ends_or_is_killed_has_not_delivered():
    with two_nodes() as (db, redis, one, other), Page(one, {"nick": "ann"}) as ann:
        bob = Page(other, {"nick": "bob"})
        bob.reset()
        for i in range(2):
            ann.send(type="direct", to="bob", text=str(i), ref=str(i))
            ann.until("direct", ref=str(i))
        other.stop()  # it ends in order, and bob's page has not come back
        assert ann.until("undelivered", to="bob")["messages"] == 2
        other.ended()
    with two_nodes() as (db, redis, one, other), Page(one, {"nick": "ann"}) as ann:
        other.named("bob")
        other.status = -signal.SIGKILL
        other.process.kill()
        ann.send(type="direct", to="bob", text="psst", ref="r1")
        told = ann.until("error", ref="r1")
        assert told["code"] == "unreachable" and "perhaps" in told["text"], told


def test_what_cannot_be_sent_to_another_node_is_told_at_once():
    with two_nodes() as (db, redis, one, other), Page(one, {"nick": "ann"}) as ann:
        cid = one.named("cid")
        with Page(other, {"nick": "bob"}) as bob:
            redis.pause()
            carries(one, 0)
            ann.send(type="direct", to="bob", text="1", ref="r1")
            told = ann.until("error", ref="r1")
            assert told["code"] == "unreachable" and told["text"].startswith("not sent"), told
            cid.send("/msg bob 1")
            cid.until("* error: not sent, as another node cannot be reached just now, that of bob")
            redis.go_on()
            carries(one, 1)
            carries(other, 1)
            db.kill()
            ann.send(type="direct", to="bob", text="2", ref="r2")
            assert ann.until("error", ref="r2")["code"] == "try_later"
            db.start()
            chat.until("the database", lambda: health(one), lambda status: status == "healthy")
            cid.send("/msg bob 3")
            cid.until("* sent to bob")
            assert bob.until("direct")["text"] == "3"


if __name__ == "__main__":
    chat.main()
