# SPDX-License-Identifier: MIT
"""soak_gateway.py [GETS]: customers of the example `gateway`, each over a connection that stays, while the three servers
behind it are killed in turn, without a word, and started again: each GET is answered by 200. Ends with a line of numbers.
EDO_BIN_DIR is where the examples are; EDO_TEST_SEED chooses the moments. No test of ctest, as 50,000 take a minute:
scripts/soak runs it."""
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

WAIT = 60
CUSTOMERS = 8
KILLS_MIN = 15
EXAMPLES = os.path.join(os.environ["EDO_BIN_DIR"], "examples")
chance = random.Random(int(os.environ.get("EDO_TEST_SEED", "1")))


def reserved():
    """A port that nobody else gets, also while no server listens there."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(("127.0.0.1", 0))
    return s


class Upstream:
    """A server behind, which comes back at its port."""

    def __init__(self):
        self.place = reserved()
        self.address = "127.0.0.1:%d" % self.place.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen([os.path.join(EXAMPLES, "http_hello"), self.address], stdout=subprocess.PIPE)
        assert self.process.stdout.readline(), "no server at " + self.address

    def kill(self):
        self.process.kill()
        self.process.wait(WAIT)
        self.process.stdout.close()


class Gateway:
    def __init__(self, folder, upstreams):
        listed, config = os.path.join(folder, "shops.txt"), os.path.join(folder, "gateway.json")
        with open(listed, "w", encoding="ascii") as f:
            f.write("".join(u.address + "\n" for u in upstreams))
        with open(config, "w", encoding="ascii") as f:
            json.dump({"listen": "127.0.0.1:0", "admin": "127.0.0.1:0",
                       "routes": [{"path": "/shop", "upstreams": listed, "strips": True,
                                   "check": "/healthz", "check_every": "50ms"}]}, f)
        self.process = subprocess.Popen([os.path.join(EXAMPLES, "gateway"), config], stdout=subprocess.PIPE, text=True)
        at = {}
        while len(at) < 2:
            name, _, url = self.process.stdout.readline().split()
            at[name] = url.split("://")[1]
        self.at, self.admin = at["gateway"], at["admin"]

    def ready(self):
        """How many servers it calls ready."""
        client = http.client.HTTPConnection(self.admin, timeout=WAIT)
        client.request("GET", "/state")
        rows = json.loads(client.getresponse().read())["rows"]
        client.close()
        return sum(r["state"] == "ready" for r in rows)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(WAIT) == 0, self.process.returncode
        self.process.stdout.close()


class Customer(threading.Thread):
    """Asks until told to stop. `wrong`: what was no 200."""

    def __init__(self, at, stop):
        super().__init__(daemon=True)
        self.at, self.stop, self.asked, self.wrong = at, stop, 0, []
        self.start()

    def run(self):
        client = http.client.HTTPConnection(self.at, timeout=WAIT)
        while not self.stop.is_set():
            try:
                client.request("GET", "/shop/Ann")
                response = client.getresponse()
                text = response.read()
                if (response.status, text) != (200, b"Hello, Ann!\n"):
                    self.wrong.append("%d %s" % (response.status, text[:100]))
            except (OSError, http.client.HTTPException) as failure:
                self.wrong.append(repr(failure))
                client.close()
            self.asked += 1
        client.close()


def until(look):
    end = time.monotonic() + WAIT
    while not look():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def soak(gets):
    upstreams = [Upstream() for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        gateway = Gateway(folder, upstreams)
        until(lambda: gateway.ready() == 3)
        stop, kills = threading.Event(), 0
        customers = [Customer(gateway.at, stop) for _ in range(CUSTOMERS)]
        while sum(c.asked for c in customers) < gets or kills < KILLS_MIN:
            time.sleep(chance.uniform(0.05, 0.3))
            upstream = chance.choice(upstreams)
            upstream.kill()
            kills += 1
            time.sleep(chance.uniform(0, 0.3))
            upstream.start()
            until(lambda: gateway.ready() == 3)
        stop.set()
        for c in customers:
            c.join(WAIT)
        gateway.stop()
    for upstream in upstreams:
        upstream.kill()
        upstream.place.close()
    wrong = [w for c in customers for w in c.wrong]
    print("%d wrong of %d GETs in %d kills: %s" % (len(wrong), sum(c.asked for c in customers), kills, wrong[:3]))
    return not wrong


if __name__ == "__main__":
    sys.exit(0 if soak(int(sys.argv[1]) if len(sys.argv) > 1 else 50000) else 1)
