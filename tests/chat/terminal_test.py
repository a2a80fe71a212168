# SPDX-License-Identifier: MIT
"""edo-chat --connect: at a terminal (a pty, whose output is drawn by the little terminal here), and
through pipes; against the real server, and against one that says what no server would."""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

import chat
import over
from chat import bounded

TIME = r"\d\d:\d\d "
COLUMNS = 60


def program():
    return os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")


class Screen:
    """As much of a terminal as the client and libedit use of one."""

    def __init__(self):
        self.rows = [""]
        self.row = self.column = 0

    def put(self, character):
        if self.column == COLUMNS:
            self.row, self.column = self.row + 1, 0
        while self.row >= len(self.rows):
            self.rows.append("")
        line = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    def control(self, count, letter):
        n = int(count or 1) if letter != "m" else 0
        if letter == "A":
            self.row = max(0, self.row - n)
        elif letter == "C":
            self.column += n
        elif letter == "D":
            self.column -= n
        elif letter == "G":
            self.column = n - 1
        elif letter in "JK":
            self.rows[self.row:self.row + 1] = [self.rows[self.row][:self.column]]
            if letter == "J":
                del self.rows[self.row + 1:]
        else:
            assert letter == "m", f"escape sequence {count}{letter}"

    def feed(self, text):
        while text and not re.fullmatch(r"\x1b(\[[\d;]*)?", text):  # the rest of it is still to come
            if found := re.match(r"\x1b\[([\d;]*)([A-Za-z])", text):
                self.control(*found.groups())
                text = text[found.end():]
                continue
            character, text = text[0], text[1:]
            if character == "\r":
                self.column = 0
            elif character == "\n":
                self.row += 1
                if self.row == len(self.rows):
                    self.rows.append("")
            elif character == "\b":
                self.column -= 1
            elif character == "\t":
                self.column += 8 - self.column % 8
            elif character == "\a":
                pass  # the bell
            else:
                assert character >= " ", f"character {character!r}, then {text[:20]!r}"
                self.put(character)

    def text(self):
        return "\n".join(row.rstrip() for row in self.rows)


class Terminal:
    """The client at a terminal of its own. A context: it must end with `status`."""

    def __init__(self, address, *options, **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.status = 0
        self.bytes = b""
        self.process = subprocess.Popen(
            [program(), "--connect", address, *options], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True,  # so it is the terminal's own
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, "TERM": "xterm", "LC_ALL": "C", "HOME": "/", **environment})

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.bytes += os.read(self.master, 65536)
        return bool(ready)

    def screen(self):
        screen = Screen()
        screen.feed(self.bytes.decode(errors="ignore"))
        return over.Guests.shown(screen.text().encode()).decode()

    def shows(self, pattern):
        """Waits until the end of the screen matches. A ">" at the beginning of a row stands for the
        prompt, which may name a room and a nick."""
        pattern = re.sub(r"(?:\\n|\n)>", r"\\n(?:#\\S+ \\S+)?>", pattern)
        end = time.monotonic() + chat.WAIT
        while not re.search(f"{pattern}$", self.screen()):
            assert time.monotonic() < end, f"{pattern!r} was expected in:\n{self.screen()}"
            self.read(0.1)

    def until_end(self):
        """Shows what the client says until it ends, or it is too late."""
        end = time.monotonic() + chat.WAIT
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.05)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if not kind:
                self.until_end()
                assert self.process.poll() == self.status, (self.process.poll(), self.screen())
                assert termios.tcgetattr(self.slave) == self.before, "the terminal is not as it was"
        finally:
            bounded.kill(self.process)
            os.close(self.slave)
            os.close(self.master)


class Lines:
    """Lines of a client, but for its session."""

    def __init__(self, lines):
        self.lines = lines

    def readline(self):
        while (line := self.lines.readline()).startswith(b"/session "):
            pass
        return line


