# SPDX-License-Identifier: MIT
"""The I/O table: CPU time a datagram, a request, a GiB, a program, beside the raw loop, Tokio and Go.

A case is run by each of its programs in turn. Servers run on core 0 and their load on core 1; the
figure is the server's CPU time. The other cases are programs under the contract of edo-bench, and
the figure is their CPU time an operation. Those of files read the file that BENCH_FILE names, which
is brought into the kernel's cache, or out of it, before each run.
"""

import contextlib
import os
import pathlib
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import echo
from programs import BUILD, NO_SUCH_BENCH, PEER_BIN, Absent, Failed, run_json

START_MAX_S = 5
SECONDS = 0.8
SECONDS_QUICK = 0.4

FILE = BUILD / "bench-data" / "lines"
LINE = "0123456789" * 7 + "a line.\n".rjust(10)
FILE_LINES = (256 << 20) // len(LINE)
FIO_READS = 8_000


class Case:
    """What is run, and what is promised.

    `kind` names the server or, for "program", that programs run the bench of the case's name;
    `key` is the figure in a line of JSON and `scale` makes it one of `unit`. `goals` are the most
    that edo's figure may be of another program's.
    """

    def __init__(self, kind, load, key, unit, goals, quick_n=None, scale=1.0):
        self.kind, self.load, self.key, self.unit = kind, load, key, unit
        self.goals, self.quick_n, self.scale = goals, quick_n, scale


def udp(window, least):
    goals = {"recvmmsg": least, "tokio": 1.0}
    return Case("udp", ["-w", str(window)], "cpu_us", "us a datagram", goals)


def proxy(conns, small, goals):
    load = ["-c", str(conns)] + (["--small"] if small else [])
    if small:
        return Case("proxy", load, "cpu_us", "us a round trip", goals)
    return Case("proxy", load, "cpu_ms", "ms a GiB", goals)


def unix(conns):
    goals = {"floor": echo.FLOOR_MOST, "tokio": echo.TOKIO_MOST}
    return Case("unix", ["-c", str(conns)], "server_cpu_us_per_req", "us a request", goals)


def program(kind, unit, scale, goals, quick_n):
    return Case(kind, [], "ns_per_op", unit, goals, quick_n, scale)


def cached(goals):
    return program("blocks", "ns a read", 1.0, goals, 20_000)


def device(goals):
    return program("blocks_of_device", "us a read", 1e-3, goals, 1_000)


CASES = {
    "udp_w1": udp(1, 1.03),
    "udp_w64": udp(64, 1.03),
    "unix_c1": unix(1),
    "unix_c64": unix(64),
    "proxy_c1": proxy(1, False, {"splice": 1.1, "tokio": 1.0}),
    "proxy_c64": proxy(64, False, {"splice": 1.1, "tokio": 1.0}),
    "proxy_small_c1": proxy(1, True, {"copy": 1.04, "tokio": 1.0}),
    "proxy_small_c64": proxy(64, True, {"copy": 1.02, "tokio": 1.0}),
    "spawn_true": program("program", "us a program", 1e-3, {"floor": 1.09, "tokio": 1.0}, 200),
    "file_lines": program("lines", "ns a line", 1.0, {"wc": 3.3, "go": 0.4}, 300_000),
    "file_cached_1": cached({"pread": 1.5}),
    "file_cached_64": cached({"pread": 1.5}),
    "file_device_1": device({"edo, threads": 1.0}),
    "file_device_64": device({"fio": 1.15}),
}


