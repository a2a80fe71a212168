# SPDX-License-Identifier: MIT
"""A program that is looked at, but is not there: looks in the JSON of src/console/proto, as the service
edo.console.v1.Look would send them, and a server of them with the page."""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["EDO_SOURCE_DIR"])
HOSTILE = "<img src=x onerror=\"document.title='broken'\"><script>alert(1)</script>&amp;<b>"
SERVICE = "/console/edo.console.v1.Look/"
LAST = 2  # flag of the last message of a stream


def page_made():
    """The page, and its policy."""
    with tempfile.TemporaryDirectory(prefix="edo-console-") as folder:
        made = pathlib.Path(folder, "page.c")
        subprocess.run(["cmake", f"-DFROM={SOURCE}/src/console/page/assets", f"-DOUT={made}", "-P",
                        SOURCE / "cmake" / "console_page.cmake"], check=True, stdout=subprocess.DEVNULL)
        text = made.read_text(encoding="utf-8")
        html = pathlib.Path(f"{made}.html").read_bytes()
    policy = text[text.index("edoi_console_policy[] ="):]
    return html, "".join(re.findall(r'"([^"]*)"', policy))


def hash_of(html, tag):
    """What a policy must say of the one element of that tag."""
    inner = re.search(rb"<%s>(.*?)</%s>" % (tag, tag), html, re.DOTALL).group(1)
    return f"'sha256-{base64.b64encode(hashlib.sha256(inner).digest()).decode()}'"


def workers(number, n):
    return [{"state": ("POLLS", "SLEEPS", "TURNS")[(number + i) % 3], "task": "serve_conn" if (number + i) % 3 == 0 else "",
             "tid": 4000 + i, "depth": str(3 * i), "fibers": "40", "timers": 7, "meanPollNs": str(900 * 40 ** i % 10**9),
             "polls": str(10000 * number), "busyNs": str(int(1e9 * number * (i + 1) / (n + 1))), "parks": str(40 * number)}
            for i in range(n)]


def site(i, n):
    named = f"/srv/shop/src/site_{i:03}.c:{10 + i} spawn_handler"
    return {"name": ("serve_conn", "expire", HOSTILE)[i] if i < 3 else named, "n": str(n), "waits": str(n - 1), "runs": "1",
            "oldestTenths": 37 * (i + 1),
            "awaits": [{"what": "edo_read()", "place": f"conn.c:{100 + i}", "n": str(n - 2), "oldestTenths": 20, "task": "17"},
                       {"what": "edo_mutex_lock()", "n": "1", "oldestTenths": -1}]}


def task(i):
    return {"id": str(100 + i), "runtime": "1", "name": ("serve_conn", "expire", HOSTILE)[i] if i < 3 else f"serve_conn {i}",
            "ageTenths": 36000 - 7 * i, "waitTenths": (i * i) % 40000, "awaits": "edo_read()", "worker": -1,
            "detail": f"stream of 10.0.0.{i % 250}", "place": f"conn.c:{100 + i % 9}", "cause": "asked" if i == 2 else ""}


def cycle(n, kinds=("LOCK",)):
    names = ["transfer", "refund", "audit", "close_day", HOSTILE]
    edges = [{"name": names[i % len(names)], "task": str(300 + i), "what": "edo_mutex_lock()", "kind": kinds[i % len(kinds)],
              "object": f"0x55d0c0ffe{i:03x}", "takenAt": f"bank.c:{40 + i}", "tenths": 31 + i} for i in range(n)]
    return {"n": n, "edges": edges}


LOCKS = [{"address": "0x55d0c0ffe000", "what": "edo_mutex_lock()", "waitersAll": 12,
          "holders": [{"name": "transfer", "task": "300", "takenAt": "bank.c:40", "tenths": 91}],
          "waiters": [{"name": "refund", "task": "301", "what": "edo_mutex_lock()", "tenths": 62, "mayEnd": True}]},
         {"address": "0x55d0c0ffe080", "holders": [{"name": HOSTILE, "state": "HAS_ENDED", "takenAt": "bank.c:77", "tenths": 400}]}]
