# SPDX-License-Identifier: MIT
"""Goal: people see who is in a room at all nodes that Redis carries notices between, by each face alike, and hear who comes,
goes, is renamed and types; who was at a node that is killed, or ends, leaves; a Redis that loses everything costs nobody its
place in the lists for longer than it is away.
Method: two real programs, a real database and a real Redis. Pages, terminals and streams of both ask who is there."""
import re
import signal
import time

import chat
from redis_nodes_test import carries, channels, two_nodes
from web import Page, ask


def note(page, m):
    """Those who come, go and are renamed are kept, in `page.moved`."""
    if m["type"] in ("joined", "left", "renamed"):
        page.moved = [*getattr(page, "moved", []), m]


def by_page(page, room="tea"):
    page.send(type="members", room=room)
    while (m := page.receive())["type"] != "members":
        note(page, m)
    return sorted(m["nicks"])


def moved(page):
    """Who has moved since this was asked last."""
    for m in page.settle():
        note(page, m)
    found, page.moved = getattr(page, "moved", []), []
    return found


def by_line(client):
    client.send("/who")
    lines = [line for line in client.settle() if re.fullmatch(r"\* [\w-]+(, [\w-]+)*", line)]
    return sorted(name for line in lines for name in line[2:].split(", "))


def by_stream(stream, room):
    stream.send("members", room=room)
    return sorted(stream.until("members", room=room).nicks)


def counts(server):
    return {one["room"]: one["members"] for one in ask(server, "GET", "/api/rooms")[2]["rooms"]}


def until_here(page, names, room="tea"):
    return chat.until(f"{names} in #{room}", lambda: by_page(page, room),
                      lambda found: found == sorted(names))


def tea(server, nick, **hello):
    return Page(server, hello={"nick": nick, "rooms": ["tea"], **hello})


def test_lists_are_equal_by_all_faces_of_both_nodes():
    import streams
    with two_nodes(*streams.OPTIONS) as (_, _, one, other), tea(one, "ann") as ann, tea(other, "bob") as bob, \
            streams.Stream(one, hello={"rooms": ["tea"], "nick": "eve"}) as eve, \
            streams.Stream(other, hello={"rooms": ["tea"], "nick": "max"}) as max_:
        lines = [server.named(f"line-{i}") for i, server in enumerate((one, other))]
        for line in lines:
            line.join("tea")
        names = sorted(["ann", "bob", "eve", "max", "line-0", "line-1"])
        for what, ask_it in (("ann", lambda: by_page(ann)), ("bob", lambda: by_page(bob)),
                             ("eve", lambda: by_stream(eve, "tea")), ("max", lambda: by_stream(max_, "tea")),
                             ("line 0", lambda: by_line(lines[0])), ("line 1", lambda: by_line(lines[1]))):
            chat.until(f"all by {what}", ask_it, lambda found: found == names)
        ann.send(type="join", room="cups")  # nobody of the other node is there
        for server in (one, other):
            chat.until("counts", lambda: counts(server), lambda n: n.get("tea") == 6 and n.get("cups") == 1)
        lines[1].send("/rooms")
        assert {"* #tea (6)", "* #cups (1)"} <= set(lines[1].settle())
        while {"room": "cups", "members": 1} not in bob.until("rooms")["rooms"]:
            pass
        ann.send(type="leave", room="cups")
        chat.until("nobody", lambda: counts(other), lambda n: n.get("cups", 0) == 0)


def test_who_comes_goes_is_renamed_and_types_is_seen_at_the_other_node():
    with two_nodes() as (_, redis, one, other), tea(one, "ann") as ann:
        line = one.named("lin")
        line.join("tea")
        # who is there when a node begins to hear a room is in its list, and has not come
        chat.until("the node to hear the room", lambda: channels(redis, 1)[0], lambda found: found.endswith(":tea"))
        with tea(other, "bob") as bob:
            came = ann.until("joined", nick="bob")
            assert came["room"] == "tea" and re.fullmatch("[0-9a-f]{16}", came["id"]), came
            line.until("* bob joined #tea")
            until_here(bob, ["ann", "bob", "lin"])
            bob.send(type="typing", room="tea")
            assert ann.until("typing")["nick"] == "bob"
            bob.send(type="nick", nick="rob")
            assert (m := ann.until("renamed"))["from"] == "bob" and m["to"] == "rob" and m["id"] == came["id"], m
            line.until("* bob is now rob")
            bob.send(type="leave", room="tea")
            assert ann.until("left")["nick"] == "rob"
            line.until("* rob left #tea")
            until_here(ann, ["ann", "lin"])