def contestants(edo_dir):
    """The programs of each kind: name and command line, without addresses."""
    edo, peer = str(edo_dir / "edo-bench"), str(PEER_BIN / "peer")
    floor = str(PEER_BIN / "floor")
    readers = [
        ("edo", [edo]),
        ("edo-fiber", [edo, "--fiber"]),
        ("pread", [peer + "-floor"]),
        ("tokio", [peer + "-tokio"]),
        ("blocking", [peer + "-tokio"]),
        ("go", [peer + "-go"]),
    ]
    return {
        "udp": [
            ("edo", [edo + "-net", "udp"]),
            ("recvmmsg", [floor + "-udp"]),
            ("recvfrom", [floor + "-udp", "--single"]),
            ("tokio", [peer + "-tokio-net", "udp"]),
            ("go", [peer + "-go-net", "udp"]),
        ],
        "unix": [
            ("edo", [edo + "-echo", "-t", "1"]),
            ("edo-fiber", [edo + "-echo", "-t", "1", "--fiber"]),
            ("floor", [floor + "-epoll"]),
            ("tokio", [peer + "-tokio-echo"]),
            ("go", [peer + "-go-echo"]),
        ],
        "proxy": [
            ("edo", [edo + "-net", "proxy"]),
            ("splice", [floor + "-proxy", "splice"]),
            ("copy", [floor + "-proxy", "copy"]),
            ("tokio", [peer + "-tokio-net", "proxy"]),
            ("go", [peer + "-go-net", "proxy"]),
        ],
        "program": [
            ("edo", [edo]),
            ("edo-fiber", [edo, "--fiber"]),
            ("floor", [peer + "-floor"]),
            ("tokio", [peer + "-tokio"]),
            ("go", [peer + "-go"]),
        ],
        "lines": [
            ("edo", [edo]),
            ("edo-fiber", [edo, "--fiber"]),
            ("wc", ["wc", "-l"]),
            ("grep", ["grep", "-c", "a line"]),
            ("tokio", [peer + "-tokio"]),
            ("go", [peer + "-go"]),
        ],
        "blocks": readers,
        "blocks_of_device": [*readers, ("edo, threads", [edo, "--fiber"]), ("fio", ["fio"])],
    }


# ---- Servers -------------------------------------------------------------------------------------


def is_bound(table, what):
    """Whether /proc/net/TABLE has a line with this text: a port or a path."""
    with open(f"/proc/net/{table}", encoding="ascii", errors="replace") as lines:
        return any(what in line for line in lines)


@contextlib.contextmanager
def running(command, table, what):
    """A fresh server on core 0, once its address is bound; its pid."""
    if not os.access(command[0], os.X_OK):
        raise Absent("not built")
    null = subprocess.DEVNULL
    server = subprocess.Popen(echo.pinned(0, command), stdout=null, stderr=null)
    try:
        end = time.monotonic() + START_MAX_S
        while not is_bound(table, what):
            if server.poll() is not None:
                if server.returncode == NO_SUCH_BENCH:
                    raise Absent("no such server")
                raise Failed(f"{command[0]}: exit {server.returncode} at the start")
            if time.monotonic() > end:
                raise Failed(f"{command[0]}: does not listen after {START_MAX_S} s")
            time.sleep(0.02)
        yield str(server.pid)  # taskset execs the server: the same pid
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGTERM)
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def loaded(name, *arguments):
    return run_json(echo.pinned(1, [str(PEER_BIN / name), *arguments]))


def tcp_entry(port):
    return f":{port:04X} 00000000:0000 0A"  # a listener


def run_udp(command, load):
    port = echo.free_port()
    here = f"127.0.0.1:{port}"
    with running([*command, here], "udp", f":{port:04X} ") as pid:
        return loaded("edo-udp-load", here, "--pid", pid, *load)


def run_unix(command, load):
    with tempfile.TemporaryDirectory() as folder:
        path = str(pathlib.Path(folder) / "echo")
        with running([*command, "unix:" + path], "unix", path) as pid:
            return loaded("edo-echo-load", "unix:" + path, "--pid", pid, *load)


def run_proxy(command, load):
    port, behind = echo.free_port(), f"127.0.0.1:{echo.free_port()}"
    here = f"127.0.0.1:{port}"
    with running([*command, here, behind], "tcp", tcp_entry(port)) as pid:
        return loaded("edo-proxy-load", here, behind, "--pid", pid, *load)


TOOLS = ("wc", "grep")
SERVERS = {"udp": run_udp, "unix": run_unix, "proxy": run_proxy}


# ---- Files ---------------------------------------------------------------------------------------


