# SPDX-License-Identifier: MIT
"""The chat by gRPC is in the same rooms as terminals and pages: what is said, who comes and goes, what is told to one person alone,
and what somebody gets who comes back."""
import os
import tempfile

import chat
import over
from chat import Server
from streams import OPTIONS, TYPES, Door, Stream, grpc, peers, same
from web import Closed, Page, number


def numbers_of(events):
    return [what.number for kind, what in events if kind == "message"]


def test_all_three_doors_hear_who_comes_what_is_said_and_who_goes():
    with Server(*OPTIONS, web=True) as server, Page(server, {"nick": "pat"}) as page:
        line = server.named("lea")
        with Stream(server, dict(nick="sam")) as stream:
            line.until("* sam joined #general")
            page.until("joined", nick="sam")
            own = stream.say("by gRPC")
            same((getattr(own, "from"), own.text, own.action), ("sam", "by gRPC", False))
            line.until("sam: by gRPC")
            same(page.until("message", text="by gRPC")["from"], "sam")
            line.send("by lines")
            heard = stream.until("message", text="by lines")
            same((getattr(heard, "from"), heard.number, heard.ref), ("lea", own.number + 1, ""))
            page.say("by the page")
            stream.until("message", text="by the page")
            stream.send("say", room="general", text="waves", action=True)
            line.until("- sam waves")
            line.send("/nick lee")
            same(stream.until("renamed", to="lee").room, "general")
            line.send("/quit")
            stream.until("left", nick="lee")
            stream.send("nick", nick="sue")
            page.until("renamed", **{"from": "sam", "to": "sue"})
            stream.send("leave", room="general")
            page.until("left", nick="sue")
            stream.until("left", nick="sue")


def test_rooms_are_joined_listed_and_left():
    with Server(*OPTIONS, web=True) as server, Page(server, {"nick": "pat", "rooms": ["tea"]}) as page:
        with Stream(server, dict(nick="sam", rooms=["tea", "ops"])) as stream:
            stream.send("join", room="cafe")
            joined = stream.until("joined", room="cafe")
            same((joined.nick, joined.members, joined.last), ("sam", 1, 0))
            stream.send("members", room="tea")
            same(list(stream.until("members").nicks), ["pat", "sam"])
            stream.send("rooms")
            same({r.room: r.members for r in stream.until("rooms").rooms}, {"tea": 2, "ops": 1, "cafe": 1})
            page.send(type="typing", room="tea")
            same(stream.until("typing").nick, "pat")
            stream.send("typing", room="tea")
            page.until("typing", nick="sam", room="tea")


def test_direct_messages_go_between_all_doors():
    with Server(*OPTIONS, web=True) as server, Page(server, {"nick": "pat"}) as page:
        line = server.named("lea")
        with Stream(server, dict(nick="sam")) as stream:
            stream.send("direct", to="lea", text="psst", ref="d1")
            own = stream.until("direct", ref="d1")
            same((own.to, own.number), ("lea", 0))  # the number is hers
            line.until("sam -> you: psst")
            stream.send("direct", to="pat", text="psst", ref="d2")
            same(page.until("direct")["from"], "sam")
            line.send("/msg sam one")
            first = stream.until("direct", text="one")
            page.send(type="direct", to="sam", text="two")
            second = stream.until("direct", text="two")
            assert 0 < first.number < second.number, (first, second)
            stream.send("direct", to="pat", to_id=second.from_id, text="by id")
            page.until("direct", text="by id")
            stream.send("direct", to="nobody-here", text="psst")
            same(stream.fault(), "nobody")


def test_what_is_told_to_one_alone_comes_again_until_it_is_acknowledged():
    with Server(*OPTIONS, web=True) as server, Page(server, {"nick": "pat"}) as page:
        with Stream(server, dict(nick="sam", told=0)) as stream:
            session = stream.session
            page.send(type="direct", to="sam", text="one", ref="d1")
            page.until("direct", ref="d1")
            one = stream.until("direct").number
            stream.send("got", number=one)
            page.send(type="direct", to="sam", text="two", ref="d2")
            two = stream.until("direct").number
            stream.settle()
        chat.until("that sam is away", lambda: number(server, "chat_streams"), lambda n: n == 0)
        page.send(type="direct", to="sam", text="three", ref="d3")
        page.until("direct", ref="d3")
        with Stream(server, dict(session=session, told=one)) as back:
            same(back.name, "sam")
            came = [back.until("direct") for _ in range(2)]
            same([d.text for d in came], ["two", "three"])
            same(came[0].number, two)
            back.send("got", number=came[1].number)
            back.settle()
        with Page(server, None) as back:  # the same session at another door
            back.send(type="hello", session=session, told=came[1].number)
            back.until("welcome", nick="sam")
            same([m for m in back.settle() if m["type"] == "direct"], [])


