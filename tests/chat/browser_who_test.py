# SPDX-License-Identifier: MIT
"""The chat's page and who is who: a conversation is with a person, whoever has its name. In Chromium,
as browser_test.py."""
import browser
import chat
from browser_test import Web, arrived, clean, has_note, has_text, say, shown
from web import Page

OPEN = """
const title = document.getElementById("title");
const one = [...document.querySelectorAll("#direct-list button")]
  .find((e) => e.textContent.includes("(before)") === arguments[0].includes("(before)"));
if (title.textContent !== arguments[0]) one?.click();
return title.textContent === arguments[0];
"""


def look_at(page, title):
    """Shows the conversation of that title, of two of which one is "(before)"."""
    page.wait(f"the conversation {title!r}", OPEN, title)


def test_conversation_is_with_a_person_and_not_with_a_name():
    ann_s = {"nick": "ann", "session": "session-of-ann-herself"}
    with browser.Driver() as driver:
        with Web() as server, Page(server, ann_s) as ann:
            bob = arrived(driver.page(server.url))
            say(bob, "/nick bob")
            shown(bob, "#my-nick", "bob")
            ann.send(type="direct", to="bob", text="hi")
            shown(bob, "#direct-list", "ann")
            look_at(bob, "ann")
            has_text(bob, "hi")
            say(bob, "hello")
            ann.until("direct", text="hello")
        shown(bob, "#state", "Offline")
        with Web(port=server.port) as server, Page(server, {"nick": "ann"}) as stranger:
            shown(bob, "#state", "Connected")
            stranger.until("joined", nick="bob")
            say(bob, "for ann only")
            shown(bob, ".conversation:not([hidden]) .failed .delivery", "somebody else has this name")
            stranger.send(type="direct", to="bob", text="I am ann")
            shown(bob, "#direct-list", "ann (before)")
            for _ in range(2):
                look_at(bob, "ann")
                has_text(bob, "I am ann")
                look_at(bob, "ann (before)")
                has_text(bob, "hello")
                bob.reload()
                shown(bob, "#state", "Connected")
            look_at(bob, "ann")
            say(bob, "who are you")
            stranger.until("direct", text="who are you")
            clean(bob)


def test_page_says_that_its_name_was_taken_and_that_a_room_has_begun_anew():
    with browser.Driver() as driver:
        with Web() as server:
            bob = arrived(driver.page(server.url))
            say(bob, "/nick bob")
            shown(bob, "#my-nick", "bob")
            bob.go("about:blank")  # so that it does not come back before the other one
        with Web(port=server.port) as server, Page(server, {"nick": "bob"}):
            bob.go(server.url)
            arrived(bob)
            has_note(bob, "The name bob is taken by somebody else now: you are guest-2.")
            has_note(bob, "This room has begun anew: what was said while you were away is not kept.")
            clean(bob)


if __name__ == "__main__":
    browser.begin()
    chat.main()