class Pretender:
    """A server that says what it is told to. It is an older one, which knows no sessions."""

    UNKNOWN = b"* error: unknown command, see /help\n"

    def __init__(self):
        self.place = bounded.reserved()  # nobody else gets the port while nobody listens
        self.listener = socket.create_server(self.place.getsockname())
        self.listener.settimeout(chat.WAIT)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]

    @contextlib.contextmanager
    def guest(self, greeting=b"* you are guest-1 in #general; /help\n"):
        peer, _ = self.listener.accept()
        peer.settimeout(chat.WAIT)
        with peer, peer.makefile("rb") as lines:
            peer.sendall(greeting + (self.UNKNOWN if greeting else b""))  # the client asks once it is greeted
            yield peer, Lines(lines)

    @contextlib.contextmanager
    def guest_of_new(self, greeting=b"* you are guest-1 in #general; /help\n"):
        """As guest(), of a newer server, which the test is."""
        peer, _ = self.listener.accept()
        peer.settimeout(chat.WAIT)
        with peer, peer.makefile("rb") as lines:
            peer.sendall(greeting)
            yield peer, lines

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        self.place.close()


def address_of(server):
    return "%s:%d" % place_of(server)


def place_of(server):
    """Where the next terminal is to go, which comes there."""
    node = over.node_of(server)
    over.Guests.come(node)
    return node.address


