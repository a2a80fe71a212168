# SPDX-License-Identifier: MIT
"""The output of the chat: names, rooms, messages, commands."""
import os
import signal
import socket
import tempfile

import chat
import over
from chat import Server


def test_two_clients_get_each_others_lines_but_not_their_own():
    with Server() as server:
        a, b = server.client(), server.client()
        a.expect("* guest-2 joined #general")
        a.send("hello")
        b.expect("guest-1: hello")
        b.send("hello yourself")
        a.expect("guest-2: hello yourself")
        b.settle()
        assert b.settle() == []


def test_newcomer_sees_the_last_messages_and_then_its_own_arrival():
    with Server("--history", "3") as server:
        a = server.client()
        for n in range(5):
            a.send(f"message {n}")
        a.send("/me waves")
        a.settle()
        c = chat.Client(server)
        c.expect("guest-1: message 3", "guest-1: message 4", "- guest-1 waves")
        c.greeted("guest-2", ["guest-1"])
        c.expect("* guest-2 joined #general")
        a.expect("* guest-2 joined #general")
        c.close()
        a.expect("* guest-2 left #general")


def test_history_is_50_messages_and_no_announcements():
    with Server() as server:
        a = server.client()
        for n in range(60):
            a.send(f"{n}")
        a.rename("guest")  # announced, not remembered
        c = chat.Client(server)
        c.expect(*[f"guest-1: {n}" for n in range(10, 60)])
        c.greeted("guest-2", ["guest"])
        c.expect("* guest-2 joined #general")
        c.close()


def test_history_zero_shows_nothing():
    with Server("--history", "0") as server:
        a = server.client()
        a.send("said")
        a.settle()
        b = chat.Client(server)
        b.greeted("guest-2", ["guest-1"])
        b.expect("* guest-2 joined #general")
        b.close()


def test_leaving_is_announced_by_quit_close_and_end_of_input():
    with Server() as server:
        a = server.client()
        b, c, d = (server.named(name) for name in "bcd")
        a.until("* guest-4 is now d")
        b.send("/quit")
        a.expect("* b left #general")
        b.until("* guest-4 is now d")
        b.end()
        c.close()
        a.expect("* c left #general")
        d.until("* c left #general")
        d.socket.shutdown(socket.SHUT_WR)
        a.expect("* d left #general")
        d.end()


def test_new_name_is_announced_to_everybody_and_used():
    with Server() as server:
        a, b = server.client(), server.client()
        a.expect("* guest-2 joined #general")
        b.send("/nick Bob_the-2nd")
        for client in a, b:
            client.expect("* guest-2 is now Bob_the-2nd")
        b.send("hi")
        a.expect("Bob_the-2nd: hi")


def test_name_must_be_free_and_well_formed():
    with Server() as server:
        a, b = server.named("ann"), server.client()
        assert "taken" in b.ask("/nick ann")
        a.settle()
        assert "taken" in a.ask("/nick ann")
        for bad in "", "x" * 65, "a,b", "a  b", "#a", "\u00e9\u0430":
            b.send(f"/nick {bad}")
            b.error()
        b.rename("x" * 64)
        b.rename("B")


def test_name_is_free_again_when_its_owner_left_or_changed_it():
    with Server() as server:
        a, b = server.named("ann"), server.client()
        a.rename("bea")
        b.until("* ann is now bea")
        b.rename("ann")
        b.send("/quit")
        a.until("* ann left #general")
        a.answers("/nick ann", "* bea is now ann")


def test_client_that_quit_is_gone_while_its_last_lines_are_unread():
    with Server("--rate", "0") as server:
        a, b = server.client(), server.named("bob", receive_bytes=4096)
        a.until("* guest-2 is now bob")
        b.raw(b"/help\n" * 30000 + b"/quit\n")  # more than all buffers on the way hold
        a.until("* bob left #general")
        a.answers("/msg bob are you there", "* error: nobody is called bob")
        a.rename("bob")


def test_guest_numbers_skip_a_name_in_use():
    with Server() as server:
        a = server.client()
        a.rename("guest-2")
        assert server.client().name == "guest-3"
        a.until("* guest-3 joined #general")


