# SPDX-License-Identifier: MIT
"""Goal: what docs/chat-on-several-nodes.md says of backups holds: a dump that is made while people talk has each message that
was acknowledged before, in order and without a gap, and the names; a chat that is restored from it goes on.
Method: pg_dump and pg_restore as that page has them, from one server of PostgreSQL to another."""
import os
import subprocess

import chat
import postgres_nodes_test as nodes
from postgres_nodes_test import Speaker, acknowledged_more, asks_for, assert_without_gap, history, kept
from web import Page

import postgres  # noqa: E402: postgres_nodes_test has put its folder on the path


def run_tool(db, name, *words):
    subprocess.run([os.path.join(db.binaries, name), "-h", db.folder, "-U", "edo", *words], check=True, cwd="/", timeout=chat.WAIT)


def test_chat_that_is_restored_from_a_dump_goes_on_with_its_messages_and_names():
    db, other = postgres.Postgres(), postgres.Postgres()
    dump = os.path.join(db.folder, "chat.dump")
    with chat.Server("--db", db.uri, *nodes.OPTIONS, web=True) as server:
        with Page(server, hello={"nick": "ann"}) as ann:
            ann.say("first", ref="r1")
        speaker = Speaker(server, "s")
        speaker.start()
        acknowledged_more([speaker], 50)
        before = dict(speaker.acknowledged)
        run_tool(db, "pg_dump", "-Fc", "-d", "postgres", "-f", dump)
        acknowledged_more([speaker], 50)
        speaker.end()
        all_of_them = kept(db)
    run_tool(other, "pg_restore", "-d", "postgres", "--no-owner", "--exit-on-error", dump)
    rows = kept(other)
    assert_without_gap(rows)
    assert rows == all_of_them[:len(rows)] and len(rows) < len(all_of_them)
    assert all((n, text) in rows for text, n in before.items()), "what was acknowledged before the dump is not in it"
    with chat.Server("--db", other.uri, *nodes.OPTIONS, web=True) as server:
        with Page(server, hello={"nick": "Ann"}) as eve:
            assert eve.name != "Ann" and asks_for(eve, "ann") == "nick_taken"
        seen = {"session": ann.session, "nick": "ann", "rooms": [("general", len(all_of_them))]}  # more than there is
        with Page(server, hello=seen) as ann:
            assert ann.name == "ann"
            ann.send(type="say", room="general", text="first", ref="r1")
            assert ann.until("message", text="first")["number"] == 1
            ann.send(type="say", room="general", text="next", ref="r2")
            # another server: numbers go on far behind those that the first one may have given since
            number = ann.until("message", text="next")["number"]
            assert number > len(rows) + 10**9 - 1, number
        assert history(server)[-1] == (number, "next")


def restored_in_place(*words, before=(), after=(), times=2, again_at=None):
    """A dump comes back into the server that it was made of, some times, while pages are open that have seen more than it
    has. Another dump takes its place at that time."""
    db = postgres.Postgres()
    dump = os.path.join(db.folder, "chat.dump")
    with chat.Server("--db", db.uri, *nodes.OPTIONS, web=True) as server, Page(server) as ann:
        life = next(r["life"] for r in ann.welcome["rooms"])
        for i in range(30):
            ann.say(str(i + 1))
        run_tool(db, "pg_dump", "-Fc", "-d", "postgres", "-f", dump)
        for i in range(20):
            last = ann.say(str(i + 31))["number"]
    assert last == 50
    for at in range(times):
        for sql in before:
            db.rows(sql)
        run_tool(db, "pg_restore", "-d", "postgres", "--no-owner", "--exit-on-error", *words, dump)
        assert len(kept(db)) == 30 or again_at is not None
        for sql in after:
            db.rows(sql)
        with chat.Server("--db", db.uri, *nodes.OPTIONS, web=True) as server, Page(server) as bob, \
                Page(server, hello={"session": ann.session, "rooms": [("general", last, life)]}) as ann:
            for i in range(5):
                said = bob.say(f"new {i + 1}")
                assert ann.until("message")["text"] == f"new {i + 1}", ann.seen
            assert said["number"] > last + 5, said
            last = said["number"]
        if at == again_at:
            run_tool(db, "pg_dump", "-Fc", "-d", "postgres", "-f", dump)
    with chat.Server("--db", db.uri, *nodes.OPTIONS, web=True) as server, Page(server) as bob:
        assert bob.say("next")["number"] == last + 1  # the database is the same


def test_dump_that_is_restored_where_it_was_made_hides_nothing_from_open_pages():
    restored_in_place("--clean", "--if-exists")


def test_dump_of_a_chat_that_was_restored_hides_nothing_when_it_is_restored_twice():
    restored_in_place("--clean", "--if-exists", times=3, again_at=0)


def test_dump_of_an_older_version_hides_nothing_from_open_pages():
    restored_in_place("--clean", "--if-exists", after=["alter table chat_server drop column birth, drop column gap_us",
                                                       "delete from chat_migrations where version >= 8"])


def test_data_alone_of_a_dump_that_comes_back_hides_nothing_from_open_pages():
    restored_in_place("--data-only", before=["truncate " + ", ".join(
        ("chat_migrations", "chat_room", "chat_message", "chat_name", "chat_copy", "chat_program", "chat_person", "chat_server"))])


if __name__ == "__main__":
    chat.main()
