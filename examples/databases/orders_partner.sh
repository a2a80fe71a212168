# SPDX-License-Identifier: MIT
# Each payment is taken once, however often it is asked for, and never after it was given back, also by one that was
# killed in the middle of a line; failures come when they are asked for, and what they hide has happened.
exec python3 -B - "$EDO_SOURCE_DIR" "$@" <<'PY'
import http.client, os, sys, tempfile

os.environ["EDO_BIN_DIR"] = os.path.dirname(os.path.dirname(sys.argv[-1]))

sys.path.insert(0, f"{sys.argv[1]}/tests/orders")
import shop

folder = tempfile.TemporaryDirectory()
partner = shop.Partner(folder.name, emulator=sys.argv[2:-1])


def take(key, amount=900):
    return partner.ask("PUT", f"/payments/{key}", {"amount": amount})


def back(key):
    return partner.ask("DELETE", f"/payments/{key}")


def look(key):
    return partner.ask("GET", f"/payments/{key}")


taken, returned, declined, none = ((200, {"state": word}) for word in ("taken", "returned", "declined", "none"))
assert take("a") == taken and take("a") == taken and look("a") == taken and look("b") == none
assert back("a") == returned and back("a") == returned and take("a") == returned
assert back("early") == returned and take("early") == returned  # the request for the money was slow
assert take("rich", 100001) == declined and take("rich", 1) == declined
assert take("a/b")[0] == 404 and take("%20")[0] == 400 and take("c", -1)[0] == 422 and look("c") == none
ledger = {"a": [("taken", 900), ("returned", 0)], "early": [("returned", 0)], "rich": [("declined", 100001)]}
assert partner.ledger() == ledger, partner.ledger()

# Killed in the middle of a line, which nobody was told of.
partner.kill()
with open(partner.file, "a", encoding="ascii") as file:
    file.write("taken half 9")
partner.start()
assert look("half") == none and look("a") == returned and look("rich") == declined
assert take("half") == taken
ledger["half"] = [("taken", 900)]
assert partner.ledger() == ledger, partner.ledger()

# A third each is refused, late, and dropped.
assert partner.ask("PUT", "/mood", {"fail": 1, "late": "10ms"})[0] == 200
seen = {"refused": 0, "told": 0, "dropped": 0}
for i in range(60):
    try:
        status, result = take(f"moody-{i}")
        seen["told" if status == 200 else "refused"] += 1
        assert status == 503 or result == {"state": "taken"}, (status, result)
    except (http.client.HTTPException, OSError, ValueError):
        seen["dropped"] += 1
assert min(seen.values()) > 5, seen
assert partner.ask("PUT", "/mood", {"fail": 0})[0] == 200
happened = [look(f"moody-{i}") == taken for i in range(60)]
assert sum(happened) == seen["told"] + seen["dropped"], (happened, seen)
partner.stop()
PY
