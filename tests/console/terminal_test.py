# SPDX-License-Identifier: MIT
"""edo-console in a terminal, which tmux is, at 80x24 and 200x60, over a recording: each view is shown by its key, within
the size of the terminal, and q ends it."""
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

import looks

WAIT = 30
EDO_CONSOLE = os.path.join(os.environ["EDO_BIN_DIR"], "edo-console")
SKIPPED = 77


class Terminal:
    """A server of tmux of its own, with one window in which edo-console runs, in a folder of its own."""

    def __init__(self, cols, rows, args, locale):
        self.dir = tempfile.mkdtemp(prefix="edo-console-")
        self.socket = os.path.join(self.dir, "tmux")
        environment = dict(os.environ, LC_ALL=locale, TERM="xterm-256color")
        environment.pop("TMUX", None)
        self.environment = environment
        command = f"{EDO_CONSOLE} {' '.join(args)} 2>{self.dir}/errors"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(cols), "-y", str(rows), "-c", self.dir, command)

    def tmux(self, *args):
        return subprocess.run(["tmux", "-u", "-S", self.socket, *args], env=self.environment, capture_output=True,
                              text=True, encoding="utf-8", timeout=WAIT, check=True).stdout

    def keys(self, *keys):
        for key in keys:
            self.tmux("send-keys", key)

    def page(self):
        return self.tmux("capture-pane", "-p")

    def shows(self, *words):
        """The page, once it has all of these."""
        until = time.monotonic() + WAIT
        while True:
            page = self.page()
            missing = [word for word in words if word not in page]
            if not missing:
                return page
            assert time.monotonic() < until, f"not shown: {missing}\n{page}\n{self.errors()}"
            time.sleep(0.05)

    def errors(self):
        with open(f"{self.dir}/errors", encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_over(self):
        """Waits until the program, and so the session, has ended."""
        until = time.monotonic() + WAIT
        while subprocess.run(["tmux", "-S", self.socket, "has-session"], capture_output=True, check=False,
                             timeout=WAIT).returncode == 0:
            assert time.monotonic() < until, self.page()
            time.sleep(0.05)

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False, timeout=WAIT)
        shutil.rmtree(self.dir)


@contextlib.contextmanager
def terminal(cols, rows, *args, locale="C.UTF-8", n=120):
    if not shutil.which("tmux"):
        print("skipped: tmux was not found")
        sys.exit(SKIPPED)
    with tempfile.NamedTemporaryFile(suffix=".looks") as file:
        file.write(looks.recording(n))
        file.flush()
        t = Terminal(cols, rows, ["--replay", file.name, *args], locale)
        try:
            yield t
        finally:
            t.close()


def each_view(cols, rows):
    with terminal(cols, rows) as t:
        t.shows("bank 4242", "withdraw", "▶ RUN", "deadlock")
        t.keys("Space")
        t.shows("STOPPED")
        for key, words in (("s", ("Most wait for", "listener")), ("o", ("0x4060", "0x4080")),
                           ("c", ("jobs", "full")), ("n", ("HTTP connection", "pool object")), ("a", ("Kind", "mpsc")),
                           ("w", ("1 main", "polls")), ("t", ("Location", "deposit"))):
            t.keys(key)
            page = t.shows(*words)
            assert len(page.splitlines()) <= rows and max(map(len, page.splitlines())) <= cols, page
        t.keys("q")
        t.is_over()


def test_each_view_is_shown_in_80_columns():
    each_view(80, 24)


def test_each_view_is_shown_in_200_columns():
    each_view(200, 60)


if __name__ == "__main__":
    looks.main(globals())
