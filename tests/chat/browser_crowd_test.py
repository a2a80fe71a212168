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
        assert page.js(NOTES) == ["eve joined, karl joined, eve left"], page.js(NOTES)
        texts = page.js(browser_test.TEXTS)
        # Who looks at older messages has nothing new by it.
        browser_test.to_top(page)
        page.js("""for (let i = 0; i < 700; i++) {
            const way = i % 2 ? "left" : "joined";
            window.socket.onmessage({ data: JSON.stringify(
                { type: way, room: "general", nick: `n${i - i % 2}` }) });
        }""")
        assert page.js(NOTES) == ["352 joined, 351 left"], page.js(NOTES)
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


class Talk:
    """The page with a server of the test's own, which has messages of these numbers and replies to
    what the page has asked as the real one does."""

    def __init__(self, driver, url):
        self.page = browser_test.with_socket(driver, url)
        self.page.js("window.is_mute = true")
        self.has = set()

    def told(self, type, **members):
        browser_test.told(self.page, type=type, room="general", **members)

    def say(self, number):
        self.has.add(number)
        self.told("message", **self.message(number))

    def message(self, number):
        return {"from": "eve", "number": number, "time": 1, "text": str(number)}

    def asked(self):
        """The requests so far."""
        return self.page.js("return window.sent.filter((one) => one.type === 'history')")

    def reply(self, request):
        found = sorted(number for number in self.has if number < request["before"])
        told = found[-request["limit"]:]
        self.told("history", more=len(told) < len(found), ref=request["ref"],
                  messages=[self.message(number) for number in told])

    def show_them(self, nth=0):
        """The button of that gap is clicked; returns the request."""
        before = len(self.asked())
        self.page.js("document.querySelectorAll('.missed button')[arguments[0]].click()", nth)
        asked = self.asked()
        assert len(asked) == before + 1, asked[before:]
        return asked[-1]

    def missed(self):
        return self.page.js("return [...document.querySelectorAll('.missed span')]"
                            ".map((e) => e.textContent.split(':')[0])")

    def texts(self):
        return [int(text) for text in self.page.js(browser_test.TEXTS)]


def test_what_was_missed_is_told_until_all_of_it_is_shown():
    with browser_test.Web() as server, browser.Driver() as driver:
        talk = Talk(driver, server.url)
        is_alert = "return document.getElementById('alert').textContent"
        talk.has = set(range(1, 100)) | set(range(101, 380))
        talk.say(100)
        talk.told("lagged", missed=299, after=100, before=400)
        talk.say(400)
        # The store has the newest ones later than all others.
        for left in 99, 20:
            request, before = talk.show_them(), talk.page.layouts()
            talk.reply(request)
            layouts = talk.page.layouts() - before
            assert layouts < 40, layouts  # and not one for each of them
            assert talk.missed() == [f"You missed {left} messages"], talk.missed()
        assert talk.page.js(is_alert) == ""
        talk.reply(talk.show_them())
        assert talk.page.js(is_alert).startswith("The server does not have them")
        talk.has |= set(range(380, 400))
        for _ in range(2):  # it had asked for the others then
            if talk.missed():
                talk.reply(talk.show_them())
        assert talk.missed() == [], talk.missed()
        assert talk.texts() == list(range(100, 401)), talk.texts()
        # Nobody knows how many, after a restart: then the begin of what was missed is the end of it.
        talk.has |= set(range(450, 700))
        talk.told("lagged", missed=0, after=400, before=700)
        talk.reply(talk.show_them())
        assert talk.missed() == ["You missed many messages"], talk.missed()
        talk.reply(talk.show_them())
        assert talk.missed() == [], talk.missed()
        browser_test.clean(talk.page)


def test_what_was_missed_has_one_note_however_often_it_is_told():
    with browser_test.Web() as server, browser.Driver() as driver:
        talk = Talk(driver, server.url)
        talk.say(100)
        # Nothing follows it, so a page that comes back is told again, and perhaps of more.
        talk.told("lagged", missed=3, after=100, before=104)
        talk.told("lagged", missed=3, after=100, before=104)
        talk.told("lagged", missed=5, after=100, before=106)
        assert talk.missed() == ["You missed 5 messages"], talk.missed()
        talk.has |= {101, 104}
        talk.reply(talk.show_them())
        assert talk.missed() == ["You missed 3 messages"], talk.missed()
        # It has seen 104 now; what lies before that it is not told of again.
        talk.told("lagged", missed=1, after=104, before=106)
        assert talk.missed() == ["You missed 3 messages", "You missed 1 message"], talk.missed()
        talk.has |= {102, 103, 105}
        talk.reply(talk.show_them(1))
        talk.reply(talk.show_them())
        assert talk.missed() == [], talk.missed()
        # However they come.
        talk.told("lagged", missed=2, after=105, before=108)
        talk.say(106)
        assert talk.missed() == ["You missed 1 message"], talk.missed()
        talk.say(107)
        assert talk.missed() == [], talk.missed()
        assert talk.texts() == list(range(100, 108)), talk.texts()
        browser_test.clean(talk.page)


