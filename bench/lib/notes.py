# SPDX-License-Identifier: MIT
"""What a server of notes has to do, whoever wrote it: the contract of edo-bench-crud and its peers."""

import http.client
import json


class Client:
    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def ask(self, method, path, body=None):
        """Status, JSON and the field Location of a response."""
        headers = {"content-type": "application/json"} if body is not None else {}
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        self.connection.request(method, path, text, headers)
        response = self.connection.getresponse()
        said = response.read()
        kind = response.headers["content-type"] or ""
        wanted = "application/json" if response.status < 400 else "application/problem+json"
        assert kind.split(";")[0] == wanted, (method, path, kind)
        return response.status, json.loads(said), response.headers["location"]


def check_notes(client):
    """They are added, read, listed in pages, replaced and deleted."""
    quote = 'it\'s "quoted" \u00e9\n'
    made = {"id": 1, "title": "Milk", "text": quote}
    assert client.ask("POST", "/notes", {"title": "Milk", "text": quote}) == (201, made, "/notes/1")
    for n in range(2, 31):
        assert client.ask("POST", "/notes", {"id": 99, "title": f"t{n}"})[1]["id"] == n
    assert client.ask("GET", "/notes/1")[:2] == (200, made)
    assert client.ask("GET", "/notes/30")[1] == {"id": 30, "title": "t30", "text": ""}
    for query, ids in (("", range(1, 21)), ("?after=28", (29, 30)), ("?after=1&limit=2", (2, 3)),
                       ("?limit=1", (1,)), ("?limit=100", range(1, 31)), ("?after=30", ())):
        status, page, _ = client.ask("GET", "/notes" + query)
        assert status == 200 and [n["id"] for n in page["notes"]] == list(ids), (query, page)
    new = {"id": 3, "title": "New", "text": "\u00e9"}
    assert client.ask("PUT", "/notes/3", {"title": "New", "text": "\u00e9"})[:2] == (200, new)
    assert client.ask("GET", "/notes/3")[1] == new
    assert client.ask("DELETE", "/notes/5")[:2] == (200, {"id": 5, "title": "t5", "text": ""})
    assert [n["id"] for n in client.ask("GET", "/notes?after=3&limit=2")[1]["notes"]] == [4, 6]
    assert client.ask("POST", "/notes", {"title": "next"})[1]["id"] == 31


def check_refusals(client):
    """What is wrong is refused by its status, and a problem that names it."""
    for method, path, body, status, named in (
            ("GET", "/notes/5", None, 404, "no note 5"), ("DELETE", "/notes/5", None, 404, "no note 5"),
            ("PUT", "/notes/99", {"title": "x"}, 404, "no note 99"), ("GET", "/notes/0", None, 400, "id"),
            ("GET", "/notes/x", None, 400, "id"), ("GET", "/notes?limit=101", None, 400, "limit"),
            ("GET", "/notes?after=x", None, 400, "after"), ("POST", "/notes", {"title": ""}, 422, "title"),
            ("POST", "/notes", {"title": "x" * 201}, 422, "title"), ("POST", "/notes", {"title": 7}, 422, ""),
            ("PUT", "/notes/1", {"title": "x", "text": "y" * 10001}, 422, "text"),
            ("POST", "/notes", '{"title":', 400, "")):
        got, problem, _ = client.ask(method, path, body)
        assert got == status and named in problem["detail"], (method, path, got, problem)


def check(port):
    """Of a server that has no notes yet; afterwards there are 30, the last with the id 31."""
    client = Client(port)
    check_notes(client)
    check_refusals(client)
