# SPDX-License-Identifier: MIT
"""The JSON API, the page's files, numbers and probes; and where the web listens."""
import os
import re
import signal
import socket
import sys
import tempfile
import time

import chat
from chat import Server
from web import Page, ask, number


def test_api_lists_rooms_and_messages_and_posts_them():
    with Server(web=True) as server, Page(server, {"nick": "ann"}) as ann:
        bob = server.client()
        ann.until("joined")
        status, head, posted = ask(server, "POST", "/api/rooms/general/messages",
                                   {"nick": "robot", "text": 'from "outside"'})
        assert status == 201 and posted["number"] == 1 and posted["from"] == "robot", posted
        ann.expect("message", number=1, text='from "outside"')
        bob.until('robot: from "outside"')
        ann.say("2")
        status, head, page = ask(server, "GET", "/api/rooms/general/messages")
        assert status == 200 and page["room"] == "general" and page["more"] is False, page
        assert [m["text"] for m in page["messages"]] == ['from "outside"', "2"], page
        assert all("ref" not in m for m in page["messages"]), page  # that is its author's
        status, _, page = ask(server, "GET", "/api/rooms/General/messages?before=2&limit=1")
        assert [m["number"] for m in page["messages"]] == [1], page
        status, _, page = ask(server, "GET", "/api/rooms/general/messages?limit=1")
        assert [m["number"] for m in page["messages"]] == [2] and page["more"] is True, page
        assert ask(server, "GET", "/api/rooms")[2] == {"rooms": [{"room": "general", "members": 2}]}
        assert head["content-type"] == "application/json"


def test_api_returns_what_its_description_says():
    sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "tests", "web"))
    from schema import fits, response_of
    with Server(web=True) as server, Page(server, {"nick": "ann"}):
        doc = ask(server, "GET", "/openapi.json")[2]
        messages = "/api/rooms/{room}/messages"
        assert {"/api/rooms", messages, "/metrics", "/readyz"} <= set(doc["paths"]), doc["paths"]
        assert "/ws" not in doc["paths"] and "/" not in doc["paths"]
        asked = [("POST", messages, "", {"nick": "x", "text": "x"}, 201),
                 ("POST", messages, "", {"nick": "a b", "text": ""}, 422),
                 ("POST", messages, "", {"nick": "ann", "text": "x"}, 403),
                 ("GET", messages, "?limit=1", None, 200), ("GET", messages, "?limit=x", None, 400),
                 ("GET", "/api/rooms", "", None, 200)]
        for method, route, query, body, wanted in asked:
            path = route.replace("{room}", "general") + query
            status, head, value = ask(server, method, path, body)
            content_type, schema = response_of(doc, route, method.lower(), status)
            assert status == wanted and head["content-type"] == content_type, (path, status, head)
            assert fits(value, schema, doc) is None, (path, fits(value, schema, doc), value)
        body = doc["paths"][messages]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert fits({"nick": "x", "text": "x"}, body, doc) is None
        for bad in {}, {"nick": "x"}, {"nick": "", "text": "x"}, {"nick": "x" * 25, "text": "x"}:
            assert fits(bad, body, doc), bad


def test_api_says_what_is_wrong():
    path = "/api/rooms/general/messages"
    with Server("--max-line", "100", web=True) as server, Page(server, {"nick": "ann"}):
        wrong = [(422, {"nick": "a b", "text": "x"}), (422, {"nick": "a\0", "text": "x"}),
                 (422, {"nick": "x"}), (422, {}),
                 (422, {"nick": "x", "text": ""}), (422, {"nick": "x", "text": "a\rb"}),
                 (422, {"nick": "x", "text": "x" * 101}), (403, {"nick": "ANN", "text": "x"}),
                 (403, {"nick": "server", "text": "x"}), (400, b"{"), (413, b" " * 100000)]
        for wanted, body in wrong:
            status, head, problem = ask(server, "POST", path, body, content_type="application/json")
            assert status == wanted and problem["status"] == wanted, (wanted, body, status, problem)
            assert head["content-type"] == "application/problem+json"
        assert ask(server, "POST", path, b"x", content_type="text/plain")[0] == 415
        for site in "cross-site", "same-site":
            assert ask(server, "POST", path, {"nick": "x", "text": "x"}, sec_fetch_site=site)[0] == 403
        for site in "same-origin", "none":
            assert ask(server, "POST", path, {"nick": "x", "text": "x"}, sec_fetch_site=site)[0] == 201
        for room in "nowhere", "a%20b", "%23general", "..%2F..", "x" * 25:
            assert ask(server, "GET", f"/api/rooms/{room}/messages")[0] == 404, room
        assert ask(server, "GET", path + "?limit=201")[0] == 400
        assert ask(server, "GET", path + "?before=x")[0] == 400
        assert ask(server, "DELETE", path)[0] == 405


def test_posts_of_one_address_are_limited():
    with Server("--rate", "1", web=True) as server:
        got = [ask(server, "POST", "/api/rooms/general/messages", {"nick": "x", "text": f"{n}"})[0]
               for n in range(130)]
        assert got[:100] == [201] * 100 and 429 in got[100:], got


