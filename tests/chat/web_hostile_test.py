# SPDX-License-Identifier: MIT
"""Pages that do what no page should: the others do not notice, and nothing is left of them."""
import contextlib
import os
import re
import resource
import select
import signal
import socket
import sys
import tempfile
import time

import chat
from chat import Server, passes
from web import Closed, Page, ask, number, until_number


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_reader_that_never_reads_is_let_go_and_loses_nothing_when_it_comes_back():
    lines, line, at_once = 2500, "x" * 4000, 250
    with Server("--rate", "0", "--history", "10000", web=True) as server, \
            Page(server, {"nick": "bob"}) as bob:
        deaf = Page(server, {"nick": "deaf"}, receive_bytes=4096)
        ann = server.client()
        got = []
        for begun in range(0, lines, at_once):  # 1 MB at once, which the page's queue has room for
            for n in range(at_once):
                ann.send(f"{begun + n} {line}")
            got.extend(bob.texts(at_once))
        assert [number for number, _ in got] == list(range(1, lines + 1)), len(got)
        assert ann.settle() == []  # nobody has left
        until_number(server, "chat_pages", 1)  # its queue was full, or, on a busy machine, it has read nothing for too long
        with Page(server, {"session": deaf.session, "nick": "", "rooms": [("general", 0)]}) as back:
            assert back.name == "deaf"
            numbers = [n for n, _ in back.texts(lines)]
            assert numbers == list(range(1, lines + 1)), len(numbers)
        deaf.close()


def test_page_that_floods_is_told_and_the_others_do_not_notice():
    with Server("--rate", "10", web=True) as server, Page(server, {"nick": "bob"}) as bob, \
            Page(server, {"nick": "eve"}) as eve:
        bob.expect("joined", nick="eve")
        begin = time.monotonic()
        for n in range(300):
            eve.send(type="say", room="general", text=f"{n}", ref=f"r{n}")
        replies = eve.settle()
        said = [m for m in replies if m["type"] == "message"]
        refused = [m for m in replies if m["type"] == "error"]
        assert len(said) in passes(100, 10, begin) and {m["code"] for m in refused} == {"too_fast"}, replies
        assert len(said) + len(refused) == 300
        assert bob.texts(len(said)) == [(m["number"], m["text"]) for m in said]
        bob.say("all is well")
        for kind in "members", "history", "rooms", "direct", "nick":  # these cost, too
            eve.send(type=kind, room="general", to="bob", text="x", nick="eva", limit=1)
        codes = {m.get("code") for m in eve.settle() if m["type"] == "error"}
        assert codes <= {"too_fast"}, codes


def test_page_that_comes_and_goes_all_the_time_is_told_and_the_room_hears_little_of_it():
    with Server("--rate", "1", web=True) as server, Page(server, {"nick": "bob"}) as bob, \
            Page(server, {"nick": "eve", "rooms": ["tea"]}) as eve:
        begin = time.monotonic()
        for _ in range(300):
            eve.send(type="join", room="general")
            eve.send(type="leave", room="general")
        told = eve.settle()
        codes = {m["code"] for m in told if m["type"] == "error"}
        assert codes == {"too_fast", "not_in_room"}, codes
        came = [m["type"] for m in told if m["type"] != "error" and m.get("room") == "general"]
        assert came.count("joined") in passes(100, 1, begin), came.count("joined")
        heard = [m["type"] for m in bob.settle()]
        assert heard.count("left") == heard.count("joined") == came.count("joined"), (heard, came)


def test_people_of_one_address_may_say_as_much_as_ten_and_others_pass():
    with Server("--rate", "1", web=True) as server:
        said, codes, begin = 0, [], time.monotonic()
        while not codes:  # each page says as much as one person may at once
            with Page(server, {"rooms": ["tea"]}) as page:
                for i in range(100):
                    page.send(type="say", room="tea", text="x", ref=f"{i}")
                told = page.settle()
            said += len([m for m in told if m["type"] == "message" and "ref" in m])
            codes = [m["code"] for m in told if m["type"] == "error"]
            assert said <= passes(1000, 10, begin)[-1], said
        assert said in passes(1000, 10, begin) and set(codes) == {"too_fast"}, (said, codes)
        with Page(server, source="127.0.0.2") as other:
            other.say("all is well")


