# SPDX-License-Identifier: MIT
"""One person on the chat's page: over tabs and reloads, with a name, and commands. In Chromium, as
browser_test.py."""
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


if __name__ == "__main__":
    browser.begin()
    chat.main()
