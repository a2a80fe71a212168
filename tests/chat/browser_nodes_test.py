# SPDX-License-Identifier: MIT
"""Goal: the chat's page, whose node is killed, goes on at another one by itself: what is being typed is kept, and what was
sent is said once, whether the node had kept it or not.
Method: Chromium behind a relay, over nodes that are killed one after the other; what is said is compared with the tables."""
import contextlib
import os
import signal
import socket
import sys

import browser
import chat
from browser_test import TEXTS, arrived, has_text, say
from web import Page, until_number

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import postgres  # noqa: E402
import redis_server  # noqa: E402
from balancer import Balancer  # noqa: E402

LINE = "return document.getElementById('text').value"
NAME = "return document.getElementById('my-nick').textContent"


class Relay(Balancer):
    """Goes to one node. What that says can be lost on the way."""

    def __init__(self, node):
        self.lossy = set()  # sockets whose bytes are lost
        super().__init__(node.web)

    def lose(self):
        """What comes from now on by the connections that are there comes nowhere."""
        with self.lock:
            self.lossy |= self.sockets

    def pump(self, source, to):
        """As Balancer has it, but for what is lost. The page itself is not: its bytes go to the node."""
        is_page = source.getsockname() == self.address
        try:
            while data := source.recv(65536):
                if is_page or source not in self.lossy:
                    to.sendall(data)
        except OSError:
            pass
        for s in (source, to):  # a node that is killed ends both ways
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)


class Nodes:
    """A node at a time behind a relay, each the next one of a conversation. A context."""

    def __init__(self):
        self.db, self.redis = postgres.Postgres(), redis_server.Redis()
        self.all = contextlib.ExitStack()
        self.here = self.start()
        self.relay = self.all.enter_context(Relay(self.here))
        self.url = "http://{}:{}/".format(*self.relay.address)

    def start(self):
        return self.all.enter_context(chat.Server("--db", self.db.uri, "--redis", self.redis.url, "--rate", "0", web=True))

    def prepare(self):
        """New connections go to a node that has begun."""
        self.there = self.start()
        self.relay.set_targets([self.there.web])

    def kill(self):
        self.here.status = -signal.SIGKILL
        self.here.process.kill()
        self.here = self.there

    def kept(self):
        return [text for (text,) in self.db.rows("select text from chat_message order by number")]

    def __enter__(self):
        self.all.__enter__()
        return self

    def __exit__(self, *reason):
        return self.all.__exit__(*reason)


def is_back(page, node, pages=1):
    """The page has gone on by itself, at that node, which has so many then."""
    until_number(node, "chat_pages", pages)
    arrived(page)


def is_pending(page, text):
    page.wait(f"{text!r} on its way", "return [...document.querySelectorAll('.conversation:not([hidden]) li.pending .text')]"
              ".some((e) => e.textContent === arguments[0])", text)


def test_page_whose_node_is_killed_keeps_what_is_typed_and_says_what_was_sent_once():
    with Nodes() as nodes, browser.Driver() as driver:
        ann = arrived(driver.page(nodes.url))
        name = ann.js(NAME)  # of a guest
        say(ann, "hello")
        has_text(ann, "hello")

        # While something is being typed.
        ann.type("half a")
        nodes.prepare()
        nodes.kill()
        is_back(ann, nodes.here)
        assert ann.js(LINE) == "half a", ann.js(LINE)
        ann.type(" line")
        ann.press("Enter")
        has_text(ann, "half a line")

        # While a message is on its way, which the node has not read.
        nodes.prepare()
        nodes.here.pause()
        say(ann, "unread")
        ann.type("next")
        is_pending(ann, "unread")
        nodes.kill()
        is_back(ann, nodes.here)
        has_text(ann, "unread")
        assert ann.js(LINE) == "next", ann.js(LINE)
        ann.press("Enter")
        has_text(ann, "next")

        # While the word that it is kept is on its way.
        nodes.prepare()
        nodes.relay.lose()
        with Page(nodes.there) as bob:
            say(ann, "kept")
            ann.type("last")
            bob.until("message", text="kept")
            is_pending(ann, "kept")
            nodes.kill()
            is_back(ann, nodes.here, pages=2)
            has_text(ann, "kept")
            assert ann.js(LINE) == "last", ann.js(LINE)
            ann.press("Enter")
            assert bob.until("message")["text"] == "last"
            has_text(ann, "last")
            assert bob.seen["from"] == name == ann.js(NAME), bob.seen
        said = ["hello", "half a line", "unread", "next", "kept", "last"]
        assert ann.js(TEXTS) == said, ann.js(TEXTS)
        assert nodes.kept() == said, nodes.kept()


if __name__ == "__main__":
    browser.begin()
    chat.main(browser.LIMIT)
