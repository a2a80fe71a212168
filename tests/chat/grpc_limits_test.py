# SPDX-License-Identifier: MIT
"""What limits the clients of the chat's gRPC, how their calls end, and what stays of those who are gone."""
import contextlib
import time

import chat
from chat import Server
from streams import OPTIONS, TYPES, Door, Stream, grpc, peers, request, same
from web import Closed, Page, number, until_number
from web_tls_test import Pair

CODE = grpc.StatusCode
FIXED = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 4096)]  # the window of what is not read stays


def test_more_than_a_burst_is_refused_and_the_conversation_stays():
    with Server(*OPTIONS) as server, Stream(server, dict(nick="sam")) as stream:
        start = time.monotonic()
        for n in range(300):
            stream.send("say", room="general", text=str(n), ref=f"r{n}")
        stream.send("got", number=0)  # it counts nothing, and shows that the conversation goes on
        passed, faults = [], []
        while len(passed) + len(faults) < 300:
            kind, what = stream.receive()
            passed += [what.text] if kind == "message" else []
            faults += [what] if kind == "error" else []
        assert len(passed) in chat.passes(100, 20, start), len(passed)
        same(passed[:100], [str(n) for n in range(100)])
        same({(e.code, bool(e.ref)) for e in faults}, {("too_fast", True)})
        end = time.monotonic() + chat.WAIT
        stream.send("say", room="general", text="later", ref="later")
        while (event := stream.receive())[0] != "message":
            assert event[0] != "error" or time.monotonic() < end, event
            if event[0] == "error":
                stream.send("say", room="general", text="later", ref="later")


def test_calls_of_one_address_are_limited_too():
    with Server(*OPTIONS, "--rate", "1") as server, Door(server) as door:
        start, passed = time.monotonic(), 0
        with contextlib.suppress(grpc.RpcError):
            while time.monotonic() < start + chat.WAIT:
                door.rooms()
                passed += 1
        assert passed in chat.passes(100, 1, start), passed
        e = peers.raises(CODE.RESOURCE_EXHAUSTED, lambda: [door.history(room="general") for _ in range(100)])
        same(e.details(), "too fast: wait a moment")


def test_text_that_is_too_long_is_an_error_and_a_message_that_is_ends_the_call():
    with Server(*OPTIONS, "--max-line", "10") as server:
        with Stream(server, dict(nick="sam")) as stream:
            same(stream.say("x" * 10).text, "x" * 10)
            stream.send("say", room="general", text="x" * 11, ref="r1")
            same(stream.fault(), "too_long")
            for wrong in "", "\x1b[2J":
                stream.send("say", room="general", text=wrong, ref="r2")
                same(stream.fault(), "bad_text")
            stream.send("say", room="general", text="x" * 5000)
            same(stream.status()[0], CODE.RESOURCE_EXHAUSTED)
        with Stream(server) as other:
            other.say("still here")


def test_what_is_wrong_is_told_with_a_code_and_the_conversation_stays():
    with Server(*OPTIONS) as server, Stream(server, dict(nick="sam")) as stream:
        wrong = [("say", dict(room="elsewhere", text="x"), "not_in_room"), ("join", dict(room="no room"), "bad_room"),
                 ("nick", dict(nick="no: nick"), "bad_nick"), ("nick", dict(nick="server"), "nick_reserved"),
                 ("say", dict(room="general", text="x", ref="r" * 65), "bad_message"),
                 ("say", dict(room="general", text="x", ref="a b"), "bad_message"), ("hello", {}, "bad_message")]
        for kind, fields, code in wrong:
            stream.send(kind, **fields)
            same((kind, stream.fault()), (kind, code))
        stream.sent.put(TYPES["chat.v1.Request"]())  # of a kind that this server does not know
        same(stream.fault(), "bad_message")
        stream.say("still here")


def test_a_conversation_begins_with_a_hello():
    with Server(*OPTIONS) as server, Door(server) as door:
        firsts = [(request("say", room="general", text="x"), "first message is no hello"),
                  (request("hello", session="short"), "session"), (request("hello", session="!" * 30), "session"),
                  (request("hello", rooms=[TYPES["chat.v1.Join"](room="a")] * 33), "rooms")]
        for first, why in firsts:
            with Stream(server, None, door) as stream:
                stream.sent.put(first)
                code, details = stream.status()
                same(code, CODE.INVALID_ARGUMENT)
                assert details.startswith("no hello: ") and why in details, details
        with Stream(server, None, door) as stream:
            stream.end()
            same(stream.status()[0], CODE.OK)
        with Stream(server, None, door) as stream:
            same(stream.status(), (CODE.DEADLINE_EXCEEDED, "no hello came"))


def test_bytes_that_are_no_message_end_the_call():
    with Server(*OPTIONS) as server, Door(server) as door:
        raw = door.channel.stream_stream("/chat.v1.Chat/Talk", request_serializer=bytes, response_deserializer=bytes)
        for first in b"\x0a\xff", b"\xff", b"\x0a\x03\x12\x01\xff":  # cut off, no tag, no UTF-8
            call = raw(iter([first]), timeout=chat.WAIT)
            with contextlib.suppress(grpc.RpcError):
                list(call)
            same(call.code(), CODE.INTERNAL)
        with Stream(server, dict(nick="sam"), door) as stream:
            stream.say("still here")