def test_join_moves_between_rooms_and_is_announced_in_both():
    with Server() as server:
        a, b, c = server.client(), server.client(), server.client()
        assert a.join("tea") == ["* guest-2 joined #general", "* guest-3 joined #general"]
        b.until("* guest-1 left #general")
        c.expect("* guest-1 left #general")
        b.send("/join tea")  # the # may be left out
        b.expect("* guest-2 joined #tea")
        a.expect("* guest-2 joined #tea")
        c.expect("* guest-2 left #general")
        b.send("only here")
        a.expect("guest-2: only here")
        c.send("only there")
        for client in a, b, c:
            assert client.settle() == []


def test_join_shows_the_history_of_the_room():
    with Server() as server:
        a, b = server.client(), server.client()
        a.join("tea")
        a.send("milk first")
        a.settle()
        assert b.join("tea") == ["* guest-1 left #general", "guest-1: milk first"]
        # Coming back, a client sees its own messages in the history.
        a.join("coffee")
        assert a.join("tea") == ["guest-1: milk first"]


def test_join_loses_no_message_sent_before_it():
    with Server() as server:
        a, b = server.client(), server.client()
        a.expect("* guest-2 joined #general")
        for n in range(50):
            a.send(f"{n}")
        a.settle()
        assert b.join("tea") == [f"guest-1: {n}" for n in range(50)]


def test_join_refuses_bad_names_and_the_present_room():
    with Server() as server:
        a = server.client()
        for bad in "", "#", "a b", "##a", "x" * 25, "general", "#general":
            a.send(f"/join {bad}")
            a.error()


def test_text_behind_a_join_that_failed_is_not_said():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        not_said = "* error: not said, as you are still in #general"
        for wrong in ("/join", "/join #o!ps", "/join #ops\1", "/join #ops x", "/JOIN #ops", "/j\t#ops", "/join#ops", "/J ops",
                      "/jion ops"):
            b.send(f"{wrong}\nsecret\n/me\n/me secret\n\n//secret")
            assert b.error() != not_said
            b.expect(not_said, "* error: usage: /me TEXT", not_said, not_said)
        assert b.ask("/who") == "* guest-1, guest-2"  # a command shows that it is known where one is
        b.send("heard")
        b.send("/join #general\nstill here")  # what one wants is so
        b.error()
        b.send("/join #o!ps\n/join #tea\ntea time\n/join #general\n/join #o!ps\n/quit secret")
        b.rest()
        a.expect("guest-2: heard", "guest-2: still here", "* guest-2 left #general", "* guest-2 joined #general",
                 "* guest-2 left #general")


def test_rooms_are_listed_with_their_members():
    with Server() as server:
        a, b, c = server.client(), server.client(), server.client()
        a.join("tea")
        b.join("tea")
        a.until("* guest-2 joined #tea")
        b.settle()  # b leaves the other room after it is told that it has joined
        a.send("/rooms")
        a.expect("* #general (1)", "* #tea (2)")
        c.until("* guest-2 left #general")


def test_room_is_gone_with_its_last_member():
    with Server() as server:
        a, b = server.client(), server.client()
        a.join("tea")
        a.send("in tea")
        b.until("* guest-1 left #general")
        a.join("coffee")
        a.settle()  # a leaves the other room after it is told that it has joined
        b.send("/rooms")
        b.expect("* #general (1)", "* #coffee (1)")
        assert b.join("tea") == []  # its history is gone, too


def test_who_lists_the_room_in_order_of_arrival():
    with Server() as server:
        a, b, c = (server.named(name) for name in ("ann", "bob", "cy"))
        c.join("tea")
        a.until("* cy left #general")
        assert a.ask("/who") == "* ann, bob"
        assert c.ask("/who") == "* cy"


