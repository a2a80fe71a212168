# SPDX-License-Identifier: MIT
"""One person on the chat's page: over tabs and reloads, with a name, and commands. In Chromium, as
browser_test.py."""
import json

import browser
import browser_test
import chat


def test_a_person_is_one_over_tabs_and_a_draft_survives_a_reload():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = browser_test.arrived(driver.page(server.url))
        browser_test.say(page, "/nick dana")
        browser_test.shown(page, "#my-nick", "dana")
        browser_test.say(page, "/join tea")
        browser_test.shown(page, "#title", "#tea")
        page.write("#text", "half a thought")
        page.reload()
        browser_test.arrived(page)
        draft = "return document.getElementById('text').value"
        assert page.js(draft) == "half a thought"
        page.click("#room-list button")
        browser_test.shown(page, "#title", "#general")
        assert page.js(draft) == ""
        # Another tab is the same person, with the rooms and the draft; the first one waits.
        first = page.call("GET", "/window")
        second = page.call("POST", "/window/new", {"type": "tab"})["handle"]
        page.call("POST", "/window", {"handle": second})
        page.go(server.url)
        browser_test.arrived(page)
        browser_test.shown(page, "#my-nick", "dana")
        page.wait("both rooms", "return document.querySelectorAll('#room-list li').length === 2")
        browser_test.say(page, "/join coffee")
        browser_test.shown(page, "#title", "#coffee")
        page.call("POST", "/window", {"handle": first})
        browser_test.shown(page, "#state", "Open in another tab")
        assert page.js("return document.querySelector('#text').disabled")  # it would be kept nowhere
        page.click("#state button")
        browser_test.arrived(page)
        browser_test.shown(page, "#my-nick", "dana")
        page.wait("three rooms", "return document.querySelectorAll('#room-list li').length === 3")
        page.press("Alt+Up")
        browser_test.shown(page, "#title", "#tea")
        assert page.js(draft) == "half a thought"
        browser_test.clean(page)


def test_name_stays_open_until_the_server_has_said_yes():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        bob = server.named("bob")
        page = browser_test.arrived(driver.page(server.url))
        page.click("#change-nick")
        page.js("document.getElementById('nick').value = ''")
        page.write("#nick", "bob")
        page.press("Enter")
        browser_test.shown(page, "#nick-fault", "Somebody else has this name.")
        is_open = "return document.getElementById('nick-dialog').open"
        assert page.js(is_open) and page.js("return document.getElementById('alert').textContent") == ""
        bob.rename("rob")
        page.press("Enter")
        page.wait("the yes", "return !document.getElementById('nick-dialog').open")
        browser_test.shown(page, "#my-nick", "bob")
        browser_test.clean(page)


def test_first_visit_asks_for_a_name_once():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        bob = server.named("bob")
        page = driver.page(server.url)
        is_open = "return document.getElementById('nick-dialog').open"
        focus = "return document.activeElement.id"
        page.wait("the question", is_open)
        browser_test.shown(page, "#nick-welcome", "Here you talk in rooms")
        assert page.js(focus) == "nick" and page.js("return document.getElementById('nick').value") == ""
        page.type("bob")
        page.press("Enter")
        browser_test.shown(page, "#nick-fault", "Somebody else has this name.")
        page.press("Control+a")
        page.type("dana")
        page.press("Enter")
        browser_test.shown(page, "#my-nick", "dana")
        page.wait("the end of it", "return !document.getElementById('nick-dialog').open")
        browser_test.say(page, "hello")
        bob.until("dana: hello")
        # The dialog of a later change is the usual one.
        page.click("#change-nick")
        assert page.js("return document.getElementById('nick').value") == "dana"
        assert page.js("return document.getElementById('nick-welcome').hidden")
        page.press("Escape")
        page.reload()
        browser_test.arrived(page)
        assert not page.js(is_open)
        browser_test.clean(page)