def test_page_is_served_with_a_strict_policy_and_asked_for_again_by_its_tag():
    with Server(web=True) as server:
        status, head, html = ask(server, "GET", "/")
        assert status == 200 and head["content-type"] == "text/html; charset=utf-8"
        policy = head["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, policy
        assert head["x-content-type-options"] == "nosniff"
        assert ask(server, "GET", "/", if_none_match=head["etag"])[0] == 304
        parts = re.findall(r'(?:src|href)="(/[^"]*)"', html.decode())
        assert parts, html
        for part in parts:
            status, head, _ = ask(server, "GET", part)
            assert status == 200 and head["etag"], part
        status, head, _ = ask(server, "GET", "/nowhere")
        assert status == 404 and "content-security-policy" in head


def test_numbers_and_probes_tell_how_the_chat_is():
    with tempfile.TemporaryDirectory() as folder, \
            Server("--db", os.path.join(folder, "chat.db"), web=True) as server, \
            Page(server) as ann:
        ann.say("x")
        ask(server, "GET", "/api/rooms/general/messages?before=1")  # all is stored
        for name, wanted in (("chat_people_web", 1), ("chat_pages", 1), ("chat_rooms", 1),
                             ("chat_messages_stored_total", 1), ("chat_messages_unstored_total", 0)):
            assert number(server, name) == wanted, name
        for probe in "/livez", "/live", "/readyz", "/ready", "/healthz", "/health":
            assert ask(server, "GET", probe)[0] == 200, probe
        health = ask(server, "GET", "/healthz")[2]
        assert health["status"] == "healthy", health
        assert re.fullmatch(r"\d+\.\d+\.\d+", health["version"]), health
        assert health["dependencies"][0]["name"] == "store", health


def wait_until_not_ready(server):
    end = time.monotonic() + chat.WAIT
    while (status := ask(server, "GET", "/readyz")[0]) == 200:
        assert time.monotonic() < end
    assert status == 503, status


def test_readiness_is_turned_off_before_anything_stops():
    with Server("--pre-stop", "10m", web=True) as server, Page(server) as page:
        terminal = server.client()
        server.stop(signal.SIGTERM)
        wait_until_not_ready(server)
        # All else goes on, for those who are there and for those who come.
        assert ask(server, "GET", "/livez")[0] == 200
        page.say("still here")
        terminal.until(f"{page.name}: still here")
        late, other = server.named("late"), Page(server)
        late.send("so am I")
        other.until("message", text="so am I")
        other.close()
        server.status = -signal.SIGINT
        server.process.send_signal(signal.SIGINT)  # a second signal waits for nothing
        assert server.ended() == -signal.SIGINT
    with Server("--pre-stop", "10ms", web=True) as server, Page(server) as page:
        terminal = server.client()
        server.stop(signal.SIGTERM)
        assert page.closed() == 1001 and terminal.rest()[-1] == "* server shutting down"
        assert server.ended() == 0


def test_store_whose_file_was_deleted_says_so_in_the_health_and_the_log():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with Server("--db", path, web=True) as server:
            assert ask(server, "GET", "/healthz")[2]["status"] == "healthy"
            os.unlink(path)
            end = time.monotonic() + chat.WAIT
            while (health := ask(server, "GET", "/healthz")[2])["status"] == "healthy":
                assert time.monotonic() < end, health
                time.sleep(0.05)  # there is no notice of it
            assert health["status"] == "degraded" and "was deleted" in str(health), health
            assert "was deleted or replaced" in server.errors() and path in server.errors()


def test_store_that_fails_stops_nobody_and_the_health_is_degraded():
    with tempfile.TemporaryDirectory() as folder, \
            Server("--rate", "0", "--db", os.path.join(folder, "chat.db"), "--log", "warn",
                   web=True, file_bytes=400000) as server, Page(server) as ann, Page(server) as bob:
        numbers = [ann.say("x" * 4000)["number"] for n in range(300)]
        assert [n for n, _ in bob.texts(300)] == numbers
        ask(server, "GET", "/api/rooms/general/messages?before=1")  # all was tried
        assert number(server, "chat_messages_unstored_total") > 100
        status, _, health = ask(server, "GET", "/healthz")
        assert status == 200 and health["status"] == "degraded", health
        assert ask(server, "GET", "/readyz")[0] == 200
        assert server.errors().count("messages are not stored") == 1, server.errors()


def test_default_port_that_is_taken_is_replaced_by_a_free_one_and_the_log_says_so():
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
        except OSError:
            pass  # somebody else has it
        options, Server.web_options = Server.web_options, []
        try:
            with Server("--log", "warn") as server:
                second = server.process.stdout.readline().decode()
                port = int(re.fullmatch(r"web on http://127\.0\.0\.1:(\d+)/\n", second).group(1))
                assert port != 8080 and str(port) in server.errors(), server.errors()
                server.web = ("127.0.0.1", port)
                assert ask(server, "GET", "/livez")[0] == 200
        finally:
            Server.web_options = options


def test_address_that_was_given_and_cannot_be_had_ends_the_program():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        status, output, errors = chat.run("--tcp", "127.0.0.1:0", "--http", address)
        assert status == 1 and output == "" and address in errors, (status, output, errors)
    status, _, errors = chat.run("--http", "8080")
    assert status == 2 and "--http" in errors, (status, errors)
    with Server("--http", "none") as server:
        server.stop()
        assert server.ended() == 0
        assert server.process.stdout.read() == b""  # no second line


if __name__ == "__main__":
    chat.main()