def test_private_message_reaches_one_person_in_any_room():
    with Server() as server:
        a, b, c = (server.named(name) for name in ("ann", "bob", "cy"))
        b.join("tea")
        a.until("* bob left #general")
        c.until("* bob left #general")
        assert a.ask("/msg bob two  words ") == "* sent to bob"
        b.expect("ann -> you: two  words")
        assert a.ask("/msg dan hello").startswith("* error: ")
        assert a.ask("/msg bob").startswith("* error: ")
        assert a.ask("/msg ann note to self") in ("* sent to ann", "ann -> you: note to self")
        a.line()
        assert c.settle() == []


def test_burst_of_private_messages_waits_for_its_reader():
    with Server("--rate", "0") as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        for first in range(0, 2000, 500):  # more than a mailbox holds
            a.raw(b"".join(b"/msg guest-2 %d\n" % n for n in range(first, first + 500)))
            b.expect(*[f"guest-1 -> you: {n}" for n in range(first, first + 500)])
        assert a.settle() == ["* sent to guest-2"] * 2000


def test_me_shows_an_action():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        a.send("/me pours tea")
        b.expect("- guest-1 pours tea")
        assert a.settle() == []


def test_line_of_the_server_holds_no_text_that_a_client_typed():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        text = "shutting down"
        for line in (text, f"* server {text}", f"/me {text}", f"/me * {text}", f"//me {text}",
                     f"/msg guest-1 * server {text}", f"/{text}", f"/nick server {text}",
                     f"/join #server {text}", f"/who {text}", f"\t* {text}", f" * {text}"):
            b.send(line)
        b.settle()
        b.send(f"/quit {text}")
        heard = a.until("* guest-2 left #general") + a.settle() + b.rest()
        assert len([line for line in heard if text in line]) == 9, heard
        assert not [line for line in heard if line.startswith("* ") and text in line], heard


def test_names_of_the_server_are_reserved_in_any_case():
    with Server() as server:
        a = server.client()
        for name in "server", "Server", "SYSTEM", "system", "you", "yOu":
            a.send(f"/nick {name}")
            assert "reserved" in a.error()
        a.rename("servers")


def test_names_that_differ_in_case_only_are_one_name():
    with Server() as server:
        a, b = server.named("ann"), server.named("bob")
        a.expect("* guest-2 joined #general", "* guest-2 is now bob")
        for name in "ANN", "Ann", "Guest-1":
            assert "taken" in b.ask(f"/nick {name}") or name == "Guest-1"
        a.expect("* bob is now Guest-1")
        assert server.client().name == "guest-3"
        a.expect("* guest-3 joined #general")
        a.rename("Ann")  # its own name, written otherwise
        assert a.ask("/msg GUEST-1 psst") == "* sent to GUEST-1"
        b.until("Ann -> you: psst")
        a.join("Tea")
        assert "you are in #Tea" in a.ask("/join #tea")
        b.send("/join #TEA")
        b.until("* Guest-1 joined #Tea")
        a.expect("* Guest-1 joined #Tea")
        assert a.ask("/names") == "* Ann, Guest-1"


def test_two_slashes_send_one():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        for line in "//quit is how one leaves", "//", "///":
            b.send(line)
        a.expect("guest-2: /quit is how one leaves", "guest-2: /", "guest-2: //")


def test_newcomer_gets_its_name_its_room_and_some_of_the_people_there():
    with Server() as server:
        people = [server.client() for _ in range(14)]
        people[0].close()
        people[1].until("* guest-1 left #general")
        people[1].rename("ann")
        people[1].settle()  # so that the other node, if there is one, knows it
        others = ", ".join(f"guest-{n}" for n in range(3, 12))
        c = chat.Client(server)
        c.expect(f"* you are guest-15 in #general with ann, {others} and 3 others; /help",
                 "* guest-15 joined #general")
        c.close()
    with Server() as server:
        c = chat.Client(server)
        c.expect("* you are guest-1 in #general; /help", "* guest-1 joined #general")
        c.close()


def test_names_and_list_are_who_and_rooms():
    with Server() as server:
        a, b = server.client(), server.client()
        b.settle()
        assert b.ask("/names") == b.ask("/who") == "* guest-1, guest-2"
        assert b.ask("/list") == b.ask("/rooms") == "* #general (2)"