OPEN = [{"group": "CHANNEL", "kind": "mpsc", "name": "orders.c:31", "n": "1", "values": "64", "most": "64", "limit": "64", "waiting": "5",
         "oldestTenths": 600},
        {"group": "CONNECTION", "kind": "HTTP/1.1 server", "name": "127.0.0.1:8080", "state": "waits for a request", "n": "40",
         "oldestTenths": 9000},
        {"group": "POOL", "kind": "pg", "name": "shop", "n": "1", "values": "8", "most": "8", "limit": "8", "waiting": "3"},
        {"kind": "timer wheel", "name": HOSTILE, "n": "2", "oldestTenths": -1}]


def look(number, sites=24, tasks=60, tasks_all=400, cores=4, cycles=(), **more):
    """One look."""
    each = max(2, tasks_all // max(1, sites))
    return {"number": str(number), "pid": "4711", "program": "shop", "atMs": str(1000 * number), "lookUs": 850, "everyMs": 1000,
            "runtimes": [{"id": "1", "name": "main", "multi": True, "tasks": str(tasks_all), "blockingThreads": 3, "blockingIdle": 2,
                          "timers": 12, "spawned": "123456", "stackBytes": "8388608", "workers": workers(number, cores),
                          "workersAll": cores}],
            "tasksAll": str(tasks_all), "sites": [site(i, each + 3 * i) for i in range(sites)], "tasks": [task(i) for i in range(tasks)],
            "locksWatched": True, "locks": LOCKS, "cycles": list(cycles), "open": OPEN, "found": {"deadlocks": str(len(cycles))}, **more}


STACKS = {"stacks": [{"n": "1", "task": "100", "name": HOSTILE, "awaits": "edo_read()", "waitTenths": 12,
                      "frames": [{"function": "edoi_park", "place": "src/runtime/park.c:10", "edo": True},
                                 {"function": "serve_conn", "place": "conn.c:101"}]}]}
FAULTS = {"faults": ["deadlock: transfer and refund wait for each other", HOSTILE], "note": "Locks were looked for."}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, kind, body, **fields):
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **fields}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/console/":
            self.reply(200, "text/html; charset=utf-8", self.server.html, Content_Security_Policy=self.server.policy)
        else:
            self.reply(404, "text/plain", b"not found")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        wanted = self.server.token
        if wanted and self.headers.get("Authorization") != f"Bearer {wanted}":
            return self.reply(401, "application/json", b'{"code":"unauthenticated"}')
        if self.path == SERVICE + "Watch":
            return self.watch(json.loads(body[5:]))
        value = {SERVICE + "Stacks": STACKS, SERVICE + "Faults": FAULTS}[self.path]
        self.server.asked.append((self.path, json.loads(body)))
        return self.reply(200, "application/json", json.dumps(value).encode())

    def chunk(self, flags, value):
        message = json.dumps(value).encode()
        frame = struct.pack(">BI", flags, len(message)) + message
        self.wfile.write(b"%x\r\n%s\r\n" % (len(frame), frame))
        self.wfile.flush()

    def watch(self, request):
        """Sends looks until the server is told to end."""
        self.server.asked.append((self.path, request))
        self.send_response(200)
        self.send_header("Content-Type", "application/connect+json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        number = 0
        try:
            while not self.server.is_over.wait(self.server.pause):
                number += 1
                self.chunk(0, self.server.look_of(number))
            self.chunk(LAST, {"error": {"code": "unavailable", "message": "The program ends."}})
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            pass  # the page has gone
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    """A context. `look_of(number)` makes a look; `asked` has all requests so far."""

    daemon_threads = True

    def __init__(self, look_of=look, port=0, token=None, pause=0.2):
        super().__init__(("127.0.0.1", port), Handler)
        self.html, self.policy = page_made()
        self.look_of, self.token, self.pause = look_of, token, pause
        self.asked = []
        self.is_over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/console/"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def server_close(self):
        self.is_over.set()
        self.shutdown()
        super().server_close()

    def __exit__(self, *_):
        self.server_close()


if __name__ == "__main__":  # to look at the page by hand
    with Server(lambda n: look(n, cycles=[cycle(2), cycle(5, ("LOCK", "JOIN", "PEER"))], sites=512, tasks=500, tasks_all=100000, cores=16),
                port=8099) as server:
        print(server.url)
        time.sleep(3600)
