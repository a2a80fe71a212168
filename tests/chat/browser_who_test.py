# SPDX-License-Identifier: MIT
"""The chat's page and who is who: a conversation is with a person, whoever has its name. In Chromium,
as browser_test.py."""
import browser
import chat
from browser_test import (TEXTS, Web, arrived, clean, has_note, has_text, say, shown, told,
                          with_socket)
from chat import bounded
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
    with browser.Driver() as driver, bounded.reserved() as place:
        with Web(place=place) as server:
            bob = arrived(driver.page(server.url))
            say(bob, "/nick bob")
            shown(bob, "#my-nick", "bob")
            # Only now: it sends no pongs while a browser begins, and would be let go.
            with Page(server, ann_s) as ann:
                ann.send(type="direct", to="bob", text="hi")
                shown(bob, "#direct-list", "ann")
                look_at(bob, "ann")
                has_text(bob, "hi")
                say(bob, "hello")
                ann.until("direct", text="hello")
                has_text(bob, "hello")  # it has been told, too, before the server ends
        shown(bob, "#state", "Offline")
        with Web(place=place) as server, Page(server, {"nick": "ann"}) as stranger:
            shown(bob, "#state", "Connected")  # before the stranger or after: both come by themselves
            say(bob, "for ann only")
            shown(bob, ".conversation:not([hidden]) .failed .delivery", "somebody else has this name")
            shown(bob, "#direct-list", "ann (before)")
            look_at(bob, "ann")
            has_note(bob, "ann is somebody else now: this is a new conversation.")
            stranger.send(type="direct", to="bob", text="I am ann")
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
            # What could not be told to the one can be told to the other, and to nobody else.
            look_at(bob, "ann (before)")
            shown(bob, ".conversation:not([hidden]) .failed button", "Send to the one who has the name now")
            bob.click(".conversation:not([hidden]) .failed button")
            stranger.until("direct", text="for ann only")
            shown(bob, "#title", "ann")
            has_text(bob, "for ann only")
            look_at(bob, "ann (before)")
            assert "for ann only" not in bob.js(TEXTS)
            clean(bob)


def test_stranger_with_the_name_who_writes_first_begins_a_new_conversation():
    with browser.Driver() as driver, Web() as server:
        bob = arrived(driver.page(server.url))
        say(bob, "/nick bob")
        shown(bob, "#my-nick", "bob")
        with Page(server, {"nick": "ann", "rooms": [("far", 0)]}) as ann:
            ann.send(type="direct", to="bob", text="hi")
            shown(bob, "#direct-list", "ann")
            ann.send(type="nick", nick="eve")  # of which bob hears nothing: they share no room
            ann.until("renamed", to="eve")
            with Page(server, {"nick": "ann"}) as stranger:
                stranger.send(type="direct", to="bob", text="I am ann")
                shown(bob, "#direct-list", "ann (before)")  # until then "ann" is the first one
                look_at(bob, "ann")
                has_text(bob, "I am ann")
                has_note(bob, "ann is somebody else now: this is a new conversation.")
                assert "hi" not in bob.js(TEXTS)
        clean(bob)


CHOOSE = """
const one = [...document.querySelectorAll("#member-list button")]
  .find((e) => e.querySelector(".name").textContent === arguments[0]);
one?.click();
return document.getElementById("title").textContent === arguments[0];
"""


def gone(terminal):
    terminal.send("/quit")
    terminal.rest()


def stranger_called(server, name):
    """Somebody else has the name, of whom the page hears nothing: they share no room then."""
    stranger = server.client()
    stranger.join("far")
    stranger.rename(name)
    return stranger


def test_message_to_one_who_was_chosen_in_the_list_goes_to_no_stranger_with_the_name():
    failed = ".conversation:not([hidden]) .failed .delivery"
    with browser.Driver() as driver, Web() as server:
        ann = arrived(driver.page(server.url))
        me = ann.js("return document.getElementById('my-nick').textContent")
        bob = server.named("bob")
        ann.wait("bob, who is chosen", CHOOSE, "bob")
        ann.write("#text", "for bob only")
        gone(bob)
        stranger = stranger_called(server, "bob")
        ann.press("Enter")
        shown(ann, failed, "Not sent: this person has gone: somebody else has this name now")
        shown(ann, "#title", "bob (before)")
        assert ann.js(TEXTS) == ["for bob only"]
        assert stranger.settle() == []
        # It is kept, and the user may tell the stranger instead.
        ann.reload()
        shown(ann, "#state", "Connected")
        look_at(ann, "bob (before)")
        shown(ann, failed, "this person has gone")
        ann.click(".conversation:not([hidden]) .failed button")
        shown(ann, "#title", "bob")
        has_text(ann, "for bob only")
        stranger.until(f"{me} -> you: for bob only")
        # One who has gone, and left the name to nobody.
        eve = server.named("eve")
        ann.click("#room-list button")
        ann.wait("eve, who is chosen", CHOOSE, "eve")
        ann.write("#text", "for eve only")
        gone(eve)
        ann.press("Enter")
        shown(ann, failed, "Not sent: this person has gone")
        shown(ann, "#title", "eve")
        # A typed name is that of the person who is known by it.
        carl = server.named("carl")
        ann.click("#room-list button")
        ann.wait("carl in the list", "return [...document.querySelectorAll('#member-list .name')]"
                 ".some((e) => e.textContent === 'carl')")
        say(ann, "/msg carl hello")
        carl.until(f"{me} -> you: hello")
        carl.join("far")
        carl.rename("charly")
        stranger_called(server, "carl")
        say(ann, "it is you still")
        carl.until(f"{me} -> you: it is you still")
        shown(ann, "#title", "charly")
        clean(ann)


