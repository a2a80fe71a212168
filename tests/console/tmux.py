# SPDX-License-Identifier: MIT
"""edo console in a terminal, which tmux is."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

WAIT = 30
EDO_CONSOLE = [os.path.join(os.environ["EDO_BIN_DIR"], "edo"), "console"]
SKIPPED = 77


class Terminal:
    """A server of tmux of its own, with one window in which edo console runs, in a folder of its own."""

    def __init__(self, cols, rows, args, locale="C.UTF-8"):
        if not shutil.which("tmux"):
            print("skipped: tmux was not found")
            sys.exit(SKIPPED)
        self.dir = tempfile.mkdtemp(prefix="edo-console-")
        self.socket = os.path.join(self.dir, "tmux")
        environment = dict(os.environ, LC_ALL=locale, TERM="xterm-256color")
        environment.pop("TMUX", None)
        self.environment = environment
        command = f"{' '.join([*EDO_CONSOLE, *args])} 2>{self.dir}/errors"
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

    def shows_no(self, *words):
        """Waits until none of these is on the page."""
        until = time.monotonic() + WAIT
        while any(word in (page := self.page()) for word in words):
            assert time.monotonic() < until, f"still shown: {words}\n{page}\n{self.errors()}"
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
