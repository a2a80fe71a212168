# SPDX-License-Identifier: MIT
# A thousand buyers of a hundred pieces, each of whom asks twice at once with one key: a hundred pay for one, once.
# Skipped without PostgreSQL.
EDO_BIN_DIR=$(dirname "$(dirname "$1")") exec python3 -B - "$EDO_SOURCE_DIR" <<'PY'
import concurrent.futures, sys

sys.path.insert(0, f"{sys.argv[1]}/tests/orders")
import shop

database = shop.Postgres()
partner = shop.Partner(database.folder)
orders = shop.Orders(database, partner)


def buy(key, n=1, item=1):
    status, order = orders.ask("POST", "/orders", {"item": item, "n": n}, idempotency_key=key)
    return status, order.get("state")


with concurrent.futures.ThreadPoolExecutor(32) as buyers:
    said = list(buyers.map(lambda i: buy(f"buyer-{i // 2}")[0], range(2000)))
once = [max(both) for both in zip(said[::2], said[1::2])]
for both in zip(said[::2], said[1::2]):  # 202: the other one of the two was at it
    assert set(both) in ({201}, {202}, {201, 202}, {409}), both
assert once.count(409) == 900, once
shop.until("the last payments", lambda: database.count("placed"), lambda seen: seen == 0)
paid = sorted(f"buyer-{i}" for i, status in enumerate(once) if status != 409)
assert sorted(database.keys("paid")) == paid and sorted(partner.keys("taken")) == paid
assert database.rows("select stock from item where id = 1") == [["0"]]
assert partner.lines() == 100

# The answer to a key stays what it was.
assert buy(paid[0]) == (201, "paid") and buy("buyer-%d" % once.index(409)) == (409, "sold_out")
assert buy(paid[0], n=2)[0] == 422

# What the partner declines is for sale again.
database.put_up(2, price=200000, stock=1)
assert shop.until("a refusal", lambda: buy("rich", item=2), lambda seen: seen[0] != 202) == (402, "undone")
assert database.rows("select stock from item where id = 2") == [["1"]]

# An answer from two sources; one that is missing in half a second is marked.
status, view = shop.until("both in time", lambda: orders.ask("GET", f"/orders/{paid[0]}"),
                          lambda seen: "missing" not in seen[1])
assert status == 200 and view["order"]["state"] == "paid" and view["payment"] == "taken", view
partner.stop()
status, view = orders.ask("GET", f"/orders/{paid[0]}")
assert status == 200 and view["order"]["state"] == "paid" and view["missing"] == "payment", view

# Nobody takes the money: accepted, and paid when the partner is back.
database.put_up(3, price=900, stock=1)
assert buy("early", item=3) == (202, "placed")
orders.stop()
partner.start()
orders.start()
shop.until("the payment", lambda: database.keys("paid"), lambda seen: "early" in seen)

# What is refused.
assert buy("x", item=9)[0] == 404 and buy("x", n=0)[0] == 422 and buy("a b")[0] == 400
assert orders.ask("POST", "/orders", {"item": 1, "n": 1})[0] == 400
assert orders.ask("GET", "/orders/x")[0] == 404
orders.stop()
partner.stop()
PY
