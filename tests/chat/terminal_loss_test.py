# SPDX-License-Identifier: MIT
"""edo-chat --connect when its connection is lost: the line that is half typed stays, the name comes
back, lines are kept, said again, or it is told that they were not sent, and the user can leave."""
import contextlib
import os
import re
import signal
import socket
import sys
import tempfile

import chat
from chat import bounded
from terminal_test import TIME, Pretender, Relay, Terminal, address_of, piped

KEPT = r"\* no connection: lines are kept until there is one"


def test_half_typed_line_survives_a_loss():
    with Pretender() as server, Terminal(server.address) as terminal:
        with server.guest() as (_, lines):
            assert lines.readline() == b"/numbers\n"
            terminal.shows(r"guest-1 in #general; /help\n>")
            terminal.type("half")
            terminal.shows("\n> half")
        terminal.shows(r"trying again\n> half")
        terminal.type(" a")
        with server.guest() as (_, lines):
            terminal.shows(rf"connected again\n{TIME}\* what was said meanwhile may be missing\n> half a")
            assert lines.readline() == b"/numbers\n"
            terminal.type(" line\n/quit\n")
            assert lines.readline() == b"half a line\n"


def test_line_that_a_loss_has_cut_off_is_asked_for_again():
    with Pretender() as server, Terminal(server.address) as terminal:
        with server.guest() as (peer, lines):
            assert lines.readline() == b"/numbers\n"
            peer.sendall(b"#general 5 bob: five\n#general 6 bob: si")
        with server.guest() as (peer, lines):
            assert lines.readline() == b"/numbers 5\n"
            peer.sendall(b"#general 6 bob: six\n#general 6\n")
            terminal.shows(rf" bob: five\n{TIME}\* the connection was lost; trying again\n"
                           rf"{TIME}\* connected again\n(?:.*\n)*.* bob: six\n>")
            terminal.type("/quit\n")
            assert lines.readline() == b"/quit\n"


def test_name_that_a_dead_session_has_is_asked_for_until_it_is_free():
    with Pretender() as server, Terminal(server.address) as terminal:
        with server.guest() as (peer, lines):
            assert lines.readline() == b"/numbers\n"
            peer.sendall(b"* guest-1 is now ann\n")
            terminal.shows("is now ann\n>")
        with server.guest(b"* you are guest-2 in #general; /help\n* guest-2 joined #general\n") as (peer, lines):
            assert lines.readline() == b"/numbers\n"
            assert lines.readline() == b"/nick ann\n"
            peer.sendall(b"* error: the name ann is taken\n")
            terminal.shows("once it is free\n>")
            assert lines.readline() == b"/nick ann\n"
            peer.sendall(b"* guest-2 is now ann\nbob: hello\n")
            terminal.shows(rf"once it is free\n{TIME}\* guest-2 is now ann\n{TIME}bob: hello\n>")
            peer.sendall(b"* error: the name ann is taken\n")  # to a request of the user's own
            terminal.shows(rf"{TIME}\* error: the name ann is taken\n>")
            terminal.type("/quit\n")
            assert lines.readline() == b"/quit\n"


def test_user_leaves_without_a_connection_and_is_told_what_was_not_sent():
    for leave in "/quit\n", "\x04", "\x03":
        with Pretender() as server, Terminal(server.address) as terminal:
            with server.guest():
                terminal.shows(r"/help\n>")
                server.listener.close()
            terminal.shows(r"trying again\n>")
            terminal.type("one\n")
            terminal.shows(rf"{KEPT}\n>")
            terminal.type("two\n")
            terminal.shows(r"two\n>")
            terminal.type(leave)
            terminal.shows(rf"{TIME}\* not sent: one\n{TIME}\* not sent: two\n.*")


def test_too_many_lines_without_a_connection_are_refused_by_name():
    with Pretender() as server, Terminal(server.address) as terminal:
        with server.guest():
            terminal.shows(r"/help\n>")
            server.listener.close()
        terminal.shows(r"trying again\n>")
        for i in range(64):
            terminal.type(f"line {i}\n")
        terminal.shows(r"line 63\n>")
        terminal.type("more\n")
        terminal.shows(r"too much waits for the connection: more\n>")
        terminal.type("/j #o\n")
        terminal.shows(r"too much waits for the connection: /j #o\n>")
        terminal.type("secret\n")  # there may be room by now
        terminal.shows(r"not sent, as the join before it was not: secret\n>")
        terminal.type("\x03")