def unsent(port):
    """The most bytes that the kernel holds for a peer of that port of the server."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [row.split() for row in table]
    return max(int(row[4].split(":")[0], 16) for row in rows[1:] if row[1].endswith(f":{port:04X}"))


def test_peer_that_does_not_read_holds_little_of_the_kernel_s_memory():
    with Server("--rate", "0", "--history", "1", web=True) as server, Page(server) as bob:
        page = Page(server, receive_bytes=4096)
        terminal = chat.Client(server, receive_bytes=4096)
        for _ in range(600):
            bob.say("x" * 4000)
        for port in server.web[1], server.address[1]:
            held = chat.until("bytes for who does not read", lambda p=port: unsent(p), lambda seen: seen > 10000)
            assert held < 600 << 10, held
        terminal.close()
        page.close()


def test_hello_with_a_wrong_member_is_refused_with_the_reason_which_is_logged():
    with Server("--log", "info", web=True) as server:
        for hello, why in (({"nick": 7}, "nick"), ({"rooms": "tea"}, "rooms"),
                           ({"rooms": [{"room": "tea", "after": "x"}]}, "after"),
                           ({"session": "short"}, "session"), ({"type": "say"}, "no hello")):
            with Page(server, hello=None) as page:
                page.send(**{"type": "hello", **hello})
                try:
                    page.receive()
                    raise AssertionError("it was not refused")
                except Closed as closed:
                    end = closed
                assert end.code == 1008 and why in end.reason, end
                said = end.reason.removeprefix("no hello: ")[:40]
                chat.until(f"{said!r} in the log", server.errors, lambda log: said in log.replace('\\"', '"'))


def test_flood_of_requests_is_not_read_on_while_the_replies_are_not_read():
    with Server("--rate", "0", web=True, counted=True) as server, Page(server, {"nick": "bob"}) as bob:
        for n in range(20):
            bob.say("x" * 4000)
        server.held.begin()
        eve = Page(server, {"rooms": ["tea"]}, receive_bytes=4096)
        eve.send(type="join", room="general")
        for _ in range(200):  # 16 MB of replies
            eve.send(type="history", room="general", limit=200)
        bob.say("all is well")
        assert server.held.grown() < 2 << 20, server.held.grown()
        for _ in range(200):
            assert len(eve.until("history")["messages"]) >= 20
        eve.close()


PLACES = 16  # TURN_PAGES
DEAF_N = 60


def asked_by_http(server, _):
    """A client that asks for the past and takes no more than the begin of the response, which it returns, too."""
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.settimeout(chat.WAIT)
    deaf.connect(server.web)
    deaf.sendall(b"GET /api/rooms/general/messages?limit=200 HTTP/1.1\r\nhost: localhost\r\n\r\n")
    return deaf


def asked_by_page(server, last):
    deaf = Page(server, {"rooms": [("general", last)]}, receive_bytes=4096)
    deaf.send(type="history", room="general", limit=200)
    return deaf.socket


def has_come(deaf, texts):
    """Which of the texts comes first; nothing behind it is read."""
    seen = b""
    while not (found := [text for text in texts if text in seen]):
        data = deaf.recv(64)
        assert data, seen
        seen += data
    return found[0]


def test_pages_of_the_past_that_are_not_taken_are_bounded_for_each_address():
    for ask_for, given, refused in ((asked_by_http, b"HTTP/1.1 200", b"HTTP/1.1 429"),
                                    (asked_by_page, b'"type":"history"', b'"code":"try_later"')):
        with Server("--rate", "0", "--history", "200", web=True, counted=True) as server, \
                Page(server, {"nick": "ann"}) as ann, contextlib.ExitStack() as end:
            for _ in range(200):
                last = ann.say('"' * 4000)["number"]  # a page of these has 1.6 MB
            server.held.begin()
            deaf = [end.enter_context(contextlib.closing(ask_for(server, last))) for _ in range(DEAF_N)]
            came = [has_come(one, (given, refused)) for one in deaf]
            # One that is refused has waited for 2 s, in which nobody takes its page.
            assert PLACES <= came.count(given) < DEAF_N, came
            assert server.held.grown() < PLACES * (2 << 20) + (8 << 20), server.held.grown()
            assert ask(server, "GET", "/api/rooms/general/messages?limit=1", source="127.0.0.2")[0] == 200
            deaf[came.index(given)].close()
            taken = lambda: ask(server, "GET", "/api/rooms/general/messages?limit=1")[0]
            chat.until("a free place", taken, lambda seen: seen == 200)


def test_pages_of_other_origins_are_refused():
    with Server(web=True) as server:
        own = f"http://{server.web[0]}:{server.web[1]}"
        for origin, status in (own, 101), (None, 101), ("http://evil.example", 403), ("null", 403), \
                (f"http://{server.web[0]}", 403), (own + ".evil.example", 403):
            with Page(server, hello=None, origin=origin) as page:
                assert page.status == status, origin


def status_of(server, host, path="/api/rooms"):
    return ask(server, "GET", path, host=host)[0]


def test_page_of_a_stranger_whose_name_resolves_to_this_machine_is_refused():
    strange = ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example",
               "evil-localhost", "127.1.example", "chat.example")
    with Server(web=True) as server:
        for host in strange:
            for path in "/", "/api/rooms", "/api/rooms/general/messages", "/metrics", "/nowhere":
                assert status_of(server, host, path) == 421, (host, path)
            for origin in None, f"http://{host}":
                with Page(server, hello=None, host=host, origin=origin) as page:
                    assert page.status == 421, (host, page.status)
        assert ask(server, "POST", "/api/rooms/general/messages", {"nick": "x", "text": "x"},
                   host="evil.example")[0] == 421
        assert status_of(server, "127.0.0.1", "http://evil.example/api/rooms") == 421
        for host in "localhost", "LocalHost:8080", "chat.localhost", "127.0.0.1", "127.0.0.1:1", "[::1]", \
                "[::1]:1", "192.0.2.1":
            assert status_of(server, host) == 200, host
    with Server("--host", "chat.example", "--host", "chat.lan", "--origin", "https://page.example",
                web="0.0.0.0") as server:
        for host in "chat.example", "Chat.Example:8080", "chat.lan", "page.example", "localhost", "10.0.0.1":
            assert status_of(server, host) == 200, host
        for host in "evil.example", "a.chat.example", "chat.example.evil":
            assert status_of(server, host) == 421, host
    with Server(web="0.0.0.0") as server:  # it was not told its names
        assert status_of(server, "chat.example") == 200


def test_pages_of_origins_that_were_named_may_use_the_chat():
    path, said = "/api/rooms/general/messages", {"nick": "x", "text": "x"}
    with Server("--origin", "https://page.example", "--origin", "http://b.example:81", web=True) as server:
        for origin, status in ("https://page.example", 101), ("http://b.example:81", 101), \
                ("http://page.example", 403), ("https://evil.example", 403), ("http://b.example", 403):
            with Page(server, hello=None, origin=origin) as page:
                assert page.status == status, origin
            posted = ask(server, "POST", path, said, origin=origin, sec_fetch_site="cross-site")[0]
            assert posted == (201 if status == 101 else 403), (origin, posted)
            posted = ask(server, "POST", path, said, origin=origin)[0]  # of an old browser
            assert posted == (201 if status == 101 else 403), (origin, posted)


def test_behind_a_proxy_each_client_is_counted_by_its_own_address():
    def statuses(options, pages):
        with Server("--per-address", "1", *options, web=True) as server, contextlib.ExitStack() as all:
            return [all.enter_context(Page(server, hello=None, **page)).status for page in pages]

    def tells(field, *values):
        return [{field: value} for value in values]

    trust = ("--trust-proxy", "10.0.0.0/8", "--trust-proxy", "127.0.0.1")
    tell = tells("x_forwarded_for", "192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3, 192.0.2.1",
                 "192.0.2.1, 10.1.2.3", "192.0.2.4", "2001:db8::1", "2001:db8::2")
    assert statuses(trust, tell) == [101, 101, 429, 429, 429, 101, 101, 429]
    assert statuses(("--trust-proxy", "10.0.0.0/8"), tell) == [101] + [429] * 7
    assert statuses((), tell) == [101] + [429] * 7
    tell = tells("forwarded", "for=192.0.2.1", 'for="192.0.2.2:4711"', "for=192.0.2.1")
    assert statuses((*trust, "--proxy-field", "forwarded"), tell) == [101, 101, 429]
    assert statuses(trust, tell) == [101, 429, 429]  # the other field is the client's
    tell = tells("before", *[f"PROXY TCP4 192.0.2.{n} 127.0.0.1 4711 80\r\n" for n in (1, 2, 1)])
    assert statuses(trust, tell) == [101, 101, 429]
    assert statuses((), tell) == [400] * 3
    many = tells("x_forwarded_for", *[f"192.0.{n // 250}.{n % 250}" for n in range(300)])
    assert statuses(trust, many) == [101] * 300  # a proxy has as many connections as it needs


def test_faulty_names_of_hosts_origins_and_proxies_are_refused_at_the_start():
    for option, value in ("--host", "chat.example:80"), ("--host", ""), ("--origin", "chat.example"), \
            ("--origin", "https://chat.example/"), ("--origin", "null"), ("--trust-proxy", "proxy"), \
            ("--trust-proxy", "10.0.0.0/33"), ("--proxy-field", "x-real-ip"):
        status, _, said = chat.run(option, value)
        assert status == 2 and option in said and "must be" in said, (option, value, status, said)


def test_page_that_reconnects_in_a_loop_leaves_nothing_behind():
    with Server(web=True) as server, Page(server, {"nick": "bob"}) as bob:
        before = descriptors(server)
        tab = Page(server, {"nick": "tab"})
        for n in range(200):
            tab.reset() if n % 2 else tab.close()
            tab = Page(server, {"session": tab.session if n % 10 else "", "rooms": ["general"]})
        tab.close()
        for _ in range(50):
            Page(server, hello=None).reset()
        until_number(server, "chat_pages", 1)  # the end of all
        chat.until("the close of all", lambda: descriptors(server), lambda seen: seen <= before)
        assert number(server, "chat_people_web") == 2 + 20  # held for a minute
        bob.send(type="members", room="general")
        assert len(bob.until("members")["nicks"]) == 22


def test_messages_that_break_the_protocol_end_the_connection_with_its_code():
    with Server("--max-line", "100", web=True) as server, Page(server) as bob:
        rows = [(0x82, b'{"type":"rooms"}', 1003), (0x81, b"x" * 5000, 1009), (0x81, b"\xff", 1007),
                (0x83, b"", 1002), (0xc1, b"{}", 1002)]
        for first_byte, payload, code in rows:
            with Page(server) as page:
                page.frame(first_byte, payload)
                assert page.closed() == code, (first_byte, payload)
        with Page(server) as page:
            page.raw(b"\x81\xff" + b"\x3f" + b"\xff" * 7 + b"\0" * 4)  # 2^62 bytes are to follow
            assert page.closed() == 1009
        with Page(server) as page:
            page.raw(b"\x81\x02{}")  # not masked
            assert page.closed() == 1002
        for first in "", "{}", '{"type":"say"}', '{"type":"hello","session":"short"}', \
                '{"type":"hello","session":"%s"}' % ("a b" * 10), \
                '{"type":"hello","rooms":[%s]}' % ",".join(['{"room":"a"}'] * 33):
            with Page(server, hello=None) as page:
                page.text(first)
                assert page.closed() == 1008, first
        bob.say("all is well")


def test_page_that_comes_back_all_the_time_reads_the_store_as_often_as_it_may_speak():
    with tempfile.TemporaryDirectory() as folder, \
            Server("--db", os.path.join(folder, "chat.db"), "--history", "1", "--rate", "1",
                   web=True) as server:
        with Page(server) as ann:
            first, *others = [ann.say(text)["number"] for text in ("one", "two", "three")]
        page, reads, begin = Page(server), 0, time.monotonic()
        while True:
            again = Page(server, None)
            again.hello(session=page.session, rooms=[("general", first)])
            while (came := again.receive())["type"] == "rooms":
                pass
            page.close()
            page = again
            if came["type"] == "lagged":
                break
            assert (came["type"], came["number"]) == ("message", others[0]), came
            reads += 1
            assert reads <= passes(100, 1, begin)[-1], reads
        assert came["missed"] == 1, came
        assert page.until("message")["number"] == others[1]  # which the room has
        assert reads in passes(100, 1, begin), reads
        page.send(type="history", room="general", before=0, limit=10)
        assert page.fault() == "too_fast"
        page.close()


def test_sockets_that_never_finish_their_handshake_or_say_hello_hinder_nobody():
    with Server(web=True) as server, Page(server) as bob:
        before = descriptors(server)
        halves = [socket.create_connection(server.web) for _ in range(200)]
        for n, half in enumerate(halves):
            half.sendall(b"GET /ws HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\n"[:10 + n % 40])
        silent = [Page(server, hello=None) for _ in range(20)]
        bob.say("all is well")
        with Page(server, {"nick": "ann"}) as ann:
            ann.say("quite")
        if Server.threads == "1":  # once will do: it takes as long as a page may be silent
            assert {page.closed() for page in silent} == {1008}
        for half in halves + silent:
            half.close()
        chat.until("the close of all", lambda: descriptors(server), lambda seen: seen <= before)


def greeting(server):
    """The first line that a new terminal is sent."""
    with contextlib.closing(chat.Client(server)) as client:
        return client.line()


def test_terminals_and_pages_of_one_address_are_bounded_together():
    full = "* error: too many connections"
    with Server("--per-address", "3", web=True) as server, Page(server, {"nick": "ann"}) as ann:
        clients = [server.client() for _ in range(2)]
        extra = chat.Client(server)
        assert extra.line() == full
        extra.end()
        with Page(server, hello=None) as one_more:
            assert one_more.status == 429
        other = chat.Client(server, source="127.0.0.2")
        assert other.line().startswith("* you are guest-")
        other.close()
        clients[0].send("/quit")
        clients[0].rest()
        greeted = chat.until("the first not to be counted", lambda: greeting(server), lambda seen: seen != full)
        assert greeted.startswith("* you are guest-"), greeted
        ann.say("all is well")


def test_terminals_of_one_address_come_as_often_as_pages_and_others_besides():
    full = "* error: too many connections"
    with Server("--per-address", "5000") as server:
        came, begin, last = 0, time.monotonic(), ""
        while last != full:
            assert came <= passes(1000, 100, begin)[-1], came
            with contextlib.closing(chat.Client(server)) as one:
                last = one.line()
            came += last != full
        assert came in passes(1000, 100, begin), came
        with contextlib.closing(chat.Client(server, source="127.0.0.2")) as other:
            assert other.line() != full


def test_numbers_are_printed_for_one_address_some_times_a_second_and_for_others_besides():
    with Server(web=True) as server:
        got, begin = [], time.monotonic()
        while 429 not in got:
            assert len(got) <= passes(100, 10, begin)[-1], len(got)
            status, headers, _ = ask(server, "GET", "/metrics")
            got.append(status)
        assert got[:-1] == [200] * (len(got) - 1) and len(got) - 1 in passes(100, 10, begin), got
        assert int(headers["retry-after"]) >= 1, headers
        assert ask(server, "GET", "/metrics", source="127.0.0.2")[0] == 200
        assert ask(server, "GET", "/readyz")[0] == 200  # which balancers ask for


@contextlib.contextmanager
def descriptors_up_to(n):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, n)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_of_one_address_are_bounded_and_others_pass():
    with descriptors_up_to(4096), Server(web=True) as server:
        pages = [Page(server, hello=None) for _ in range(1000)]
        assert {page.status for page in pages} == {101}
        before = descriptors(server)
        with Page(server, hello=None) as one_more:
            assert one_more.status == 429
        chat.until("the close of one more", lambda: descriptors(server), lambda seen: seen == before)
        # What asks for the numbers is a connection, too, so it comes from elsewhere.
        until_number(server, "edo_http_connections", 1000 + 1, source="127.0.0.2")
        others = [socket.create_connection(server.web, chat.WAIT) for _ in range(300)]  # these count, too
        ends = select.poll()  # which ones end is the acceptors' order
        for other in others:
            ends.register(other, select.POLLIN)
        chat.until("the end of those beyond the bound", lambda: len(ends.poll(0)), lambda seen: seen >= 44)
        until_number(server, "edo_http_connections", 1000 + 256 + 1, source="127.0.0.2")  # all have been accepted
        assert len(ends.poll(0)) == 44
        with Page(server, {"nick": "ann"}, source="127.0.0.2") as other:
            other.say("all is well")
        for connection in pages + others:
            connection.close()
        until_number(server, "chat_pages", 0, source="127.0.0.2")


def test_nothing_that_clients_send_can_forge_or_colour_a_line_of_the_log():
    with Server("--log", "debug", web=True) as server, Page(server) as ann:
        evil = "\n2026-01-01T00:00:00Z ERROR forged \x1b[31mred"
        ann.send(type="nick", nick=evil)
        ann.send(type="join", room=evil)
        ann.send(type="say", room="general", text=evil)
        ann.send(type=evil)
        ann.settle()
        for target in "/%0a%1b[31m", "/api/rooms/%0aERROR%20forged/messages", "/ws?\x7f":
            raw = socket.create_connection(server.web, chat.WAIT)
            raw.sendall(f"GET {target} HTTP/1.1\r\nhost: x\r\nuser-agent: \x1b[31m\r\n\r\n".encode())
            raw.recv(4096)
            raw.close()
        ask(server, "POST", "/api/rooms/general/messages", {"nick": evil, "text": evil})
        log = server.errors()
        assert "\x1b" not in log, log
        assert all(re.match(r"\d{4}-\d\d-\d\dT", line) for line in log.splitlines()), log
        assert "Z ERROR forged" not in log, log


def ended_as_it_says(server):
    """Waits for the end. A machine that is busy gives it nothing for longer than it waits for pages: then the status says
    so, and standard error."""
    server.status = server.ended()
    is_late = 'the part "web": connections have not ended in time' in server.errors()
    assert server.status == is_late, (server.status, server.errors())


def test_stop_tells_pages_and_terminals_and_is_bounded():
    with Server(web=True) as server:
        pages = [Page(server, {"nick": f"p{n}"}) for n in range(5)]
        deaf = Page(server, receive_bytes=4096)
        terminal = server.client()
        half = socket.create_connection(server.web)
        half.sendall(b"GET / HT")
        server.stop(signal.SIGTERM)
        assert {page.closed() for page in pages} == {1001}
        assert terminal.rest()[-1] == "* server shutting down"
        ended_as_it_says(server)  # in spite of those who say and read nothing
        for connection in *pages, deaf, half:
            connection.close()


def stop_on_a_busy_machine(server, pages, stops_n):
    """Pages do not reply to the close, and the server is stopped so often, for 0.35 s each: those who are to reply have 0.5 s."""
    many = [pages.enter_context(Page(server, source=f"127.0.0.{2 + n // 900}")) for n in range(300 if chat.TSAN else 1100)]
    server.stop(signal.SIGTERM)
    many[0].until_close()
    for _ in range(stops_n):
        server.process.send_signal(signal.SIGSTOP)  # unless it has ended
        time.sleep(0.35)
        server.process.send_signal(signal.SIGCONT)
        time.sleep(0.001)


def test_end_that_pages_make_too_long_is_no_crash_and_the_status_says_so():
    with descriptors_up_to(4096), Server(web=True) as server, contextlib.ExitStack() as pages:
        stop_on_a_busy_machine(server, pages, 9)
        ended_as_it_says(server)


def test_end_has_more_time_where_there_may_be_more_pages_that_do_not_reply_to_the_close():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < 16384:  # the time is that of the places that descriptors allow
        print(f"skipped: at most {hard} descriptors are allowed, and 16384 are needed")
        sys.exit(77)
    with descriptors_up_to(16384), Server(web=True) as server, contextlib.ExitStack() as pages:
        stop_on_a_busy_machine(server, pages, 6)


if __name__ == "__main__":
    chat.main()