def piped(address, *commands, **options):
    return subprocess.Popen([program(), "--connect", address, *commands], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def test_input_of_a_pipe_is_said_whole_and_in_order_or_the_status_says_not():
    lines = [str(n) for n in range(1, 301)]
    with chat.Server("--rate", "200", "--history", "300") as server:
        bob = server.client()
        client = piped(address_of(server))
        out, errors = client.communicate("".join(f"{n}\n" for n in lines).encode(), timeout=chat.WAIT)
        assert client.returncode == 0, (out[-500:], errors)
        heard = [bob.line() for _ in range(302)]
        assert heard[1:-1] == [f"guest-2: {n}" for n in lines], heard
        client = piped(address_of(server))
        out, errors = client.communicate(b"good\nbad\x1b\nlast\n", timeout=chat.WAIT)
        assert client.returncode == 1 and b"saying all of the input" in errors, (out[-500:], errors)
        bob.until("guest-3: good")
        bob.expect("guest-3: last")


def test_text_behind_a_join_that_is_too_long_to_be_sent_is_not_said():
    too_long = b"/join #" + b"x" * (2 << 20) + b"\n"
    with chat.Server() as server:
        bob = server.client()
        client = piped(address_of(server))
        out, errors = client.communicate(too_long + b"secret\n/me secret\n/who\nheard\n" + too_long +
                                         b"/quit secret\n", timeout=chat.WAIT)
        assert client.returncode == 1 and b"saying all of the input" in errors, (out[-500:], errors)
        bob.expect("* guest-2 joined #general", "guest-2: heard", "* guest-2 left #general")
        assert b"* not sent, as the join before it was not: secret\n" in out, out


def test_half_typed_line_stays_below_what_arrives():
    with chat.Server() as server, Terminal(address_of(server)) as terminal:
        terminal.shows(r"\* guest-1 joined #general\n>")
        bob = server.named("bob")
        terminal.shows(r"guest-\d is now bob\n>")
        terminal.type("hälf a")
        terminal.shows(r"\n> hälf a")
        bob.send("hello")
        terminal.shows(rf"bob\n{TIME}bob: hello\n> hälf a")
        rest = " line that is longer than the screen of this test is wide"
        terminal.type(rest)
        terminal.shows(r"wide")
        bob.send("again")
        whole = "#general guest-1> hälf a" + rest
        terminal.shows(rf"hello\n{TIME}bob: again\n{whole[:COLUMNS]}\n{whole[COLUMNS:]}")
        terminal.type("\n")
        bob.until(f"guest-1: hälf a{rest}")
        terminal.type("/quit\n")


def test_line_is_edited_and_lines_before_come_back():
    with chat.Server() as server, Terminal(address_of(server)) as terminal:
        terminal.shows(r"joined #general\n>")
        bob = server.named("bob")
        terminal.shows("is now bob\n>")
        terminal.type("helpo\x7f\x7flo\x01well, \n")  # Backspace twice, the beginning
        bob.until("guest-1: well, hello")
        terminal.type("\x1b[A!\n")  # the arrow up
        bob.until("guest-1: well, hello!")
        terminal.type("\x04")  # the end of the input


def test_lines_pasted_at_once_are_all_said_in_order():
    with chat.Server("--rate", "0") as server, Terminal(address_of(server)) as terminal:
        terminal.shows(r"joined #general\n>")
        bob = server.named("bob")
        terminal.shows("is now bob\n>")
        for part in range(10):  # each in the terminal's buffer as a whole
            terminal.type("".join(f"line {part * 20 + i}\n" for i in range(20)))
            bob.until(f"guest-1: line {part * 20}")
            bob.expect(*[f"guest-1: line {part * 20 + i}" for i in range(1, 20)])
            while terminal.read(0):  # or it were full some time, and the client waited
                pass
        terminal.type("/quit\n")


def test_lines_pasted_faster_than_the_server_takes_them_are_said_and_refused_ones_are_shown_as_not_sent():
    with chat.Server("--rate", "400", "--history", "0") as server, Terminal(address_of(server)) as terminal:
        terminal.shows(r"joined #general\n>")
        bob = server.named("bob")
        terminal.shows("is now bob\n>")
        for part in range(6):  # each in the terminal's buffer as a whole; beyond the burst in all
            # What is empty would count there, too, and a command has a reply of its own.
            terminal.type("".join(f"line {part * 20 + i}\n\n" for i in range(20)) + "/nonsense\n")
        terminal.shows(r"guest-1: line 119\n(?s:.*)>")
        heard = [bob.line() for _ in range(120)]
        assert heard == [f"guest-1: line {n}" for n in range(120)], heard
        terminal.type(5000 * "x" + "\n")
        terminal.shows(r"\* not sent: x+\n?x*\n(?s:.*)>")
        assert "too fast" not in terminal.screen() and "not sent: line" not in terminal.screen()
        terminal.type("/join #o!ps\nsecret\n")
        terminal.shows(r"\* not sent: secret\n(?s:.*)>")
        terminal.type("/quit\n")


def test_line_is_drawn_anew_when_the_terminal_is_resized():
    with chat.Server() as server, Terminal(address_of(server)) as terminal:
        terminal.shows("joined #general\n>")
        terminal.type("abc")
        terminal.shows("> abc")
        before = len(terminal.bytes)
        fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        os.kill(terminal.process.pid, signal.SIGWINCH)
        while b"> abc" not in terminal.bytes[before:]:
            assert terminal.read(chat.WAIT), terminal.screen()
        terminal.type("\x15/quit\n")  # the line is cleared


def test_ctrl_c_asks_before_a_typed_line_is_lost_and_gives_the_terminal_back():
    with chat.Server() as server, Terminal(address_of(server)) as terminal:
        terminal.shows("joined #general\n>")
        terminal.type("half a line")
        terminal.shows(r"\n> half a line")  # the terminal drops what is not read when Ctrl-C comes
        terminal.type("\x03")
        terminal.shows(r"once more leaves\n> half a line")
        terminal.type("\x03")
    with chat.Server() as server, Terminal(address_of(server)) as terminal:
        terminal.shows("joined #general\n>")
        bob = server.named("bob")
        terminal.shows("is now bob\n>")
        terminal.type("half")
        terminal.shows(r"\n> half")
        terminal.type("\x03")
        terminal.shows(r"once more leaves\n> half")
        terminal.type(" a line\n")  # so it was not lost; and from here on nothing is typed
        bob.until("guest-1: half a line")
        terminal.shows("half a line\n>")
        terminal.type("\x03")


def test_prompt_names_room_and_nick_and_own_lines_keep_their_time():
    with chat.Server() as server, Terminal(address_of(server)) as terminal:
        terminal.shows(r"\n#general guest-1> ?")
        bob = server.named("bob")
        terminal.shows(r"is now bob\n#general guest-1> ?")
        long = "hello " + "x" * COLUMNS
        terminal.type(f"{long}\n")
        bob.until(f"guest-1: {long}")
        whole = f"guest-1: {long}"
        terminal.shows(rf"is now bob\n{TIME}{whole[:COLUMNS - 6]}\n{whole[COLUMNS - 6:]}"
                       r"\n#general guest-1> ?")
        terminal.type("/me waves\n")
        terminal.shows(rf"\n{TIME}- guest-1 waves\n#general guest-1> ?")
        terminal.type("//me\n")
        terminal.shows(rf"\n{TIME}guest-1: /me\n#general guest-1> ?")
        bob.until("guest-1: /me")
        terminal.type("/nick ann\n")
        terminal.shows(rf"\n{TIME}> /nick ann\n{TIME}\* guest-1 is now ann\n#general ann> ?")
        terminal.type("/join tea\n")
        terminal.shows(r"ann joined #tea\n#tea ann> ?")
        terminal.type("a\tb")  # a TAB of a paste is text
        terminal.shows(r"\n#tea ann> a +b")
        bob.join("tea")
        terminal.shows(r"bob joined #tea\n#tea ann> a +b")
        terminal.type("\n")
        bob.until("ann: a\tb")
        terminal.type("/quit\n")


def test_tab_completes_names_and_rooms_and_is_text_in_what_is_pasted():
    with chat.Server("--rate", "0") as server, Terminal(address_of(server)) as terminal:
        terminal.shows(r"joined #general\n>")
        bob, ann, anna = (server.named(name) for name in ("bob", "ann", "anna"))
        terminal.shows("is now anna\n>")
        terminal.type("b\t")
        terminal.shows("\n> bob:")
        terminal.type("hi\n")
        bob.until("guest-1: bob: hi")
        terminal.shows("bob: hi\n>")
        terminal.type("well, a\t")
        terminal.shows("\n> well, ann")
        terminal.type("\t")  # they do not go on alike
        terminal.shows(rf"\n{TIME}\* ann, anna\n> well, ann")
        terminal.type("a\t!\n")
        bob.until("guest-1: well, anna\t!")  # more stood behind that TAB
        terminal.type("/msg b\t")
        terminal.shows("> /msg bob")
        terminal.type("psst\n")
        bob.until("guest-1 -> you: psst")
        ann.join("tea")
        terminal.type("/rooms\n")
        terminal.shows(r"#tea \(1\)\n>")
        terminal.type("/join t\t")
        terminal.shows("> /join tea")
        terminal.type("\n")
        terminal.shows("joined #tea\n>")
        terminal.type("/quit\n")


def test_name_of_the_user_is_marked_and_rings_where_that_is_wanted():
    for options, rings in ((), 0), (("--bell",), 2):
        with Pretender() as server, Terminal(server.address, *options) as terminal, \
                server.guest() as (peer, _):
            peer.sendall(b"* guest-1 joined #general\n* guest-1 is now dana\nbob: hi all\nbob: are you there, dana?\n"
                         b"bob -> you: psst\nbob: see https://dana.example/dana\ndana: I am dana\n")
            terminal.shows(r"I am dana\n>")
            assert terminal.bytes.count(b"\x07") == rings, terminal.bytes
            assert terminal.bytes.count(b"\x1b[7mdana\x1b[0m") == 1, terminal.bytes
            terminal.type("\x04")
            while peer.recv(100):
                pass


def test_connection_that_is_made_again_is_told_in_two_lines():
    with Pretender() as server, Terminal(server.address) as terminal:
        with server.guest() as (peer, lines):
            assert lines.readline() == b"/numbers\n"
            terminal.type("/nick ann\n")
            assert lines.readline() == b"/nick ann\n"
            peer.sendall(b"* guest-1 is now ann\n* ann joined #tea\n#tea 4 7\n")
            terminal.shows(r"ann joined #tea\n#tea ann> ?")
        with server.guest(b"* you are guest-2 in #general with bob; /help\n* guest-2 joined #general\n") \
                as (peer, lines):
            for wanted in b"/numbers\n", b"/join #tea 4 7\n", b"/nick ann\n":
                assert lines.readline() == wanted
            peer.sendall(b"#general 9 3\n* guest-2 is now ann\n#tea 5 bob: hello\n* ann joined #tea\n#tea 5 7\n"
                         b"#tea 6 bob: now\n")
            terminal.shows(rf"joined #tea\n{TIME}\* the connection was lost; trying again\n"
                           rf"{TIME}\* connected again\n {{6}}bob: hello\n{TIME}bob: now\n#tea ann> ?")
            terminal.type("/join #pub\n")
            assert lines.readline() == b"/join #pub\n"
            peer.sendall(b"* ann joined #pub\n")  # which the user has asked for
            terminal.shows(r"\* ann joined #pub\n#pub ann> ?")
            terminal.type("/quit\n")
            assert lines.readline() == b"/quit\n"


def test_network_does_not_drive_the_terminal():
    evil = b"eve: \x1b[2J\x1b]0;x\x07\x9b31m \xc2\x9b1m \xe2\x80\xae \xe2\x80\x8f \xe2\x80\xa8 \xff \x7f\r a\xcc\x81\n"
    shown = "eve: ^[[2J^[]0;x^G<9B>31m <U+009B>1m <U+202E> \u200f <U+2028> <FF> ^?^M a\u0301"
    with Pretender() as server:
        with Terminal(server.address) as terminal, server.guest() as (peer, _):
            peer.sendall(evil)
            terminal.shows(re.escape(shown[-12:-4]) + ".*\n>")
            own = rb"\x1b\[(J|K|\d*A|\d*C|[\d;]*m)"
            left = re.sub(own, b"", terminal.bytes)
            assert not re.search(rb"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]", left), left
            terminal.type("\x04")
            while peer.recv(100):
                pass
        client = piped(server.address)
        with server.guest(b"") as (peer, _):
            peer.sendall(evil)
            peer.shutdown(socket.SHUT_WR)
        lines = client.stdout.read().decode().split("\n")
        assert lines[0] == " " * 6 + shown, lines  # before the greeting: of an unknown time
        assert bounded.ended(client) == 1  # the server has not greeted
        client.stdin.close()
        client.stdout.close()
        client.stderr.close()


def test_colours_are_for_terminals_without_no_color():
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True),
                                  ({"TERM": "dumb"}, False)):
        with Pretender() as server, Terminal(server.address, **environment) as terminal, \
                server.guest() as (peer, _):
            peer.sendall(b"ann: hello\n")
            terminal.shows(r"ann: hello\n>?")
            assert (b"\x1b[1;3" in terminal.bytes) == coloured, terminal.bytes
            terminal.type("\x04")
            while peer.recv(100):
                pass