def test_pipe_ends_with_a_failure_if_the_server_is_gone_for_good():
    with Pretender() as server:
        client = piped(server.address)
        with server.guest() as (_, lines):
            assert lines.readline() == b"/numbers\n"
            server.listener.close()
    assert "trying again" in (bounded.line_of(client.stdout) + bounded.line_of(client.stdout))
    out, errors = client.communicate(b"one\ntwo", timeout=chat.WAIT)
    assert client.returncode == 1 and b"Connection refused" in errors, errors
    assert re.fullmatch(rf"{TIME}\* not sent: one\n{TIME}\* not sent: two\n", out.decode()), out


def test_pipe_that_has_said_all_does_not_come_back():
    with Pretender() as server:
        client = piped(server.address)
        with server.guest():
            server.listener.close()
        bounded.line_of(client.stdout)
        assert "trying again" in bounded.line_of(client.stdout)
        out, errors = client.communicate(timeout=chat.WAIT)
        assert (client.returncode, out) == (0, b""), (client.returncode, out, errors)


def test_silent_user_sends_an_empty_line_before_it_is_let_go():
    with Pretender() as server:
        client = piped(server.address, "--idle-timeout", "600ms")
        with server.guest() as (_, lines):
            assert [lines.readline() for _ in range(3)] == [b"/numbers\n", b"\n", b"\n"]
            client.stdin.close()
            while lines.readline():
                pass
        assert bounded.ended(client) == 0
        client.stdout.close()
        client.stderr.close()


def test_user_is_told_once_what_it_missed_though_a_link_breaks_behind_that():
    with Pretender() as server, Terminal(server.address) as terminal:
        with server.guest() as (peer, lines):
            assert lines.readline() == b"/numbers\n"
            peer.sendall(b"#general 5 7\n")
            terminal.shows(r"/help\n>")
        for seen in 5, 24:
            with server.guest() as (peer, lines):
                assert lines.readline() == b"/numbers %d 7\n" % seen
                peer.sendall(b"#general 24 * you missed 19 messages\n" if seen == 5 else b"#general 24 7\n")
                if seen == 5:
                    terminal.shows(r" {6}\* you missed 19 messages\n>")
                else:
                    terminal.type("/quit\n")
                    assert lines.readline() == b"/quit\n"


def meet_bob(server, relay, terminal, room):
    """The terminal, and bob, who is returned, come to that room."""
    relay.accept()
    terminal.shows(r"guest-1 joined #general\n>")
    bob = server.named("bob")
    terminal.shows("is now bob\n>")
    if room != "general":
        bob.join(room)
        terminal.shows("bob left #general\n>")
        terminal.type(f"/join #{room}\n")
        terminal.shows(rf"guest-1 joined #{room}\n>")
    return bob


def test_user_is_told_what_it_missed_before_its_first_message():
    for room in "general", "tea":
        with chat.Server("--history", "1") as server, Relay(server) as relay, \
                Terminal(relay.address) as terminal:
            bob = meet_bob(server, relay, terminal, room)
            terminal.type("/who\n")
            terminal.shows(r"\* (bob, guest-1|guest-1, bob)\n>")  # and so the room's number before
            relay.cut()
            terminal.shows(r"trying again\n>")
            for n in range(3):
                bob.send(f"{n}")
            bob.settle()
            relay.accept()
            terminal.shows(r".{6}\* you missed 2 messages\n {6}bob: 2\n(?:.*\n)*.*>")
            assert "may be missing" not in terminal.screen(), terminal.screen()
            terminal.type("/quit\n")


class Sink(Relay):
    """A relay that swallows what one end sends, when it is told to: it stays in the network."""

    swallows = ()  # "up": to the server, "down": to the client
    swallowed = b""  # on the way up

    def pump(self, source, target):
        way = "up" if target is self.ends[1] else "down"
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if way not in self.swallows:
                    target.sendall(data)
                elif way == "up":
                    self.swallowed += data
            target.shutdown(socket.SHUT_WR)

    def has_swallowed(self, end):
        """Waits until what came ends like that."""
        chat.until(f"{end!r} on the way up", lambda: self.swallowed, lambda seen: seen.endswith(end))


