# SPDX-License-Identifier: MIT
"""Goal: speedscope, in a browser, shows what edo trace writes of a program: each poll of its tasks in the row of the worker
that ran it, under its name and with its time, and the folded stacks, too.
Method: the example `recorded`; speedscope of npm, served from this machine; its tables are read in Chromium, and the texts
that it draws as frames are those that it gives to its canvas."""
import functools
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading

SOURCE, BIN = (os.environ[name] for name in ("EDO_SOURCE_DIR", "EDO_BIN_DIR"))
sys.path[:0] = [os.path.join(SOURCE, "tests", "support"), os.path.join(SOURCE, "tests", "chat")]
import bounded  # noqa: E402
import browser  # noqa: E402
import npm  # noqa: E402

PACKAGE = "speedscope@1.25.0"
COOK = "cook at examples/watching/recorded.c:34"
US = {"ns": 0.001, "µs": 1, "ms": 1000, "s": 1e6}
KEEP_DRAWN = """
    window.drawn = [];
    const draw = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
        window.drawn.push(text);
        return draw.call(this, text, ...where);
    };
"""
ROWS = """
    const rows = [...document.querySelectorAll("tr")].filter((row) => row.innerText.includes("%)"));
    return rows.length > 0 && rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()));
"""
TITLE = 'return document.body.innerText.split("\\n")[1]'


class Served(http.server.SimpleHTTPRequestHandler):
    """The files of speedscope, and those of `made` beside them."""

    def translate_path(self, path):
        name = path.split("?")[0].lstrip("/")
        folder = self.made if os.path.exists(os.path.join(self.made, name)) and name else self.directory
        return os.path.join(folder, name)

    def log_message(self, *_):
        pass


class Scope:
    """Speedscope in a browser. A context."""

    def __init__(self, made):
        browser.begin()
        with npm.packages("speedscope", PACKAGE) as folder:
            kind = type("Of", (Served,), {"made": made})
            served = functools.partial(kind, directory=os.path.join(folder, "node_modules/speedscope/dist/release"))
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), served)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.driver = browser.Driver()

    def __enter__(self):
        self.page = self.driver.page("about:blank")
        self.page.devtools("Page.addScriptToEvaluateOnNewDocument", source=KEEP_DRAWN)
        return self

    def __exit__(self, *_):
        self.driver.__exit__()
        self.server.shutdown()
        self.server.server_close()

    def open(self, file, view):
        self.page.go("about:blank")  # a new hash alone loads nothing
        self.page.go(f"http://127.0.0.1:{self.server.server_port}/index.html#profileURL={file}&view={view}")

    def table(self):
        """Each frame of the profile that is shown: (its own time as speedscope writes it, its name)."""
        rows = self.page.wait("a table of frames", ROWS)
        return [(row[1].split(" ")[0], row[2]) for row in rows]

    def tables(self):
        """The table of each row of the trace, by the row's name."""
        found = {}
        while True:
            title = self.page.wait("a title", TITLE)
            found[re.search(r", (.*) \(tid", title).group(1)] = self.table()
            place = re.search(r"\((\d+)/(\d+)\)$", title)
            if not place or place.group(1) == place.group(2):
                return found
            self.page.press("n")
            self.page.wait("the next row", TITLE + " !== arguments[0]", title)

    def draws(self, name):
        """Opens the frame whose name begins so, and waits until a text that begins so is drawn."""
        self.page.js("""
            window.drawn = [];
            const cells = [...document.querySelectorAll("td")];
            cells.find((cell) => cell.innerText.trim().startsWith(arguments[0])).parentElement.click();
        """, name)
        self.page.wait(f"the frame {name}", "return window.drawn.some((text) => text.startsWith(arguments[0]))", name)


def written(folder):
    """Records the example; returns the trace, and writes the three forms that speedscope is to open."""
    file = os.path.join(folder, "kitchen.rec")
    subprocess.run([os.path.join(BIN, "examples", "recorded")], check=True, timeout=bounded.WAIT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=dict(os.environ, EDO_RECORDER="all:" + file, EDO_WORKERS="2"))
    for name, form in (("trace.json", []), ("folded.txt", ["--folded"]), ("waits.txt", ["--waits"])):
        with open(os.path.join(folder, name), "w", encoding="ascii") as out:
            subprocess.run([os.path.join(BIN, "edo"), "trace", *form, file], check=True, timeout=bounded.WAIT, stdout=out)
    with open(os.path.join(folder, "trace.json"), encoding="ascii") as trace:
        return json.load(trace)["traceEvents"]


def polls_of(events):
    """How long each task was polled, in microseconds, by the name of the worker, of the task, and its address."""
    workers = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
    sums = {}
    for event in events:
        if event["ph"] == "X":
            key = workers[event["tid"]], event["name"], event.get("args", {}).get("task", "")
            sums[key] = sums.get(key, 0) + event["dur"]
    return sums


def us(text):
    found = re.fullmatch(r"([0-9.,]+)([a-zµ]+)", text.replace("\u03bc", "\u00b5"))
    assert found and found.group(2) in US, text
    return float(found.group(1).replace(",", "")) * US[found.group(2)]


def test_speedscope_shows_each_task_in_the_row_of_its_worker():
    with tempfile.TemporaryDirectory() as folder:
        events = written(folder)
        with Scope(folder) as scope:
            scope.open("trace.json", "sandwich")
            seen = {}
            for worker, table in scope.tables().items():
                for time, name in table:  # speedscope puts the arguments of an event behind its name
                    name, _, args = name.partition(" {")
                    key = worker, name, json.loads("{" + args)["task"] if args else ""
                    seen[key] = seen.get(key, 0) + us(time)
            wanted = polls_of(events)
            assert seen.keys() == wanted.keys(), (seen, wanted)
            for key, sum_us in wanted.items():  # it writes three or four digits of each poll's time
                assert abs(seen[key] - sum_us) <= 0.01 * sum_us + 0.05, (key, seen, wanted)
            ends = {(event["args"]["task"], event["args"]["end"]) for event in events if event["name"] == COOK}
            assert len([end for _, end in ends if end == "ended"]) == 4, ends
            scope.draws(next(name for _, name in scope.table() if name.startswith(("cook", "root", "sleeps"))))


def test_speedscope_shows_folded_stacks():
    with tempfile.TemporaryDirectory() as folder:
        sums = polls_of(written(folder))
        with Scope(folder) as scope:
            scope.open("folded.txt", "sandwich")
            ran = {name: int(time.replace(",", "")) for time, name in scope.table()}
            assert {"worker 0 of edo", "worker 1 of edo", "(sleeps)", COOK} <= ran.keys(), ran
            longest = sum(sum_us for (_, name, _), sum_us in sums.items() if name == COOK)
            assert abs(ran[COOK] - longest) <= 50, (ran, sums)  # each poll is rounded to a microsecond
            scope.draws(COOK)
            scope.open("waits.txt", "sandwich")
            waits = {name for _, name in scope.table()}
            assert {COOK, "edo_mutex_lock", "edo_sleep"} <= waits, waits
            scope.draws("edo_mutex_lock")
            assert COOK in scope.page.js("return window.drawn")  # it called that


if __name__ == "__main__":
    bounded.run_one()
