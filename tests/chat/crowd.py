# SPDX-License-Identifier: MIT
"""People of a chat with several nodes, many in one event loop: pages, terminals, and programs that post. Each goes on at any node
when it has lost its own, as the page and the terminal of the chat do: with its session, what it has seen, and what was not
acknowledged. What they do and see they note; checker.py has what is in a note."""
import asyncio
import base64
import collections
import contextlib
import json
import os
import re
import string
import struct

FIRST_S, MOST_S = 0.4, 15  # between tries, as of a page
SILENCE_S, REPLY_S = 25, 10
AGAIN_S = 2  # after "too fast", or "try later"
SAY_S = 5  # each says something about so often
PENDING_MAX = 3  # it says no more before something of this is acknowledged
TAKEN_OVER = 4001
LETTERS = string.ascii_letters + string.digits + "-_"


class Crowd:
    """`addresses(kind)`: those of the nodes that are there, as a balancer knows them. `note(**what)` takes notes."""

    def __init__(self, loop, dice, addresses, note):
        self.loop, self.dice, self.addresses, self.note = loop, dice, addresses, note
        self.people = []
        self.is_quiet = self.is_over = False  # nobody says anything new; nor comes back
        self.acknowledged_n = self.seen_n = self.moves_n = 0
        self.clock = 0.0  # seconds in which the loop was there to see what happens: a machine that stalls stops it

    def begin(self, people):
        self.people = people
        for one in people:
            for room in one.rooms:
                self.note(what="enters", who=one.me, room=room)
            self.loop.call_later(self.dice.random() * 3, one.connect)
            one.speak_later()
        self.loop.call_soon(self.tick, self.loop.time())

    def tick(self, before):
        now = self.loop.time()
        self.clock += min(now - before, 0.1)
        for one in self.people:
            one.watch(now)
        if not self.is_over:
            self.loop.call_later(0.05, self.tick, now)

    def ask_all(self, fault):
        """Each says something at once; from its acknowledgement on it is back."""
        began = self.clock
        for one in self.people:
            one.asked = (fault, began)
            self.loop.call_later(self.dice.random(), one.probe, one.asked)

    def end(self):
        """All leave, and nobody comes back."""
        self.is_over = True
        for one in self.people:
            one.give_up()

    def missing(self):
        return [f"{one.me}{'' if one.is_open else ' (away)'}" for one in self.people if one.asked]

    def waiting(self):
        return [one.me for one in self.people if one.pending]


class Person:
    """What pages and terminals have in common."""

    def __init__(self, crowd, me, rooms):
        self.crowd, self.me, self.rooms = crowd, me, rooms
        self.said_n = self.tries = 0
        self.asked = None  # the fault after which it is to say something, and when that was over
        self.probed = None  # what it has said for that
        self.took = collections.deque(maxlen=50)  # seconds that it was away for after faults
        self.seen = {}  # the largest number of each room
        self.pending = {}  # what is to be acknowledged: a room by a text
        self.is_open = False
        self.wire = None
        self.gives_up_at = float("inf")

    # ---- Saying

    def speak_later(self):
        self.crowd.loop.call_later(self.crowd.dice.expovariate(1 / SAY_S), self.speak)

    def speak(self):
        if not self.crowd.is_quiet and len(self.pending) < PENDING_MAX:
            self.say()
        self.speak_later()

    def say(self):
        dice = self.crowd.dice
        text = f"{self.me}-{self.said_n}" + (" " + "x" * dice.randrange(1, 300) if dice.random() < 0.1 else "")
        self.said_n += 1
        self.crowd.note(what="says", who=self.me, text=text)
        room = dice.choice(self.rooms)
        self.pending[text] = room
        if self.is_open:
            self.send_said(text, room)
        return text

    def probe(self, asked):
        if self.asked == asked:
            self.probed = self.say()

    def settled(self, text):
        self.crowd.acknowledged_n += 1
        if self.asked and text == self.probed:
            fault, began = self.asked
            self.took.append((fault, self.crowd.clock - began))
            self.asked = None

    def acknowledge(self, text, number, room):
        """`number` None: it is said, and is shown with its number later."""
        if self.pending.pop(text, None):
            self.crowd.note(what="acknowledged", who=self.me, room=room, number=number, text=text)
            self.settled(text)

    def refuse(self, text, why):
        self.pending.pop(text, None)
        if self.asked and text == self.probed:
            self.crowd.loop.call_later(1, self.probe, self.asked)
        self.crowd.note(what="refused", who=self.me, text=text, why=why)

    def see(self, room, number, text, by, is_reply=False):
        self.crowd.seen_n += 1
        self.seen[room] = max(number, self.seen.get(room, 0))
        self.crowd.note(what="sees", who=self.me, room=room, number=number, text=text, by=by, is_reply=is_reply)

    def seen_up_to(self, room):
        """The largest number that it has seen."""
        return self.seen.get(room, 0)

    # ---- Its connection

    def connect(self):
        if not self.crowd.is_over:
            asyncio.ensure_future(self.reach())

    async def reach(self):
        """A balancer tries the next node if one refuses."""
        self.is_open = False
        addresses = self.crowd.addresses(self.kind)
        self.crowd.dice.shuffle(addresses)
        self.gives_up_at = self.crowd.loop.time() + REPLY_S
        for address in addresses:
            with contextlib.suppress(OSError, asyncio.TimeoutError):
                wire = self.make_wire()
                self.wire = wire
                await asyncio.wait_for(self.crowd.loop.create_connection(lambda wire=wire: wire, *address), REPLY_S)
                self.crowd.moves_n += 1
                return
        self.lost(self.wire)

    def lost(self, wire):
        """It comes back, later each time."""
        if wire is not self.wire:
            return
        self.wire, self.is_open = None, False
        self.gives_up_at = float("inf")
        most = min(MOST_S, FIRST_S * 2 ** self.tries)
        self.tries += 1
        self.crowd.loop.call_later(most / 2 + self.crowd.dice.random() * most / 2, self.connect)

    def give_up(self):
        wire = self.wire
        if wire and wire.transport:
            wire.transport.abort()
        self.lost(wire)

    def watch(self, now):
        if now > self.gives_up_at:
            self.give_up()

    def leave(self):
        """It goes on by another connection, as after a change of networks."""
        if self.is_open:
            self.give_up()


