# SPDX-License-Identifier: MIT
"""The chat's page and what it is told alone: it says what it has, shows it once, and notes what of its own may not
have come. In Chromium, as browser_test.py."""
import browser
import chat
from browser_test import TEXTS, Web, clean, has_note, has_text, told, with_socket

GOT = "return window.sent.filter((m) => m.type === 'got').map((m) => m.number)"


def test_page_says_what_it_was_told_alone_and_shows_it_once():
    with Web() as server, browser.Driver() as driver:
        bob = with_socket(driver, server.url)
        bob.js("window.is_mute = true")
        me = bob.js("return document.getElementById('my-nick').textContent")
        ann = {"from": "ann", "from_id": "A", "to": me, "to_id": "B", "time": 1}
        first = 9 * 10**15  # the largest that a server begins with
        for number, text in (first, "one"), (first + 1, "two"), (first, "one"), (first + 1, "two"):
            told(bob, type="direct", text=text, number=number, **ann)
        bob.js("document.querySelector('#direct-list button').click()")
        has_text(bob, "two")
        assert bob.js(TEXTS) == ["one", "two"], bob.js(TEXTS)
        assert bob.js(GOT) == [first, first + 1], bob.js(GOT)
        told(bob, type="undelivered", to="ann", to_id="A", messages=2, number=first + 2)
        has_note(bob, "2 of your messages may not have come: ann has gone.")
        assert bob.js(GOT)[2:] == [first + 2], bob.js(GOT)
        clean(bob)


if __name__ == "__main__":
    browser.begin()
    chat.main(browser.LIMIT)
