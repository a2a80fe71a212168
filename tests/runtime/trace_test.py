# SPDX-License-Identifier: MIT
"""Goal: what edo trace writes is what the page of Chrome's "Trace Event Format" asks for: a reader
written from that page finds each poll of a program in the row of its worker, under its name, and
none inside another.
Method: the example `recorded`, whose tasks are known; files that are cut, damaged, or none."""
import fcntl
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import bounded

BIN = os.environ["EDO_BIN_DIR"]
PHASES = {"M", "X", "i", "s", "f", "b", "e"}
NEEDED = {"name", "ph", "ts", "pid", "tid"}


def recorded(folder, depth="all"):
    file = os.path.join(folder, "kitchen.rec")
    subprocess.run([os.path.join(BIN, "..", "bin/examples", "recorded")], check=True, timeout=bounded.WAIT,
                   stdout=subprocess.DEVNULL, env=dict(os.environ, EDO_RECORDER=depth + ":" + file))
    return file


def trace(*args):
    return subprocess.run([os.path.join(BIN, "edo"), "trace", *args], capture_output=True, text=True,
                          timeout=bounded.WAIT)


def read(text):
    """The rows of a trace: {tid: name}, and its events; refuses what the format does not know."""
    events = json.loads(text)["traceEvents"]
    for event in events:
        assert NEEDED <= set(event) and event["ph"] in PHASES, event
        assert event["ts"] >= 0 and event.get("dur", 0) >= 0, event
        assert event["ph"] != "X" or "dur" in event, event
        assert event["ph"] not in "sfbe" or "id" in event, event
    rows = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    return rows, events


def test_each_poll_is_in_the_row_of_its_worker():
    with tempfile.TemporaryDirectory() as folder:
        done = trace(recorded(folder))
        assert done.returncode == 0, done.stderr
        rows, events = read(done.stdout)
    stretches = [e for e in events if e["ph"] == "X"]
    for tid, name in rows.items():
        inside = sorted((e["ts"], e["ts"] + e["dur"]) for e in stretches if e["tid"] == tid)
        assert all(a[1] <= b[0] + 0.001 for a, b in zip(inside, inside[1:])), name
        assert not inside or name.startswith("worker "), name
    cooks = [e for e in stretches if e["name"].startswith("cook at ")]
    ends = [e["args"]["end"] for e in cooks]
    assert len({e["args"]["task"] for e in cooks}) == 4 and ends.count("ended") == 4, cooks
    assert max(e["dur"] for e in cooks) > 19000  # it chops for 20 ms
    assert {"edo_mutex_lock", "edo_sleep"} <= {e["args"].get("for") for e in cooks}
    notes = [e["args"]["n"] for e in events if e["cat"] == "note"]
    assert notes == [1, 2, 3, 4], notes
    begins = {e["id"]: e["ts"] for e in events if e["ph"] == "s"}
    arrows = {e["id"]: e["ts"] for e in events if e["ph"] == "f"}
    assert begins and all(arrows[i] >= ts for i, ts in begins.items())


def test_waits_are_told_where_each_poll_is_recorded():
    with tempfile.TemporaryDirectory() as folder:
        done = trace("--waits", recorded(folder))
        assert done.returncode == 0 and not done.stderr and "edo_mutex_lock" in done.stdout, done
        done = trace("--waits", recorded(folder, "turns"))
        assert done.returncode == 0 and "depth turns" in done.stderr and not done.stdout, done


def test_two_programs_of_one_environment_have_a_file_each():
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "kitchen.rec")
        with open(file, "wb") as other:  # as another program has it that records to it
            fcntl.flock(other, fcntl.LOCK_EX)
            done = subprocess.run([os.path.join(BIN, "..", "bin/examples", "recorded")], check=True, text=True,
                                  timeout=bounded.WAIT, capture_output=True,
                                  env=dict(os.environ, EDO_RECORDER="turns:" + file))
        assert os.path.getsize(file) == 0
        files = sorted(os.listdir(folder))
        assert len(files) == 2 and files[1] in done.stderr, (files, done)
        assert trace("--about", os.path.join(folder, files[1])).returncode == 0


def test_what_is_no_recording_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        file = recorded(folder)
        with open(file, "rb") as whole:
            content = whole.read()
        for n, said in ((0, "too short"), (4096, "names"), (len(content) // 2, None)):
            with open(file, "wb") as cut:
                cut.write(content[:n])
            done = trace("--about", file)
            if said:
                assert done.returncode == 1 and said in done.stderr, (n, done)
            else:
                assert done.returncode == 0 and "is cut" in done.stdout, done
        with open(file, "wb") as other:
            other.write(b"x" * 8192)
        assert "no file of the recorder" in trace(file).stderr
    assert trace("/nonexistent").returncode == 2
    assert trace("--bad").returncode == 2


if __name__ == "__main__":
    bounded.run_one()
