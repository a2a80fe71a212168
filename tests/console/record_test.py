# SPDX-License-Identifier: MIT
"""edo console without a terminal, over a program that runs, does not listen, or says nothing: what has failed is told, and the
status says so."""
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bounded  # noqa: E402
import looks  # noqa: E402

BIN = os.environ["EDO_BIN_DIR"]
EDO_CONSOLE = [os.path.join(BIN, "edo"), "console"]
LOOKED_AT = os.path.join(BIN, "examples", "looked_at")
HEAD = b"edo-looks 1\n"


def run(*args, status=0, **how):
    done = subprocess.run([*EDO_CONSOLE, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                          check=False, **how)
    assert done.returncode == status, (args, done)
    return done


@contextlib.contextmanager
def folder_of(program=None):
    """A folder, and, if one is started, the address at which the program is looked at, which lies in it."""
    with tempfile.TemporaryDirectory(prefix="edo-console-") as folder:
        address = f"unix:{folder}/console"
        if not program:
            yield folder, address
            return
        process = subprocess.Popen([program, "127.0.0.1:0", "10"], stdout=subprocess.PIPE,
                                   env=dict(os.environ, EDO_CONSOLE="1", EDO_CONSOLE_BIND=address))
        try:
            assert b"looked at on" in bounded.line_of(process.stdout).encode()
            yield folder, address
            process.terminate()
            assert bounded.ended(process) == 0
        finally:
            process.kill()
            process.stdout.close()


def size_of(path):
    return os.path.getsize(path) if os.path.exists(path) else 0


def test_a_program_is_recorded_and_the_recording_kept():
    with folder_of(LOOKED_AT) as (folder, address):
        path = f"{folder}/a.looks"
        recorder = subprocess.Popen([*EDO_CONSOLE, "--record", path, "--every", "100ms", address],
                                    stdin=subprocess.DEVNULL)
        try:
            bounded.until("a look", lambda: size_of(path), lambda bytes_n: bytes_n > len(HEAD))
            recorder.terminate()
            assert bounded.ended(recorder) == 0
        finally:
            recorder.kill()
        look = json.loads(run("--replay", path, "--json").stdout)
        assert look["program"] == "looked_at", look
        with open(path, "rb") as file:
            before = file.read()
        assert "exists" in run("--record", path, "--for", "500ms", address, status=1).stderr
        with open(path, "rb") as file:
            assert file.read() == before


def test_a_program_is_asked_as_tokio_console_asks():
    with folder_of(LOOKED_AT) as (_, address):
        look = json.loads(run("--tokio", "--json", address).stdout)
        assert look["program"] == "tokio", look
        assert any("looked_at.c:" in task["name"] for task in look["tasks"]), look


def test_a_recording_that_cannot_go_on_ends_with_its_error():
    def files_of(most):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    def small_files():
        files_of(20000)

    def tiny_files():
        files_of(100)

    with folder_of(LOOKED_AT) as (folder, address):
        done = run("--record", f"{folder}/a.looks", "--every", "100ms", address, status=1, preexec_fn=small_files)
        assert "too large" in done.stderr and "a.looks" in done.stderr, done
        assert json.loads(run("--replay", f"{folder}/a.looks", "--json").stdout)["program"] == "looked_at"
        done = run("--record", f"{folder}/b.looks", "--print", "tasks", "--every", "100ms", address, status=1,
                   preexec_fn=tiny_files)
        assert "too large" in done.stderr and "b.looks" in done.stderr, done
    assert "No space" in run("--record", "/dev/full", status=1).stderr


def test_a_program_that_is_not_there_is_told():
    with folder_of() as (folder, address):
        done = run("--record", f"{folder}/a.looks", "--for", "700ms", address, status=1)
        told = [line for line in done.stderr.splitlines() if "a.looks" not in line]
        assert sum("console: " in line and "no look" not in line for line in told) == 1, done
        assert "no look of" in done.stderr, done
        with open(f"{folder}/a.looks", "rb") as file:
            assert file.read() == HEAD
        run("--print", "tasks", address, status=1)


def test_a_program_that_says_nothing_is_told():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        done = run("--print", "tasks", "--for", "300ms", address, status=1)
        assert "no look of" in done.stderr and not done.stdout, done


if __name__ == "__main__":
    looks.main(globals())
