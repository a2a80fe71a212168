# SPDX-License-Identifier: MIT
# A thousand buyers of a hundred pieces, each of whom asks twice at once with one key: a hundred get one. Skipped without
# PostgreSQL.
EDO_BIN_DIR=$(dirname "$(dirname "$1")") exec python3 -B - "$EDO_SOURCE_DIR" <<'PY'
import concurrent.futures, sys

sys.path.insert(0, f"{sys.argv[1]}/tests/orders")
import shop

database = shop.Postgres()
orders = shop.Program("orders", database.url, "{}")
assert orders.ask("PUT", "/items/1", {"price": 900, "stock": 100})[0] == 200


def buy(buyer):
    return orders.ask("POST", "/orders", {"item": 1, "n": 1}, idempotency_key=f"buyer-{buyer // 2}")


with concurrent.futures.ThreadPoolExecutor(32) as buyers:
    said = list(buyers.map(buy, range(2000)))
assert [first[0] for first in said[::2]] == [second[0] for second in said[1::2]]  # one key, one result
statuses = [status for status, _ in said[::2]]
assert statuses.count(202) == 100 and statuses.count(409) == 900, statuses
assert orders.ask("GET", "/items/1") == (200, {"id": 1, "price": 900, "stock": 0})

# What is refused.
assert orders.ask("POST", "/orders", {"item": 1, "n": 2}, idempotency_key="buyer-0")[0] == 422
assert orders.ask("POST", "/orders", {"item": 9, "n": 1}, idempotency_key="x")[0] == 404
assert orders.ask("POST", "/orders", {"item": 1, "n": 0}, idempotency_key="x")[0] == 422
assert orders.ask("POST", "/orders", {"item": 1, "n": 1})[0] == 400
assert orders.ask("POST", "/orders", {"item": 1, "n": 1}, idempotency_key="a b")[0] == 400
assert orders.ask("GET", "/orders/x")[0] == 404
assert orders.ask("GET", "/items/9")[0] == 404

# A start finds what there is.
orders.stop()
orders.start()
sold = next(b for b in range(1000) if statuses[b] == 202)
status, order = orders.ask("GET", f"/orders/buyer-{sold}")
assert status == 200 and order["state"] == "placed" and order["amount"] == 900, order
assert database.rows("select count(*), sum(n) from orders where state = 'placed'") == [["100", "100"]]
orders.stop()
PY
