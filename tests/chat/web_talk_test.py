# SPDX-License-Identifier: MIT
"""Pages talk: with each other, and with terminals, in the same rooms."""
import time

import chat
from chat import Server
from web import Page


def test_page_hears_of_those_who_come_right_after_its_welcome():
    with Server(web=True) as server:
        for _ in range(40):
            with Page(server, {"nick": "ann"}) as ann:
                bob = server.client()
                ann.until("joined", nick=bob.name)
                bob.close()


def test_pages_and_terminals_hear_each_other_in_the_same_room():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        bob = server.named("bob")
        ann.until("renamed", to="bob", room="general")
        m = ann.say('a "quoted" \\ <b>text</b> \u00fc\u6c5f\U0001f5fc\t!', ref="r-1")
        assert m["number"] == 1 and m["from"] == "ann" and m["time"] > 1700000000000, m
        bob.until('ann: a "quoted" \\ <b>text</b> \u00fc\u6c5f\U0001f5fc\t!')
        bob.send("hello")
        m = ann.expect("message", number=2, text="hello", room="general")
        assert m["from"] == "bob" and "ref" not in m and "action" not in m, m
        bob.send("/me waves")
        assert ann.expect("message", number=3, text="waves")["action"] is True
        ann.send(type="say", room="general", text="bows", ref="r-2", action=True)
        ann.expect("message", number=4, action=True, ref="r-2")
        bob.until("- ann bows")
        bob.send("/quit")
        ann.expect("left", room="general", nick="bob")


def test_terminal_has_seen_a_message_of_several_lines_with_its_last():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        terminal = server.client()
        ann.say("first")
        terminal.until("ann: first")
        told, life = terminal.ask("/numbers").rsplit(" ", 1)
        assert told == "#general 1"
        ann.say("one\ntwo\nthree")
        lines = ["#general 1 ann: one", "#general 1 ann: two", "#general 2 ann: three"]
        terminal.expect(*lines)
        terminal.send("/numbers 1")  # as one that was cut off after "two"
        terminal.expect(*lines, f"#general 2 {life}")


def test_newcomer_on_a_page_sees_what_terminals_said_and_the_other_way_round():
    with Server("--history", "3", web=True) as server:
        bob = server.named("bob")
        for n in range(5):
            bob.send(f"{n}")
        bob.settle()
        with Page(server) as ann:
            assert ann.texts(3) == [(3, "2"), (4, "3"), (5, "4")]
            ann.say("5")
            assert server.client().name  # the history precedes its arrival
            late = chat.Client(server)
            assert [late.line() for _ in range(3)] == ["bob: 3", "bob: 4", f"{ann.name}: 5"]
            late.close()


def test_page_is_in_several_rooms_at_once_and_hears_each():
    with Server(web=True) as server, \
            Page(server, {"nick": "ann", "rooms": ["general", "tea", "art"]}) as ann, \
            Page(server, {"nick": "bob", "rooms": ["Tea"]}) as bob:
        ann.expect("joined", room="tea", nick="bob")
        ann.say("one", "tea")
        assert bob.texts(1, "tea") == [(1, "one")]
        ann.say("two", "art")
        ann.say("three", "tea")
        bob.expect("message", room="tea", number=2, text="three")  # and nothing of "art"
        bob.send(type="join", room="ART", after=0)
        joined = bob.expect("joined", nick="bob", room="art")
        assert joined["last"] == 1 and joined["members"] == 2, joined
        bob.expect("message", room="art", number=1, text="two")
        ann.expect("joined", room="art", nick="bob")
        ann.send(type="leave", room="tea")
        ann.expect("left", room="tea", nick="ann")
        bob.expect("left", room="tea", nick="ann")
        ann.send(type="say", room="tea", text="x", ref="no")
        assert ann.fault() == "not_in_room"
        bob.say("alone", "tea")
        bob.say("both", "art")
        assert ann.texts(1, "art") == [(2, "both")]


