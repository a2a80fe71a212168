# SPDX-License-Identifier: MIT
"""Goal: a PostgreSQL that is not as edo-chat wants it is told in words, or served: one that is read-only, has newer tables,
another search_path, another isolation, no connection left,
does not respond at the begin or the end, or is copied to twice at once.
Method: the real program and a real server."""
import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import types

import chat
from postgres_talk_test import begin_copy, end_copy, error, fill, history
from web import Page, ask

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402


def refusal(db):
    """What a server says that does not begin."""
    began = subprocess.run([os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat"), "--tcp", "127.0.0.1:0", "--http", "none", "--db",
                            db.uri], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=chat.WAIT, check=False)
    assert began.returncode == 1, began
    return began.stdout + began.stderr


def test_read_only_database_is_told_and_gets_what_waits_when_it_is_so_no_more():
    db = postgres.Postgres()

    def be_read_only(value):
        db.rows(f"alter system set default_transaction_read_only = {value}")
        db.rows("select pg_reload_conf()")
        chat.until("the setting", lambda: db.rows("show default_transaction_read_only"), lambda rows: rows == [[value]])

    with chat.Server("--db", db.uri, web=True) as server, Page(server) as ann:
        assert ann.say("one")["number"] == 1
        be_read_only("on")
        ann.send(type="say", room="general", text="two", ref="2")
        assert error(ann)["code"] == "try_later"
        server.until_logged("read-only transaction")
        chat.until("the health", lambda: ask(server, "GET", "/healthz")[2]["status"], lambda status: status == "degraded")
        assert history(server) == [(1, "one")]
        assert "read-only transaction" in refusal(db)
        be_read_only("off")
        assert ann.texts(1) == [(2, "two")]


def test_room_whose_row_somebody_has_locked_holds_no_other_up():
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, web=True) as server, Page(server, hello={"rooms": ["tea", "cups"]}) as ann:
        assert ann.say("one", room="tea")["number"] == 1
        with db.holding("select from chat_room where room = 'tea' for update"):
            ann.send(type="say", room="tea", text="two", ref="t2")
            ann.send(type="say", room="cups", text="first", ref="c1")
            while (m := ann.receive())["type"] != "message":  # what is not kept yet is told before
                assert m["type"] != "error" or m["code"] == "try_later", m
            assert (m["room"], m["number"], m["text"]) == ("cups", 1, "first"), m
            server.until_logged("messages of one room are not stored")
            assert ask(server, "GET", "/healthz")[2]["status"] == "degraded"
            for i in range(2, 5):
                assert ann.say(str(i), room="cups")["number"] == i
            assert history(server, "tea") == [(1, "one")]
        while (m := ann.receive())["type"] != "message":
            pass
        assert (m["room"], m["number"], m["text"]) == ("tea", 2, "two"), m
        chat.until("the health", lambda: ask(server, "GET", "/healthz")[2]["status"], lambda status: status == "healthy")


def test_newer_tables_are_told():
    db = postgres.Postgres()
    with chat.Server("--db", db.uri):
        pass
    db.rows("insert into chat_migrations (version, description, success, checksum, execution_time)"
            " values (1000, 'to come', true, '', 0)")
    assert "its tables are those of a newer edo-chat: migration 1000 was done" in refusal(db)


def test_other_search_path_is_another_conversation_and_one_without_a_schema_is_told():
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, web=True) as server, Page(server) as ann:
        ann.say("one")
    db.rows("create schema other")
    db.rows("alter role edo set search_path = other")
    with chat.Server("--db", db.uri, web=True) as server, Page(server) as ann:
        assert history(server) == []
        assert ann.say("another")["number"] == 1
    db.rows("alter role edo set search_path = nowhere")
    assert "no schema has been selected to create in" in refusal(db)
    db.rows("alter role edo reset search_path")
    with chat.Server("--db", db.uri, web=True) as server:
        assert history(server) == [(1, "one")]


def test_isolation_that_a_role_has_as_its_default_does_not_count():
    db = postgres.Postgres()
    for level in ("serializable", "repeatable read"):
        db.rows(f"alter role edo set default_transaction_isolation = '{level}'")
        with chat.Server("--db", db.uri, web=True) as one, chat.Server("--db", db.uri, web=True) as other, \
                Page(one) as ann, Page(other) as bob:
            ann.say("first")
            bob.until("message")
            with db.holding("select from chat_room where room = 'general' for update"):
                for page in (ann, bob):
                    page.send(type="say", room="general", text="second", ref="2")
                chat.until("both nodes", db.waiting, lambda n: n == 2)
            for page in (ann, bob):
                page.until("message")
                page.until("message")
            assert len(history(one)) % 3 == 0
    with open(os.path.join(db.folder, "log"), encoding="utf-8") as log:
        assert "could not serialize" not in log.read()


def test_server_that_has_no_connection_left_or_does_not_respond_is_told():
    db = postgres.Postgres()
    db.rows("create role nobody login connection limit 0")
    said = refusal(types.SimpleNamespace(uri=db.uri.replace("user=edo", "user=nobody")))
    assert "SQLSTATE 53300" in said and "no connection left" in said, said
    db.pause()
    assert "connecting to PostgreSQL: limit of 5 s passed" in (said := refusal(db)), said
    db.go_on()


def test_server_ends_while_the_database_does_not_respond():
    db = postgres.Postgres()
    with chat.Server("--db", db.uri, web=True) as server, Page(server) as ann:
        ann.say("one")
        db.pause()
        ann.send(type="say", room="general", text="two", ref="2")
        assert error(ann)["code"] == "try_later"
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(chat.WAIT)
        print(f"ended after {time.monotonic() - began:.1f} s")
        server.status = server.process.returncode
        assert server.status == 1
        assert "the last messages may not be in it" in server.errors(), server.errors()
        db.go_on()


def test_second_copy_at_the_same_time_is_told_what_it_is():
    db = postgres.Postgres()
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in ("chat.db", "again.db")]
        with chat.Server("--db", paths[0]):
            pass
        with contextlib.closing(sqlite3.connect(paths[0])) as file, file:
            file.execute("delete from message")
        fill(paths[0], 1, 2000)
        shutil.copy(paths[0], paths[1])
        with chat.Server("--db", db.uri):
            pass
        db.rows("insert into chat_room (room, name) values ('general', 'general')")
        with db.holding("select from chat_room where room = 'general' for update"):
            copies = [begin_copy(db, path) for path in paths]
            chat.until("both copies", db.waiting, lambda n: n == 2)
        ended = sorted((c.wait(chat.WAIT), end_copy(c, c.returncode)) for c in copies)
        assert [status for status, _ in ended] == [0, 1], ended
        assert ended[0][1].startswith("copied 2000 messages of 2 rooms"), ended
        assert "another --copy-to copies #general at the same time" in ended[1][1], ended


if __name__ == "__main__":
    chat.main()