def test_line_that_a_lost_connection_has_taken_is_said_again_once():
    for room in "general", "tea":
        with chat.Server("--rate", "0") as server, Sink(server) as relay, \
                Terminal(relay.address) as terminal:
            bob = meet_bob(server, relay, terminal, room)
            terminal.type("known\n")
            bob.until("guest-1: known")
            bob.send("seen")
            terminal.shows(r"bob: seen\n>")  # and so the number of "known" before
            relay.swallows = ("down",)
            terminal.type("came\n/me waves\n//slash\n")
            bob.until("guest-1: /slash")
            relay.swallows = ("up", "down")
            terminal.type("did not come\n/msg bob psst\n/me fades\n")
            relay.has_swallowed(b"/me fades\n")
            relay.cut()
            terminal.shows(r"trying again\n>")
            relay.swallows = ()
            relay.accept()
            heard = bob.until("- guest-1 fades")
            said = [line for line in heard if not line.startswith("* ")]
            assert said == ["guest-1: did not come"], heard  # what has come is not said once more
            assert "* guest-1 left #" + room not in heard, heard  # the person was never away
            terminal.shows(rf" {{6}}guest-1: /slash\n{TIME}\* perhaps not sent: /msg bob psst\n(.*\n)*.*>")
            terminal.type("/quit\n")
            terminal.until_end()
            assert terminal.screen().count("not sent") == 1, terminal.screen()
            bob.until(f"* guest-1 left #{room}")  # at once, as it has said goodbye


def test_line_that_was_typed_while_the_server_was_started_again_is_said_once_under_the_name():
    with tempfile.TemporaryDirectory() as folder:
        options = ("--rate", "0", "--db", os.path.join(folder, "chat.db"))
        with contextlib.ExitStack() as end:
            with chat.Server(*options) as server:
                relay = end.enter_context(Sink(server))
                terminal = end.enter_context(Terminal(relay.address))
                relay.accept()
                terminal.shows(r"guest-1 joined #general\n>")
                bob = server.client()
                terminal.type("/nick ann\nfirst\n")
                bob.until("ann: first")
                relay.swallows = ("down",)
                terminal.type("came\n")
                bob.until("ann: came")
                relay.swallows = ("up", "down")
                terminal.type("did not come\n")
                relay.has_swallowed(b"did not come\n")
                relay.cut()
                terminal.shows(r"trying again\n>")
            terminal.type("typed\n")
            with chat.Server(*options) as server:
                bob = server.client()
                relay.server, relay.swallows = server, ()
                relay.accept()
                heard = bob.until("ann: typed")
                assert [line for line in heard if line[0] != "*"] == ["ann: did not come"], heard
                terminal.type("last\n/quit\n")
                assert [line for line in bob.until("* ann left #general") if line[0] != "*"] == ["ann: last"]
                late = chat.Client(server)
                past = [late.line() for _ in range(5)]
                assert past == ["ann: first", "ann: came", "ann: did not come", "ann: typed", "ann: last"], past
                late.close()
            terminal.until_end()
            assert "not sent" not in terminal.screen(), terminal.screen()


def test_another_connection_with_the_session_ends_the_older_one():
    session, other = "s" * 22, "o" * 64
    with chat.Server("--rate", "0") as server:
        old, bob = server.client(), server.client()
        old.send(f"/session {session[1:]}")
        old.until("* error: usage: /session SESSION [NAME]")
        old.send("/ref r1 hello")
        old.until("* error: a reference is for a text, of a connection with a session")
        old.send(f"/session {session} ann")
        old.until("* you are ann by your session")
        bob.until("* guest-1 is now ann")
        old.send("/numbers")
        old.send("/ref r1 one")
        number = re.fullmatch(r"#general (\d+) = r1", [*old.settle()][-1])[1]
        new = server.client()
        new.send(f"/session {session}")
        new.until("* you are ann by your session")
        assert old.rest()[-1] == "* another connection has your session"
        new.send("/ref r1 another text")
        new.until(f"#general {number} = r1")
        new.raw(b"/ref r2 tw")  # the rest of it is lost
        new.socket.shutdown(socket.SHUT_WR)
        assert new.rest() == []
        new = server.client()
        new.send(f"/session {session}")
        new.until("* you are ann by your session")
        new.send("/ref r2 two")
        assert [line for line in bob.until("ann: two") if line[0] != "*"] == ["ann: one"]
        bob.send("/msg ann psst")
        bob.until("* sent to ann")
        new.until("guest-2 -> you: psst")
        new.send(f"/session {other}")
        new.until("* error: this connection has a session")
        new.send("/quit")
        bob.until("* ann left #general")


def assert_free(bob, name):
    """Bob, who has no session, can have the name, and gives it back."""
    for wanted in name, "bob":
        chat.until(f"the name {wanted}", lambda: bob.ask(f"/nick {wanted}"), lambda seen: seen.endswith(f"is now {wanted}"))


