# SPDX-License-Identifier: MIT
"""edo console in a terminal, which tmux is, over a program that runs: stacks, faults, search, a recording and a look that is
written, other sizes of the terminal; and one that is stopped, ends, and comes again."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bounded  # noqa: E402
import looks  # noqa: E402
import tmux  # noqa: E402

LOOKED_AT = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "looked_at")


class Program:
    """looked_at, with its console at an address that the folder has."""

    def __init__(self, folder):
        self.path = f"{folder}/console"
        self.address = f"unix:{self.path}"
        self.process = None
        self.begin()

    def begin(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.process = subprocess.Popen(
            [LOOKED_AT, "127.0.0.1:0", "10"], stdout=subprocess.PIPE,
            env=dict(os.environ, EDO_CONSOLE="1", EDO_CONSOLE_BIND=self.address, EDO_WATCH="locks"))
        assert "looked at on" in bounded.line_of(self.process.stdout)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def live(cols=120, rows=40, *args):
    with tempfile.TemporaryDirectory(prefix="edo-console-") as folder:
        program = Program(folder)
        try:
            t = tmux.Terminal(cols, rows, ["--every", "200ms", *args, program.address])
            try:
                t.shows(f"looked_at {program.process.pid}", "visitor")
                yield t, program
            finally:
                t.close()
        finally:
            program.end()


def ends(t):
    t.keys("q")
    t.is_over()


def test_a_task_is_opened_with_its_stack():
    with live() as (t, _):
        for name, function in ("pay_you", "pay"), ("pay_me", "pay"):
            t.keys("/", *name, "Enter")
            t.shows(f"/{name}")
            t.keys("Enter")
            t.shows(f"  {name}", "2 tasks wait for each other", "#0", function, "looked_at.c:")
            t.keys("Escape", "Escape")
            t.shows("visitor")
        ends(t)


def test_all_tasks_of_a_site_have_one_stack():
    with live() as (t, _):
        t.keys("s")
        t.shows("Most wait for")
        t.keys("/", *"visitor", "Enter", "Enter")
        t.shows("10 tasks: 10 wait", "10 x visitor", "a state machine has no stack")
        ends(t)


def test_faults_are_looked_for():
    with live() as (t, _):
        t.keys("f")
        t.shows("looks for faults")
        t.shows("1 fault", "pay_you")
        t.keys("d")
        t.shows("2 tasks wait for each other", "Deadlocks, reported since the program began: 1")
        ends(t)


def test_what_comes_is_recorded_and_a_look_written():
    with live() as (t, _):
        t.keys("R")
        t.shows("records to edo-console-1.looks", "recording")
        t.keys("e")
        t.shows("the look is in edo-console-1.json")
        with open(f"{t.dir}/edo-console-1.json", encoding="utf-8") as file:
            assert json.load(file)["program"] == "looked_at"
        bounded.until("two looks", lambda: os.path.getsize(f"{t.dir}/edo-console-1.looks") > 2000)
        t.keys("R")
        t.shows("the recording has ended")
        done = subprocess.run([*tmux.EDO_CONSOLE, "--replay", f"{t.dir}/edo-console-1.looks", "--json"],
                              capture_output=True, timeout=60, check=True)
        assert json.loads(done.stdout)["program"] == "looked_at" and not done.stderr
        ends(t)


def test_the_size_may_change():
    with live() as (t, _):
        for cols, rows, words in (50, 12, ["visi"]), (30, 3, []), (160, 50, ["Location", "q quit"]):
            t.tmux("resize-window", "-x", str(cols), "-y", str(rows))
            t.shows(*words)
            t.keys("j", "Down", "G", "g", "g")
            page = t.shows(*words)
            assert len(page.splitlines()) <= rows and max([0, *map(len, page.splitlines())]) <= cols, page
        ends(t)


def test_a_program_that_says_nothing_is_told_and_goes_on():
    with live() as (t, program):
        program.process.send_signal(signal.SIGSTOP)
        t.shows("no look for")
        t.keys("/", *"vis", "Enter")
        t.shows("/vis", "no look for")
        program.process.send_signal(signal.SIGCONT)
        t.shows_no("no look for")
        ends(t)


def test_a_program_that_ends_and_comes_again_is_shown():
    with live() as (t, program):
        t.keys("/", *"vis", "Enter")
        program.end()
        t.shows("/vis", program.address, "no look for")
        program.begin()
        t.shows(f"looked_at {program.process.pid}")
        t.shows_no("no look for", program.address)
        ends(t)


if __name__ == "__main__":
    looks.main(globals())