def prepare_file(in_cache):
    """Makes the file if it is not there, and brings all of it into the cache or out of it."""
    if not FILE.exists() or FILE.stat().st_size != FILE_LINES * len(LINE):
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(LINE * FILE_LINES)
    with open(FILE, "rb") as file:
        if in_cache:
            while file.read(1 << 20):
                pass
        else:
            os.fsync(file.fileno())  # what is not yet written stays in the cache
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def run_fio(at_once, in_cache, n):
    """Reads at random places of the same file by io_uring; the CPU time is that of its job's thread, to 1 ms."""
    command = ["fio", "--name=read", f"--filename={FILE}", "--rw=randread", "--bs=4k", "--ioengine=io_uring",
               "--direct=0", f"--iodepth={at_once}", f"--number_ios={n}", f"--invalidate={int(not in_cache)}",
               "--fadvise_hint=0", "--norandommap", "--thread", "--output-format=json"]
    prepare_file(in_cache)
    try:
        job = run_json(command)["jobs"][0]
    except FileNotFoundError:
        raise Absent("not installed") from None
    ns = job["job_runtime"] * 1e6 / job["read"]["total_ios"]
    return {"ns_per_op": ns * (job["usr_cpu"] + job["sys_cpu"]) / 100, "wall_ns_per_op": ns}


def children_cpu_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_tool(command):
    """A program that is no bench: its CPU time a line of the file."""
    before = children_cpu_s()
    environment = {**os.environ, "LC_ALL": "C"}
    pipe = subprocess.PIPE  # to /dev/null grep would stop at the first line
    try:
        done = subprocess.run([*command, str(FILE)], env=environment, stdout=pipe, check=False)
    except FileNotFoundError:
        raise Absent("not installed") from None
    if done.returncode != 0:
        raise Failed(f"{command[0]}: exit {done.returncode}")
    return {"ns_per_op": (children_cpu_s() - before) * 1e9 / FILE_LINES}


# ---- The table -----------------------------------------------------------------------------------


def run_once(who, command, name, quick):
    case = CASES[name]
    if case.kind in SERVERS:
        seconds = str(SECONDS_QUICK if quick else SECONDS)
        return SERVERS[case.kind](command, [*case.load, "-d", seconds])
    if who == "fio":
        return run_fio(int(name.split("_")[-1]), False, case.quick_n if quick else FIO_READS)
    if case.kind in ("lines", "blocks", "blocks_of_device"):
        prepare_file(in_cache="device" not in name)
    if who in TOOLS:
        return run_tool(command)
    bench = name + "_blocking" if who == "blocking" else name
    count = ["-n", str(case.quick_n)] if quick else []
    os.environ["BENCH_FILE"] = str(FILE)
    os.environ["EDO_FILES"] = "threads" if who == "edo, threads" else "auto"
    return run_json([command[0], bench, "-t", "1", *command[1:], *count])


def run_all(programs, cases, rounds, quick):
    """Answers {case: {program: {"rounds": {...}, "note": text or None}}}."""
    table = {}
    for name in cases:
        runners = programs[CASES[name].kind]
        cells = table[name] = {who: {"rounds": {}, "note": None} for who, _ in runners}
        for number in range(rounds):
            for who, command in runners:
                cell = cells[who]
                if cell["note"]:
                    continue
                try:
                    cell["rounds"][number] = run_once(who, command, name, quick)
                except Absent as why:
                    cell["note"] = str(why)
                except Failed as why:
                    cell["note"] = f"failed: {why}"
        print(f"  {name}", file=sys.stderr, flush=True)
    return table


def verdict(case, cells, who):
    """Measured, goal, outcome of one edo form at one case."""
    parts, goals, good = [], [], True
    for base, most in case.goals.items():
        goals.append(f"{most:g} {base}")
        ratio = echo.ratio(cells, who, base, case.key)
        if ratio is not None:
            parts.append(f"{ratio:.2f} {base}")
            good = good and ratio <= most
    outcome = ("pass" if good else "MISS") if parts else ""
    return [", ".join(parts), "<= " + ", ".join(goals), outcome]


def show(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}"


def rows(table):
    head = ["case", "program", "CPU", "min", "median", "against", "goal", ""]
    body = []
    for name, cells in table.items():
        case = CASES[name]
        for who, cell in cells.items():
            values = [line[case.key] * case.scale for line in cell["rounds"].values()]
            if not values:
                continue
            row = [name, who, case.unit, show(min(values)), show(statistics.median(values))]
            is_edo = who in ("edo", "edo-fiber")
            body.append(row + (verdict(case, cells, who) if is_edo else ["", "", ""]))
    return head, body


def notes(table):
    return [line.replace(" echo: ", ": ", 1) for line in echo.notes(table)]