def test_reply_belongs_to_its_request_also_beside_refused_ones():
    with browser_test.Web() as server, browser.Driver() as driver:
        talk = Talk(driver, server.url)
        is_alert = "return document.getElementById('alert').textContent"
        end_alert = "document.getElementById('alert').textContent = ''"
        ask_for_older = "document.querySelector('.older').click()"
        talk.say(100)
        talk.told("lagged", missed=3, after=100, before=104)
        talk.say(104)
        talk.told("lagged", missed=3, after=104, before=108)
        talk.say(108)
        talk.page.js("document.querySelector('.older').hidden = false")
        newer, older = talk.show_them(1), talk.show_them()
        talk.has |= {101, 102, 103}
        talk.reply(newer)  # it has some of the other gap's, and none of its own
        assert talk.page.js(is_alert).startswith("The server does not have them")
        talk.page.js(end_alert)
        talk.reply(older)
        assert talk.missed() == ["You missed 3 messages"] and talk.page.js(is_alert) == ""
        # The refusal of one thing is not that of another.
        talk.page.js(ask_for_older)
        request, n = talk.asked()[-1], len(talk.asked())
        talk.told("error", code="too_fast", text="too fast: wait a moment",
                  ref=talk.show_them()["ref"])
        talk.page.js(ask_for_older)
        assert len(talk.asked()) == n + 1, talk.asked()[n:]  # one is that of the gap
        talk.show_them()
        talk.page.js(end_alert)
        talk.has = set()
        talk.reply(request)
        assert talk.page.js("return document.querySelector('.older').hidden")
        assert talk.page.js(is_alert) == "", talk.page.js(is_alert)
        # An error without a reference may be that of any: all may be asked for again.
        talk.told("error", code="try_later", text="the server could not do it: try again")
        talk.has = {105, 106, 107}
        talk.reply(talk.show_them())
        assert talk.missed() == [], talk.missed()
        browser_test.clean(talk.page)


def test_what_is_not_stored_has_a_mark_until_it_is():
    with browser_test.Web() as server, browser.Driver() as driver:
        page = browser_test.with_socket(driver, server.url)
        page.js("window.is_mute = true")
        told = browser_test.told

        def message(number):
            told(page, type="message", room="general", number=number, time=1, text=str(number),
                 **{"from": "eve"})

        welcome = {"type": "welcome", "session": "x" * 22, "nick": "dana",
                   "rooms": [{"room": "general", "last": 5, "members": 1, "life": 1}]}
        told(page, **welcome)
        marked = "return [...document.querySelectorAll('.unstored')].filter(" \
                 "(li) => li.querySelector('.delivery').textContent.startsWith('Not stored'))" \
                 ".map((li) => li.querySelector('.text').textContent)"
        message(1)
        message(2)
        told(page, type="unstored", room="general", numbers=[2])
        told(page, type="unstored", room="general", numbers=[3, 4, 5])  # they may come first
        for number in 3, 4, 5:
            message(number)
        assert page.js(marked) == ["2", "3", "4", "5"], page.js(marked)
        told(page, type="stored", room="general", numbers=[3])
        assert page.js(marked) == ["2", "4", "5"], page.js(marked)
        # What became of them while the page was away it asks; what never was stored is not there.
        told(page, **welcome)
        asked = page.js("return window.sent.findLast((one) => one.type === 'history')")
        assert asked["before"] == 6, asked
        told(page, type="history", room="general", more=True, messages=[
            {"from": "eve", "number": n, "time": 1, "text": str(n), **more}
            for n, more in ((1, {}), (2, {"unstored": True}), (3, {}), (4, {}))])
        assert page.js(marked) == ["2", "5"], page.js(marked)
        browser_test.clean(page)


def test_past_that_is_damaged_ends_with_a_note_and_one_that_was_not_read_can_be_asked_for_again():
    with browser_test.Web() as server, browser.Driver() as driver:
        page = browser_test.with_socket(driver, server.url)
        page.js("window.is_mute = true")
        told = browser_test.told
        told(page, type="message", room="general", number=100, time=1, text="x", **{"from": "eve"})
        page.js("document.querySelector('.older').hidden = false")
        note = "const p = document.querySelector('.conversation:not([hidden]) .unreadable');" \
               "return p.hidden ? null : p.textContent"
        older = "return !document.querySelector('.conversation:not([hidden]) .older').hidden"

        def reply(messages, more, **missing):
            page.click(".older")
            asked = page.js("return window.sent.findLast((one) => one.type === 'history')")
            told(page, type="history", room="general", more=more, ref=asked["ref"], **missing, messages=[
                {"from": "eve", "number": n, "time": 1, "text": str(n)} for n in messages])
            return page.js(note), page.js(older)

        text, is_older = reply([], False, missing="unread")
        assert "cannot be read just now" in text and is_older, (text, is_older)
        text, is_older = reply([98, 99], True)
        assert text is None and is_older, (text, is_older)
        for messages, more in (([95], True), ([94], True), ([], False)):  # of the second nothing is
            missing = {} if messages == [94] else {"missing": "damaged"}
            text, is_older = reply(messages, more, **missing)
            assert "is damaged" in text and is_older == more, (text, is_older)
        browser_test.clean(page)


def test_older_messages_that_were_refused_can_be_asked_for_again():
    with browser_test.Web() as server, browser.Driver() as driver:
        page = browser_test.with_socket(driver, server.url)
        page.js("window.is_mute = true")
        told = browser_test.told
        told(page, type="message", room="general", number=100, time=1, text="x", **{"from": "eve"})
        page.js("document.querySelector('.older').hidden = false")
        for n in 1, 2, 3:
            page.click(".older")
            asked = page.js("return window.sent.filter((one) => one.type === 'history')")
            assert len(asked) == n, asked
            told(page, type="error", code="too_fast", text="too fast: wait a moment",
                 ref=asked[-1]["ref"])
        browser_test.clean(page)


if __name__ == "__main__":
    browser.begin()
    chat.main(browser.LIMIT)