def test_lines_of_a_pipe_are_said_and_then_it_ends():
    with chat.Server("--rate", "0") as server:
        bob = server.named("bob")
        client = piped(address_of(server))
        long = "x" * 4000  # and a line that no server takes is left out
        text = "".join(f"line {i}\n" for i in range(1000)) + \
            f"{long}\n{'y' * (3 << 20)}\nthe last has no end"
        out, errors = client.communicate(text.encode(), timeout=chat.WAIT)
        assert client.returncode == 1 and b"saying all of the input" in errors, errors
        assert re.match(rf"{TIME}\* you are guest-[\d-]+ in #general", out.decode()), out
        assert b"\x1b" not in out
        bob.until("* guest-2 joined #general")
        bob.expect(*[f"guest-2: line {i}" for i in range(1000)])
        bob.expect(f"guest-2: {long}", "guest-2: the last has no end", "* guest-2 left #general")


def test_what_was_said_before_the_user_came_has_no_wrong_time():
    with chat.Server("--rate", "0") as server:
        bob = server.named("bob")
        bob.send("long ago")
        bob.settle()  # it is kept before somebody comes
        with Terminal(address_of(server)) as terminal:
            terminal.shows(rf" {{6}}bob: long ago\n{TIME}\* you are guest-2 .*\n"
                           rf"{TIME}\* guest-2 joined #general\n>")
            bob.send("now")
            terminal.shows(rf"{TIME}bob: now\n>")
            bob.join("tea")
            bob.send("in the kitchen")
            bob.settle()
            terminal.type("/join #tea\n")
            terminal.shows(rf"\n {{6}}bob: in the kitchen\n{TIME}\* guest-2 joined #tea\n>")
            terminal.type("/join #tea\n")  # an error, behind which nothing is old
            terminal.shows(rf"{TIME}\* error: you are in #tea\n>")
            bob.send("fresh")
            terminal.shows(rf"{TIME}bob: fresh\n>")
            terminal.type("/quit\n")


