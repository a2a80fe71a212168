# SPDX-License-Identifier: MIT
"""Clients of the chat's gRPC, by Python's grpcio (Debian: python3-grpcio). Without that, or protoc, or gRPC in the chat, the tests
are skipped."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "grpc"))
import chat  # noqa: E402
import over  # noqa: E402
import peers  # noqa: E402
from peers import grpc, same  # noqa: E402,F401

TYPES = peers.messages_of(os.path.join(peers.SOURCE, "apps", "chat", "stream"), "chat.proto")
BODIES = {f.name: f.message_type.full_name for f in TYPES["chat.v1.Request"].DESCRIPTOR.fields}
OPTIONS = ("--grpc", "127.0.0.1:0")


def request(kind, **fields):
    body = TYPES[BODIES[kind]](**fields)
    return TYPES["chat.v1.Request"](**{kind: body})


class Door:
    """A channel to the server's gRPC: a connection of its own."""

    def __init__(self, server, tls=None, options=()):
        self.node = over.node_of(server)
        address = "{}:{}".format(*self.node.grpc)
        options = [("grpc.use_local_subchannel_pool", 1), *options]
        self.channel = (grpc.secure_channel(address, tls, options=options) if tls else
                        grpc.insecure_channel(address, options=options))

    def call(self, method, in_type, out_type, ins=False, outs=False):
        kind = self.channel.stream_stream if ins else self.channel.unary_unary
        return kind(f"/chat.v1.Chat/{method}", request_serializer=TYPES[f"chat.v1.{in_type}"].SerializeToString,
                    response_deserializer=TYPES[f"chat.v1.{out_type}"].FromString)

    def rooms(self):
        return self.call("ListRooms", "ListRoomsRequest", "RoomList")(TYPES["chat.v1.ListRoomsRequest"](), timeout=chat.WAIT)

    def history(self, **fields):
        asked = TYPES["chat.v1.ReadHistoryRequest"](**fields)
        return self.call("ReadHistory", "ReadHistoryRequest", "History")(asked, timeout=chat.WAIT)

    def close(self):
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Stream:
    """A conversation over a connection of its own, or that of `door`. `hello` are its fields; None: none is sent."""

    def __init__(self, server, hello=(), door=None, **options):
        self.server = server
        self.guest = None
        self.own = None if door else Door(server, **options)
        self.node = (door or self.own).node
        self.sent = peers.Sent()
        self.seen = None
        self.events = (door or self.own).call("Talk", "Request", "Event", ins=True, outs=True)(self.sent, timeout=4 * chat.WAIT)
        self.session = self.name = None
        if hello is not None:
            self.hello(**dict(hello))

    def hello(self, rooms=(), **fields):
        """Says hello, and waits for the welcome, which it returns. Rooms are as those of web.Page."""
        wanted = [dict(room=r) if isinstance(r, str) else dict(zip(("room", "after", "life"), r)) for r in rooms]
        over.level(self.server)
        self.send("hello", rooms=[TYPES["chat.v1.Join"](**r) for r in wanted], **fields)
        welcome = self.until("welcome")
        self.session, self.name = welcome.session, welcome.nick
        over.level(self.server)
        return welcome

    def send(self, kind, **fields):
        if kind == "hello":
            self.guest = over.Guests.come(self.node, fields.get("session"))
        self.sent.put(request(kind, **fields))

    def receive(self):
        """The next event: its kind, and what it says."""
        event = next(self.events)
        kind = event.WhichOneof("kind")
        self.seen = kind, getattr(event, kind)
        if kind == "welcome":
            over.Guests.greet(self.guest, self.seen[1].nick.encode(), self.seen[1].session)
        return self.seen

    def until(self, wanted, **fields):
        """The next event of that kind with those fields; others before it are left out, but for errors."""
        end = time.monotonic() + chat.WAIT
        while True:
            kind, what = self.receive()
            assert time.monotonic() < end, f"{wanted} {fields} was waited for; seen last: {self.seen}"
            if kind == wanted and all(getattr(what, k) == v for k, v in fields.items()):
                return what
            assert kind != "error" or over.is_late(what.code, what.text), f"{what} where {wanted} {fields} was expected"

    def fault(self):
        """The code of the next error."""
        while self.receive()[0] != "error":
            pass
        return self.seen[1].code

    def say(self, text, room="general", ref=None):
        """Says it, and waits until that is confirmed; over a database the server may ask for it once more."""
        ref = ref or os.urandom(6).hex()
        while True:
            self.send("say", room=room, text=text, ref=ref)
            kind, what = self.reply(room, ref)
            if kind == "message":
                return what
            assert over.OVER and what.code == "try_later", what
            time.sleep(0.1)  # there is no notice of a database that responds again

    def reply(self, room, ref):
        """The confirmation of what was said with that reference, or its error."""
        while True:
            kind, what = self.receive()
            if (kind == "error" or kind == "message" and what.room == room) and what.ref == ref:
                return kind, what
            assert kind != "error", what

    def settle(self):
        """Returns when all that was sent before has been done; returns what came meanwhile, but for lists of rooms, and what is away."""
        def here():
            self.send("nick", nick="?", ref="settled")
            before = []
            while (event := self.receive())[0] != "error" or event[1].ref != "settled":
                before += [event] if event[0] not in ("rooms", "state") else []
            return before
        before = here()
        return before + here() if over.level(self.server) else before

    def status(self):
        """Reads to the end; returns how the call has ended, and the message of that."""
        try:
            for _ in self.events:
                pass
        except grpc.RpcError:
            pass
        return self.events.code(), self.events.details()

    def end(self):
        """Has said all."""
        self.sent.end()

    def close(self):
        self.events.cancel()
        self.sent.end()
        if self.own:
            self.own.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
