# SPDX-License-Identifier: MIT
"""A page that has lost its connection, or its server, comes back: nothing is lost, nothing comes
twice, and nobody has noticed."""
import os
import signal
import tempfile

import chat
import over
from chat import Server
from web import Closed, Page, ask


def again(server, page, seen, room="general", **how):
    """The page comes back on a new connection, having seen that number."""
    return Page(server, {"session": page.session, "nick": page.name, "rooms": [(room, seen)]}, **how)


def test_page_that_was_away_gets_what_it_missed_and_has_never_left():
    with Server(web=True) as server, Page(server, {"nick": "bob"}) as bob:
        ann = Page(server, {"nick": "ann"})
        bob.expect("joined", nick="ann")
        ann.say("one")
        ann.reset()
        bob.texts(1)
        for n in range(2, 12):
            bob.say(f"{n}")
        with again(server, ann, 1) as back:
            assert back.name == "ann" and back.session == ann.session
            assert back.texts(10) == [(n, f"{n}") for n in range(2, 12)]
            bob.say("12")
            back.expect("message", number=12)
            assert back.settle() == []
            assert bob.settle() == []  # ann has neither left nor come
        ann.close()


def test_message_that_was_said_again_after_a_lost_connection_is_said_once():
    with Server(web=True) as server, Page(server, {"nick": "bob"}) as bob:
        ann = Page(server, {"nick": "ann"})
        bob.expect("joined", nick="ann")
        ann.send(type="say", room="general", text="once", ref="r1")
        bob.expect("message", text="once")
        ann.reset()  # with the confirmation unread
        with again(server, ann, 0) as back:
            back.expect("message", text="once", ref="r1", number=1)  # so it knows
            back.send(type="say", room="general", text="once", ref="r1")
            back.expect("message", text="once", ref="r1", number=1)
            assert back.say("twice", ref="r2")["number"] == 2
            bob.expect("message", text="twice", number=2)
            bob.send(type="say", room="general", text="mine", ref="r1")  # another's reference
            bob.expect("message", text="mine", number=3, ref="r1")


def test_second_connection_of_a_session_takes_over_and_the_first_is_told():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as first:
        first.say("one")
        for _ in range(3):
            second = again(server, first, 1)
            assert second.name == "ann"
            assert first.closed() == 4001
            second.send(type="members", room="general")
            assert second.until("members")["nicks"] == ["ann"]
            first.close()
            first = second
        with again(server, first, 1) as last:  # the old one does not respond: nobody waits for it
            last.say("two")
        first.close()


def test_of_connections_of_a_session_that_come_at_once_one_is_left_and_all_others_are_told():
    with Server(web=True) as server:
        for n in range(20):
            pages = [Page(server, hello=None) for _ in range(6)]
            for page in pages:
                page.send(type="hello", session=f"session-of-one-person-{n}")
            while len(pages) > 1:  # a connection that is neither told nor heard takes too long
                for page in list(pages):
                    try:
                        page.settle()
                    except Closed as end:
                        assert end.code == 4001, end
                        page.close()
                        pages.remove(page)
                    except OSError:  # it was closed before it was asked
                        assert page.closed() == 4001
                        page.close()
                        pages.remove(page)
            pages[0].say("it is me")
            pages[0].close()


def test_rooms_that_a_page_does_not_name_again_are_left_and_new_ones_joined():
    with Server(web=True) as server, Page(server, {"rooms": ["tea", "art"]}) as bob:
        ann = Page(server, {"nick": "ann", "rooms": ["tea", "general"]})
        bob.expect("joined", room="tea", nick="ann")
        ann.reset()
        with again(server, ann, 0, "art"):
            moved = [("left", "tea"), ("joined", "art")]
            if over.IS_NODES:  # the first node lets ann go once it has heard that she is at another one
                moved.sort(key=lambda move: move == ("left", "tea"))
            for kind, room in moved:
                bob.until(kind, room=room, nick="ann")


def test_missed_messages_that_nobody_has_any_more_are_counted():
    with Server("--history", "3", web=True) as server, Page(server, {"nick": "bob"}) as bob:
        ann = Page(server, {"nick": "ann"})
        bob.expect("joined", nick="ann")
        bob.say("1")
        ann.until("message", number=1)
        ann.reset()
        for n in range(2, 12):
            bob.say(f"{n}")
        with again(server, ann, 1) as back:
            back.expect("lagged", room="general", missed=7)
            assert back.texts(3) == [(9, "9"), (10, "10"), (11, "11")]
            assert back.settle() == []