def test_page_keeps_its_name_rooms_and_conversations_over_a_restart_and_in_a_reopened_tab():
    with browser.Driver() as driver, bounded.reserved() as place:
        with Web(place=place) as server:
            bob = arrived(driver.page(server.url))
            say(bob, "/nick bob")
            shown(bob, "#my-nick", "bob")
            with Page(server, {"nick": "ann"}) as ann:  # see above
                say(bob, "/join tea")
                shown(bob, "#title", "#tea")
                ann.send(type="direct", to="bob", text="hi")
                shown(bob, "#direct-list", "ann")
                bob.go("about:blank")  # so that nothing but the browser's own memory is left
        with Web(place=place) as server:
            bob.go(server.url)
            arrived(bob)
            shown(bob, "#my-nick", "bob")
            shown(bob, "#title", "#tea")
            rooms = "return [...document.querySelectorAll('#room-list .name')].map((e) => e.textContent)"
            assert sorted(bob.js(rooms)) == ["#general", "#tea"], bob.js(rooms)
            with Page(server, {"nick": "eve", "rooms": [("tea", 0)]}) as eve:
                eve.say("here", room="tea")
                has_text(bob, "here")
            look_at(bob, "ann")
            has_text(bob, "hi")
            clean(bob)


def test_a_person_who_is_written_to_by_a_new_name_is_the_one_that_is_known():
    with Web() as server, browser.Driver() as driver:
        bob = with_socket(driver, server.url)
        bob.js("window.is_mute = true")
        me = bob.js("return document.getElementById('my-nick').textContent")
        told(bob, type="direct", **{"from": "ann"}, to=me, from_id="A", to_id="B", text="hi", time=1)
        # She has become "eve" behind the page's back.
        say(bob, "/msg eve first")
        say(bob, "second")
        sent = "return window.sent.filter((m) => m.type === 'direct')"
        (first,) = bob.js(sent)  # the second waits for it
        bob.write("#text", "half a thought")
        told(bob, type="direct", **{"from": me}, to="eve", from_id="B", to_id="A", text="first",
             time=2, ref=first["ref"])
        shown(bob, "#title", "eve")
        has_text(bob, "first")
        assert bob.js(TEXTS) == ["hi", "first", "second"], bob.js(TEXTS)
        assert bob.js("return document.getElementById('text').value") == "half a thought"
        bob.wait("one person", "return document.querySelectorAll('#direct-list li').length === 1")
        second = bob.js(sent)[-1]
        assert second == {"type": "direct", "to": "eve", "text": "second", "ref": second["ref"],
                          "to_id": "A"}, second
        told(bob, type="error", code="not_reading", text="not now", ref=second["ref"])
        shown(bob, ".conversation:not([hidden]) .failed .delivery", "Not sent: not now")
        bob.click(".conversation:not([hidden]) .failed button")
        assert bob.js(sent)[-2:] == [second, second], bob.js(sent)
        clean(bob)


def test_page_says_that_its_name_was_taken_and_that_a_room_has_begun_anew():
    with browser.Driver() as driver, bounded.reserved() as place:
        with Web(place=place) as server:
            bob = arrived(driver.page(server.url))
            say(bob, "/nick bob")
            shown(bob, "#my-nick", "bob")
            bob.go("about:blank")  # so that it does not come back before the other one
        with Web(place=place) as server, Page(server, {"nick": "bob"}):
            bob.go(server.url)
            arrived(bob)
            has_note(bob, "The name bob is taken by somebody else now: you are guest-2.")
            has_note(bob, "This room has begun anew: what was said while you were away is not kept.")
            clean(bob)


def test_page_says_that_its_name_comes_later_and_goes_on_asking_for_it():
    with Web() as server, browser.Driver() as driver:
        bob = with_socket(driver, server.url)
        say(bob, "/nick bob")
        shown(bob, "#my-nick", "bob")
        session = bob.js("return window.sent.find((m) => m.type === 'hello').session")
        for _ in range(2):  # it is told once
            told(bob, type="welcome", session=session, nick="guest-1-1", wanted="bob", told=0, rooms=[])
        has_note(bob, "The name bob cannot be looked up just now: you are guest-1-1 until it can.")
        shown(bob, "#my-nick", "guest-1-1")
        assert bob.js("return JSON.parse(localStorage.getItem('edo-chat')).nick") == "bob"
        told(bob, type="renamed", room="", **{"from": "guest-1-1"}, to="bob", id="B")
        shown(bob, "#my-nick", "bob")


if __name__ == "__main__":
    browser.begin()
    chat.main(browser.LIMIT)
