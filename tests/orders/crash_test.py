# SPDX-License-Identifier: MIT
"""Goal: what there is is sold once, and paid for once, whoever dies. Method: kill -9 of the service, the partner or the
database after a random number of payments of a sale; after each the three ledgers are compared. EDO_ORDERS_KILLS: so many sales of each
kind; EDO_TEST_SEED repeats one."""
import os
import random
import tempfile
import time

import shop

PRICE = 900
LINE = len("taken 101-0000 900\n")  # of the partner's ledger, at most
KILLS = int(os.environ.get("EDO_ORDERS_KILLS", "7"))
SEED = int(os.environ.get("EDO_TEST_SEED", time.time_ns() % 1000000))


class Sales:
    """Sales one after the other, of an item of their own each."""

    def __init__(self):
        self.random = random.Random(SEED)
        print(f"EDO_TEST_SEED={SEED}", flush=True)
        self.folder = tempfile.TemporaryDirectory()
        self.database = shop.Postgres()
        self.partner = shop.Partner(self.folder.name, SEED)
        self.orders = shop.Orders(self.database, self.partner)
        self.item = 100

    def hold(self, pieces, meanwhile):
        """Ten buyers for each piece. What an order that was undone has given back, others buy."""
        self.item += 1
        self.database.put_up(self.item, PRICE, pieces)
        buyers, more = shop.Buyers(self.orders, self.item), 10 * pieces
        buyers.buy_all([f"{self.item}-{i}" for i in range(more)], meanwhile=meanwhile)
        stock, sold = shop.compare(buyers, self.database, self.partner, PRICE)
        while stock > 0:
            buyers.buy_all([f"{self.item}-{i}" for i in range(more, more + stock)])
            more += stock
            stock, sold = shop.compare(buyers, self.database, self.partner, PRICE)
        assert sold == pieces, (sold, pieces)

    def kill_some(self, *victims):
        """Kills them after some payment, or a moment later, for a moment or for longer than retries last."""
        after = self.partner.size() + self.random.randint(0, 20) * LINE
        pause = self.random.choice([0, 0, 0.001, 0.01])
        down = self.random.choice([0, 0.7])

        def kill():
            shop.until("payments", self.partner.size, lambda size: size >= after)
            time.sleep(pause)
            for victim in victims:
                victim.kill()
            time.sleep(down)
            for victim in victims:
                victim.start()
        return kill

    def end(self):
        self.orders.stop()
        self.partner.stop()


def killed(*names):
    shop.bounded.limit(60 + 30 * KILLS)
    sales = Sales()
    sales.hold(100, lambda: None)
    for i in range(KILLS):
        sales.hold(100 if i == 0 else 25, sales.kill_some(*(getattr(sales, name) for name in names)))
        print(f"{i + 1}: {' and '.join(names)} killed, sold once", flush=True)
    sales.end()


def test_sale_survives_kills_of_the_service():
    killed("orders")


def test_sale_survives_kills_of_the_partner():
    killed("partner")


def test_sale_survives_kills_of_the_database():
    killed("database")


def test_sale_survives_kills_of_all_at_once():
    killed("database", "partner", "orders")


if __name__ == "__main__":
    shop.bounded.run_one()
