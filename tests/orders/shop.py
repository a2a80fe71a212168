# SPDX-License-Identifier: MIT
"""Starts what the example `orders` needs, a PostgreSQL of the test's own among it, and kills it; buyers, who keep what
they were told. A test is a function test_…() of a *_test.py, which ends with bounded.run_one(). Every wait has a
deadline."""
import atexit
import concurrent.futures
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import bounded  # noqa: E402
import postgres  # noqa: E402
from bounded import WAIT, until  # noqa: E402

EXAMPLES = os.path.join(os.environ["EDO_BIN_DIR"], "examples")


class Postgres(postgres.Postgres):
    """The database, as what orders it has."""

    def __init__(self):
        if not os.path.exists(os.path.join(EXAMPLES, "orders")):
            postgres.skip("the example is not built: libpq was not found")
        super().__init__()

    def put_up(self, item, price, stock):
        self.rows(f"insert into item values ({item}, {price}, {stock})")

    def keys(self, state):
        return [key for key, in self.rows(f"select key from orders where state = '{state}'")]

    def count(self, state):
        return len(self.keys(state))


class Program:
    """An example that serves HTTP, on a port that stays its own when it is killed and started again. A {} among the
    arguments is its address. A program of another machine is run by an emulator."""

    def __init__(self, name, *arguments, emulator=()):
        self.name, self.arguments, self.emulator = name, arguments, emulator
        self.port_kept = bounded.reserved()
        self.port = self.port_kept.getsockname()[1]
        self.process = None
        atexit.register(self.kill)
        self.start()

    def start(self):
        address = f"127.0.0.1:{self.port}"
        arguments = (a.replace("{}", address) for a in self.arguments)
        program = [*self.emulator, os.path.join(EXAMPLES, self.name), *arguments]
        self.process = subprocess.Popen(program, stdout=subprocess.PIPE, env={**os.environ, "EDO_LOG": "error"})
        line = bounded.line_of(self.process.stdout, f"the address of {self.name}")
        assert line.endswith(f":{self.port}\n"), line

    def kill(self):
        if self.process.poll() is None:
            bounded.kill(self.process)
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert bounded.ended(self.process) == 0
        self.process.stdout.close()

    def ask(self, method, path, value=None, **fields):
        """The status of a response, and what its JSON is."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        fields = {name.replace("_", "-"): text for name, text in fields.items()}
        if value is not None:
            fields["content-type"] = "application/json"
        client.request(method, path, None if value is None else json.dumps(value), fields)
        response = client.getresponse()
        text = response.read()
        client.close()
        return response.status, json.loads(text)


class Orders(Program):
    """The service."""

    def __init__(self, database, partner):
        super().__init__("orders", database.url, f"http://127.0.0.1:{partner.port}", "{}")


class Partner(Program):
    """The one that takes the money, with its file."""

    def __init__(self, folder, seed=1, emulator=()):
        self.file = os.path.join(folder, "payments")
        super().__init__("orders_partner", self.file, "{}", str(seed), emulator=emulator)

    def ledger(self):
        """Of each key what has happened, in order: [("taken", 900), ("returned", 0)]."""
        found = {}
        with open(self.file, encoding="ascii") as file:
            for line in file:
                word, key, amount = line.split()
                found.setdefault(key, []).append((word, int(amount)))
        return found

    def size(self):
        return os.path.getsize(self.file)

    def lines(self):
        return sum(map(len, self.ledger().values()))

    def keys(self, word):
        """Those whose last line has this word."""
        return [key for key, happened in self.ledger().items() if happened[-1][0] == word]


class Buyers:
    """People who want one piece of an item each. Two of three do not let go before they know what has become of it; the
    third goes away when there is trouble, and leaves the rest to the shop; `stay`: none does."""

    final = {201: "paid", 402: "undone", 409: "sold_out"}

    def __init__(self, orders, item, patience=WAIT, stay=False):
        self.orders, self.item, self.patience, self.stay = orders, item, patience, stay
        self.receipts = {}  # of each key the final state, or "gone"
        self.seconds = {}  # of each key how long that took

    def buy(self, key, leaves):
        start = time.monotonic()
        while key not in self.receipts:
            try:
                status, told = self.orders.ask("POST", "/orders", {"item": self.item, "n": 1}, idempotency_key=key)
            except (http.client.HTTPException, OSError):
                status, told = None, "no answer"  # it is being killed
            if status in self.final:
                assert told["state"] == self.final[status] and told["key"] == key, told
                self.receipts[key] = told["state"]
            else:
                assert status in (None, 202, 503), (status, told)
                if leaves:
                    self.receipts[key] = "gone"
                assert time.monotonic() < start + self.patience, f"{key} has no end; last: {status} {told}"
                time.sleep(0.05)
        self.seconds[key] = time.monotonic() - start

    def buy_all(self, keys, at_once=32, meanwhile=lambda: None):
        """All of them buy; the calling thread does something meanwhile."""
        with concurrent.futures.ThreadPoolExecutor(at_once) as crowd:
            bought = [crowd.submit(self.buy, key, not self.stay and i % 3 == 0) for i, key in enumerate(keys)]
            meanwhile()
            for one in bought:
                one.result()

    def kept(self, state):
        return {key for key, is_now in self.receipts.items() if is_now == state}


def compare(buyers, database, partner, price):
    """The three ledgers, none of which the service writes alone: what buyers were told, what the partner has done, and
    what the database has. Returns how many pieces are left, and how many are sold."""
    until("the end of all orders", lambda: database.rows("select key from outbox"), lambda rows: not rows)
    has = dict(database.rows(f"select key, state from orders where item = {buyers.item}"))
    for key, told in buyers.receipts.items():
        assert told == has.get(key) or told == "gone", (key, told, has.get(key))
    done = partner.ledger()
    for key in buyers.receipts.keys() | has.keys():
        allowed = {"paid": [[("taken", price)]], "sold_out": [[]], None: [[]],
                   "undone": [[("taken", price), ("returned", 0)], [("returned", 0)]]}
        assert done.get(key, []) in allowed.get(has.get(key), []), (key, has.get(key), done.get(key))
    (stock, sold), = database.rows(f"select stock, (select coalesce(sum(n), 0) from orders where item = {buyers.item}"
                                   f" and state = 'paid') from item where id = {buyers.item}")
    return int(stock), int(sold)