def test_text_of_quit_is_shown_before_the_client_leaves():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        b.send("/quit time for  tea ")
        a.expect("- guest-2 time for  tea", "* guest-2 left #general")
        b.end()


def test_answers_and_announcements_are_shown_in_order():
    with Server() as server:
        a = server.client()
        a.raw(b"/who\n/nick ann\n/who\n/join #tea\n/who\n/rooms\n/nick bea\n/who\n")
        a.expect("* guest-1", "* guest-1 is now ann", "* ann", "* ann joined #tea", "* ann",
                 "* #tea (1)", "* ann is now bea", "* bea")


def test_long_list_of_people_is_several_lines():
    with Server() as server:
        people = [server.named(f"person-of-a-long-name-{n}") for n in range(100)]
        people[99].send("/who")
        lines = people[99].settle()
        assert len(lines) > 2 and all(len(line) < 1000 for line in lines), lines
        names = ", ".join(line.removeprefix("* ") for line in lines)
        assert names == ", ".join(f"person-of-a-long-name-{n}" for n in range(100)), names


def test_numbers_are_told_from_then_on_and_what_was_missed_comes_again():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        a.send("1")
        b.expect("guest-1: 1")
        told, life = b.ask("/numbers").rsplit(" ", 1)
        assert told == "#general 1" and int(life) > 0
        a.send("2")
        b.expect("#general 2 guest-1: 2")
        assert b.ask("3, my own") == "#general 3"
        a.expect("guest-2: 3, my own")
        a.send("/msg guest-2 in private")  # which has no number
        b.expect("guest-1 -> you: in private")
        b.send("/numbers 1")
        b.expect("#general 2 guest-1: 2", "#general 3 guest-2: 3, my own",
                 f"#general 3 {life}")
        b.send("/numbers 3")
        b.expect(f"#general 3 {life}")
        c = server.client()
        b.until("* guest-3 joined #general")
        c.send("/numbers 99")  # the room has begun anew: all is news
        c.until("#general 1 guest-1: 1")
        c.expect("#general 2 guest-1: 2", "#general 3 guest-2: 3, my own", f"#general 3 {life}")
        for wrong in "x", "-1", "1 x", "1 2 3", "12345678901234567890":
            assert c.ask(f"/numbers {wrong}") == "* error: usage: /numbers [NUMBER [LIFE]]"
        assert c.ask("/join #general x") == "* error: usage: /join #ROOM"
        a.join("tea")
        a.send("1")
        a.settle()
        b.send("/join #tea 1")
        while not b.line().startswith("#tea 1 "):
            pass
        b.expect("* guest-2 joined #tea")


def test_room_that_has_begun_anew_is_told_and_shown_whole_to_one_that_comes_back():
    with Server("--history", "2") as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        b.join("tea")
        b.send("old")
        b.settle()
        seen, life = b.ask("/numbers").split()[1:]
        assert seen == "1"
        b.join("art")  # so nobody is in the other one, which ends:
        b.settle()  # b leaves it after it is told that it has joined
        a.join("tea")
        for text in "one", "two", "three":
            a.send(text)
        a.settle()
        now = a.ask("/numbers").split()[2]
        assert now != life
        b.send(f"/join #tea {seen} {life}")
        b.until("* #tea has begun anew: what was said while you were away is not kept")
        b.expect("#tea 1 * you missed 1 messages", "#tea 2 guest-1: two", "#tea 3 guest-1: three",
                 f"#tea 3 {now}", "* guest-2 joined #tea")
        b.join("art")
        a.send("four")
        a.settle()
        b.send(f"/join #tea 3 {now}")
        b.expect("#tea 4 guest-1: four", f"#tea 4 {now}")