def test_page_that_was_away_before_its_first_message_is_told_what_it_missed_since_it_came():
    for has_store in (False, True)[bool(over.OVER):]:
        for before_n in 0, 5:  # messages that are there when it comes
            with tempfile.TemporaryDirectory() as folder:
                store = ("--db", os.path.join(folder, "chat.db")) if has_store else ()
                with Server("--history", "0", *store, web=True) as server, Page(server) as bob:
                    given = [bob.say(f"{n}")["number"] for n in range(before_n)]
                    ann = Page(server, hello=None)
                    (room,) = ann.hello(nick="ann")["rooms"]
                    assert room["last"] == (given[-1] if given else 0)
                    assert [m for m in ann.settle() if m["type"] == "message"] == []
                    ann.reset()
                    given += [bob.say(f"{n}")["number"] for n in range(before_n, before_n + 3)]
                    back = Page(server, {"session": ann.session,
                                         "rooms": [("general", room["last"], room["life"])]})
                    with back:
                        came = [m for m in back.settle() if m["type"] in ("message", "lagged")]
                    if has_store:
                        assert [m["number"] for m in came] == given[before_n:], came
                    else:
                        assert came == [{"type": "lagged", "room": "general", "missed": 3,
                                         "after": before_n, "before": before_n + 4}], came


def test_page_that_has_seen_more_than_there_is_has_seen_nothing():
    with Server(web=True) as server, Page(server) as bob:
        bob.say("1")
        for after in 2, 1 << 53, (1 << 64) - 1:
            with Page(server, {"rooms": [("general", after)]}) as page:
                page.expect("message", number=1)
                assert page.settle() == []
                page.send(type="leave", room="general")
                page.until("left")


def test_another_life_of_a_room_is_new_to_everybody():
    with Server(web=True) as server:
        with Page(server, {"rooms": ["tea"]}) as ann:
            ann.say("1", "tea")
            ann.say("2", "tea")
            ann.send(type="join", room="tea")
            life = ann.until("joined", room="tea")["life"]
            ann.send(type="leave", room="tea")  # it is empty, and gone
            ann.until("left", room="tea")
        with Page(server, {"rooms": ["tea"]}) as bob, Page(server, hello=None) as back:
            for n in "abc":
                bob.say(n, "tea")
            back.send(type="hello", rooms=[{"room": "tea", "after": 2, "life": life}])
            assert back.texts(3, "tea") == [(1, "a"), (2, "b"), (3, "c")]


def numbers_grow(numbers):
    return all(a < b for a, b in zip(numbers, numbers[1:]))


def test_after_kill_9_everything_is_there_once_and_numbers_go_on():
    with tempfile.TemporaryDirectory() as folder:
        store = ("--db", os.path.join(folder, "chat.db"))
        with Server(*store, web=True) as server:
            server.status = -signal.SIGKILL
            ann, bob = Page(server, {"nick": "ann"}), server.named("bob")
            seen = [ann.say(f"a{n}", ref=f"r{n}")["number"] for n in range(60)]
            bob.send("from a terminal")
            seen.append(ann.until("message", text="from a terminal")["number"])
            server.process.kill()  # at once: what was shown is stored
            chat.bounded.ended(server.process)
            assert ann.closed() == 1006
        with Server(*store, web=True) as server:
            late = chat.Client(server)  # a terminal sees the history, too
            assert late.line() == "ann: a11" and [late.line() for _ in range(49)][-1] == \
                "bob: from a terminal"
            assert [late.line() for _ in range(2)][-1] == "* guest-1 joined #general"  # the others know
            with again(server, ann, seen[4]) as back:
                texts = back.texts(56)
                assert [t for _, t in texts] == [f"a{n}" for n in range(5, 60)] + ["from a terminal"]
                assert [n for n, _ in texts] == seen[5:]
                back.send(type="say", room="general", text="a7", ref="r7")
                back.expect("message", number=seen[7], ref="r7")
                fresh = back.say("new", ref="r60")["number"]
                assert fresh > seen[-1]
                assert back.settle() == []
                back.send(type="history", room="general", before=0, limit=100, ref="h1")
                page = back.until("history", more=False, ref="h1")["messages"]
                assert [m["number"] for m in page] == seen + [fresh], page
            with again(server, ann, seen[-1]) as back:  # the gap is no loss
                back.expect("message", number=fresh)
                assert back.settle() == []
            late.close()
        with Server(*store, web=True) as server:  # this time it has ended in order
            status, _, page = ask(server, "GET", "/api/rooms/general/messages?limit=2")
            assert status == 200 and [m["number"] for m in page["messages"]] == [seen[-1], fresh]
            with Page(server) as page:
                assert page.say("newer")["number"] > fresh


