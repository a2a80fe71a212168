# SPDX-License-Identifier: MIT
# Two people with accounts: names and passwords that are refused; lists in pages, of which nobody sees another's; a login
# that outlives the program and ends with a logout; the document, the probes and numbers, and an end in order. Skipped
# without PostgreSQL.
exec python3 -B - "$@" <<'PY'
import http.client, json, os, sys
from urllib.parse import urlencode

sys.path.insert(0, os.environ["EDO_SOURCE_DIR"] + "/tests/support")
import bounded, postgres

database = postgres.Postgres()


def start():
    """The program, and where its two servers are."""
    options = ["--db", database.url, "--listen", "127.0.0.1:0", "--probes", "127.0.0.1:0", "--pre-stop", "10ms"]
    return bounded.served([*sys.argv[1:], *options, "--plain-http"], servers=2)


def stop():
    server.terminate()
    assert bounded.ended(server) == 0


class Person:
    """A browser, with its cookie, at one of the servers."""

    def __init__(self, server="accounts"):
        self.server, self.cookie = server, ""

    def ask(self, method, path, form=None, value=None, **fields):
        kind = "application/x-www-form-urlencoded" if form else "application/json"
        client = http.client.HTTPConnection(at[self.server], timeout=bounded.WAIT)
        client.request(method, path, urlencode(form) if form else value and json.dumps(value),
                       {"content-type": kind, "cookie": self.cookie, **fields})
        response = client.getresponse()
        text = response.read().decode()
        self.cookie = response.headers.get("set-cookie", self.cookie).split(";")[0]
        return response.status, json.loads(text) if text.startswith("{") else text

    def page(self, query):
        status, page = self.ask("GET", "/todos?" + query)
        return [todo["title"] for todo in page["todos"]], page["next"]


server, at = start()
ann, ben, thief, operator = Person(), Person(), Person(), Person("probes")
right = {"name": "ann", "password": "correct horse"}
assert ann.ask("GET", "/todos")[0] == 401
assert ann.ask("POST", "/accounts", {**right, "password": "short"})[0] == 422
assert ann.ask("POST", "/accounts", right)[0] == 204 and ben.ask("POST", "/accounts", {**right, "name": "ben"})[0] == 204
assert thief.ask("POST", "/accounts", right)[0] == 409
for wrong in {**right, "password": "wrong horse"}, {**right, "name": "nobody"}:
    assert thief.ask("POST", "/login", wrong)[0] == 403 and not thief.cookie
assert thief.ask("POST", "/login", right, **{"sec-fetch-site": "cross-site"})[0] == 403
assert "correct" not in str(database.rows("select * from account"))

for title in "milk", "bread", "tea", "cake", "salt":
    status, todo = ann.ask("POST", "/todos", value={"title": title})
    assert status == 201 and todo["title"] == title and not todo["done"] and todo["created"].endswith("Z"), todo
assert ann.ask("POST", "/todos", value={"title": ""})[1]["errors"][0]["pointer"] == "#/title"
first, after = ann.page("limit=2")
assert first == ["milk", "bread"] and ann.page(f"limit=3&after={after}") == (["tea", "cake", "salt"], todo["id"])
newest, after = ann.page("order=newest&limit=4")
assert newest == ["salt", "cake", "tea", "bread"] and ann.page(f"order=newest&after={after}") == (["milk"], 0)
mine = f"/todos/{todo['id']}"
assert ann.ask("PUT", mine, value={"title": "sugar", "done": True})[1] == {**todo, "title": "sugar", "done": True}
assert ben.page("") == ([], 0)  # and what is hers he neither sees, nor changes, nor removes
for method, value in ("GET", None), ("PUT", {"title": "his"}), ("DELETE", None):
    assert ben.ask(method, mine, value=value)[0] == 404, method
assert ann.ask("GET", mine)[1]["title"] == "sugar"
assert ann.ask("DELETE", mine)[0] == 200 and ann.ask("GET", mine)[0] == 404

document = thief.ask("GET", "/openapi.json")[1]
paths, ways = document["paths"], document["components"]["securitySchemes"]
assert ways == {"session": {"type": "apiKey", "in": "cookie", "name": ann.cookie.split("=")[0]}}, ways
assert paths["/todos"]["get"]["security"] == [{"session": []}] and "security" not in paths["/login"]["post"], paths
assert operator.ask("GET", "/healthz")[1]["dependencies"][0]["status"] == "healthy"
numbers = operator.ask("GET", "/metrics")[1]
assert 'http_route="/todos/{id}"' in numbers and "db_client_operation_duration" in numbers, numbers
stop()

server, at = start()
assert len(ann.page("")[0]) == 4  # she is still logged in
thief.cookie = ann.cookie
assert ann.ask("POST", "/logout")[0] == 204 and thief.ask("GET", "/todos")[0] == 401
assert ann.ask("POST", "/login", right)[0] == 204 and ann.page("order=newest&limit=1")[0] == ["cake"]
stop()
PY