def test_people_are_told_who_types_but_terminals_and_oneself_are_not():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann, Page(server) as bob:
        terminal = server.client()
        bob.until("joined", nick=terminal.name)
        start = time.monotonic()
        for _ in range(5):
            ann.send(type="typing", room="general")  # but the first they are too early, for 2 s
        ann.say("done")
        took = time.monotonic() - start
        told, end = [], start + chat.WAIT
        while not told or told[-1]["type"] != "message":  # another thread may bring it to bob
            m = bob.receive("what ann has said", end)
            told += [m] if m["type"] != "rooms" else []
        assert told[0]["type"] == "typing" and told[0]["nick"] == "ann", told
        assert told[-1]["text"] == "done", told
        assert {m["type"] for m in told[:-1]} == {"typing"} and len(told) - 1 <= 1 + took / 2, (told, took)
        terminal.expect("ann: done")
        ann.send(type="typing", room="elsewhere")
        assert ann.fault() == "not_in_room"


def test_direct_messages_reach_one_person_in_both_directions():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        bob = server.named("bob")
        carl = Page(server, {"nick": "carl"})
        ann.until("joined", nick="carl")
        bob.expect("* carl joined #general")
        ann.send(type="direct", to="BOB", text="psst", ref='d"1')
        ann.expect("direct", to="BOB", text="psst", ref='d"1')
        bob.expect("ann -> you: psst")
        bob.send("/msg ann aha")
        bob.expect("* sent to ann")
        m = ann.expect("direct", to="ann", text="aha")
        assert m["from"] == "bob" and "ref" not in m, m
        carl.send(type="direct", to="ann", text="I, too")
        assert carl.expect("direct", text="I, too").get("ref") is None
        ann.expect("direct", text="I, too")
        ann.send(type="direct", to="nobody", text="x", ref="d2")
        error = ann.expect("error", ref="d2")
        assert error["code"] == "nobody" and error["text"], error
        assert carl.settle() == []
        carl.close()


def test_direct_message_of_a_conversation_goes_to_no_other_owner_of_the_name():
    with Server(web=True) as server, Page(server, {"nick": "bob"}) as bob:
        with Page(server, {"nick": "ann"}) as ann:
            bob.until("joined", nick="ann")
            bob.send(type="direct", to="ann", text="hi", ref="r1")
            told = bob.until("direct", ref="r1")
            assert ann.until("direct")["from_id"] == told["from_id"]
            ann.send(type="nick", nick="anna")
            bob.until("renamed", to="anna", id=told["to_id"])
            with Page(server, {"nick": "ann"}) as stranger:
                bob.send(type="direct", to="ann", to_id=told["to_id"], text="secret", ref="r2")
                assert bob.until("direct", ref="r2")["to"] == "anna"
                ann.until("direct", text="secret")
                bob.send(type="direct", to="anna", to_id=told["to_id"], text="another", ref="r3")
                assert bob.until("direct", ref="r3")["to_id"] == told["to_id"]
                ann.until("direct", text="another")
                bob.send(type="direct", to="ann", text="hello", ref="r4")
                assert stranger.until("direct")["text"] == "hello"
                assert bob.until("direct", ref="r4")["to_id"] != told["to_id"]
                terminal = server.named("carl")
                terminal.send("/msg bob psst")
                one = bob.until("direct", text="psst")["from_id"]
                terminal.send("/msg bob psst again")
                assert bob.until("direct", text="psst again")["from_id"] == one
    session = "session-of-a-person-that-stays"
    who = set()
    for _ in range(2):  # the same person after a restart
        with Server(web=True) as server, Page(server, {"nick": "bob"}) as bob, \
                Page(server, {"nick": "ann", "session": session}) as ann:
            ann.send(type="direct", to="bob", text="hi")
            who.add(bob.until("direct")["from_id"])
    assert len(who) == 1


def test_direct_message_to_oneself_comes_once():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        ann.send(type="direct", to="Ann", text="note", ref="r1")
        came = [m for m in ann.settle() if m["type"] == "direct"]
        assert len(came) == 1 and came[0]["ref"] == "r1" and came[0]["text"] == "note", came


