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


def test_what_was_missed_is_told_until_all_of_it_is_shown():
    with browser_test.Web() as server, browser.Driver() as driver:
        page = browser_test.with_socket(driver, server.url)
        page.js("window.is_mute = true")
        told = browser_test.told

        def message(number):
            return {"from": "eve", "number": number, "time": 1, "text": str(number)}

        def reply(*numbers):
            told(page, type="history", room="general", more=numbers[:1] != (1,),
                 messages=[message(n) for n in numbers])

        def ask(**wanted):
            page.click(".missed button")
            asked = page.js("return window.sent.at(-1)")
            assert asked == {"type": "history", "room": "general", **wanted}, asked

        told(page, type="message", room="general", **message(100))
        told(page, type="lagged", room="general", missed=299, after=100, before=400)
        told(page, type="message", room="general", **message(400))
        ask(before=400, limit=200)
        browser_test.shown(page, ".missed", "You missed 299 messages")
        reply(*range(200, 400))
        browser_test.shown(page, ".missed", "You missed 99 messages")
        # The server has 40 of them now, and the others later.
        ask(before=200, limit=99)
        reply(*range(42, 101), *range(160, 200))
        browser_test.shown(page, ".missed", "You missed 59 messages")
        ask(before=200, limit=59)
        reply(*range(42, 101))
        browser_test.shown(page, "#alert", "The server does not have them")
        ask(before=200, limit=59)
        reply(*range(101, 160))
        page.wait("nothing that lacks", "return !document.querySelector('.missed')")
        wanted = [str(n) for n in range(42, 401)]
        assert page.js(browser_test.TEXTS) == wanted, page.js(browser_test.TEXTS)
        # Nobody knows how many, after a restart: then the begin of what was missed is the end of it.
        told(page, type="lagged", room="general", missed=0, after=400, before=700)
        browser_test.shown(page, ".missed", "You missed many messages")
        ask(before=700, limit=200)
        reply(*range(500, 700))
        browser_test.shown(page, ".missed", "You missed many messages")
        ask(before=500, limit=200)
        reply(*range(399, 401), *range(450, 500))
        page.wait("nothing that lacks", "return !document.querySelector('.missed')")
        browser_test.clean(page)


if __name__ == "__main__":
    browser.begin()
    chat.main()
