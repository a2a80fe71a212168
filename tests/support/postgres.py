# SPDX-License-Identifier: MIT
"""A PostgreSQL of a test's own, which ends with the test. Every wait has a deadline."""
import atexit
import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile

from bounded import WAIT, line_of, until


def skip(why):
    print("skipped:", why)
    sys.exit(77)


class Postgres:
    """A server with a folder of its own, on a Unix socket. Unless it `syncs` it does not wait for the disk: a process that
    is killed loses nothing that it has written."""

    def __init__(self, syncs=False, standby_of=None):
        """`standby_of`: it begins as a copy of that one, and follows it, behind its commits."""
        self.syncs = syncs
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))
        if not found:
            skip("PostgreSQL is not installed")
        self.binaries = os.path.dirname(found[-1])
        self.folder = tempfile.mkdtemp()
        self.process = None
        atexit.register(self.end)
        # postgres refuses root
        self.other = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
        if self.other:
            os.chown(self.folder, 65534, 65534)
        self.data = os.path.join(self.folder, "data")
        self.log = open(os.path.join(self.folder, "log"), "wb")
        make = self.copy if standby_of else self.make
        make(standby_of)
        self.socket = os.path.join(self.folder, ".s.PGSQL.5432")
        self.url = f"host={self.folder} user=edo dbname=postgres"
        self.uri = f"postgres:///postgres?host={self.folder}&user=edo"
        self.start()

    def copy(self, of):
        subprocess.run([f"{self.binaries}/pg_basebackup", "-D", self.data, "-d", of.url, "--no-sync", "-R", "-X", "stream",
                        "-c", "fast"], check=True, cwd="/", stdout=self.log, stderr=self.log, **self.other)

    def make(self, _):
        subprocess.run([f"{self.binaries}/initdb", "-D", self.data, "--no-sync", "-A", "trust", "-U", "edo",
                        "--locale=C", "-E", "UTF8"], check=True, cwd="/", stdout=self.log, stderr=self.log,
                       **self.other)

    def start(self):
        def is_ready():
            if self.process is None or self.process.poll() is not None:  # memory of the one before may be in use yet
                command = [f"{self.binaries}/postgres", "-D", self.data, "-k", self.folder, "-c", "listen_addresses=",
                           *([] if self.syncs else ["-F"])]
                self.process = subprocess.Popen(command, cwd="/", stdout=self.log, stderr=self.log, **self.other)
            asked = subprocess.run([f"{self.binaries}/pg_isready", "-q", "-h", self.folder], cwd="/", check=False)
            return asked.returncode == 0 and self.process.poll() is None
        until("PostgreSQL", is_ready)

    def for_all(self, do, *arguments):
        """Does it with the ids of all its processes."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            mine = children.read().split()
        for process in [pid, *map(int, mine)]:
            try:
                do(process, *arguments)
            except ProcessLookupError:
                pass

    def signal_all(self, number):
        self.for_all(os.kill, number)

    def kill(self):
        """As kill -9 of all its processes: those that are left see the end of the first one, and end."""
        self.signal_all(signal.SIGKILL)
        self.process.wait(WAIT)

    def pause(self):
        self.signal_all(signal.SIGSTOP)

    def go_on(self):
        self.signal_all(signal.SIGCONT)

    def cut_off(self):
        """A standby gets nothing more."""
        self.rows("alter system set primary_conninfo = ''")
        self.rows("select pg_reload_conf()")
        until("the end of the replication", lambda: self.rows("select pid from pg_stat_wal_receiver"), lambda rows: not rows)

    def limit_file_bytes(self, most):
        """Writes behind that fail from now on, as on a disk that is full; None: they do not any more. Those that are
        started later have the limit, too."""
        def limit(pid):  # by a process of the same user, who may
            subprocess.run(["prlimit", f"--pid={pid}", f"--fsize={'unlimited' if most is None else most}:"], check=False,
                           cwd="/", stdout=self.log, stderr=self.log, **self.other)

        limit(self.process.pid)
        self.for_all(limit)

    def promote(self):
        """A standby takes the place of its server."""
        subprocess.run([f"{self.binaries}/pg_ctl", "promote", "-D", self.data], check=True, cwd="/", stdout=self.log,
                       stderr=self.log, **self.other)

    def rows(self, sql, database="postgres"):
        """Rows of a query, each a list of texts."""
        out = subprocess.run([f"{self.binaries}/psql", "-h", self.folder, "-U", "edo", "-d", database, "-AtqX",
                              "-F", "\t", "-c", sql], check=True, cwd="/", stdout=subprocess.PIPE, text=True)
        return [line.split("\t") for line in out.stdout.splitlines()]

    @contextlib.contextmanager
    def holding(self, sql):
        """The locks of a statement are held meanwhile."""
        holder = subprocess.Popen([f"{self.binaries}/psql", "-h", self.folder, "-U", "edo", "-d", "postgres", "-AtqX"], cwd="/",
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        holder.stdin.write(f"begin;\n{sql};\n\\echo held\n")
        holder.stdin.flush()
        while (line := line_of(holder.stdout)) != "held\n":
            assert line, "psql has ended"
        yield
        holder.communicate("rollback;\n", timeout=WAIT)

    def waiting(self):
        """How many sessions wait for a lock."""
        return int(self.rows("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")[0][0])

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(WAIT)
        shutil.rmtree(self.folder, ignore_errors=True)