def test_drawer_is_closed_by_its_button_and_a_line_that_continues_shows_its_time():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = browser_test.arrived(driver.page(server.url, width=390, height=780, is_phone=True))
        for name in "rooms", "members":
            page.click(f"#open-{name}")
            page.wait("the drawer", "return document.querySelector('main').inert")
            page.click(f"#{name} .close")
            page.wait("the focus where it was", "return document.activeElement.id === arguments[0] && "
                      "!document.querySelector('main').inert", f"open-{name}")
        bob = server.named("bob")
        for text in "one", "two":
            bob.send(text)
        browser_test.has_text(page, "two")
        time = "return getComputedStyle(document.querySelector('.grouped .head')).opacity"
        box = page.js("const time = document.querySelector('.grouped time').getBoundingClientRect();"
                      "const text = document.querySelector('.grouped .text').getBoundingClientRect();"
                      "return [time.left, time.right, text.left, time.bottom, text.bottom];")
        assert 0 <= box[0] < box[1] <= box[2] and box[3] <= box[4] + 1, box
        assert page.js(time) == "0"
        page.click(".grouped .text")
        assert page.js(time) == "1"
        page.resize(1280, 800)
        assert page.js("return [...document.querySelectorAll('.close')].every((e) => !e.checkVisibility())")
        page.click("#text")
        assert page.js(time) == "0"
        page.press("Shift+Tab")  # the conversation, by the keyboard
        page.wait("the time", time + " === '1'")
        browser_test.clean(page)


def test_help_who_and_rooms_tell_what_they_tell_in_a_terminal():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        server.named("bob").join("tea")
        ann = server.named("ann")
        page = browser_test.arrived(driver.page(server.url))
        browser_test.say(page, "/who")
        me = page.js("return document.getElementById('my-nick').textContent")
        browser_test.has_note(page, f"Here: ann, {me}")
        browser_test.say(page, "/rooms")
        browser_test.has_note(page, "#general (2), #tea (1)")
        browser_test.say(page, "/help")
        browser_test.shown(page, ".note.table", "/msg NAME TEXT   tell one person only")
        browser_test.shown(page, ".note.table", "`code` and ```blocks of it```")
        browser_test.say(page, "/msg ann hello")
        browser_test.shown(page, "#title", "ann")
        browser_test.say(page, "/who")
        browser_test.has_note(page, "Only the two of you are here.")
        ann.until(f"{me} -> you: hello")
        assert ann.settle() == []
        browser_test.clean(page)


def test_a_refused_message_is_refused_still_after_a_reload():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = browser_test.with_socket(driver, server.url)
        page.js("window.is_mute = true")
        browser_test.say(page, "refuse me")
        ref = page.js("return window.sent.at(-1).ref")
        browser_test.told(page, type="error", code="not_in_room", text="you are not in this room", ref=ref)
        browser_test.shown(page, ".failed .delivery", "Not sent: you are not in this room")
        page.reload()
        browser_test.arrived(page)
        browser_test.shown(page, ".failed .delivery", "Not sent: you are not in this room")
        page.click(".failed .delivery button")
        browser_test.has_text(page, "refuse me")
        browser_test.clean(page)


def test_text_that_is_too_long_is_edited_and_newer_messages_stand_below_it():
    with browser_test.Web("--rate", "0", "--max-line", "100") as server, browser.Driver() as driver:
        page = browser_test.arrived(driver.page(server.url))
        bob = server.named("bob")
        for length in 101, 20000:  # of the second the server takes nothing, and ends the connection
            page.js("document.getElementById('text').value = 'x'.repeat(arguments[0])", length)
            page.click("#composer .send")
            browser_test.shown(page, ".failed .delivery", "Not sent: this text is too long")
            browser_test.arrived(page)
            bob.send(f"behind {length}")
            browser_test.has_text(page, f"behind {length}")
            assert page.js(browser_test.TEXTS)[-2:] == [length * "x", f"behind {length}"]
            page.reload()
            browser_test.arrived(page)
            browser_test.has_text(page, f"behind {length}")
            assert page.js(browser_test.TEXTS)[-2:] == [length * "x", f"behind {length}"]
            page.click(".failed .delivery button")
            assert page.js("return document.getElementById('text').value") == length * "x"
            assert page.js("return document.activeElement.id") == "text"
            assert not page.js("return document.querySelector('.failed')")
            page.js("document.getElementById('text').value = arguments[0]", f"shorter {length}")
            page.press("Enter")
            browser_test.has_text(page, f"shorter {length}")
        browser_test.clean(page)