def test_user_is_who_and_where_it_was_after_the_connection_was_lost():
    with Pretender() as server, Terminal(server.address) as terminal:
        with server.guest() as (peer, lines):
            assert lines.readline() == b"/numbers\n"
            terminal.type("/nick ann\n")
            assert lines.readline() == b"/nick ann\n"
            peer.sendall(b"* guest-1 is now ann\n* ann joined #tea\n* bob is now ben\n")
            terminal.shows("bob is now ben\n>")
        terminal.shows("trying again\n(.|\n)*")
        terminal.type("typed while nobody is there\n")
        with server.guest(b"* you are guest-2 in #general; /help\n") as (peer, lines):
            for wanted in (b"/numbers\n", b"/join #tea\n", b"/nick ann\n", b"typed while nobody is there\n"):
                line = lines.readline()
                assert line == wanted, line
            terminal.type("/quit\n")
            assert lines.readline() == b"/quit\n"


class Relay:
    """A way to a server that can be cut."""

    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(chat.WAIT)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]

    def accept(self):
        self.ends = self.listener.accept()[0], socket.create_connection(place_of(self.server), chat.WAIT)
        self.ends[1].settimeout(None)
        for source, target in self.ends, self.ends[::-1]:
            threading.Thread(target=self.pump, args=(source, target), daemon=True).start()

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def cut(self):
        for end in self.ends:
            with contextlib.suppress(OSError):  # the other end may have gone
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cut()
        self.listener.close()