def test_one_who_comes_back_gets_what_was_said_meanwhile_once():
    with Server(*OPTIONS, web=True) as server:
        line = server.named("lea")
        with Stream(server, dict(nick="sam", rooms=["general"])) as stream:
            life = stream.seen[1].rooms[0].life
            last = stream.say("here").number
            session = stream.session
        line.until("sam: here")
        for n in range(5):
            line.send(f"missed {n}")
        line.send("/msg lea all is said")
        line.until("lea -> you: all is said")
        with Stream(server, dict(session=session, rooms=[("general", last, life)])) as back:
            said = [back.until("message") for _ in range(5)]
            same([m.text for m in said], [f"missed {n}" for n in range(5)])
            same([m.number for m in said], list(range(last + 1, last + 6)))
            same(numbers_of(back.settle()), [])


def test_what_a_room_has_forgotten_is_told_as_missing():
    with Server(*OPTIONS, "--history", "2", web=True) as server:
        line = server.named("lea")
        with Stream(server, dict(nick="sam")) as stream:
            last, session = stream.say("here").number, stream.session
        line.until("sam: here")
        for n in range(5):
            line.send(f"missed {n}")
        line.send("/msg lea all is said")
        line.until("lea -> you: all is said")
        with Stream(server, dict(session=session, rooms=[("general", last)])) as back:
            lagged = back.until("lagged", room="general")
            same((lagged.missed, lagged.after, lagged.before), (3, last, last + 4))
            same([back.until("message").text for _ in range(2)], ["missed 3", "missed 4"])


def test_a_reference_is_said_once_also_by_another_connection():
    with Server(*OPTIONS) as server:
        line = server.named("lea")
        with Stream(server, dict(nick="sam")) as stream:
            first = stream.say("once", ref="r1").number
            same(stream.say("once", ref="r1").number, first)
            session = stream.session
        with Stream(server, dict(session=session)) as back:
            same(back.say("once", ref="r1").number, first)
            back.say("twice", ref="r2")
        same([text for text in line.until("sam: twice") if text.startswith("sam: ")], ["sam: once"])


class Speaker:
    """Somebody at a door who says things, comes back after each restart, and says again what was not confirmed."""

    def __init__(self, name, connect):
        self.name, self.connect = name, connect
        self.session, self.heard, self.confirmed, self.waiting = "", [], {}, []

    def come(self, server):
        rooms = [("general", self.heard[-1][0], 1)] if self.heard else ["general"]
        self.at = self.connect(server, dict(session=self.session, nick=self.name, rooms=rooms))
        same(self.at.name, self.name)
        self.session = self.at.session

    def talk(self, run, n):
        self.waiting += [f"{self.name}-{run}-{i}" for i in range(n)]
        for text in self.waiting:
            self.say(text)

    def say(self, text):
        if isinstance(self.at, Page):
            self.at.send(type="say", room="general", text=text, ref=text)
        else:
            self.at.send("say", room="general", text=text, ref=text)

    def hear(self):
        """The next message is noted; False: the connection is over."""
        try:
            if isinstance(self.at, Page):
                m = self.at.receive()
                kind, its, text, ref = m["type"], m.get("number"), m.get("text"), m.get("ref")
            else:
                kind, m = self.at.receive()
                its, text, ref = (m.number, m.text, m.ref) if kind == "message" else (0, "", "")
        except (Closed, grpc.RpcError, StopIteration):
            return False
        if over.OVER and kind == "error" and (m["code"] if isinstance(m, dict) else m.code) == "try_later":
            return True  # the database is slow: it is said once that responds
        assert kind not in ("error", "lagged"), m
        if kind != "message":
            return True
        if text not in self.confirmed or ref != text:  # else what was said again is confirmed again
            self.heard.append((its, text))
        if ref == text and text in self.waiting:
            self.confirmed[text] = its
            self.waiting.remove(text)
        return True


def test_restarts_in_order_lose_nothing_that_was_confirmed_and_double_nothing():
    people = Speaker("pat", Page), Speaker("sam", Stream)
    with tempfile.TemporaryDirectory() as folder:
        options = (*OPTIONS, "--rate", "0", "--db", os.path.join(folder, "chat.db"))
        for run in range(3):
            with Server(*options, web=True) as server:
                line = server.client()
                for who in people:
                    who.come(server)
                for who in people:
                    who.talk(run, 50)
                line.send(f"lea-{run}")
                while not any(text == f"lea-{run}" for _, text in people[0].heard):
                    assert people[0].hear()
                for who in people:  # one that has seen nothing comes back as new, and is shown the last messages alone
                    while not who.heard:
                        assert who.hear()
                server.stop()  # by SIGTERM, amid what the others say
                for who in people:
                    while who.hear():
                        pass
                    who.at.close()
        with Server(*options, web=True) as server:
            for who in people:
                who.come(server)
                who.talk(3, 1)
            for who in people:
                while not {f"{p.name}-3-0" for p in people} <= {text for _, text in who.heard}:
                    assert who.hear()
            with Door(server) as door:
                stored = [(m.number, m.text) for m in door.history(room="general", limit=200).messages]
                while stored[0][1] != people[0].heard[0][1]:
                    older = door.history(room="general", limit=200, before=stored[0][0]).messages
                    stored = [(m.number, m.text) for m in older] + stored
            for who in people:
                who.at.close()
    texts = [text for _, text in stored]
    same(len(texts), len(set(texts)))
    same(sorted(texts), sorted([f"{who.name}-{run}-{i}" for who in people for run in range(3) for i in range(50)] +
                               [f"{who.name}-3-0" for who in people] + [f"lea-{run}" for run in range(3)]))
    for who in people:
        assert set((its, text) for text, its in who.confirmed.items()) <= set(stored), who.name
        same((who.heard, who.waiting), (stored, []))