def test_an_address_has_so_many_places_for_pages_and_streams_together():
    with Server(*OPTIONS, "--per-address", "2", web=True) as server, Door(server) as door:
        first, page = Stream(server, dict(nick="sam"), door), Page(server, {"nick": "pat"})
        with Stream(server, None, door) as refused:
            same(refused.status(), (CODE.RESOURCE_EXHAUSTED, "too many connections"))
        same(Page(server, None).status, 429)
        first.close()
        until_number(server, "chat_streams", 0)
        with Stream(server, None, door) as again:
            again.hello()
        page.close()


def test_a_client_that_stops_reading_is_let_go_and_comes_back_for_the_rest():
    with Server(*OPTIONS, "--rate", "0", web=True, counted=True) as server, Stream(server, dict(nick="ann")) as ann:
        for _ in range(200):  # so that the past is full
            ann.say("x" * 4000)
        with Stream(server, dict(nick="sam"), options=FIXED) as stream:
            last, session = stream.say("here").number, stream.session
            ann.until("message", text="here")
            server.held.begin()
            for n in range(1400):  # more than its outbox has room for
                ann.say(f"{n} " + "x" * 4000)
            until_number(server, "chat_pages_full_total", 1)
            assert server.held.grown() < 6 << 20, server.held.grown()
            until_number(server, "chat_streams", 1)
            code, _ = stream.status()
            assert code in (CODE.RESOURCE_EXHAUSTED, CODE.INTERNAL), code  # a reset, if a message was cut
        with Stream(server, None) as back:
            back.send("hello", session=session, rooms=[TYPES["chat.v1.Join"](room="general", after=last)])
            same(back.until("welcome").nick, "sam")
            lagged = back.until("lagged")
            same((lagged.after, lagged.missed), (last, 1350))
            same([back.until("message").number for _ in range(50)], list(range(last + 1351, last + 1401)))


def test_flood_of_requests_is_not_read_on_while_the_replies_are_not_read():
    with Server(*OPTIONS, "--rate", "0", counted=True) as server, Stream(server, dict(nick="bob")) as bob:
        for _ in range(20):
            bob.say("x" * 4000)
        server.held.begin()
        with Stream(server, options=FIXED) as eve:
            for _ in range(200):  # 16 MB of replies
                eve.send("history", room="general", limit=200)
            bob.say("all is well")
            assert server.held.grown() < 2 << 20, server.held.grown()
            for _ in range(200):
                assert len(eve.until("history").messages) >= 20


def test_a_connection_that_is_reset_leaves_its_person_for_a_while():
    with Server(*OPTIONS, web=True) as server, Page(server, {"nick": "pat"}) as page:
        stream = Stream(server, dict(nick="sam"))
        page.until("joined", nick="sam")
        session = stream.session
        stream.close()
        until_number(server, "chat_streams", 0)
        same(number(server, "chat_people_web"), 2)
        with Stream(server, dict(session=session)) as back:
            same(back.name, "sam")
            back.say("back")
        same([m["type"] for m in page.settle()], ["message"])  # nobody has left or come


def test_a_session_goes_to_the_newer_connection_at_either_door():
    with Server(*OPTIONS, web=True) as server:
        with Stream(server, dict(nick="sam")) as first, Page(server, {"session": first.session}) as page:
            same(page.name, "sam")
            same(first.status(), (CODE.ABORTED, "this session is used by another connection"))
            with Stream(server, dict(session=first.session)) as again:
                same(again.name, "sam")
                same(page.closed(), 4001)
                again.say("here")


def test_sigterm_tells_all_and_what_was_said_comes_before_the_end():
    with Server(*OPTIONS, web=True) as server:
        line, page = server.named("lea"), Page(server, {"nick": "pat"})
        stream, silent, idle = Stream(server, dict(nick="sam")), Stream(server, None), Door(server)
        idle.rooms()
        for n in range(50):
            line.send(f"last {n}")
        line.reached()
        server.stop()
        for n in range(50):
            stream.until("message", text=f"last {n}")
        same(stream.status(), (CODE.UNAVAILABLE, "the server ends"))
        same(silent.status()[0], CODE.UNAVAILABLE)
        with contextlib.suppress(Closed):
            while True:
                page.receive()
        same(server.ended(), 0)
        for one in stream, silent, idle, page:
            one.close()


def test_grpc_comes_by_tls_with_the_certificate_of_the_pages():
    pair = Pair()
    with open(pair.cert, "rb") as cert:
        trust = grpc.ssl_channel_credentials(cert.read())
    with Server(*OPTIONS, *pair.options, web=True) as server, Stream(server, dict(nick="sam"), tls=trust) as stream:
        stream.say("hello")


def test_grpc_is_http_2_and_nothing_else():
    with Server(*OPTIONS) as server:
        server.web = server.grpc
        import web
        same(web.ask(server, "GET", "/")[0], 404)
        same(web.ask(server, "POST", "/chat.v1.Chat/ListRooms", b"", content_type="application/json")[0], 415)
        same(web.ask(server, "POST", "/chat.v1.Chat/ListRooms", b"", content_type="application/grpc")[0], 505)


if __name__ == "__main__":
    chat.main()