def test_after_a_loss_only_what_was_said_meanwhile_is_shown():
    for room in "general", "tea":
        with chat.Server("--rate", "0") as server, Relay(server) as relay:
            bob = server.named("bob")
            bob.send("long ago")
            bob.settle()
            client = piped(relay.address)
            relay.accept()

            def say(text):
                client.stdin.write(text.encode() + b"\n")
                client.stdin.flush()

            def shown_until(wanted):
                lines = []
                while not lines or not re.fullmatch(wanted, lines[-1]):
                    line = bounded.line_of(client.stdout)
                    assert line, lines
                    lines.append(over.Guests.shown(line.encode()).decode().rstrip("\n"))
                return lines

            shown_until(rf"{TIME}\* guest-2 joined #general")
            if room != "general":
                bob.join(room)
                say(f"/join #{room}")
                shown_until(rf"{TIME}\* guest-2 joined #{room}")
                bob.until(f"* guest-2 joined #{room}")
            say("mine")
            bob.until("guest-2: mine")
            for text in "one", "one":  # what is said twice is shown twice
                bob.send(text)
                shown_until(rf"{TIME}bob: one")
            say("mine, too")
            bob.until("guest-2: mine, too")
            over.level(server)
            say("/who")  # whose reply comes behind the number of the user's own
            shown_until(rf"{TIME}\* bob, guest-2|{TIME}\* guest-2, bob")
            relay.cut()
            shown_until(".*the connection was lost; trying again")
            bob.send("one")
            bob.send("- two: 2")
            bob.settle()
            relay.accept()
            lines = shown_until(" {6}bob: - two: 2")
            assert [line[6:] for line in lines if not line[6:].startswith("* ")] == \
                ["bob: one", "bob: - two: 2"], lines
            bob.settle()
            bob.send("three")
            lines = shown_until(rf"{TIME}bob: three")
            assert all(line[6:].startswith("* ") for line in lines[:-1]), lines
            say("/quit")
            assert bounded.ended(client) == 0
            for pipe in client.stdin, client.stdout, client.stderr:
                pipe.close()


def test_first_connection_that_fails_ends_it_with_the_reason():
    with bounded.reserved() as nobody:
        address = "127.0.0.1:%d" % nobody.getsockname()[1]
        status, out, errors = chat.run("--connect", address)
    told = f"edo-chat: connecting to {address}: Connection refused\n"
    assert (status, out) == (1, "") and errors.startswith(told), errors
    status, _, errors = chat.run("--connect", "nowhere")
    assert status == 2 and "HOST:PORT" in errors, errors


if __name__ == "__main__":
    chat.main()
    sys.exit(0)