class Wire(asyncio.Protocol):
    def __init__(self, person):
        self.person, self.transport, self.buffer = person, None, b""

    def connection_made(self, transport):
        self.transport = transport
        self.begin()

    def connection_lost(self, _):
        self.person.lost(self)

    def data_received(self, data):
        if self.person.wire is self:
            self.buffer += data
            self.read()


# ---- Pages ----------------------------------------------------------------------------------------------------------------


class PageWire(Wire):
    """A WebSocket."""
    is_shaken = False

    def begin(self):
        key = base64.b64encode(os.urandom(16)).decode()
        host = "{}:{}".format(*self.transport.get_extra_info("peername"))
        self.transport.write(f"GET /ws HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
                             f"sec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n".encode())

    def frame(self, first, payload):
        n = len(payload)
        size = bytes([0x80 | n]) if n < 126 else struct.pack("!BH", 0x80 | 126, n)
        self.transport.write(bytes([first]) + size + b"\0\0\0\0" + payload)

    def send(self, **message):
        self.frame(0x81, json.dumps(message).encode())

    def read(self):
        if not self.is_shaken:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if head.split(b" ")[1] != b"101":
                self.transport.abort()
                return
            self.is_shaken, self.buffer = True, rest
            self.person.greet()
        while self.person.wire is self and (taken := self.take()):
            self.person.hear(*taken)

    def take(self):
        b = self.buffer
        if len(b) < 2:
            return None
        n, at = b[1] & 127, 2
        if n >= 126:
            at += 2 if n == 126 else 8
            n = int.from_bytes(b[2:at], "big") if len(b) >= at else len(b)
        if len(b) < at + n:
            return None
        self.buffer = b[at + n:]
        return b[0], b[at:at + n]


