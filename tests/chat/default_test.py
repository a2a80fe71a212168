# SPDX-License-Identifier: MIT
"""The usual start, without --threads. And what Ctrl-\\ shows, with any number of threads."""
import os
import re
import subprocess

import chat
from chat import Server


def test_default_options_use_every_core_and_lose_nothing():
    Server.threads = None
    with Server() as server:
        names = []
        for thread in os.listdir(f"/proc/{server.process.pid}/task"):
            with open(f"/proc/{server.process.pid}/task/{thread}/comm", encoding="ascii") as comm:
                names.append(comm.read().strip())
        cores = len(os.sched_getaffinity(server.process.pid))
        if cores > 1:
            assert len(names) >= cores, names
        a, b = server.named("ann"), server.client()
        a.until("* guest-2 joined #general")
        b.rename("bob")
        a.expect("* guest-2 is now bob")
        people = [server.client() for _ in range(20)]
        b.settle()
        for n in range(50):
            a.send(f"{n}")
        for client in b, *people:
            got = []
            while not got or got[-1] != "ann: 49":
                got.append(client.line())
            assert [line for line in got if line.startswith("ann: ")] == \
                [f"ann: {n}" for n in range(50)]


def test_sigquit_shows_the_tasks_and_the_chat_goes_on():
    with Server() as server:
        a, b = server.client(), server.client()
        a.expect("* guest-2 joined #general")
        for n in range(2):
            dump = server.dump()
            assert server.shown(dump, "client_run at ") >= 2, dump
            assert "root of edo_main" in dump, dump
            a.send(f"after dump {n}")
            b.expect(f"guest-1: after dump {n}")
        server.client()
        a.expect("* guest-3 joined #general")


def test_the_man_page_has_the_options_that_help_has():
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")
    said = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    page = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "man", "edo-chat.1")
    with open(page, encoding="utf-8") as file:
        text = file.read().replace("\\-", "-")
    assert re.findall(r"^\.BI? (--[a-z-]+)", text, re.M) == re.findall(r"^  (--[a-z-]+)", said, re.M)
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"edo-chat \d+\.\d+\.\d+\n", told), told


if __name__ == "__main__":
    chat.main()