def test_store_is_its_owner_s_alone_and_has_no_token_in_clear():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with Server("--db", path, web=True) as server, Page(server) as page:
            page.say("one", ref="r1")
            for name in os.listdir(folder):
                file = os.path.join(folder, name)
                assert os.stat(file).st_mode & 0o777 == 0o600, name
                with open(file, "rb") as f:
                    assert page.session.encode() not in f.read(), name
            assert server.errors() == ""
        os.chmod(path, 0o644)
        with Server("--db", path, web=True) as server:
            assert path in server.until_logged("others on this machine may read")
        os.chmod(path, 0o600)
        with open(path + "-wal", "wb"):  # as of a program that was killed
            os.chmod(path + "-wal", 0o644)
        with Server("--db", path, web=True) as server:
            assert path + "-wal" in server.until_logged("others on this machine may read")


def test_room_that_was_empty_goes_on_where_it_was_if_there_is_a_store():
    with tempfile.TemporaryDirectory() as folder, \
            Server("--db", os.path.join(folder, "chat.db"), web=True) as server:
        given = []
        for n in range(1, 4):
            with Page(server, {"rooms": ["tea"]}) as page:
                assert [t for _, t in page.texts(n - 1, "tea")] == [f"{i}" for i in range(1, n)]
                given.append(page.say(f"{n}", "tea")["number"])
                assert given[-1] == given[0] + n - 1
                page.send(type="leave", room="tea")
                page.until("left")


def test_store_of_another_file_is_new_to_a_page_that_has_seen_more_of_the_first():
    with tempfile.TemporaryDirectory() as folder:
        with Server("--db", os.path.join(folder, "one.db"), web=True) as server, \
                Page(server, {"nick": "ann"}) as ann:
            for n in range(5):
                seen = ann.say(f"{n}")["number"]
        with Server("--db", os.path.join(folder, "two.db"), web=True) as server, \
                Page(server, {"nick": "bob"}) as bob:
            bob.say("new")
            with Page(server, hello=None) as back:
                back.send(type="hello", session=ann.session,
                          rooms=[{"room": "general", "after": seen, "life": 1}])
                assert back.until("message", text="new")["number"] > seen
                bob.say("newer")
                back.until("message", text="newer")


def test_gaps_of_several_restarts_are_no_loss_and_what_is_lost_behind_them_is_told():
    with tempfile.TemporaryDirectory() as folder:
        options = ("--history", "5", "--rate", "0", "--db", os.path.join(folder, "chat.db"))
        with Server(*options, web=True) as server, Page(server, {"nick": "ann"}) as ann:
            first = ann.say("first")["number"]
        for run in range(2):
            with Server(*options, web=True) as server, Page(server) as bob:
                for n in range(10):
                    bob.say(f"{run}.{n}")
                with again(server, ann, first) as back:
                    missed = [m for m in back.settle() if m["type"] != "left"]
                    assert [m.get("text") for m in missed] == \
                        [f"{r}.{n}" for r in range(run + 1) for n in range(10)], missed
        with Server(*options, web=True) as server, Page(server) as bob:
            for n in range(1000):  # and of these and those before, a thousand are looked for
                bob.say(f"2.{n}")
            with again(server, ann, first) as back:
                back.expect("lagged", missed=0)  # nobody knows how many
                assert len(back.texts(1005)) == 1005
                assert back.settle() == []


def test_store_that_is_none_or_taken_ends_the_program_with_a_reason():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with open(path, "w", encoding="ascii") as file:
            file.write("this is no database, " * 100)
        status, output, errors = chat.run("--tcp", "127.0.0.1:0", "--http", "none", "--db", path)
        assert status == 1 and output == "" and path in errors, (status, output, errors)
        good = os.path.join(folder, "good.db")
        with Server("--db", good):
            status, output, errors = chat.run("--tcp", "127.0.0.1:0", "--http", "none", "--db", good)
            assert status == 1 and output == "" and good in errors, (status, output, errors)


if __name__ == "__main__":
    chat.main()
