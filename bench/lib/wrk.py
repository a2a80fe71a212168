# SPDX-License-Identifier: MIT
"""wrk as the load of an HTTP server, and what the server spends on it."""

import pathlib
import re
import subprocess
import tempfile
import time

from echo import pinned
from programs import Absent, Failed


def cpu_ns(pid):
    """CPU time of all threads that there are now."""
    ran = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        ran += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return ran


def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


def milliseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()  # wrk: "1.50ms"
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def load(url, pid, arguments, script, seconds, refused=False):
    """One run: the server's CPU time a request in us, requests/s, mean and p99 in ms, resident memory under the load in
    MB. Responses that are not 2xx raise Absent, unless they are what is measured."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(script or "")
        lua.flush()
        before = cpu_ns(pid)
        wrk = subprocess.Popen(
            pinned(1, ["wrk", "-t1", f"-d{seconds}", "--latency", *arguments, "-s", lua.name, url]),
            stdout=subprocess.PIPE, text=True)
        time.sleep(seconds * 0.8)
        kb = rss_kb(pid)
        text = wrk.communicate(timeout=60)[0]
        spent = cpu_ns(pid) - before
    if wrk.returncode:
        raise Failed(f"wrk: exit {wrk.returncode}: {text}")
    if "Non-2xx" in text and not refused:
        raise Absent("no such page")

    def after(what):
        return re.search(what + r"\s+(\S+)", text).group(1)

    requests = int(re.search(r"(\d+) requests in", text).group(1))
    if requests == 0:
        raise Failed(f"wrk has sent no request in {seconds} s: see --seconds")
    return {"us": spent / 1e3 / requests, "rate": float(after("Requests/sec:")), "mb": kb / 1024,
            "mean": milliseconds(after("Latency")), "p99": milliseconds(after(r"\n\s+99%"))}