class Page(Person):
    kind, make_wire = "web", lambda self: PageWire(self)

    def __init__(self, crowd, me, rooms):
        super().__init__(crowd, me, rooms)
        self.session = "".join(crowd.dice.choice(LETTERS) for _ in range(22))
        self.name = me
        self.states = {room: {"since": None, "last": 0, "life": None} for room in rooms}
        self.refs = {}  # text by reference
        self.heard_at = 0
        self.is_greeting = False
        self.unanswered_n = 0  # hellos that were given up, and that servers may be busy with
        self.is_restless = crowd.dice.random() < 0.05
        if self.is_restless:
            self.move_later()

    def move_later(self):
        self.crowd.loop.call_later(self.crowd.dice.expovariate(1 / 10), self.move)

    def move(self):
        if not self.crowd.is_quiet:
            self.leave()
        self.move_later()

    def greet(self):
        rooms = [{"room": room, **({} if s["since"] is None else {"after": s["last"] or s["since"], "life": s["life"]})}
                 for room, s in self.states.items()]
        self.is_greeting = True
        self.wire.send(type="hello", session=self.session, nick=self.name, told=0, rooms=rooms)

    def send_said(self, text, room):
        ref = text.split(" ")[0]
        self.refs[ref] = text
        self.wire.send(type="say", room=room, text=text, ref=ref)

    def send_again(self, text):
        if text in self.pending and self.is_open:
            self.send_said(text, self.pending[text])

    def hear(self, first, payload):
        self.heard_at = self.crowd.loop.time()
        self.gives_up_at = self.heard_at + SILENCE_S + REPLY_S if self.is_open else self.gives_up_at
        if first == 0x81:
            message = json.loads(payload)
            if on := getattr(self, "on_" + message["type"], None):
                on(message)
        elif first == 0x88:
            self.closed(int.from_bytes(payload[:2], "big"))
        elif first == 0x89:
            self.wire.frame(0x8a, payload)

    def closed(self, code):
        wire = self.wire
        if code == TAKEN_OVER and self.unanswered_n == 0:
            self.crowd.note(what="reload", who=self.me, why="another connection has its session")
        elif code == TAKEN_OVER:
            self.unanswered_n -= 1
        wire.transport.close()
        self.lost(wire)

    def lost(self, wire):
        if wire is self.wire:
            self.unanswered_n += self.is_greeting
            self.is_greeting = False
        super().lost(wire)

    def watch(self, now):
        if self.is_open and self.heard_at and now > self.heard_at + SILENCE_S:
            self.heard_at = 0  # it asks once
            self.wire.send(type="rooms")
        super().watch(now)

    def on_welcome(self, m):
        self.is_open, self.is_greeting, self.tries = True, False, 0
        self.gives_up_at = self.heard_at + SILENCE_S + REPLY_S
        self.name = m["nick"]
        for state in m["rooms"]:
            self.meet(state)
        for text, room in list(self.pending.items()):
            self.send_said(text, room)

    def meet(self, state):
        mine = self.states[state["room"]]
        if mine["life"] not in (None, state["life"]):
            self.crowd.note(what="reload", who=self.me, why=f"{state['room']} has begun anew")
            mine["last"], mine["since"] = 0, 0
        mine["life"] = state["life"]
        if mine["since"] is None:
            mine["since"] = state["last"]

    def on_message(self, m):
        mine, ref = self.states[m["room"]], m.get("ref")
        self.see(m["room"], m["number"], m["text"], m["from"], is_reply=ref is not None)
        mine["last"] = max(mine["last"], m["number"])
        if ref is not None:
            text = self.refs.pop(ref, None)
            if text is not None:
                self.acknowledge(text, m["number"], m["room"])

    def on_lagged(self, m):
        self.crowd.note(what="misses", who=self.me, room=m["room"], after=m["after"], before=m["before"])
        mine = self.states[m["room"]]
        mine["last"] = max(mine["last"], m["before"] - 1)

    def on_renamed(self, m):
        if m["from"].lower() == self.name.lower():
            self.name = m["to"]

    def on_error(self, m):
        text = self.refs.get(m.get("ref"))
        if m["code"] not in ("too_fast", "try_later"):
            self.refuse(text or m.get("ref"), m["code"])
        elif text in self.pending:  # else it was acknowledged before it was said again
            self.crowd.loop.call_later(AGAIN_S, self.send_again, text)


# ---- Terminals ------------------------------------------------------------------------------------------------------------


class LineWire(Wire):
    def begin(self):
        pass  # the server greets

    def send(self, line):
        self.transport.write(line.encode() + b"\n")

    def read(self):
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            if self.person.wire is self:
                self.person.hear(line.decode())


