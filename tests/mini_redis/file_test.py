# SPDX-License-Identifier: MIT
"""Goal: what was answered is in the file, whatever ends the process. Method: kill -9 under load, ends
of the file that are cut anywhere, a file that may not grow, system calls counted."""
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

import mini


def everything(client):
    """What the store holds of the keys that these tests use."""
    return [client.call("DBSIZE"), client.call("MGET", *"abcdefgh"),
            *(client.call("LRANGE", key, 0, -1) for key in ("l", "m"))]


def test_answered_writes_survive_kill():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        answered = [[0, 0, 0] for _ in range(8)]  # of each client: counter, keys, items
        with mini.Server("--threads", "2", "--aof", path) as server:
            def load(me, client):
                try:
                    while True:
                        i = answered[me][1]
                        client.socket.sendall(mini.encoded("INCR", f"n{me}") +
                                              mini.encoded("SET", f"k{me}.{i}", i) +
                                              mini.encoded("RPUSH", f"l{me}", i))
                        answered[me][0] = client.reply()
                        answered[me][1] += client.reply() == b"OK"
                        answered[me][2] = client.reply()
                except (OSError, EOFError, ValueError):
                    pass
            clients = [threading.Thread(target=load, args=(i, server.client())) for i in range(8)]
            for thread in clients:
                thread.start()
            mini.until("a hundred replies to each", lambda: min(n for n, _, _ in answered), lambda seen: seen >= 100)
            server.kill()
            for thread in clients:
                thread.join(mini.WAIT)
        with mini.Server("--aof", path, quiet=False) as server:  # it may cut the end off
            c = server.client()
            for me, (counter, keys, items) in enumerate(answered):
                assert int(c.call("GET", f"n{me}")) >= counter
                assert c.call("MGET", *(f"k{me}.{i}" for i in range(min(keys, 1000)))) == \
                    [b"%d" % i for i in range(min(keys, 1000))]
                got = c.call("LRANGE", f"l{me}", 0, -1)
                assert len(got) >= items and got == [b"%d" % i for i in range(len(got))]


def test_every_kind_of_change_comes_back():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        with mini.Server("--aof", path) as server:
            c = server.client()
            c.call("SET", "gone", 1)
            c.call("FLUSHALL")
            c.call("MSET", "a", 1, "b", "x\r\n", "c", 3)
            c.call("INCRBY", "a", 41)
            c.call("DEL", "c")
            c.call("SET", "d", 1, "EX", 1000)
            c.call("INCR", "d")
            c.call("SET", "e", 1, "PX", 100000)
            c.call("PERSIST", "e")
            c.call("SET", "f", 1)
            c.call("PEXPIRE", "f", 100000)
            c.call("SET", "g", 1, "PX", 1)
            c.call("SET", "h", 1)
            c.call("SET", "h", 2, "NX")
            c.call("LPUSH", "l", 1, 2, 3)
            c.call("RPUSH", "l", 4)
            c.call("LPOP", "l")
            c.call("RPOP", "l")
            c.call("RPUSH", "m", 1)
            c.call("RPOP", "m")
            mini.until("the end of a key", lambda: c.call("GET", "g"), lambda seen: seen is None)
            wanted = everything(c)
            left, asked_at = c.call("PTTL", "d"), time.monotonic()
            server.kill()
        for _ in range(2):  # and again, after an orderly end
            with mini.Server("--aof", path) as server:
                c = server.client()
                assert everything(c) == wanted
                left_now = c.call("PTTL", "d")  # and if all took long, it is as much less
                assert left - 1000 * (time.monotonic() - asked_at) - 1000 < left_now <= left, (left_now, left)
                assert c.call("TTL", "e") == -1 and c.call("TTL", "f") > 0


def test_the_longest_request_comes_back():
    key = b"k" * ((64 << 20) - len(b"*3\r\n$7\r\nPEXPIRE\r\n$67108837\r\n"))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        with mini.Server("--aof", path) as server:
            c = server.client()
            assert c.call("SET", key, 1) == b"OK"
            assert c.call("PEXPIRE", key, 10000000) == 1  # the log's form of it is longer
        with mini.Server("--aof", path) as server:
            assert server.client().call("DBSIZE") == 1


def test_a_push_whose_changes_are_too_long_is_refused():
    too_long = [b"k" * (512 << 10), *range(1000)]  # the log would have the key a thousand times
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        with mini.Server("--aof", path) as server:
            c = server.client()
            for command in ("LPUSH", "RPUSH"):
                c.fails("ERR key is too long for this number of items", command, *too_long)
            assert c.call("DBSIZE") == 0
            assert c.call("RPUSH", *too_long[:101]) == 100
        with mini.Server("--aof", path) as server:
            c = server.client()
            assert c.call("LLEN", too_long[0]) == 100