def test_nick_is_changed_everywhere_at_once_and_is_one_person_s():
    with Server(web=True) as server, \
            Page(server, {"nick": "ann", "rooms": ["general", "tea"]}) as ann, \
            Page(server, {"nick": "Ann"}) as other:
        assert other.name.startswith("guest-"), other.name  # that nick is taken
        ann.until("joined", room="general")
        for wanted, code in ("ann", "nick_taken"), ("server", "nick_reserved"), ("a,b", "bad_nick"), \
                ("x" * 65, "bad_nick"), ("", "bad_nick"), ("eve\0", "bad_nick"):
            other.send(type="nick", nick=wanted)
            assert other.fault() == code, wanted
        ann.send(type="nick", nick="anna")
        ann.expect("renamed", **{"room": "general", "from": "ann", "to": "anna"})
        ann.expect("renamed", room="tea", to="anna")
        other.until("renamed", room="general", to="anna")
        other.send(type="nick", nick="ann")
        other.until("renamed", to="ann")
        ann.expect("renamed", to="ann")
        other.send(type="members", room="general")
        assert other.until("members", room="general")["nicks"] == ["anna", "ann"]


def test_history_goes_back_page_by_page():
    with Server("--history", "100", web=True) as server, Page(server) as ann:
        for n in range(1, 31):
            ann.say(f"m{n}")
        ann.send(type="history", room="general", before=0, limit=10)
        page = ann.expect("history", room="general", more=True)["messages"]
        assert [m["number"] for m in page] == list(range(21, 31)), page
        assert all("ref" in m and "room" not in m for m in page), page
        ann.send(type="history", room="general", before=page[0]["number"], limit=15)
        page = ann.expect("history", more=True)["messages"]
        assert [m["text"] for m in page] == [f"m{n}" for n in range(6, 21)], page
        ann.send(type="history", room="general", before=6, limit=200)
        page = ann.expect("history", more=False)["messages"]
        assert [m["number"] for m in page] == [1, 2, 3, 4, 5], page
        ann.send(type="history", room="general", before=1, limit=5)
        assert ann.expect("history", more=False)["messages"] == []


def test_list_of_rooms_comes_when_asked_for_and_when_it_changes():
    with Server(web=True) as server, Page(server) as ann:
        ann.until("rooms")  # since ann has come
        ann.send(type="rooms")
        assert ann.until("rooms")["rooms"] == [{"room": "general", "members": 1}]
        server.named("bob").join("tea")
        wanted = [{"room": "general", "members": 1}, {"room": "tea", "members": 1}]
        while ann.until("rooms")["rooms"] != wanted:
            pass


def test_what_is_wrong_is_told_with_a_code_and_the_page_stays():
    with Server("--max-line", "100", "--rate", "0", web=True) as server, Page(server) as ann:
        for text in "", " \t", "\u200b", "a\r\nb", "a\n\x1b[2J", "\n" * 40, "\x1b[2J", "\u2028", "\u0000":
            ann.send(type="say", room="general", text=text, ref="r")
            assert ann.fault() == "bad_text", repr(text)
        ann.send(type="say", room="general", text="x" * 101)
        assert ann.fault() == "too_long"
        ann.say("\u00fc" * 50)
        for message in ("{", "[]", "1", '{"type":1}', "{}", '{"type":"say"', '{"type":"dance"}',
                        '{"type":"say","room":"general","text":"x","ref":"' + "r" * 65 + '"}',
                        '{"type":"hello","rooms":[]}', '{"type":"say","text":{"a":[]}}',
                        "[" * 1000):
            ann.text(message)
            assert ann.fault() == "bad_message", message
        for room in "", "#tea", "a b", "../x", "x" * 25, "tea\0", "\u00fc":
            ann.send(type="join", room=room)
            assert ann.fault() == "bad_room", room
        for n in range(31):
            ann.send(type="join", room=f"r{n}")
            ann.until("joined", room=f"r{n}", nick=ann.name)
        ann.send(type="join", room="one-more")
        assert ann.fault() == "too_many_rooms"
        assert ann.say("still here")["number"] == 2


if __name__ == "__main__":
    chat.main()
