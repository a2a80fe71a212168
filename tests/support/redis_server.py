# SPDX-License-Identifier: MIT
"""A Redis of a test's own, which ends with the test. Every wait has a deadline."""
import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from bounded import WAIT, until


class Redis:
    """A server on a Unix socket that keeps nothing on a disk."""

    def __init__(self):
        if not shutil.which("redis-server"):
            print("skipped: redis-server is not installed")
            sys.exit(77)
        self.folder = tempfile.mkdtemp()
        self.socket = os.path.join(self.folder, "redis")
        self.url = f"unix://{self.socket}"
        self.process = None
        atexit.register(self.end)
        self.start()

    def start(self):
        self.process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "",
                                         "--dir", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until("Redis", lambda: self.cli("PING", check=False) == ["PONG"])

    def cli(self, *words, check=True):
        out = subprocess.run(["redis-cli", "-s", self.socket, *words], check=check, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, text=True, timeout=WAIT)
        return out.stdout.splitlines()

    def kill(self):
        self.process.kill()
        self.process.wait(WAIT)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT)
        shutil.rmtree(self.folder, ignore_errors=True)