def test_client_that_comes_back_gets_all_that_it_missed_or_is_told_how_much_is_gone():
    for has_store in (False, True)[bool(over.OVER):]:
        with tempfile.TemporaryDirectory() as folder:
            store = ("--db", os.path.join(folder, "chat.db")) if has_store else ()
            with Server("--rate", "0", *store) as server:
                a, b = server.client(), server.client()
                a.until("* guest-2 joined #general")
                b.send("0")
                a.expect("guest-2: 0")
                seen, life = map(int, a.ask("/numbers").split()[1:])
                for n in range(1, 201):
                    b.send(str(n))
                b.settle()
                c = server.client()
                c.send(f"/numbers {seen}")
                told = [] if has_store else [f"#general {seen + 150} * you missed 150 messages"]
                first = 1 if has_store else 151
                said = [f"#general {seen + n} guest-2: {n}" for n in range(first, 201)]
                c.expect(*told, *said, f"#general {seen + 200} {life}")


def test_client_that_was_away_before_its_first_message_is_told_how_much_it_missed():
    with Server("--history", "3") as server:
        a, b, c = server.named("ann"), server.named("bob"), server.named("cy")
        a.join("tea")
        b.join("tea")
        b.send("/numbers")
        while not (told := b.line()).startswith("#"):
            pass
        room, number, life = told.split()
        assert (room, number) == ("#tea", "0")
        b.close()
        a.until("* bob left #tea")
        for n in range(1, 6):
            a.send(f"{n}")
        a.settle()
        c.send(f"/join #tea 0 {life}")
        assert c.until("ann: 4")[-2:] == ["* you missed 2 messages", "ann: 3"]
        c.until("* cy joined #tea")
        c.send(f"/numbers 0 {life}")
        c.expect("#tea 2 * you missed 2 messages", "#tea 3 ann: 3", "#tea 4 ann: 4", "#tea 5 ann: 5",
                 f"#tea 5 {life}")
        c.send("/numbers 0")  # as one that is new, for 0 is no number without a life
        c.expect("#tea 3 ann: 3", "#tea 4 ann: 4", "#tea 5 ann: 5", f"#tea 5 {life}")


def test_help_and_unknown_commands():
    with Server() as server:
        a = server.client()
        a.send("/help")
        lines = a.settle()
        assert all(line.startswith("* ") for line in lines)
        for command in "nick", "join", "rooms", "list", "who", "names", "msg", "me", "quit", "/TEXT":
            assert any(f"/{command}" in line for line in lines), command
        for wrong in "/nonsense", "/", "/NICK x", "/nickx y":
            a.send(wrong)
            a.error()
        for command in "who", "names", "rooms", "list", "help":
            assert a.ask(f"/{command} extra") == f"* error: usage: /{command}"


def test_quit_ends_the_connection_after_all_answers():
    with Server() as server:
        a = server.client()
        a.raw(b"/who\n/rooms\n/quit\nnever seen\n")
        a.expect("* guest-1", "* #general (1)")
        a.end()


def test_end_of_input_still_gets_its_answers_and_a_last_line_without_end_counts():
    with Server() as server:
        a, b = server.client(), server.client()
        b.raw(b"/who\nno line end")
        b.socket.shutdown(socket.SHUT_WR)
        b.expect("* guest-1, guest-2")
        b.end()
        a.expect("* guest-2 joined #general", "guest-2: no line end", "* guest-2 left #general")


def test_carriage_return_before_the_end_of_input_is_no_part_of_the_last_line():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        b.raw(b"half an end\r")
        b.socket.shutdown(socket.SHUT_WR)
        a.expect("guest-2: half an end", "* guest-2 left #general")


def test_lines_of_a_client_that_left_before_the_server_read_them_are_shown():
    with Server() as server:
        a = server.client()
        server.pause()
        visitors = [chat.Client(server) for _ in range(40)]
        for n, visitor in enumerate(visitors):
            visitor.raw(b"whole\nlast")
            if n % 2:
                visitor.close()  # as "printf ... | nc" ends: so the last line is whole, too
            else:
                visitor.reset()  # broken off, and with it the last line
        server.process.send_signal(signal.SIGCONT)
        said, left = [], 0
        while left < len(visitors):
            line = a.line()
            said += [line.split(": ")[1]] if ": " in line else []
            left += line.endswith(" left #general")
        assert sorted(said) == ["last"] * 20 + ["whole"] * 40, said


if __name__ == "__main__":
    chat.main()
