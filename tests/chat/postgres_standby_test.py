# SPDX-License-Identifier: MIT
"""Goal: a message that PostgreSQL has, and its synchronous standby has not, is neither acknowledged nor shown, however long the
standby is away: if it takes over, nothing is lost that anybody was told of.
Method: two real programs, a real server, and a standby that is killed and started again."""
import chat
import postgres_nodes_test as nodes
from web import Page

import postgres  # noqa: E402: postgres_nodes_test has put its folder on the path


def follow(db):
    """A standby that commits wait for, from here on."""
    standby = postgres.Postgres(standby_of=db)
    db.rows("alter system set synchronous_standby_names = '*'")
    db.rows("select pg_reload_conf()")
    chat.until("a synchronous standby", lambda: db.rows("select sync_state from pg_stat_replication"),
               lambda rows: rows == [["sync"]])
    return standby


def test_what_a_synchronous_standby_lacks_is_neither_acknowledged_nor_shown():
    with nodes.two_nodes() as (db, one, other), Page(one) as ann, Page(other) as bob:
        standby = follow(db)
        assert ann.say("1")["number"] == 1
        assert nodes.texts_of(bob, 1) == [(1, "1")]
        standby.kill()
        ann.send(type="say", room="general", text="2", ref="r2")
        assert ann.fault() == "try_later"
        one.until_logged("messages are not stored")  # the statement has had its time
        assert nodes.kept(db) == [(1, "1")]
        assert [m for page in (ann, bob) for m in page.settle() if m["type"] == "message"] == []
        standby.start()
        told = ann.until("message", text="2")
        assert (told["number"], told["ref"]) == (2, "r2"), told
        assert nodes.texts_of(bob, 1) == [(2, "2")]
        assert nodes.kept(standby) == [(1, "1"), (2, "2")]


if __name__ == "__main__":
    chat.main()
