# SPDX-License-Identifier: MIT
"""Many clients in a few processes of their own, each process with an event loop.

A swarm runs one coroutine for each of its clients; `meet` is where those of all processes wait for
each other. Their results are collected."""
import asyncio
import multiprocessing
import resource
import traceback

import chat

WAIT = 6 * chat.WAIT


class Member(asyncio.Protocol):
    """One connection of a swarm; lines are bytes without their end."""

    def __init__(self, index):
        self.index = index
        self.buffer = b""
        self.lines = []
        self.wanted = None  # a line, or a part of one, and the future that waits for it
        self.lost = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        self.lines += lines
        self.look()

    def connection_lost(self, error):
        self.lost = True
        if self.wanted and not self.wanted[1].done():
            self.wanted[1].set_exception(AssertionError(f"lost: {error}, {self.lines[-3:]}"))

    def look(self):
        if not self.wanted:
            return
        line, future = self.wanted
        if line in self.lines and not future.done():
            future.set_result(None)

    def send(self, line):
        self.transport.write(line + b"\n")

    async def until(self, line):
        """Waits for the line; returns those before it and takes all of them off."""
        assert not self.lost
        self.wanted = (line, asyncio.get_running_loop().create_future())
        self.look()
        await self.wanted[1]
        self.wanted = None
        at = self.lines.index(line)
        before, self.lines = self.lines[:at], self.lines[at + 1:]
        return before

    async def arrive(self, address, room):
        """Connects, takes the name c<index>, and goes to the room."""
        await asyncio.get_running_loop().create_connection(lambda: self, *address)
        self.name = b"c%d" % self.index
        self.send(b"/nick " + self.name)
        self.send(b"/join #" + room)
        await self.until(b"* %s joined #%s" % (self.name, room))

    async def settle(self):
        """Waits until all that was sent to the server has been done; returns the lines that
        came."""
        self.send(b"/settled")
        return await self.until(b"* error: unknown command, see /help")


async def swarm(address, indices, at_once, live, barrier):
    gate = asyncio.Semaphore(at_once)

    async def meet():
        """All clients of this process, then all processes."""
        meet.count += 1
        if meet.count == len(indices):
            meet.count = 0
            passed, meet.passed = meet.passed, asyncio.Event()
            await asyncio.get_running_loop().run_in_executor(None, barrier.wait, WAIT)
            passed.set()
        else:
            await meet.passed.wait()

    meet.count, meet.passed = 0, asyncio.Event()
    members = [Member(index) for index in indices]
    answers = await asyncio.wait_for(
        asyncio.gather(*[live(m, address, gate, meet) for m in members]), WAIT)
    for m in members:
        m.transport.close()
    return answers


def process(address, indices, at_once, live, barrier, results):
    try:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        results.put((asyncio.run(swarm(address, indices, at_once, live, barrier)), None))
    except BaseException:
        barrier.abort()
        results.put((None, traceback.format_exc()))


def run(server, clients, live, processes=4, at_once=25):
    """Runs `await live(member, address, gate, meet)` for `clients` clients, at most at_once of
    each process inside `gate`; returns the results in order of the clients."""
    fork = multiprocessing.get_context("fork")
    barrier, results = fork.Barrier(processes), fork.Queue()
    running = [fork.Process(target=process, args=(server.address, range(n, clients, processes),
                                                  at_once, live, barrier, results), daemon=True)
               for n in range(processes)]
    for p in running:
        p.start()
    answers, failures = [], []
    for _ in running:
        some, failure = results.get(timeout=2 * WAIT)
        answers += some or []
        failures += [failure] if failure else []
    for p in running:
        p.join(WAIT)
    failures.sort(key=lambda text: "BrokenBarrier" in text)  # the cause first
    assert not failures, failures[0]
    return answers
