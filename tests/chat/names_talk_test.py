# SPDX-License-Identifier: MIT
"""Names in any script, and of two words: on lines, pages, by gRPC and in the API, and after a restart. Without ICU the chat has
names of ASCII alone."""
import os
import sys
import tempfile

import chat
from chat import Server
from web import Page, ask


def need_rules():
    with open(os.path.join(os.environ["EDO_BIN_DIR"], "edo-chat"), "rb") as program:
        if b"uspoof_" not in program.read():
            print("skipped: edo-chat is built without ICU")
            sys.exit(77)


def word(name):
    """As it stands in a line."""
    return name.replace(" ", "\u00a0")


def test_a_name_of_two_words_is_one_word_of_a_line():
    need_rules()
    with Server(web=True) as server, Page(server, {"nick": "pat"}) as page:
        a, b = server.client(), server.client()
        a.until("* guest-3 joined #general")
        a.send("/nick Ana Maria")
        for client in a, b:
            client.until(f"* guest-2 is now {word('Ana Maria')}")
        page.until("renamed", room="general", to="Ana Maria")
        b.send('/nick "José"')
        a.until("* guest-3 is now José")
        a.send("hello")
        b.until(f"{word('Ana Maria')}: hello")
        assert page.until("message", text="hello")["from"] == "Ana Maria"
        b.send('/msg "ana maria" psst')  # case does not count
        a.until("José -> you: psst")
        b.until(f"* sent to {word('ana maria')}")
        a.send(f"/msg {'JOSE'}\u0301 you  too")  # in pieces
        b.until(f"{word('Ana Maria')} -> you: you  too")
        assert word("Ana Maria") in b.ask("/who") and "José" in b.ask("/who")
        assert "taken" in b.ask(f"/nick {word('ANA MARIA')}")
        page.send(type="direct", to="Ana Maria", text="you, from the page", ref="d-1")
        a.until("pat -> you: you, from the page")


def test_names_of_several_scripts_are_of_pages_too():
    need_rules()
    names = "陈", "Олена", "O'Brien", "علي", "हिन्दी"
    with Server(web=True) as server, Page(server) as reader:
        pages = [Page(server, {"nick": name}) for name in names]
        assert [page.name for page in pages] == [*names]
        for page, name in zip(pages, names):
            page.say(f"of {name}")
            assert reader.until("message", text=f"of {name}")["from"] == name
        with Page(server, {"nick": "оЛЕНА"}) as other:
            assert other.name.startswith("guest-"), other.name  # somebody has that name
        for bad in "раypal", "a\u202eb", "a\u200bb", "Ana  Maria", " Ana", "x" * 65:
            pages[0].send(type="nick", nick=bad)
            assert pages[0].fault() == "bad_nick", bad
        pages[0].send(type="nick", nick="server of 陈")
        assert pages[0].fault() == "nick_reserved"
        for page in pages:
            page.close()


def test_names_are_kept_over_a_restart():
    need_rules()
    with tempfile.TemporaryDirectory() as folder:
        store = ("--db", os.path.join(folder, "chat.db"))
        with Server(*store, web=True) as server, Page(server, {"nick": "José María"}) as ann:
            ann.say("before")
            session = ann.session
        with Server(*store, web=True) as server:
            with Page(server, {"nick": "JOSÉ MARÍA"}) as other:
                assert other.name.startswith("guest-"), other.name
            with Page(server, {"session": session, "nick": "José María"}) as ann:
                assert ann.name == "José María"
            said = ask(server, "GET", "/api/rooms/general/messages")[2]["messages"]
            assert [m["from"] for m in said] == ["José María"], said
            assert ask(server, "POST", "/api/rooms/general/messages", {"nick": "Ana Maria", "text": "x"})[2]["from"] == "Ana Maria"


if __name__ == "__main__":
    chat.main()