class Terminal(Person):
    """It is in one room. Its lines have no references: what was sent when its connection breaks may have come or not, and is
    not said again."""
    kind, make_wire = "lines", lambda self: LineWire(self)

    def __init__(self, crowd, me, rooms):
        super().__init__(crowd, me, rooms[:1])
        self.last = self.life = None
        self.sent = collections.deque()  # by this connection, and without a number yet

    def send_said(self, text, room):
        self.sent.append(text)
        self.wire.send(text)

    def lost(self, wire):
        if wire is self.wire:
            for text in self.sent:
                self.pending.pop(text, None)
            if self.asked and self.probed in self.sent:
                self.crowd.loop.call_later(0.1, self.probe, self.asked)
            self.sent.clear()
        super().lost(wire)

    def hear(self, line):
        room = self.rooms[0]
        if line.startswith("* you are "):
            self.wire.send(f"/numbers\n/nick {self.me}\n/join #{room}" +
                           (f" {self.last} {self.life}" if self.life is not None else ""))
        elif not self.is_open and line.startswith("* error") and "name" not in line:
            self.give_up()  # it may not come in
        elif line.startswith("* error: not said"):
            self.refuse(self.sent.popleft(), line)
        elif line.startswith(f"#{room} "):
            self.hear_numbered(line[len(room) + 2:])

    def hear_numbered(self, line):
        number, _, rest = line.partition(" ")
        number = int(number)
        if rest.isdigit():
            self.begin_room(number, int(rest))
        elif not rest:
            self.confirmed(number)
        elif missed := re.fullmatch(r"\* you missed (\d+) messages?", rest):
            self.crowd.note(what="misses", who=self.me, room=self.rooms[0], after=number - int(missed[1]), before=number + 1)
        elif said := re.fullmatch(r"([\w-]+): (.*)", rest):
            self.see(self.rooms[0], number, said[2], said[1])
            if said[2] in self.sent:  # it was told that this was not kept yet
                self.sent.remove(said[2])
                self.acknowledge(said[2], number, self.rooms[0])
        else:
            return
        self.last = max(self.last or 0, number)

    def confirmed(self, number):
        """Oldest first. Of a terminal whose place is kept the number is that of its place, behind which what it has said is
        shown later: the last one that it has seen says no more than that the text is said. A lower one is the text's own: what
        others said behind it came first."""
        text = self.sent.popleft()
        is_placed = number != self.last
        if is_placed:
            self.see(self.rooms[0], number, text, self.me)
        self.acknowledge(text, number if is_placed else None, self.rooms[0])

    def begin_room(self, number, life):
        if self.life not in (None, life):
            self.crowd.note(what="reload", who=self.me, why=f"{self.rooms[0]} has begun anew")
        self.life = life
        if self.is_open:
            return
        self.is_open, self.tries = True, 0
        self.gives_up_at = float("inf")
        for text, room in list(self.pending.items()):
            self.send_said(text, room)


# ---- Programs that post ---------------------------------------------------------------------------------------------------


class Poster(Person):
    """It posts by the JSON API, each message once, and sees nothing. What is accepted, and has no number yet, it looks for in
    the history of the room, for a while: the node may be killed before it is kept."""
    kind = "web"
    LOOKS = 30  # a second apart

    def __init__(self, crowd, me, rooms):
        super().__init__(crowd, me, rooms[:1])
        self.to = rooms[0]
        self.rooms = []

    def connect(self):
        pass

    def say(self):
        text = f"{self.me}-{self.said_n}"
        self.said_n += 1
        self.pending[text] = self.to
        self.crowd.note(what="says", who=self.me, text=text)
        asyncio.ensure_future(self.post(text))
        return text

    async def ask(self, method, query="", **body):
        """Returns the status, and what is said; 0 without a response."""
        told, payload = b"", json.dumps(body) if body else ""
        with contextlib.suppress(OSError, asyncio.TimeoutError, IndexError):
            address = self.crowd.dice.choice(self.crowd.addresses(self.kind))
            reader, writer = await asyncio.wait_for(asyncio.open_connection(*address), REPLY_S)
            writer.write(f"{method} /api/rooms/{self.to}/messages{query} HTTP/1.1\r\nhost: {address[0]}:{address[1]}\r\n"
                         f"connection: close\r\ncontent-type: application/json\r\ncontent-length: {len(payload)}\r\n\r\n"
                         f"{payload}".encode())
            with contextlib.closing(writer):
                told = await asyncio.wait_for(reader.read(), REPLY_S)
        head, _, rest = told.partition(b"\r\n\r\n")
        try:
            return int(head.split(b" ")[1]), json.loads(rest)
        except (IndexError, ValueError):  # it ended amid its words
            return 0, None

    async def post(self, text):
        status, told = await self.ask("POST", nick=self.me, text=text)
        if status == 201:
            self.acknowledge(text, told["number"], self.to)
        elif status == 202:
            await self.look_for(text)
        if self.pending.pop(text, None) and self.asked and text == self.probed:
            self.crowd.loop.call_later(1, self.probe, self.asked)

    async def look_for(self, text):
        for _ in range(self.LOOKS):
            status, told = await self.ask("GET", "?limit=200")
            for m in told["messages"] if status == 200 else ():
                if m["text"] == text:
                    self.acknowledge(text, m["number"], self.to)
                    return
            await asyncio.sleep(1)


def people(crowd, pages, terminals, posters, rooms_n):
    rooms = [f"room-{i}" for i in range(rooms_n)]
    made = [(kind, f"{letter}{i}") for kind, letter, n in ((Page, "p", pages), (Terminal, "t", terminals), (Poster, "j", posters))
            for i in range(n)]
    return [kind(crowd, me, crowd.dice.sample(rooms, 2)) for kind, me in made]
