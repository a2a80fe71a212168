# SPDX-License-Identifier: MIT
"""The echo table: server on core 0, load on core 1, CPU time of the server a request."""

import contextlib
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

from programs import NO_SUCH_BENCH, PEER_BIN, Absent, Failed, run_json

LOAD = PEER_BIN / "edo-echo-load"
START_MAX_S = 5

# Name: arguments of the load, its key that is compared, the key of the rate.
CASES = {
    "echo_c1": (["-c", "1"], "server_cpu_us_per_req", "rps"),
    "echo_c64": (["-c", "64"], "server_cpu_us_per_req", "rps"),
    "echo_c512": (["-c", "512"], "server_cpu_us_per_req", "rps"),
    "accept": (["--accept", "-c", "32"], "server_cpu_us_per_conn", "conns_per_s"),
    "idle": (["--idle"], "bytes_per_conn", "ok"),
}
# One connection keeps the server idle for most of the time, and so makes few requests.
SECONDS = {"echo_c1": 3}
SECONDS_MOST = 1.5
SECONDS_QUICK = 0.5
IDLE_CONNS = 10_000
FLOOR_MOST = 1.03  # CPU against the raw epoll loop
TOKIO_MOST = 1.0
IDLE_BYTES_MOST = 200  # state-machine form


def pinned(core, command):
    if shutil.which("taskset") and (os.cpu_count() or 1) > 1:
        return ["taskset", "-c", str(core), *command]
    return list(command)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_open(server, port):
    end = time.monotonic() + START_MAX_S
    while time.monotonic() < end:
        if server.poll() is not None:
            if server.returncode == NO_SUCH_BENCH:
                raise Absent("no such server")
            raise Failed(f"{server.args[-2]}: exit {server.returncode} at the start")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    raise Failed(f"{server.args[-2]}: does not listen after {START_MAX_S} s")


@contextlib.contextmanager
def running(command, stdout=subprocess.DEVNULL):
    """A fresh server; answers its port and pid."""
    if not os.access(command[0], os.X_OK):
        raise Absent("not built")
    port = free_port()
    server = subprocess.Popen(
        pinned(0, [*command, f"127.0.0.1:{port}"]),
        stdout=stdout,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_open(server, port)
        yield port, server.pid  # taskset execs the server: the same pid
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def run_once(command, case, quick):
    arguments = list(CASES[case][0])
    if case == "idle":
        arguments.append(str(IDLE_CONNS // 5 if quick else IDLE_CONNS))
    else:
        arguments += ["-d", str(SECONDS_QUICK if quick else SECONDS.get(case, SECONDS_MOST))]
    with running(command) as (port, pid):
        load = [str(LOAD), f"127.0.0.1:{port}", "--pid", str(pid), *arguments]
        return run_json(pinned(1, load))


def run_all(servers, cases, rounds, quick):
    """Answers {case: {server: {"rounds": [...], "note": text or None}}}."""
    table = {}
    for case in cases:
        cells = {name: {"rounds": {}, "note": None} for name, _ in servers}
        table[case] = cells
        for number in range(rounds):
            for name, command in servers:
                cell = cells[name]
                if cell["note"]:
                    continue
                try:
                    cell["rounds"][number] = run_once(command, case, quick)
                except Absent as why:
                    cell["note"] = str(why)
                except Failed as why:
                    cell["note"] = f"failed: {why}"
        print(f"  {case}", file=sys.stderr, flush=True)
    return table


def median(cell, key):
    values = [line[key] for line in cell["rounds"].values() if key in line]
    return statistics.median(values) if values else None


def ratio(cells, name, base, key):
    """Median over the rounds of name / base."""
    ours, theirs = cells[name]["rounds"], cells[base]["rounds"]
    pairs = [ours[r][key] / theirs[r][key] for r in ours if r in theirs and theirs[r][key] > 0]
    return statistics.median(pairs) if pairs else None


def idle_verdict(cells, name, key):
    used = median(cells[name], key)
    if used is None:
        return "", "", ""
    if name != "edo":
        return f"{used:.0f} B", "", ""
    return f"{used:.0f} B", f"<= {IDLE_BYTES_MOST} B", "pass" if used <= IDLE_BYTES_MOST else "MISS"


def verdict(case, cells, name):
    """Measured, goal, outcome of one edo form at one case."""
    key = CASES[case][1]
    if case == "idle":
        return idle_verdict(cells, name, key)
    floor, tokio = ratio(cells, name, "floor-epoll", key), ratio(cells, name, "tokio", key)
    parts, good = [], True
    if floor is not None:
        parts.append(f"{floor:.2f} floor")
        good = good and floor <= FLOOR_MOST
    if tokio is not None:
        parts.append(f"{tokio:.2f} tokio")
        good = good and tokio <= TOKIO_MOST
    goal = f"<= {FLOOR_MOST} floor, {TOKIO_MOST:g} tokio"
    return ", ".join(parts), goal, ("pass" if good else "MISS") if parts else ""


def rows(table):
    head = ["case", "server", "rate (median)", "p50 us", "p99 us", "CPU us / RSS B: min", "median"]
    head += ["against", "goal", ""]
    body = []
    for case, cells in table.items():
        _, key, rate = CASES[case]
        for name, cell in cells.items():
            if not cell["rounds"]:
                continue
            p50, p99 = median(cell, "p50_us"), median(cell, "p99_us")
            digits = 0 if case == "idle" else 2
            least = min(line[key] for line in cell["rounds"].values())
            row = [case, name, f"{median(cell, rate):.0f}"]
            row += [f"{p50:.0f}" if p50 else "", f"{p99:.0f}" if p99 else ""]
            row += [f"{least:.{digits}f}", f"{median(cell, key):.{digits}f}"]
            row += verdict(case, cells, name) if name.startswith("edo") else ["", "", ""]
            body.append(row)
    return head, body


def notes(table):
    found = {}
    for case, cells in table.items():
        for name, cell in cells.items():
            if cell["note"]:
                found.setdefault((name, cell["note"]), []).append(case)
    return [f"{name} echo: {why}: {', '.join(where)}" for (name, why), where in found.items()]


def failed(table):
    notes_all = [cell["note"] or "" for cells in table.values() for cell in cells.values()]
    return any(note.startswith("failed") for note in notes_all)


def as_data(table):
    return [
        {
            "case": case,
            "server": name,
            "note": cell["note"],
            "rounds": list(cell["rounds"].values()),
        }
        for case, cells in table.items()
        for name, cell in cells.items()
    ]