def leave_by(end):
    """Ends a terminal so: what is typed, or a signal."""
    def leave(terminal):
        terminal.type(end) if isinstance(end, str) else terminal.process.send_signal(end)
    return leave


def test_who_leaves_gives_its_session_and_its_name_up():
    with chat.Server("--rate", "0") as server:
        bob = server.named("bob")
        for end in "/quit\n", "/quit bye\n", "\x04", "\x03", signal.SIGTERM, signal.SIGHUP:
            with Terminal(address_of(server)) as terminal:
                terminal.shows(r"joined #general\n>")
                terminal.type("/nick ann\nhello\n")
                bob.until("ann: hello")
                terminal.shows(r"is now ann\n(?s:.*)>")
                leave_by(end)(terminal)
            bob.until("* ann left #general")
            assert_free(bob, "ann")
        for _ in range(2):
            out, errors = piped(address_of(server)).communicate(b"/nick ann\nhello\n", timeout=chat.WAIT)
            assert b"taken" not in out + errors, (out, errors)
            bob.until("* ann left #general")
            assert_free(bob, "ann")


def test_who_leaves_before_the_reply_to_its_session_gives_it_up():
    for end in signal.SIGTERM, signal.SIGHUP:
        with Pretender() as server, Terminal(server.address) as terminal:
            with server.guest_of_new() as (_, lines):
                assert lines.readline() == b"/numbers\n"
                assert lines.readline().startswith(b"/session ")
                leave_by(end)(terminal)
                assert lines.readlines() == [b"/quit\n"]


