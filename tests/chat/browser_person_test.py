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
        browser_test.shown(page, "#nick-fault", "somebody else has this name")
        is_open = "return document.getElementById('nick-dialog').open"
        assert page.js(is_open) and page.js("return document.getElementById('alert').textContent") == ""
        bob.rename("rob")
        page.press("Enter")
        page.wait("the yes", "return !document.getElementById('nick-dialog').open")
        browser_test.shown(page, "#my-nick", "bob")
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
        browser_test.told(page, type="error", code="too_long", text="this text is too long", ref=ref)
        browser_test.shown(page, ".failed .delivery", "Not sent: this text is too long")
        page.reload()
        browser_test.arrived(page)
        browser_test.shown(page, ".failed .delivery", "Not sent: this text is too long")
        page.click(".failed .delivery button")
        browser_test.has_text(page, "refuse me")
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
        page.js("""const fill = (n) => {
            try { localStorage.setItem("junk", "x".repeat(n)); return true; } catch { return false; }
          };
          let low = 0, high = 1 << 24;
          while (high - low > 1) fill((low + high) >> 1) ? low = (low + high) >> 1 : high = (low + high) >> 1;
          fill(low);""")
        name = "a" * 24
        browser_test.say(page, f"/nick {name}")
        browser_test.shown(page, "#my-nick", name)
        page.wait("the name kept", "return JSON.parse(localStorage.getItem('edo-chat')).nick === "
                  "arguments[0]", name)
        browser_test.clean(page)


if __name__ == "__main__":
    browser.begin()
    chat.main()