def test_a_key_that_ends_while_no_server_runs_is_gone():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        past = b"%d" % (int(time.time() * 1000) - 1000)
        with open(path, "wb") as file:
            file.write(mini.encoded("SET", "a", 1, "PXAT", past) + mini.encoded("SET", "b", 1) +
                       mini.encoded("PEXPIREAT", "b", past) + mini.encoded("PERSIST", "b"))
        with mini.Server("--aof", path) as server:
            assert server.client().call("MGET", "a", "b") == [None, b"1"]


def test_an_end_that_is_cut_anywhere_is_cut_off():
    first, last = mini.encoded("SET", "a", 1), mini.encoded("RPUSH", "l", "x\r\ny")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        for n in range(1, len(last)):
            with open(path, "wb") as file:
                file.write(first + last[:n])
            with mini.Server("--aof", path, quiet=False) as server:
                assert f"its last command is not whole: {n} bytes are cut off" in server.errors()
                assert os.path.getsize(path) == len(first)
                c = server.client()
                assert everything(c)[0] == 1
                assert c.call("SET", "b", 2) == b"OK"
                server.kill()
            with mini.Server("--aof", path) as server:  # nothing to cut off any more
                assert server.client().call("MGET", "a", "b") == [b"1", b"2"]
            if mini.SANITIZER:
                break


def refused(path, *words):
    process = subprocess.run([mini.PROGRAM, "--port", "0", "--aof", path], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, timeout=mini.WAIT, check=False)
    assert process.returncode == 1 and process.stdout == b"", process
    for word in words:
        assert word in process.stderr.decode(), process.stderr


def test_a_file_of_something_else_is_refused():
    good = mini.encoded("SET", "a", 1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        for bad in (b"*1\r\n$3\r\nGETxx", b"\0" * 100000, mini.encoded("DANCE"), mini.encoded("QUIT"),
                    mini.encoded("SUBSCRIBE", "c")):
            with open(path, "wb") as file:
                file.write(good + bad + good)
            refused(path, "log, about byte ")
            assert os.path.getsize(path) == 2 * len(good) + len(bad)  # nothing was lost
        refused(os.path.join(folder, "none", "log"), "none/log")
        os.unlink(path)
        with mini.Server("--aof", path):
            refused(path, "locking")


def may_not_grow():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))


def test_a_full_disk_ends_the_server():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log")
        with mini.Server("--aof", path, before=may_not_grow, status=1, quiet=False) as server:
            c, n = server.client(), 0
            try:
                while c.call("RPUSH", "l", b"x" * 1000) == n + 1:
                    n += 1
            except (OSError, EOFError):
                pass
            assert server.ended() == 1
            assert "writing the file" in server.errors(), server.errors()
        with mini.Server("--aof", path, quiet=False) as server:
            assert server.client().call("LLEN", "l") in (n, n + 1)


def strace_works():
    try:
        return subprocess.run(["strace", "-f", "-o", "/dev/null", "true"], stderr=subprocess.DEVNULL,
                              check=False).returncode == 0
    except FileNotFoundError:
        return False


def transfers(trace):
    """One letter each, in order: r when a read of commands has returned, w when a write to the file
    has, s when a send of replies begins. strace -f may tell the begin and the end of a call on two
    lines."""
    letters, writing = "", set()
    for line in trace.splitlines():
        thread = line.split()[0]
        if "recvfrom" in line and r"*2\r\n$4\r\nINCR" in line:
            letters += "r"
        elif " sendto(" in line:
            letters += "s"
        elif re.search(r' write\(\d+, "\*3', line):
            writing.add(thread)
        if thread in writing and re.search(r"write(\(| resumed).*\) += \d+$", line):
            writing.remove(thread)
            letters += "w"
    return letters


def test_a_batch_is_read_once_then_written_once_then_replied_to_once():
    if mini.SANITIZER:  # their own system calls would be counted
        return
    if not strace_works():
        print("strace is not there, or may not trace")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        calls = os.path.join(folder, "calls")
        strace = ["strace", "-f", "-e", "trace=%desc,%network", "-o", calls]
        with mini.Server("--aof", os.path.join(folder, "log"), command=strace) as server:
            c = server.client()
            assert c.call("PING") == b"PONG"
            for _ in range(10):
                c.socket.sendall(mini.encoded("INCR", "a") * 16)
                for _ in range(16):
                    c.reply()
            assert c.call("ECHO", "end") == b"end"
            pid = subprocess.run(["pgrep", "-P", str(server.process.pid)], stdout=subprocess.PIPE,
                                 check=True).stdout
            os.kill(int(pid), signal.SIGTERM)
            server.ended()
        with open(calls, encoding="ascii", errors="replace") as file:
            text = file.read()
        assert transfers(text) == "s" + "rws" * 10 + "s", transfers(text) + "\n" + text


mini.main()