def test_what_waits_goes_to_the_person_under_a_new_name_and_to_nobody_else():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = browser_test.with_socket(driver, server.url)
        page.js("window.is_mute = true")
        told = browser_test.told
        me = page.js("return document.getElementById('my-nick').textContent")

        def renamed(person, old, new):
            told(page, type="renamed", room="general", id=person, **{"from": old}, to=new)

        told(page, type="direct", **{"from": "eve"}, from_id="e1", to=me, to_id="me", time=1, text="hi")
        page.click("#direct-list button")
        browser_test.shown(page, "#title", "eve")
        browser_test.say(page, "for you alone")
        ref = page.js("return window.sent.at(-1).ref")
        renamed("e1", "eve", "eva")
        browser_test.shown(page, "#title", "eva")
        told(page, type="error", code="nobody", text="nobody has this name", ref=ref)
        page.click(".failed .delivery button")
        sent = page.js("return window.sent.at(-1)")
        assert (sent["text"], sent["to"], sent.get("to_id")) == ("for you alone", "eva", "e1"), sent
        # Another person has had that name meanwhile.
        renamed("e2", "eva", "mallory")
        browser_test.shown(page, "#title", "eva")
        assert page.js("return document.querySelectorAll('#direct-list li').length") == 1
        # The name of one to whom nothing was ever said belongs to whoever has it.
        browser_test.say(page, "/msg zoe hello")
        browser_test.shown(page, "#title", "zoe")
        ref = page.js("return window.sent.at(-1).ref")
        renamed("z1", "zoe", "zora")
        browser_test.shown(page, "#title", "zora")
        browser_test.say(page, "again")  # it waits for what was said before it
        assert page.js("return window.sent.at(-1).ref") == ref
        told(page, type="direct", **{"from": me}, to="zora", from_id="me", to_id="z1", time=1, text="hello", ref=ref)
        assert page.js("return window.sent.at(-1).to_id") == "z1"
        browser_test.clean(page)


def test_others_do_not_fill_what_the_browser_keeps():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = browser_test.with_socket(driver, server.url)
        me = page.js("return document.getElementById('my-nick').textContent")
        page.js("""for (let i = 0; i < 12; i++) for (let n = 0; n < 10; n++)
            window.socket.onmessage({ data: JSON.stringify({ type: "direct", from: `n${i}`,
                from_id: `id${i}`, to: arguments[0], to_id: "me", time: 100 * i + n,
                text: `${n} `.padEnd(i < 11 ? 10000 : 10, "x") }) });""", me)
        kept = page.js("return localStorage.getItem('edo-chat-direct')")
        assert len(kept) <= 512 * 1024, len(kept)
        kept = {one["name"]: [m["text"][:2] for m in one["messages"]] for one in json.loads(kept)}
        # The newest conversations, and of each the newest messages.
        assert list(kept) == [f"n{i}" for i in range(12 - len(kept), 12)] and len(kept) >= 8, kept
        assert kept["n11"] == [f"{n} " for n in range(10)], kept
        assert kept["n10"] == [f"{n} " for n in range(4, 10)], kept
        # Where there is no room for all, it is for who one is.
        page.js("""for (let n = 1 << 23; n > 0; n >>= 1)
            try { localStorage.setItem(`junk${n}`, "x".repeat(n)); } catch { /* half of it may fit */ }""")
        name = "a" * 24
        browser_test.say(page, f"/nick {name}")
        browser_test.shown(page, "#my-nick", name)
        page.wait("the name kept", "return JSON.parse(localStorage.getItem('edo-chat')).nick === "
                  "arguments[0]", name)
        browser_test.clean(page)


def test_a_drawer_stays_while_a_keyboard_comes_in_and_goes_where_it_is_a_column():
    with browser_test.Web() as server, browser.Driver() as driver:
        page = browser_test.arrived(driver.page(server.url, width=390, height=780, is_phone=True))
        page.click("#open-rooms")
        page.click("#join-name")
        page.resize(390, 400, is_phone=True)
        page.frames()
        assert page.js("return innerHeight") == 400
        page.type("tea")
        page.press("Enter")
        browser_test.shown(page, "#title", "#tea")
        page.click("#open-rooms")
        is_inert = "return document.querySelector('main').inert"
        assert page.js(is_inert)
        page.resize(800, 400)
        page.wait("the column", "return !document.querySelector('main').inert")
        browser_test.say(page, "hello")
        browser_test.has_text(page, "hello")
        browser_test.clean(page)


if __name__ == "__main__":
    browser.begin()
    chat.main(browser.LIMIT)