def test_pipe_that_is_not_to_hear_of_a_hangup_does_not():
    with chat.Server("--rate", "0") as server:
        bob = server.named("bob")
        client = piped(address_of(server), preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        bob.until("* guest-2 joined #general")
        client.send_signal(signal.SIGHUP)
        out, errors = client.communicate(b"hello\n", timeout=chat.WAIT)
        assert client.returncode == 0, (out, errors)
        bob.until("guest-2: hello")


def test_reference_is_no_room_and_no_command():
    with chat.Server("--rate", "0") as server:
        ann, bob = server.client(), server.named("bob")
        ann.send("/session " + "s" * 22)
        ann.until("* you are guest-1 by your session")
        for n, line in enumerate(("x" * 5000, f"/ref #1 {'x' * 5000}", "/ref #2 \x1b", "/ref #3 /nick ann", "/ref #4")):
            ann.send(line)
            assert any(seen.startswith("* error: ") for seen in ann.settle()), line
            ann.send(f"/ref #{n} heard {n}")
            bob.until(f"guest-1: heard {n}")
        for line in "/join #o!ps", "/ref #8":  # the second one says nothing of a room
            ann.send(line)
        ann.send("/ref #9 secret")
        ann.until("* error: not said, as you are still in #general")


def test_reference_that_is_none_is_told_how_it_is_written():
    with chat.Server("--rate", "0") as server:
        ann = server.client()
        ann.send("/session " + "s" * 22)
        ann.until("* you are guest-1 by your session")
        for line in "/ref", "/ref r1", "/ref r1 ", "/ref r1 \r", "/ref  x", "/ref é x", f"/ref {'r' * 65} x", "/ref r1 /ref r2 x":
            assert ann.ask(line) == "* error: usage: /ref REF TEXT, and REF has up to 64 characters of ASCII", line
        assert ann.ask("/refer x") == "* error: unknown command, see /help"
        assert ann.ask(f"/ref {'r' * 64} x").endswith(f" = {'r' * 64}")


def test_session_is_told_why_it_has_not_the_name_that_it_wants():
    with chat.Server("--rate", "0") as server:
        ann = server.client()
        ann.send(f"/session {'s' * 22} ann")
        ann.until("* you are ann by your session")
        for session, wanted, why in (
                ("s", "zed", "* error: the name zed was not asked for, as you are here already"),
                ("s", "server", "* error: this name is reserved"),
                ("t", "server", "* error: this name is reserved"),
                ("u", "Ann", "* error: the name Ann is taken")):
            other = server.client()
            other.send(f"/session {session * 22} {wanted}")
            name = "ann" if session == "s" else other.name
            other.until(f"* you are {name} by your session")
            assert other.line() == why
        assert server.client().ask("/nick zed").endswith(" is now zed")


def test_name_that_was_asked_for_when_the_connection_was_lost_is_asked_for_again():
    for swallows in ("down",), ("up", "down"):
        with chat.Server("--rate", "0") as server, Sink(server) as relay, Terminal(relay.address) as terminal:
            relay.accept()
            terminal.shows(r"guest-1 joined #general\n>")
            bob = server.named("bob")
            terminal.type("/nick ann\n")
            bob.until("* guest-1 is now ann")
            terminal.shows(r"guest-1 is now ann\n(?s:.*)>")
            relay.swallows = swallows
            terminal.type("/nick zed\n")
            if "up" in swallows:
                relay.has_swallowed(b"/nick zed\n")
            else:
                bob.until("* ann is now zed")
            relay.cut()
            terminal.shows(r"trying again\n>")
            relay.swallows = ()
            relay.accept()
            terminal.type("hello\n")
            bob.until("zed: hello")
            terminal.type("/quit\n")
            terminal.until_end()
            assert "taken" not in terminal.screen() and "not asked" not in terminal.screen(), terminal.screen()


def test_session_that_another_connection_has_is_not_given_up():
    session = "s" * 22
    with chat.Server("--rate", "0") as server:
        bob, old, new = server.named("bob"), server.client(), server.client()
        for line in old, new:
            line.send(f"/session {session} ann")
            line.until("* you are ann by your session")
        new.send("hello")
        bob.until("ann: hello")
        with contextlib.suppress(OSError):
            old.send("/quit")
        old.rest()
        new.socket.shutdown(socket.SHUT_WR)  # it says no goodbye
        new.rest()
        assert bob.ask("/nick ann") == "* error: the name ann is taken"
        again = server.client()
        again.send(f"/session {session}")
        again.until("* you are ann by your session")


def test_who_reads_what_it_is_told_alone_is_told_more():
    session, most = "s" * 22, 64
    with chat.Server("--rate", "0") as server:
        ann, bob = server.client(), server.client()
        ann.send(f"/session {session} ann")
        ann.until("* you are ann by your session")
        bob.until("* guest-1 is now ann")
        bob.raw(b"".join(b"/msg ann %d\n" % n for n in range(2 * most)))
        replies = [bob.line() for _ in range(2 * most)]
        told = [n for n, reply in enumerate(replies) if reply == "* sent to ann"]
        assert len(told) >= most and len({*replies} - {"* sent to ann"}) <= 1, replies
        ann.until(f"guest-2 -> you: {told[-1]}")
        chat.until("the mail of ann", lambda: bob.ask("/msg ann more"), lambda reply: reply == "* sent to ann")
        ann.until("guest-2 -> you: more")


def test_room_of_a_server_that_was_started_again_is_shown_whole():
    for room in "general", "tea":
        with contextlib.ExitStack() as all_of_them:
            servers = [all_of_them.enter_context(chat.Server("--rate", "0", "--history", "3"))
                       for _ in range(2)]
            relay = all_of_them.enter_context(Sink(servers[0]))
            terminal = all_of_them.enter_context(Terminal(relay.address))
            people = []
            for server in servers:
                if server is servers[0]:
                    relay.accept()
                    terminal.shows(r"guest-1 joined #general\n>")
                people.append(server.named("bob"))
                if room != "general":
                    people[-1].join(room)
            old, new = people
            if room != "general":
                terminal.shows("bob left #general\n>")
                terminal.type(f"/join #{room}\n")
                terminal.shows(rf"guest-1 joined #{room}\n>")
            for n in range(2):
                old.send(f"old {n}")
            terminal.shows(r"bob: old 1\n>")
            relay.swallows = ("up",)
            terminal.type("hello\n")
            relay.has_swallowed(b"hello\n")
            relay.swallows = ()
            relay.cut()
            terminal.shows(r"trying again\n>")
            other = servers[1].named("guest-1")  # another one
            if room != "general":
                other.join(room)
            for n in range(4):  # so the numbers are above those that the terminal has seen
                new.send(f"new {n}")
            new.settle()
            other.send("hello")
            other.settle()
            relay.server = servers[1]
            relay.accept()
            terminal.shows(rf"\* #{room} has begun anew: what was said while you[a-z \n]*"
                           r".{6}\* you missed 2 messages\n"
                           r" {6}bob: new 2\n {6}bob: new 3\n {6}guest-1: hello\n(?:.*\n)*.*>")
            new.until("guest-3: hello")  # as the room's new life does not have it of this person
            new.send("last")
            terminal.shows(r" bob: last\n>")
            assert "perhaps not sent" not in terminal.screen(), terminal.screen()
            assert terminal.screen().count("new 3") == 1, terminal.screen()
            terminal.type("/quit\n")


if __name__ == "__main__":
    os.environ["EDO_CHAT_THREADS"] = "1"  # the client has one thread, whatever the server has
    chat.main()
    sys.exit(0)
