# SPDX-License-Identifier: MIT
"""The limits on clients, and that clients stay connected when they reach them."""
import contextlib
import os
import random
import re
import tempfile
import time

import chat
import web
from chat import Server, passes


def test_line_of_4096_bytes_passes_and_one_more_does_not():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        a.send("x" * 4096)
        b.expect("guest-1: " + "x" * 4096)
        a.raw(b"y" * 4096 + b"\r\n")  # the line end does not count, whichever it is
        b.expect("guest-1: " + "y" * 4096)
        a.send("z" * 4097)
        assert "4096" in a.error()
        a.send("still here")
        b.expect("guest-1: still here")


def test_rest_of_a_line_that_is_too_long_is_dropped():
    with Server("--max-line", "10") as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        a.raw(b"x" * 100000)
        a.error()  # at once, before the line ends
        a.raw(b"y" * 100000 + b"\nshort\n")
        b.expect("guest-1: short")
        assert a.settle() == []


def test_invalid_utf_8_is_an_error_line_and_the_connection_stays():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        for wrong in b"\x80", b"\xc3", b"a\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff":
            a.raw(wrong + b"\n")
            a.error()
        a.send("gr\u00fc\u00dfe \u6c5f\u6238 \U0001f5fc")
        b.expect("guest-1: gr\u00fc\u00dfe \u6c5f\u6238 \U0001f5fc")


def test_control_characters_are_an_error_line_but_a_tab_is_not():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        for wrong in (b"\0", b"a\0b", b"\x1b[2J", b"\x07", b"\x7f", b"a\rb", b"\x0b", b"a\xc2\x80",
                      b"\xc2\x9b2J", b"\xc2\x9f", b"\xe2\x80\xa8", b"a\xe2\x80\xa9b"):
            a.raw(wrong + b"\n")
            a.error()
        a.send("a\tb")
        b.expect("guest-1: a\tb")


def test_telnet_negotiation_is_answered_by_an_error_line():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        a.raw(b"\xff\xfb\x1f\xff\xfd\x03\r\n")  # WILL NAWS, DO SUPPRESS-GO-AHEAD
        a.error()
        a.raw(b"hello\r\n")
        b.expect("guest-1: hello")


def test_crlf_lf_and_lines_in_pieces_are_the_same():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        a.raw(b"one\r\ntwo\n\r\n\nthr")  # empty lines send nothing
        b.expect("guest-1: one", "guest-1: two")
        a.raw(b"ee")
        b.send("/who")  # a half line is kept while other things happen
        b.line()
        a.raw(b"\r")
        b.send("x")
        a.expect("guest-2: x")
        a.raw(b"\n")
        b.expect("guest-1: three")


def test_more_than_a_burst_is_refused_and_the_connection_stays():
    with Server() as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        start = time.monotonic()
        a.raw(b"".join(b"%d\n" % n for n in range(300)))
        a.raw(b"not dropped without a line end")
        errors = 0
        b.expect(*[f"guest-1: {n}" for n in range(100)])  # the burst, whole and in order
        while errors < 200 - 20 * (time.monotonic() - start):
            assert "too fast" in a.error()
            errors += 1
        a.raw(b"\n")
        while "too fast" in a.ask("/who"):  # until a line passes again
            assert time.monotonic() - start < chat.WAIT
        passed = len([line for line in b.settle() if line.startswith("guest-1: ")])
        assert 100 + passed <= passes(100, 20, start)[-1], passed


def test_rate_zero_refuses_nothing():
    with Server("--rate", "0") as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        a.raw(b"".join(b"%d\n" % n for n in range(2000)))
        b.expect(*[f"guest-1: {n}" for n in range(2000)])
        assert a.settle() == []


def test_silent_client_gets_a_line_and_is_closed():
    # The rule itself is tested in virtual time, by client_test.c.
    with Server("--idle-timeout", "100ms") as server:
        start = time.monotonic()
        a = chat.Client(server)
        a.until("* guest-1 joined #general")
        a.expect("* no input for too long, goodbye")
        a.end()
        assert time.monotonic() - start >= 0.1


def test_idle_timeout_off_closes_no_client():
    with Server("--idle-timeout", "0") as server, Server("--idle-timeout", "100ms") as other:
        a = server.client()
        other.client().rest()  # at least the idle limit has passed
        assert a.ask("/who") == "* guest-1"


def kernel_bytes_max():
    """The most that the kernel keeps for a connection whose other end does not read."""
    with open("/proc/sys/net/ipv4/tcp_wmem", encoding="ascii") as limits:
        return int(limits.read().split()[2])