def test_people_of_a_node_that_is_killed_leave():
    with two_nodes() as (_, _, one, other), tea(one, "ann"), tea(other, "bob") as bob:
        line = other.named("lin")
        line.join("tea")
        until_here(bob, ["ann", "bob", "lin"])
        one.status = -signal.SIGKILL
        killed = time.monotonic()
        one.process.kill()
        assert bob.until("left")["nick"] == "ann"
        print(f"gone {time.monotonic() - killed:.1f} s after the node was killed")
        line.until("* ann left #tea")
        assert by_page(bob) == ["bob", "lin"] and by_line(line) == ["bob", "lin"]
        assert counts(other)["tea"] == 2


def test_people_of_a_node_that_ends_leave_with_it():
    with two_nodes() as (_, _, one, other), tea(one, "ann"), tea(other, "bob") as bob:
        until_here(bob, ["ann", "bob"])
        one.stop()
        assert one.ended() == 0
        ended = time.monotonic()
        assert bob.until("left")["nick"] == "ann"
        print(f"gone {time.monotonic() - ended:.2f} s after the node has ended")
        assert by_page(bob) == ["bob"]


def test_page_that_goes_to_another_node_neither_leaves_nor_comes():
    with two_nodes("--log", "info") as (_, _, one, other), tea(one, "eve") as eve, tea(other, "bob") as bob:
        with tea(one, "ann") as ann:
            for page in (eve, bob):
                until_here(page, ["ann", "bob", "eve"])
                moved(page)
            session = ann.session
        with tea(other, "ann", session=session) as ann:
            until_here(ann, ["ann", "bob", "eve"])
            one.until_logged("is at another program now")  # so it lets it go
            for page in (eve, bob):
                until_here(page, ["ann", "bob", "eve"])
                assert moved(page) == []
            ann.send(type="leave", room="tea")
            for page in (eve, bob):
                assert page.until("left")["nick"] == "ann"
                until_here(page, ["bob", "eve"])


def test_author_is_told_what_somebody_has_not_got_who_goes_on_at_another_node():
    with two_nodes() as (_, _, one, other), Page(one, {"nick": "ann"}) as ann:
        bob = Page(other, {"nick": "bob"})
        bob.reset()
        ann.send(type="direct", to="bob", text="psst", ref="r1")
        ann.until("direct", ref="r1")
        with Page(one, {"session": bob.session}) as back:
            assert back.name == "bob"
            assert ann.until("undelivered", to="bob")["messages"] == 1
            ann.send(type="direct", to="bob", text="again")
            assert back.until("direct")["text"] == "again"


def test_newcomer_sees_what_was_said_just_now_at_another_node():
    with two_nodes() as (_, _, one, other), Page(one, {"nick": "ann"}) as ann:
        ask(other, "GET", "/api/rooms/general/messages")  # so that node has asked the database a moment ago
        ann.say("just now")
        late = chat.Client(other)
        assert late.line() == "ann: just now"
        late.close()


def test_lists_are_whole_again_whatever_redis_has_lost():
    with two_nodes() as (_, redis, one, other), tea(one, "ann") as ann, tea(other, "bob") as bob:
        for page in (ann, bob):
            until_here(page, ["ann", "bob"])
        redis.cli("FLUSHALL")
        redis.kill()
        redis.start()
        for server in (one, other):
            carries(server, 1)
        with tea(other, "eve"):
            for page in (ann, bob):
                until_here(page, ["ann", "bob", "eve"])
                moved(page)
            redis.kill()
            until_here(ann, ["ann"])  # the others are not known any more
            until_here(bob, ["bob", "eve"])
            redis.start()
            for page in (ann, bob):
                until_here(page, ["ann", "bob", "eve"])
                assert moved(page) == []


def test_people_are_told_when_redis_or_the_database_is_away_and_when_it_is_back():
    with two_nodes() as (db, redis, one, _), Page(one) as ann:
        redis.pause()
        ann.until("state", store=True, nodes=False)
        with Page(one) as late:
            late.until("state", store=True, nodes=False)
        redis.go_on()
        ann.until("state", store=True, nodes=True)
        db.pause()
        ann.until("state", store=False, nodes=True)
        db.go_on()
        ann.until("state", store=True, nodes=True)


if __name__ == "__main__":
    chat.main()
