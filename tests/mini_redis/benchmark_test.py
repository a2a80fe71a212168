# SPDX-License-Identifier: MIT
"""Goal: redis-benchmark of Debian ends without an error, on one thread and on two, with the file and
without, with and without a pipeline."""
import os
import subprocess
import tempfile

import mini

TESTS = "ping,set,get,incr,lpush,rpush,lpop,rpop,lrange,mset"


def run(server, *options):
    requests = 500 if mini.SANITIZER else 5000
    ended = subprocess.run(["redis-benchmark", "-p", str(server.port), "-t", TESTS, "-n", str(requests),
                            "--csv", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           timeout=8 * mini.WAIT, check=False)
    rows = ended.stdout.splitlines()
    assert ended.returncode == 0 and not ended.stderr, ended
    assert len(rows) == 1 + 15 and not any("rror" in row for row in rows), rows


def test_one_thread():
    with mini.Server() as server:
        run(server)


def test_one_thread_pipelined():
    with mini.Server() as server:
        run(server, "-P", "16")


def test_two_threads_with_file():
    with tempfile.TemporaryDirectory() as folder:
        with mini.Server("--threads", "2", "--aof", os.path.join(folder, "log")) as server:
            run(server, "-P", "16")
            size = server.client().call("DBSIZE")
            server.kill()
        with mini.Server("--aof", os.path.join(folder, "log")) as server:
            assert server.client().call("DBSIZE") == size


mini.main()
