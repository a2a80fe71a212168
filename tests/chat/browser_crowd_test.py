# SPDX-License-Identifier: MIT
"""The chat's page among many people, and after a while away: what others do beside talking takes one
line, and what was missed begins at a line. In Chromium, as browser_test.py."""
import browser
import browser_test
import chat

NOTES = "return [...document.querySelectorAll('.conversation:not([hidden]) .note')]" \
        ".map((e) => e.textContent)"
BELOW_LINE = "return [...document.querySelectorAll('.conversation:not([hidden]) li')]" \
             ".filter((li) => li.querySelector('.unread-line'))" \
             ".map((li) => li.querySelector('.text').textContent)"
IS_NEWER_SHOWN = "return !document.getElementById('newer').hidden"


def to_top(page):
    """Looks at the beginning, and waits until that is known to the page."""
    page.js("const e = document.querySelector('.conversation:not([hidden])');"
            "e.scrollTop = 0; e.dispatchEvent(new Event('scroll'))")


def test_comings_and_goings_are_one_line_and_are_no_news():
    with browser_test.Web("--rate", "0", "--history", "5") as server, browser.Driver() as driver:
        bob = server.named("bob")
        for i in range(40):
            bob.send(f"message {i}")
        bob.settle()
        page = driver.page("about:blank")
        page.devtools("Page.addScriptToEvaluateOnNewDocument", source=browser_test.SOCKET)
        page.go(server.url)
        browser_test.arrived(page)
        for i in range(40, 80):
            bob.send(f"message {i}")
        browser_test.has_text(page, "message 79")
        page.js("window.is_mute = true")
        told = browser_test.told
        told(page, type="joined", room="general", nick="eve")
        told(page, type="joined", room="general", nick="carl")
        told(page, type="left", room="general", nick="eve")
        told(page, type="renamed", room="general", **{"from": "carl"}, to="karl")
        assert page.js(NOTES) == ["eve joined, carl joined, eve left, carl is now karl"], page.js(NOTES)
        texts = page.js(browser_test.TEXTS)
        # Who looks at older messages has nothing new by it.
        to_top(page)
        page.js("""for (let i = 0; i < 700; i++) {
            const way = i % 2 ? "left" : "joined";
            window.socket.onmessage({ data: JSON.stringify(
                { type: way, room: "general", nick: `n${i - i % 2}` }) });
        }""")
        assert page.js(NOTES) == ["352 joined, 351 left, carl is now karl"], page.js(NOTES)
        assert page.js(browser_test.TEXTS) == texts
        assert not page.js(IS_NEWER_SHOWN)
        told(page, type="message", room="general", number=1000, time=1, **{"from": "bob"}, text="news")
        assert page.js(IS_NEWER_SHOWN)
        page.click("#newer")
        page.wait("the end", "return document.getElementById('newer').hidden")
        assert page.js(BELOW_LINE) == ["news"], page.js(BELOW_LINE)
        # After a message there is a line for those that come then.
        told(page, type="joined", room="general", nick="dora")
        assert page.js(NOTES)[1:] == ["dora joined"], page.js(NOTES)
        # Nothing is left to be read when one has said something.
        browser_test.say(page, "I see")
        assert page.js(BELOW_LINE) == []
        browser_test.clean(page)


def test_what_was_missed_begins_at_a_line():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = browser_test.arrived(driver.page(server.url))
        bob = server.named("bob")
        bob.send("seen")
        browser_test.has_text(page, "seen")
        assert page.js(BELOW_LINE) == []
        # In another room, meanwhile.
        browser_test.say(page, "/join tea")
        browser_test.shown(page, "#title", "#tea")
        for text in "one", "two":
            bob.send(text)
        page.wait("two unread messages", "return document.title.startsWith('(2)')")
        page.click("#room-list button")
        assert page.js(BELOW_LINE) == ["one"], page.js(BELOW_LINE)
        # What comes while one looks on moves no line.
        bob.send("three")
        browser_test.has_text(page, "three")
        assert page.js(BELOW_LINE) == ["one"], page.js(BELOW_LINE)
        # While the page is away.
        page.go("about:blank")
        for text in "four", "five":
            bob.send(text)
        bob.settle()
        page.go(server.url)
        browser_test.arrived(page)
        browser_test.has_text(page, "five")
        assert page.js(BELOW_LINE) == ["four"], page.js(BELOW_LINE)
        page.reload()
        browser_test.arrived(page)
        browser_test.has_text(page, "five")
        assert page.js(BELOW_LINE) == []
        browser_test.clean(page)


if __name__ == "__main__":
    browser.begin()
    chat.main()
