# SPDX-License-Identifier: MIT
"""Goal: "make run-nodes" is a conversation that outlives one of its nodes; Ctrl-C ends all of it, as does a part that cannot
start, and so does the end of the script itself; what was said is there when it is run again.
Method: the script with the program under test, in a folder of the test's; whatever it has started is looked for in /proc."""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import types

import chat
from web import Closed, Page

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bounded  # noqa: E402
import postgres  # noqa: E402

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "run-nodes")


def stat_of(pid):
    """Its parent and its session; None: it is gone, or dead."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            state, parent, _, session = file.read().rpartition(") ")[2].split()[:4]
        return (int(parent), int(session)) if state not in "ZX" else None
    return None


def started_by(root):
    """All processes that it has started, and these, and so on; and those of their sessions."""
    every = {int(name): stat for name in os.listdir("/proc") if name.isdigit() and (stat := stat_of(name))}
    found, more = set(), {root}
    while more:
        found |= more
        more = {pid for pid, (parent, session) in every.items() if parent in found or session in found - {root}} - found
    return found - {root}


class Run:
    """The script, from the start until it has said all."""

    def __init__(self, folder, *options):
        for tool in ("nginx", "redis-server"):
            if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
                postgres.skip(f"{tool} is not installed")
        self.kept = {kind: bounded.reserved() for kind in ("http", "tcp", "grpc")}  # nobody else takes their ports
        self.ports = {kind: s.getsockname()[1] for kind, s in self.kept.items()}
        listen = [word for kind, port in self.ports.items() for word in (f"--{kind}", f"127.0.0.1:{port}")]
        program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat")
        self.process = subprocess.Popen([sys.executable, SCRIPT, program, *listen, *options], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env={**os.environ, "EDO_NODES_FOLDER": folder})
        self.said = ""

    def until_said(self, text):
        while text not in self.said:
            line = bounded.line_of(self.process.stdout, text)
            assert line, f"{text!r} was expected in {self.said}"
            self.said += line
        return self

    def nodes(self):
        """Their pids."""
        return [int(pid) for pid in re.findall(r"node-\d: pid (\d+),", self.said)]

    def at(self, kind, number=None):
        """Where a Page, or a Client, finds the balancer, or a node."""
        words = {"web": r"http://127\.0\.0\.1:(\d+)", "address": r"lines 127\.0\.0\.1:(\d+)"}
        port = self.ports[{"web": "http", "address": "tcp"}[kind]]
        if number:
            port = re.search(rf"node-{number}: .*?{words[kind]}", self.said).group(1)
        return types.SimpleNamespace(**{kind: ("127.0.0.1", int(port))})

    def ended(self):
        status = self.process.wait(2 * chat.WAIT)
        self.said += self.process.stdout.read().decode()
        return status

    def stop(self, number=signal.SIGINT):
        """Ends it; nothing of it may be left."""
        mine = started_by(self.process.pid)
        assert len(mine) >= 8, mine
        self.process.send_signal(number)
        assert self.ended() == 0, self.said
        assert not (left := {pid for pid in mine if stat_of(pid)}), (left, self.said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in [*started_by(self.process.pid), self.process.pid] if self.process.poll() is None else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def folder_of_all():
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)  # another user's PostgreSQL is in it
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def comes_back(run, session, last):
    """As a page whose node is gone does, again and again."""
    def once():
        with contextlib.suppress(OSError, AssertionError, Closed):
            page = Page(run.at("web"), hello={"session": session, "rooms": [("general", last)]})
            return page if page.status == 101 else None
    return chat.until("a connection by the balancer", once)


def test_conversation_goes_on_when_a_node_is_killed_and_ctrl_c_ends_all_of_it():
    with folder_of_all() as folder:
        with Run(folder) as run:
            run.until_said("Ctrl-C here ends all")
            pages = [Page(run.at("web")) for _ in range(6)]  # two of them at each node
            assert pages[0].say("1", ref="r1")["number"] == 1
            for page in pages[1:]:
                assert page.until("message")["text"] == "1"
            line = chat.Client(run.at("address", 2))
            while not re.fullmatch(r"\* guest-\S+ joined #general", line.line()):
                pass
            os.kill(run.nodes()[0], signal.SIGKILL)
            run.until_said("node-1 has ended: signal 9")
            alive = []
            for page in pages:
                try:
                    page.settle()
                    alive.append(page)
                except (Closed, OSError):
                    alive.append(comes_back(run, page.session, 1))
            assert alive != pages, "no page was at the node"
            assert alive[0].say("2", ref="r2")["number"] == 2
            for page in alive[1:]:
                assert page.until("message")["text"] == "2"
            line.until(f"{alive[0].name}: 2")
            again = int(re.search(r"node-1: again, pid (\d+)", run.until_said("node-1: again, pid").said).group(1))
            assert again not in run.nodes()
            with Page(run.at("web", 1)) as back:  # where it was
                assert back.texts(2) == [(1, "1"), (2, "2")]
            run.stop()
        with Run(folder) as run, contextlib.ExitStack() as stack:  # again, with what was said
            run.until_said("Ctrl-C here ends all")
            page = stack.enter_context(Page(run.at("web")))
            assert page.texts(2) == [(1, "1"), (2, "2")]
            os.kill(run.nodes()[1], signal.SIGTERM)
            run.until_said("node-2 has ended: status 0")
            run.stop(signal.SIGTERM)


def test_node_that_cannot_start_again_is_tried_later_and_ends_nothing():
    with folder_of_all() as folder, Run(folder, "--nodes", "2") as run:
        run.until_said("Ctrl-C here ends all")
        with open(os.path.join(folder, "postgres", "data", "postmaster.pid"), encoding="ascii") as file:
            os.kill(int(file.readline()), signal.SIGINT)
        run.until_said("postgres has ended")
        os.kill(run.nodes()[0], signal.SIGKILL)
        run.until_said("node-1 does not start").until_said("node-1: the next try in 2 s")
        run.process.send_signal(signal.SIGINT)
        assert run.ended() == 0, run.said


def test_part_that_cannot_start_ends_the_others():
    with folder_of_all() as folder:
        with Run(folder, "--history", "many") as run:
            assert run.ended() == 1 and "node-1 does not start" in run.said and "--history" in run.said, run.said
        assert not left_of(folder)
        with Run(folder) as run, socket.create_server(("127.0.0.1", run.ports["http"])):
            assert run.ended() == 1 and "nginx does not start" in run.said, run.said
        assert not left_of(folder)


def left_of(folder):
    """Processes that have the folder in their command line, or that of the sockets, which the lock names."""
    with open(os.path.join(folder, "lock"), encoding="ascii") as lock:
        folders = folder.encode(), lock.read().encode()
    assert folders[1].startswith(b"/tmp/edo-nodes-"), folders

    def is_of(pid):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read()
            return any(one in command for one in folders)
        return False
    return [pid for pid in os.listdir("/proc") if pid.isdigit() and is_of(pid)]


def test_script_that_is_killed_leaves_nothing_and_a_second_one_is_refused_meanwhile():
    with folder_of_all() as folder:
        with Run(folder) as run:
            run.until_said("Ctrl-C here ends all")
            with Run(folder) as second:
                assert second.ended() == 1 and "another run-nodes uses" in second.said, second.said
            mine = started_by(run.process.pid)
            run.process.kill()
            chat.until("their end", lambda: {pid for pid in mine if stat_of(pid)}, lambda left: not left)
        with Run(folder) as run:
            run.until_said("Ctrl-C here ends all")
            run.stop()


if __name__ == "__main__":
    chat.main()
