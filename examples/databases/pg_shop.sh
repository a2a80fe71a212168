# SPDX-License-Identifier: MIT
# Twenty buyers of five cakes: five are sold, fifteen are told that there are none; what is there is listed; a second
# start finds the tables. Skipped without PostgreSQL.
exec python3 -B - "$@" <<'PY'
import atexit, concurrent.futures, http.client, json, os, subprocess, sys

sys.path.insert(0, os.environ["EDO_SOURCE_DIR"] + "/tests/support")
import bounded, postgres

database = postgres.Postgres()


def start():
    """The program, and where its server is."""
    shop = subprocess.Popen([*sys.argv[1:], database.url, "127.0.0.1:0"], stdout=subprocess.PIPE)
    atexit.register(shop.kill)
    return shop, bounded.line_of(shop.stdout, "an address").strip().rpartition("/")[2]


def stop():
    shop.terminate()
    assert bounded.ended(shop) == 0


def ask(method, path, body=None):
    client = http.client.HTTPConnection(address, timeout=bounded.WAIT)
    client.request(method, path, body, {"content-type": "application/json"} if body else {})
    response = client.getresponse()
    text = response.read().decode()
    client.close()
    return response.status, text


shop, address = start()
with concurrent.futures.ThreadPoolExecutor(20) as buyers:
    sold = list(buyers.map(lambda _: ask("POST", "/orders", '{"item":2,"n":1}')[0], range(20)))
assert sorted(sold) == [201] * 5 + [409] * 15, sold
assert ask("POST", "/orders", '{"item":2,"n":0}')[0] == 422
assert ask("POST", "/items/2/orders")[0] == 409 and ask("POST", "/items/none/orders")[0] == 400
assert ask("POST", "/items/1/orders")[0] == 201
status, text = ask("GET", "/items")
assert status == 200 and [json.loads(line) for line in text.splitlines()] == [
    {"id": 2, "name": "cake", "stock": 0}, {"id": 1, "name": "tea", "stock": 99}], text
status, told = ask("GET", "/report")
assert status == 200 and json.loads(told) == {"goods": 2, "orders": 6}, told
stop()
shop, address = start()
assert ask("GET", "/items")[1] == text
stop()
PY
