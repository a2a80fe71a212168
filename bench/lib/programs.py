# SPDX-License-Identifier: MIT
"""The programs that take part: where they are, and how one run of one of them is made."""

import json
import os
import pathlib
import platform
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = TOP / "build"
PEER_BIN = BUILD / "peers" / "bin"
EDO_BIN = BUILD / "release" / "bin"

NO_SUCH_BENCH = 3  # exit status of a program that does not have the bench
RUN_MAX_S = 180


class Failed(Exception):
    """A program crashed, hung, or printed something else than its line."""


class Absent(Exception):
    """A program is not built, or does not have the bench."""


def last_line(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def run_json(command):
    """Runs a program that prints one line of JSON, and answers it as a dictionary."""
    shown = " ".join(str(part) for part in command)
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=RUN_MAX_S, check=False
        )
    except FileNotFoundError:
        raise Absent("not built") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"{shown}: no end after {RUN_MAX_S} s") from None
    if done.returncode == NO_SUCH_BENCH:
        raise Absent("no such bench")
    if done.returncode != 0:
        raise Failed(f"{shown}: exit {done.returncode} {last_line(done.stderr)}".rstrip())
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Failed(f"{shown}: no line of JSON but {done.stdout[:80]!r}") from None


class Peer:
    """One column of the micro table."""

    def __init__(self, name, program, flags=()):
        self.name = name
        self.program = program
        self.flags = list(flags)
        self.one_worker = "--mt" in self.flags  # with several it is what the others are

    def run(self, bench, threads, n=None):
        command = [self.program, bench, "-t", str(threads), *self.flags]
        if n:
            command += ["-n", str(n)]
        return run_json(command)


def micro_peers(edo_dir, with_mt):
    edo = edo_dir / "edo-bench"
    peers = [Peer("edo", edo), Peer("edo-fiber", edo, ["--fiber"])]
    tokio = PEER_BIN / "peer-tokio"
    if with_mt:
        peers.append(Peer("edo-mt", edo, ["--mt"]))
        peers.append(Peer("tokio-mt", tokio, ["--mt"]))
    peers.append(Peer("tokio", tokio))
    peers.append(Peer("go", PEER_BIN / "peer-go"))
    peers.append(Peer("libuv", PEER_BIN / "peer-libuv"))
    return peers


def echo_servers(edo_dir):
    """Name and command line, without the address, of each echo server."""
    edo = str(edo_dir / "edo-bench-echo")
    return [
        ("edo", [edo]),
        ("edo-fiber", [edo, "--fiber"]),
        ("edo-t1", [edo, "-t", "1"]),
        ("floor-epoll", [str(PEER_BIN / "floor-epoll")]),
        ("tokio", [str(PEER_BIN / "peer-tokio-echo")]),
        ("go", [str(PEER_BIN / "peer-go-echo")]),
        ("libuv", [str(PEER_BIN / "peer-libuv-echo")]),
    ]


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (done.stdout.strip().splitlines() or ["unknown"])[0]


def compiler_path():
    """The compiler of the release build, or the default one."""
    cache = BUILD / "release" / "CMakeCache.txt"
    if cache.exists():
        for line in cache.read_text().splitlines():
            if line.startswith("CMAKE_C_COMPILER:"):
                return line.split("=", 1)[1]
    return os.environ.get("CC", "cc")


def compiler():
    return first_line([compiler_path(), "--version"])


def cpu_model():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.machine()


def machine():
    """What a reader must know beside the figures: a list of name and value."""
    facts = [
        ("CPU", f"{cpu_model()}, {os.cpu_count()} cores"),
        ("kernel", f"{platform.system()} {platform.release().partition('-')[0]}"),
        ("compiler", compiler()),
        ("edo", first_line(["git", "-C", str(TOP), "describe", "--always", "--dirty"])),
    ]
    versions = BUILD / "peers" / "versions"
    if versions.exists():
        for line in versions.read_text().splitlines():
            name, _, value = line.partition(" ")
            facts.append((name, value or "unknown"))
    return facts