def test_history_goes_back_page_by_page():
    with Server(*OPTIONS) as server, Stream(server, dict(nick="sam")) as stream:
        for n in range(5):
            stream.say(str(n))
        stream.send("history", room="general", limit=2, ref="h1")
        newest = stream.until("history", ref="h1")
        same(([m.text for m in newest.messages], newest.more), (["3", "4"], True))
        assert all(m.ref for m in newest.messages), newest  # they are one's own
        stream.send("history", room="general", before=newest.messages[0].number)
        oldest = stream.until("history")
        same(([m.text for m in oldest.messages], oldest.more), (["0", "1", "2"], False))


def test_calls_with_one_reply_tell_rooms_and_history():
    with Server(*OPTIONS) as server, Door(server) as door, Stream(server, dict(nick="sam"), door) as stream:
        for n in range(3):
            stream.say(str(n))
        same([(r.room, r.members) for r in door.rooms().rooms], [("general", 1)])
        page = door.history(room="general", limit=2)
        same(([m.text for m in page.messages], page.more, page.room), (["1", "2"], True, "general"))
        assert not any(m.ref for m in page.messages), page  # nobody asks
        for room in "nowhere", "no name":
            e = peers.raises(grpc.StatusCode.NOT_FOUND, lambda where=room: door.history(room=where))
            same(e.details(), "there is no such room")


def test_many_conversations_are_on_one_connection():
    with Server(*OPTIONS, "--rate", "0") as server, Door(server) as door:
        streams = [Stream(server, dict(nick=f"n{i}"), door) for i in range(20)]
        for i, stream in enumerate(streams):
            stream.say(f"text {i}")
        for stream in streams[:-1]:
            stream.until("message", text="text 19")
        for stream in streams:
            stream.close()


def test_a_client_that_has_said_all_gets_the_rest_and_the_status_ok():
    with Server(*OPTIONS) as server:
        line = server.named("lea")
        with Stream(server, dict(nick="sam")) as stream:
            for n in range(20):
                stream.send("say", room="general", text=str(n))
            stream.end()
            texts = []
            for event in stream.events:
                texts += [event.message.text] if event.WhichOneof("kind") == "message" else []
            same((texts, stream.events.code()), ([str(n) for n in range(20)], grpc.StatusCode.OK))
        line.until("sam: 19")


def test_the_service_is_told_by_reflection_and_health():
    health = peers.messages_of(f"{peers.SOURCE}/tests/grpc/vectors", "grpc/health/v1/health.proto")
    seen = peers.messages_of(f"{peers.SOURCE}/tests/grpc/vectors", "grpc/reflection/v1/reflection.proto")
    with Server(*OPTIONS) as server, Door(server) as door:
        check = door.channel.unary_unary("/grpc.health.v1.Health/Check",
                                         request_serializer=health["grpc.health.v1.HealthCheckRequest"].SerializeToString,
                                         response_deserializer=health["grpc.health.v1.HealthCheckResponse"].FromString)
        for service in "", "chat.v1.Chat":
            same(check(health["grpc.health.v1.HealthCheckRequest"](service=service), timeout=chat.WAIT).status, 1)
        info = door.channel.stream_stream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                          request_serializer=seen["grpc.reflection.v1.ServerReflectionRequest"].SerializeToString,
                                          response_deserializer=seen["grpc.reflection.v1.ServerReflectionResponse"].FromString)
        asked = seen["grpc.reflection.v1.ServerReflectionRequest"](list_services="")
        names = [s.name for r in info(iter([asked]), timeout=chat.WAIT) for s in r.list_services_response.service]
        assert "chat.v1.Chat" in names, names


def test_each_kind_of_event_has_a_type():
    kinds = {f.name for f in TYPES["chat.v1.Event"].DESCRIPTOR.fields}
    with open(f"{peers.SOURCE}/docs/book/27-the-chat-on-the-web.md", encoding="utf-8") as book:
        events = book.read().split("type Event =")[1].split("type Code")[0]
    told = {name for line in events.splitlines() if "type:" in line
            for name in line.split('type: ')[1].split(";")[0].split("}")[0].replace('"', "").split(" | ")}
    same({name.strip() for name in told}, kinds)


if __name__ == "__main__":
    chat.main()
