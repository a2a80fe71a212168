# SPDX-License-Identifier: MIT
"""Many clients and many rooms at once."""
import asyncio
import collections
import contextlib
import multiprocessing
import os
import random
import resource
import select
import signal
import socket
import threading
import time

import chat
import swarm
from chat import Server

CLIENTS = 200 if chat.TSAN else 1000
ROOMS = 20
MESSAGES = 10
WHISPERS = 3
MOVES = 20 if chat.SANITIZER else 50


async def random_talk(member, address, gate, meet):
    """Talks at random; returns to whom it whispered, and from whom it received whispers."""
    dice = random.Random(member.index)
    async with gate:
        await member.arrive(address, b"room-%d" % (member.index % ROOMS))
    await meet()  # all clients have come
    told = []
    for n in range(MESSAGES):
        member.send(b"%d %s" % (n, b"x" * dice.randrange(200)))
        if n % (MESSAGES // WHISPERS) == 1:
            told.append(dice.randrange(CLIENTS))
            member.send(b"/msg c%d psst" % told[-1])
        if dice.random() < 0.5:
            await asyncio.sleep(dice.random() / 10)
    lines = await member.settle()
    await meet()  # all have spoken
    lines += await member.settle()
    await meet()  # all have received it, so none leaves too early

    heard = collections.defaultdict(list)
    whispered = collections.Counter()
    for line in lines:
        name, _, text = line.partition(b": ")
        if name.endswith(b" -> you"):
            whispered[int(name[1:-7])] += 1
        elif line.startswith(b"* "):
            joined = line.split(b" joined #")
            assert len(joined) == 2 or line.startswith(b"* sent to c"), line
        else:
            heard[int(name[1:])].append(int(text.split()[0]))
    room = {n for n in range(CLIENTS) if n % ROOMS == member.index % ROOMS and n != member.index}
    assert set(heard) == room, (member.index, set(heard) ^ room)
    for name, numbers in heard.items():
        assert numbers == list(range(MESSAGES)), (member.index, name, numbers)
    return member.index, told, whispered


def test_every_message_of_many_clients_in_20_rooms_is_accounted_for():
    with Server() as server:
        answers = swarm.run(server, CLIENTS, random_talk)
    assert sorted(index for index, _, _ in answers) == list(range(CLIENTS))
    sent, got = collections.Counter(), collections.Counter()
    for index, told, whispered in answers:
        for to in told:
            sent[index, to] += 1
        for sender, n in whispered.items():
            got[sender, index] += n
    assert sent == got and sum(sent.values()) >= WHISPERS * CLIENTS


async def restless_talk(member, address, gate, meet):
    """Moves between two rooms, talks in both, and counts the messages that it is not shown."""
    async with gate:
        await member.arrive(address, b"a")
    await meet()
    for n in range(MOVES):
        member.transport.write(b"/join #b\n%d\n/join #a\n%d\n" % (n, n))
        if n % 10 == 9:
            await asyncio.sleep(0)
    lines = await member.settle()
    await meet()
    lines += await member.settle()
    await meet()
    return len([line for line in lines if b"you missed" in line or b"error" in line])


def test_clients_that_talk_and_move_between_two_rooms_do_not_deadlock():
    with Server("--rate", "0", "--history", "0") as server:
        answers = swarm.run(server, 40, restless_talk)
    assert answers == [0] * 40


async def small_rooms(member, address, gate, meet):
    """Comes into a room of ten, sends a line there, and receives those of the nine others."""
    room = b"table-%d" % (member.index // 10)
    async with gate:
        await member.arrive(address, room)
    await meet()
    member.send(b"hello")
    lines = await member.settle()
    await meet()  # all have spoken
    lines += await member.settle()
    hellos = [line for line in lines if line.endswith(b": hello")]
    rooms = 0
    if member.index == 0:
        member.send(b"/rooms")
        rooms = len(await member.settle())
    await meet()
    return len(hellos), rooms


def test_ten_thousand_clients_out_of_the_box():
    clients = 300 if chat.SANITIZER else 10000
    with Server(soft_limit=1024) as server:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < clients + 100:
            server.until_logged("descriptor limit")
            clients = (hard - 100) // 40 * 40
        else:
            assert server.errors() == ""
        answers = swarm.run(server, clients, small_rooms)
        assert [hellos for hellos, _ in answers] == [9] * clients
        assert sum(rooms for _, rooms in answers) == clients // 10


def test_ten_thousand_rooms_come_and_go():
    rooms = 1000 if chat.SANITIZER else 10000
    with Server("--rate", "0", counted=True) as server:
        a, b = server.client(), server.client()
        server.held.begin()
        for first in range(0, rooms, 100):
            a.raw(b"".join(b"/join r%d\nsaid here\n" % n for n in range(first, first + 100)))
            for n in range(first, first + 100):
                a.until(f"* guest-1 joined #r{n}")
        a.settle()  # it leaves the last room but one after it is told that it has joined the last
        assert b.settle() == ["* guest-1 left #general"]
        b.send("/rooms")
        b.expect("* #general (1)", f"* #r{rooms - 1} (1)")
        assert server.held.grown() < 1 << 20, server.held.grown()


def say_a_line_and_reset(address, rate, stop, count):
    """A process that does this, `rate` times a second."""
    start, sent = time.monotonic(), 0
    while not stop.is_set():
        if sent >= (time.monotonic() - start) * rate:
            time.sleep(0.001)
            continue
        with contextlib.suppress(OSError):  # the queue may be full while the server is stopped
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(address)
            select.select([], [one], [], 0.1)
            one.send(b"hello\n")
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()
        sent += 1
        count.value = sent


def hear_all(client):
    with contextlib.suppress(OSError):  # it is closed in the end
        client.rest()


def open_files(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def test_stall_under_connections_that_break_is_over_while_they_go_on():
    rate = 300 if chat.SANITIZER else 2000
    fork = multiprocessing.get_context("fork")
    stop, count = fork.Event(), fork.Value("q", 0)
    with Server() as server:
        keeper = server.client()
        threading.Thread(target=hear_all, args=(keeper,), daemon=True).start()
        attack = fork.Process(target=say_a_line_and_reset, daemon=True,
                              args=(server.address, rate, stop, count))
        attack.start()
        broken = lambda least: chat.until(f"{least} connections", lambda: count.value, lambda seen: seen > least)
        broken(rate // 2)
        server.pause()
        broken(count.value + rate // 2)  # the stall
        server.process.send_signal(signal.SIGCONT)
        chat.until("few descriptors", lambda: open_files(server), lambda seen: seen < 200)
        with contextlib.closing(chat.Client(server)) as newcomer:
            newcomer.send("/settled")
            newcomer.until("* error: unknown command, see /help")
        assert attack.is_alive()
        stop.set()
        attack.join(chat.WAIT)
        chat.until("the close of all", lambda: open_files(server), lambda seen: seen < 20)


def who(client):
    """The reply to /who, without what others do meanwhile."""
    client.send("/who")
    return [line for line in client.settle() if not line.endswith((" joined #general", " left #general"))]


def test_clients_come_and_go_without_a_trace():
    with Server("--rate", "0", counted=True) as server:
        keeper = server.client()
        def visit():
            for _ in range(100):
                c = chat.Client(server)
                c.line()
                c.close()
            keeper.settle()
        visit()
        server.held.begin()
        for _ in range(5 if chat.SANITIZER else 20):
            visit()
        chat.until("the end of the last one", lambda: who(keeper), lambda seen: seen == ["* guest-1"])
        assert server.held.grown() < 64 << 10, server.held.grown()


if __name__ == "__main__":
    chat.main(limit=7 * chat.WAIT)