def test_slow_reader_gets_the_exact_number_of_messages_it_missed():
    with Server("--rate", "0") as server:
        slow = server.client(receive_bytes=4096)
        a, witness = server.client(), server.client()
        # Long lines, and no more than needed: the longer the client does not read, the longer the
        # kernel takes to notice that it does, if a packet is lost.
        sent = 25 * (2 * kernel_bytes_max() // 100000 + 10)
        # The witness sees everything, so the slow reader delays neither sender nor reader.
        a.until("* guest-3 joined #general")
        for n in range(0, sent, 25):
            a.raw(b"".join(b"%d %s\n" % (m, b"x" * 4000) for m in range(n, n + 25)))
            for m in range(n, n + 25):
                assert witness.line().startswith(f"guest-2: {m} ")
        slow.until("* guest-3 joined #general")
        next_one, missed = 0, 0
        while next_one < sent:
            line = slow.line()
            told = re.fullmatch(r"\* you missed (\d+) messages", line)
            if told:
                missed += int(told.group(1))
                next_one += int(told.group(1))
            else:
                assert line.startswith(f"guest-2: {next_one} "), (line[:40], next_one)
                next_one += 1
        assert next_one == sent and missed > 0
        a.send("and on it goes")
        slow.expect("guest-2: and on it goes")


def test_client_that_floods_and_never_reads_costs_little_and_delays_no_other():
    with Server("--rate", "0", counted=True) as server:
        a, b = server.client(), server.client()
        flood = server.client(receive_bytes=4096)
        b.until("* guest-3 joined #general")
        a.until("* guest-3 joined #general")
        server.held.begin()
        lines = (b"/help\n/rooms\n/msg guest-3 " + b"x" * 1000 + b"\n/nonsense\n\xff\n/join #general\n")
        for n in range(300):
            flood.raw(lines * 20)
            if n % 10 == 0:
                a.send(f"{n}")
                b.expect(f"guest-1: {n}")
        assert a.settle() == []
        assert server.held.grown() < 3 << 20, server.held.grown()


def test_unread_answers_are_bounded():
    deaf_n = 10 if chat.SANITIZER else 50
    with Server("--rate", "0", counted=True) as server:
        a = server.named("ann")
        for n in range(50):
            a.send(f"{n} " + "x" * 4000)  # the history that newcomers are shown
        a.settle()
        server.held.begin()
        deaf = [chat.Client(server, receive_bytes=4096) for _ in range(deaf_n)]
        for n in range(60):  # more than all buffers on the way hold
            for c in deaf:
                c.raw(b"/help\n/who\n" * 100)
        a.send("/settled")
        a.until("* error: unknown command, see /help")
        for c in deaf:
            c.send("/quit")
        for _ in deaf:  # all their lines have been done
            while " left #general" not in a.line():
                pass
        # All answers would be 6 MiB each. At most 81 wait, of 0.8 KiB: in the mailbox, in a batch, and with the reader. Beside
        # them it has an input buffer of at most 32 KiB, and other things. Most have less, as not all is full at once.
        grown = server.held.grown() / deaf_n
        assert grown < 256 << 10, f"{grown / 1024:.0f} KiB each"


SAID_N = 300
SAID = "\n".join(['"' * 20] * 40)  # on the way more bytes than the kernel holds


def resumed(server, seen):
    """A terminal that reads nearly nothing, and whether it begins to be shown what it has missed."""
    c = chat.Client(server, receive_bytes=4096)
    c.send(f"/numbers {seen}")
    while " * you missed " not in (line := c.line()):
        if line.startswith("#general ") and line.endswith('"'):
            return c, True
    assert line.endswith(f" * you missed {SAID_N} messages"), line
    return c, False


def resumed_page(server, seen):
    page = web.Page(server, {"rooms": [("general", seen)]}, receive_bytes=4096)
    while (m := page.receive())["type"] not in ("message", "lagged"):
        pass
    assert m["type"] == "message" or m["missed"] == SAID_N, m
    return page, m["type"] == "message"


def test_past_that_is_read_for_those_who_do_not_read_is_bounded_for_each_address():
    for resume in resumed, resumed_page:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as all, \
                Server("--rate", "0", "--history", "0", "--per-address", "1000", "--db",
                       os.path.join(folder, "chat.db"), web=True) as server:
            a = server.client()
            a.send("seen")
            seen = int(a.ask("/numbers").split()[1])
            with web.Page(server, {"nick": "ann-whose-name-has-24-l"}) as ann:
                for _ in range(SAID_N):
                    ann.say(SAID)

            def come_back():
                one, is_shown = resume(server, seen)
                all.enter_context(contextlib.closing(one))
                return one, is_shown

            deaf = [come_back() for _ in range(40)]
            assert sum(is_shown for _, is_shown in deaf) == 32
            for one, _ in deaf:
                one.close()
            chat.until("one that is shown the past", lambda: come_back()[1])


def test_random_bytes_stop_nothing():
    dice = random.Random(1)
    with Server("--rate", "0", "--max-line", "100", "--history", "0") as server:
        a, b = server.client(), server.client()
        a.until("* guest-2 joined #general")
        words = [b"/join ", b"/nick ", b"/msg guest-1 ", b"/me ", b"/rooms", b"/who", b"/help", b"\r",
                 b"\n", b"\n", b"\n", b"#x", b"\xf0\x9f", b"\0", b" "]
        for _ in range(20):
            wild = server.client()
            a.until(f"* {wild.name} joined #general")
            for _ in range(20):
                wild.raw(b"".join(dice.choice(words) + dice.randbytes(dice.randrange(4))
                                  for _ in range(1000)))
            wild.reset()
        a.settle()
        a.send("still here")
        b.until("guest-1: still here")


def test_listing_rooms_delays_no_client():
    with Server("--rate", "0") as server:
        a, b = server.client(), server.client()
        rooms = [server.client() for _ in range(200)]
        for n, c in enumerate(rooms):
            c.join(f"room-{n}")
        a.settle()
        b.settle()
        curious = server.client()
        curious.raw(b"/rooms\n" * 1000 + b"/quit\n")
        for n in range(50):  # while 200,000 lines are made and sent
            a.send(f"{n}")
            b.until(f"guest-1: {n}")
        assert len([line for line in curious.rest() if line.startswith("* #room-")]) > 0


def test_sender_to_a_full_mailbox_gets_a_line_and_does_not_wait():
    with Server("--rate", "0") as server:
        deaf, a = server.client(receive_bytes=4096), server.client()
        answer = "* sent to guest-1"
        tries = 0
        while answer == "* sent to guest-1":
            answer = a.ask("/msg guest-1 " + "x" * 4000)
            tries += 1
            assert tries < 20000
        assert answer.startswith("* error: guest-1 "), answer
        deaf.line()  # it begins to read, and then mail arrives again
        while not deaf.line().startswith("guest-2 -> you: x"):
            pass


def test_abrupt_resets_leave_the_others_alone():
    with Server() as server:
        a = server.client()
        others = [server.client() for _ in range(50)]
        for n, c in enumerate(others):
            c.raw(b"half a line" if n % 2 else b"a line\nhalf a line")
        unheard = {f"{c.name}: a line" for c in others[0::2]}
        while unheard:  # their whole lines, in any order
            unheard.discard(a.line())
        for c in others:
            c.reset()
        left = set()
        while len(left) < 50:
            line = a.line()
            assert "half" not in line, line
            if line.endswith(" left #general"):
                left.add(line.split()[1])
        assert a.ask("/who") == "* guest-1"


def test_too_few_descriptors_are_named_and_newcomers_get_a_line():
    with Server(limit=64) as server:
        # 32 for the server, and two for each of its threads.
        clients = [server.client() for _ in range(64 - 32 - 2 * int(Server.threads))]
        server.until_logged("descriptor limit")
        extra = chat.Client(server)
        assert extra.line() == "* error: the server is full"
        extra.end()
        clients[0].send("/quit")
        clients[0].rest()
        clients[1].until("* guest-1 left #general")
        # The others see it leave before its descriptor is closed, and its place free.
        def greeting():
            with contextlib.closing(chat.Client(server)) as one:
                return one.line()
        full = "* error: the server is full"
        line = chat.until("a free place", greeting, lambda seen: seen != full)
        assert line.startswith("* you are guest-"), line


def test_descriptors_of_many_threads_are_no_places_for_clients():
    with Server("--threads", "14", limit=64) as server:
        for _ in range(64 - 32 - 2 * 14):
            server.client()
        extra = chat.Client(server)
        assert extra.line() == "* error: the server is full"
        extra.end()


def test_pages_have_all_places_where_no_terminals_are_served():
    with Server(limit=64, tcp=False, web=True) as server, contextlib.ExitStack() as pages:
        places = 64 - 32 - 2 * int(Server.threads)
        of_address = places - (places + 3) // 4
        for i in range(places):
            page = pages.enter_context(web.Page(server, source=f"127.0.0.{2 + i // of_address}"))
            assert page.status == 101


def test_comings_and_goings_are_none_in_a_large_room():
    with Server("--rate", "0", web=True) as server, web.Page(server) as page:
        bob = server.named("bob")
        others = [server.client() for _ in range(120)]
        for c in others[:20]:  # as it is too large still, nobody is told
            c.close()
        others[-1].send("hello")
        lines = bob.until(f"{others[-1].name}: hello")
        # The page is the first, bob the second, and from the 101st on nobody is told.
        assert lines == [f"* {c.name} joined #general" for c in others[:98]], lines
        names = {page.until("joined")["nick"] for _ in range(99)}  # bob, too
        assert names == {c.name for c in others[:98]} | {"guest-2"}, names
        assert not [m for m in page.settle() if m["type"] in ("joined", "left")]


def test_comings_and_goings_are_few_lines_and_then_a_number():
    with Server("--rate", "0") as server:
        bob, hopper = server.named("bob"), server.client()
        bob.join("tea")
        start = time.monotonic()
        for _ in range(200):
            hopper.join("tea")
            hopper.join("general")
        hopper.join("tea")
        hopper.send("here I am")
        lines = bob.until(f"{hopper.name}: here I am")
        few = 128 + time.monotonic() - start + 1
        single = [line for line in lines if line.startswith(f"* {hopper.name} ")]
        told = [re.fullmatch(r"\* (\d+) others joined and (\d+) left #tea", line) for line in lines]
        told = [(int(m[1]), int(m[2])) for m in told if m]
        assert told and len(single) <= few, (told, len(single), few)
        assert len(single) + sum(a + b for a, b in told) == 401, (told, len(single))


if __name__ == "__main__":
    chat.main()
