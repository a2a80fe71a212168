# SPDX-License-Identifier: MIT
"""The JSON API, the page's files, numbers and probes; and where the web listens."""
import contextlib
import gzip
import os
import re
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
import time

import chat
from chat import Server, passes
from web import Page, ask, number, numbers


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
                 ("POST", messages, "", {"nick": "a,b", "text": ""}, 422),
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
        for bad in {}, {"nick": "x"}, {"nick": "", "text": "x"}, {"nick": "x" * 65, "text": "x"}:
            assert fits(bad, body, doc), bad


def test_api_says_what_is_wrong():
    path = "/api/rooms/general/messages"
    with Server("--max-line", "100", web=True) as server, Page(server, {"nick": "ann"}):
        wrong = [(422, {"nick": "a,b", "text": "x"}), (422, {"nick": "a\0", "text": "x"}),
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
        got, begin = [], time.monotonic()
        while 429 not in got:
            assert len(got) <= passes(100, 1, begin)[-1], len(got)
            got.append(ask(server, "POST", "/api/rooms/general/messages", {"nick": "x", "text": f"{len(got)}"})[0])
        assert got[:-1] == [201] * (len(got) - 1) and len(got) - 1 in passes(100, 1, begin), got


def test_questions_for_rooms_of_one_address_are_limited():
    paths = "/api/rooms", "/api/rooms/general/messages"
    with Server("--rate", "1", web=True) as server:
        got, begin = [], time.monotonic()
        while 429 not in got:
            assert len(got) <= passes(100, 1, begin)[-1], len(got)
            status, headers, _ = ask(server, "GET", paths[len(got) % 2])
            got.append(status)
        assert got[:-1] == [200] * (len(got) - 1) and len(got) - 1 in passes(100, 1, begin), got
        assert int(headers["retry-after"]) >= 1
        assert ask(server, "GET", "/api/rooms", source="127.0.0.2")[0] == 200
        assert ask(server, "POST", paths[1], {"nick": "x", "text": "x"})[0] == 201
        assert ask(server, "GET", "/readyz")[0] == 200


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
            status, head, plain = ask(server, "GET", part)
            assert status == 200 and head["etag"], part
            _, head, packed = ask(server, "GET", part, accept_encoding="gzip")
            assert head["content-encoding"] == "gzip" and gzip.decompress(packed) == plain, part
            assert len(plain) < 1000 or len(packed) < 0.6 * len(plain), part
        assert "strict-transport-security" not in head
        status, head, _ = ask(server, "GET", "/nowhere")
        assert status == 404 and "content-security-policy" in head


def test_numbers_of_a_store_are_there_if_there_is_one():
    with Server(web=True) as server:
        text = numbers(server).decode()
        assert "chat_rooms" in text and "chat_messages" not in text and "chat_store" not in text, text


def test_numbers_and_probes_tell_how_the_chat_is():
    with tempfile.TemporaryDirectory() as folder, \
            Server("--db", os.path.join(folder, "chat.db"), web=True) as server, \
            Page(server) as ann:
        ann.say("x")
        ask(server, "GET", "/api/rooms/general/messages?before=1")  # all is stored
        for name, wanted in (("chat_people_web", 1), ("chat_pages", 1), ("chat_rooms", 1),
                             ("chat_messages_stored_total", 1), ("chat_messages_unstored", 0),
                             ("chat_messages_lost_total", 0)):
            assert number(server, name) == wanted, name
        for probe in "/livez", "/live", "/readyz", "/ready", "/healthz", "/health":
            assert ask(server, "GET", probe)[0] == 200, probe
        health = ask(server, "GET", "/healthz")[2]
        assert health["status"] == "healthy", health
        assert re.fullmatch(r"\d+\.\d+\.\d+", health["version"]), health
        assert health["dependencies"][0]["name"] == "store", health


def wait_until_not_ready(server):
    status = chat.until("that it is not ready", lambda: ask(server, "GET", "/readyz")[0], lambda seen: seen != 200)
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
        server.ends_with(-signal.SIGINT)
        server.signal_all(signal.SIGINT)  # a second signal waits for nothing
        assert server.ended() == -signal.SIGINT
    with Server("--pre-stop", "10ms", web=True) as server, Page(server) as page:
        terminal = server.client()
        server.stop(signal.SIGTERM)
        assert page.closed() == 1001 and terminal.rest()[-1] == "* server shutting down"
        assert server.ended() == 0


def until_health(server, text):
    """Returns the health once the text is in it."""
    return chat.until(f"{text!r} in the health", lambda: ask(server, "GET", "/healthz")[2],
                      lambda seen: text in str(seen))


def read_bytes(server):
    """What it has read so far, of files and all else."""
    with open(f"/proc/{server.process.pid}/io", encoding="ascii") as counts:
        return int(counts.readline().removeprefix("rchar: "))


def test_store_whose_file_was_deleted_or_damaged_says_so_in_the_health_and_the_log():
    def overwrite(path):
        with open(path, "r+b") as file:
            file.write(b"x" * 100)

    ways = ((os.unlink, "was deleted or replaced"), (overwrite, "is damaged"),
            (lambda path: os.truncate(path, 1000), "is damaged"))
    with contextlib.ExitStack() as all_of_them, tempfile.TemporaryDirectory() as folder:
        servers = []
        for n, (spoil, told) in enumerate(2 * ways):
            path = os.path.join(folder, f"{n}.db")
            servers.append((Server("--db", path, web=n < len(ways)), path, spoil, told))
            all_of_them.enter_context(servers[-1][0])
        for server, path, spoil, _ in servers:
            if hasattr(server, "web"):
                assert ask(server, "GET", "/healthz")[2]["status"] == "healthy"
            spoil(path)
        for server, path, _, told in servers:
            server.until_logged(told)
            if not hasattr(server, "web"):
                continue
            assert until_health(server, told)["status"] == "degraded"
            assert server.errors().count(told) == 1, server.errors()


def test_damage_in_the_middle_of_a_running_store_is_told_once_and_what_is_not_stored_is_marked():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with Server("--rate", "0", "--db", path, web=True) as server, Page(server) as ann:
            for n in range(100):
                ann.say(f"{n} " + "x" * 1000)
        page_bytes = 4096
        with Server("--rate", "0", "--history", "0", "--db", path, "--log", "warn",
                    web=True) as server, Page(server) as ann:
            until_health(server, "'healthy'")
            size = os.path.getsize(path)
            with open(path, "r+b") as file:  # the head stays, and so does the size
                file.seek(page_bytes)
                file.write(b"x" * (size - page_bytes))
            said = [ann.say(f"{n}")["number"] for n in range(5)]
            with Page(server, {"rooms": [("general", 1)]}) as late:
                assert late.until("unstored")["numbers"] == said
            server.until_logged("is damaged")
            # First what a statement has met, which does not say where; then what a look at the file has found.
            health = str(until_health(server, ", from byte "))
            assert re.search(r"is damaged: chat.db: page \d+, from byte \d+ on; messages are not stored: 5 yet", health), health
            for _ in range(3):
                page = ask(server, "GET", f"/api/rooms/general/messages?before={said[0]}")[2]
                assert page == {"room": "general", "messages": [], "more": False, "missing": "damaged"}, page
            server.until_logged("the store's file is damaged")
            errors = server.until_logged("messages are not stored")
            assert errors.count("the store's file is damaged") == 1, errors
            assert errors.count("messages are not stored") == 1, errors
            assert 'why="storing messages: the file is damaged' in errors, errors
            # Which page is read first is SQLite's matter.
            page, byte = re.search(r'where="chat.db: page (\d+), from byte (\d+) on"', errors).groups()
            assert 2 <= int(page) and int(byte) == (int(page) - 1) * page_bytes, errors
            assert "multibyte" not in errors, errors
            server.status = 1
            server.stop()
            assert server.ended() == 1
            assert "messages that were said are lost n=5" in server.errors(), server.errors()


def test_damage_that_nobody_comes_upon_is_told():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with Server("--rate", "0", "--db", path, web=True) as server, Page(server) as ann:
            for n in range(300):
                ann.say(f"{n} " + "x" * 1000)
        with Server("--db", path, "--log", "warn", web=True) as server:
            page_bytes, begun, size = 4096, read_bytes(server), os.path.getsize(path)
            chat.until("all of the file to be read", lambda: read_bytes(server) - begun, lambda seen: seen >= size)
            assert ask(server, "GET", "/healthz")[2]["status"] == "healthy"
            assert server.errors() == "", server.errors()
            with open(path, "r+b") as file:  # one page in the middle
                file.seek(os.path.getsize(path) // 2 // page_bytes * page_bytes)
                file.write(b"x" * page_bytes)
            where = f"chat.db: page {size // 2 // page_bytes + 1}, from byte {size // 2 // page_bytes * page_bytes} on"
            until_health(server, f"is damaged: {where}")
            server.until_logged(f'where="{where}"')
            assert server.errors().count("\n") == 1, server.errors()


def spoil_text(path, text, new):
    """Overwrites a text in the file, whose pages stay as they are for SQLite."""
    with open(path, "r+b") as file:
        at = file.read().index(text)
        file.seek(at + len(text))
        file.write(new)


def spoil_page(path, text):
    """Overwrites the page of the file in which the text stands."""
    page_bytes = 4096
    with open(path, "r+b") as file:
        at = file.read().index(text)
        file.seek(at // page_bytes * page_bytes)
        file.write(b"x" * page_bytes)


def all_pages(ask_for):
    """Reads the past back to its end, as ask_for(before) tells it; returns the numbers, and what was missing."""
    numbers, missing = [], set()
    before, more = 0, True
    while more:
        page = ask_for(before)
        assert page["messages"] or not page["more"], page  # else nobody would come to an end
        numbers = [m["number"] for m in page["messages"]] + numbers
        missing.add(page.get("missing"))
        before, more = numbers[0], page["more"]
    return numbers, missing


def test_past_behind_a_damage_is_read_to_its_end_and_the_damage_is_told():
    ways = (lambda path: spoil_page(path, b"no. 150 word"), lambda path: spoil_text(path, b"no. 150 word", b"\xff\xfe\x1b["))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with Server("--rate", "0", "--db", path, web=True) as server, Page(server) as ann:
            said = [ann.say(f"no. {n} word" + " and" * 250)["number"] for n in range(300)]
        for spoil in ways:
            copy = os.path.join(folder, "copy.db")
            shutil.copy(path, copy)
            spoil(copy)
            with Server("--rate", "0", "--history", "20", "--db", copy, "--log", "warn", web=True) as server, \
                    Page(server) as bob:
                def by_api(before, server=server):
                    return ask(server, "GET", f"/api/rooms/general/messages?limit=50&before={before}")[2]

                def by_page(before, bob=bob):
                    bob.send(type="history", room="general", before=before, limit=50, ref="h")
                    return bob.until("history", ref="h")

                numbers, missing = all_pages(by_api)
                assert missing == {None, "damaged"}, missing
                assert numbers == [n for n in said if n in numbers] and said[150] not in numbers, numbers
                assert 295 <= len(numbers) < 300 and numbers[0] == said[0], len(numbers)
                assert all_pages(by_page) == (numbers, missing)
                health = until_health(server, "is damaged: copy.db: ")
                assert health["status"] == "degraded" and number(server, "chat_store_damaged") == 1, health
                assert number(server, "chat_store_well") == 0
                server.until_logged('where="copy.db: ')
                assert server.errors().count("\n") == 1 and "multibyte" not in server.errors(), server.errors()


def test_past_that_a_room_recalls_says_that_some_of_it_is_damaged():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with Server("--rate", "0", "--db", path, web=True) as server, Page(server) as ann:
            said = [ann.say(f"no. {n} word" + " and" * 250)["number"] for n in range(30)]
        spoil_page(path, b"no. 15 word")
        with Server("--rate", "0", "--db", path, web=True) as server, Page(server) as bob:
            page = ask(server, "GET", "/api/rooms/general/messages")[2]
            numbers = [m["number"] for m in page["messages"]]
            assert page.get("missing") == "damaged" and said[15] not in numbers and len(numbers) >= 25, page
            bob.send(type="history", room="general", ref="h")
            page = bob.until("history", ref="h")
            assert page.get("missing") == "damaged" and [m["number"] for m in page["messages"]] == numbers, page
            terminal = chat.Client(server)
            terminal.until("* some of what was said in #general cannot be read any more")
            terminal.close()


def test_end_counts_what_is_lost_and_its_status_tells():
    with tempfile.TemporaryDirectory() as folder:
        with Server("--rate", "0", "--db", os.path.join(folder, "chat.db"), "--log", "warn", web=True,
                    file_bytes=100000) as server, Page(server) as ann:
            for n in range(100):
                ann.say(f"{n}" + "x" * 4000)

            def counts():
                return [number(server, f"chat_messages_{kind}") for kind in ("stored_total", "unstored")]

            _, lost = chat.until("that each message is stored or waits", counts, lambda seen: sum(seen) == 100)
            assert lost > 10, lost
            server.status = 1
            server.stop()
            assert server.ended() == 1
            assert f"messages that were said are lost n={lost:.0f}" in server.errors(), server.errors()


def test_what_could_not_be_stored_is_marked_and_stored_once_the_disk_works_again():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "chat.db")
        with Server("--rate", "0", "--db", path, "--log", "warn", web=True,
                    file_bytes=400000) as server, Page(server) as ann, Page(server) as bob:
            terminal = server.named("tom")
            own = [ann.say(f"{n}" + "x" * 4000) for n in range(300)]
            numbers = [one["number"] for one in own]
            marked, seen, confirmed = [], [], []
            while len(seen) < 300 or len(marked) < number(server, "chat_messages_unstored"):
                told = bob.receive()
                if told["type"] == "message":
                    seen.append(told["number"])
                    confirmed += [told["number"]] if told.get("unstored") else []
                elif told["type"] == "unstored":
                    assert told["numbers"] == seen[-1:], told
                    marked += told["numbers"]
            assert seen == numbers and len(marked) > 100, len(marked)
            assert marked == confirmed == [one["number"] for one in own if one.get("unstored")]
            terminal.until("* what is said in #general is not stored for now")
            status, _, health = ask(server, "GET", "/healthz")
            assert status == 200 and health["status"] == "degraded", health
            assert f"messages are not stored: {len(marked)} yet, 0 for good" in str(health), health
            assert ask(server, "GET", "/readyz")[0] == 200
            assert server.until_logged("messages are not stored").count("messages are not stored") == 1
            with Page(server, {"rooms": [("general", 1)]}) as late:  # it is told what is so now
                assert late.until("unstored")["numbers"] == marked
            kept = ask(server, "GET", "/api/rooms/general/messages")[2]["messages"]
            assert {one["number"]: True for one in kept if one.get("unstored")} == dict.fromkeys(
                (n for n in marked if n in [one["number"] for one in kept]), True)
            server.allow_file_bytes()
            stored = []
            while len(stored) < len(marked):
                stored += bob.until("stored")["numbers"]
            assert stored == marked
            terminal.until("* what was said in #general is stored now")
            assert number(server, "chat_messages_unstored") == 0
            until_health(server, "'healthy'")
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert [n for n, in db.execute("SELECT number FROM message ORDER BY id")] == numbers


def default_port_is_replaced():
    """Returns whether it was taken: by us, or by somebody else, who may let it go at any time."""
    with socket.socket() as taken, contextlib.ExitStack() as end:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        is_ours = False
        with contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", 8080))
            taken.listen()
            is_ours = True
        server = end.enter_context(Server("--log", "warn"))
        server.web = server.told("web on http://127.0.0.1:")
        port = server.web[1]
        if port == 8080 and not is_ours:
            return False
        assert port != 8080
        server.until_logged(str(port))
        assert ask(server, "GET", "/livez")[0] == 200
        return True


def test_default_port_that_is_taken_is_replaced_by_a_free_one_and_the_log_says_so():
    options, Server.web_options = Server.web_options, []
    try:
        while not default_port_is_replaced():
            pass  # who had the port has gone meanwhile
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
