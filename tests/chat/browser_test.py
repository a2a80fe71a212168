# SPDX-License-Identifier: MIT
"""The chat's page, used in Chromium as people use it. Each test starts browsers, which takes its
time, so a test is a whole story. Run in a debug build only: see scripts/test.
"""
import os
import shutil
import tempfile
import time

import browser
import chat
from chat import bounded

TEXTS = "return [...document.querySelectorAll('.conversation:not([hidden]) .text')]" \
        ".map((e) => e.textContent)"


class Web(chat.Server):
    """The server with its page, at the port of the socket `place`, see bounded.reserved(), or at a free one."""

    def __init__(self, *options, place=None):
        at = ["--http", "127.0.0.1:%d" % place.getsockname()[1]] if place else []
        super().__init__(*options, *at, web=True)
        self.port = self.web[1]
        self.url = f"http://127.0.0.1:{self.port}/"


def arrived(page):
    """It is connected; who is there for the first time keeps the name of a guest."""
    page.wait("the connection", "return document.getElementById('state').textContent"
              " === 'Connected' && document.querySelectorAll('#member-list li').length > 0")
    page.js("if (document.getElementById('nick-dialog').open) document.getElementById('nick-cancel').click()")
    return page


def has_text(page, text, times=1):
    """The conversation that is shown has that text, this many times, confirmed by the server."""
    page.wait(f"{text!r}", "return [...document.querySelectorAll("
              "'.conversation:not([hidden]) li:not(.pending) .text')]"
              ".filter((e) => e.textContent === arguments[0]).length === arguments[1]", text, times)


def has_note(page, text):
    page.wait(f"note {text!r}", "return [...document.querySelectorAll("
              "'.conversation:not([hidden]) .note')].some((e) => e.textContent === arguments[0])",
              text)


def shown(page, css, text):
    page.wait(f"{text!r} in {css}", "const e = document.querySelector(arguments[0]);"
              "return e && !e.hidden && e.textContent.includes(arguments[1])", css, text)


def nobody_types(page):
    page.wait("nobody to be typing", "return document.getElementById('typing').textContent === ''")


def type_until_seen(page, other, line):
    """Types until the line of the other page that tells who is typing is that one: the server passes
    over a sign of it that comes too soon after the one before. Returns the text."""
    nobody_types(other)
    text = "I am"
    page.write("#text", text)
    end = time.monotonic() + browser.WAIT
    while (seen := other.js("return document.getElementById('typing').textContent")) != line:
        assert time.monotonic() < end, f"{line!r} was waited for; seen last: {seen!r}"
        page.write("#text", ".")
        text += "."
        time.sleep(0.05)
    return text


def say(page, text):
    page.write("#text", text)
    page.press("Enter")


def to_top(page):
    """Looks at the beginning, and waits until that is known to the page."""
    page.js("const e = document.querySelector('.conversation:not([hidden])');"
            "e.scrollTop = 0; e.dispatchEvent(new Event('scroll'))")


def clean(*pages):
    """No page has broken a rule of its content security policy, or had an error."""
    for page in pages:
        wrong = [line for line in page.log()
                 if "ERR_CONNECTION_REFUSED" not in line and "WebSocket" not in line]
        assert not wrong, wrong


def test_two_people_chat_one_of_them_on_a_phone():
    with Web("--rate", "0") as server, browser.Driver() as driver:
        ann = arrived(driver.page(server.url))
        bob = arrived(driver.page(server.url, width=390, height=780, is_phone=True))
        say(ann, "/nick ann")
        shown(ann, "#my-nick", "ann")
        bob.click("#change-nick")
        bob.js("document.getElementById('nick').value = ''")
        bob.write("#nick", "bob")
        bob.press("Enter")
        shown(bob, "#my-nick", "bob")
        has_note(ann, "guest-2 is now bob")
        # Own messages stand there at once and are confirmed; the other one has them.
        say(ann, "Hello, bob!")
        has_text(ann, "Hello, bob!")
        has_text(bob, "Hello, bob!")
        assert bob.js("return document.querySelector('.conversation time').dateTime > '2020'")
        say(bob, "/me waves")
        has_text(ann, "bob waves")
        # Markup stays text.
        evil = "<img src=x onerror=\"document.title='broken'\"><script>alert(1)</script>&amp;<b>"
        say(bob, evil)
        has_text(ann, evil)
        has_text(bob, evil)
        assert not ann.js("return document.querySelector('.conversation img, .conversation script,"
                          " .conversation b')")
        # The line that tells who is typing.
        typed = type_until_seen(bob, ann, "bob is typing …")
        bob.press("Enter")
        has_text(ann, typed)
        nobody_types(ann)
        # A room of its own; unread counts; a message to one person.
        ann.write("#join-name", "tea")
        ann.press("Enter")
        shown(ann, "#title", "#tea")
        say(bob, "still here")
        say(bob, "and again")
        ann.wait("two unread messages", "return document.querySelector('#room-list .badge')"
                 ".textContent === '2' && document.title.startsWith('(2)')")
        bob.click("#open-rooms")
        bob.wait("the focus in the drawer", "return document.getElementById('rooms')"
                 ".contains(document.activeElement) && document.querySelector('main').inert")
        bob.press("Escape")
        bob.wait("the drawer to close", "return document.activeElement.id === 'open-rooms' && "
                 "!document.querySelector('main').inert")
        bob.click("#open-rooms")
        bob.wait("the other room", "return document.querySelector('#other-list button')")
        bob.click("#other-list button")
        shown(bob, "#title", "#tea")
        say(bob, "tea is here")
        has_text(ann, "tea is here")
        assert bob.js("return document.documentElement.scrollWidth <= 390")
        ann.wait("bob among the members", "return [...document.querySelectorAll('#member-list "
                 "button')].find((e) => e.textContent.includes('bob'))?.click() === undefined && "
                 "document.getElementById('title').textContent === 'bob'")
        say(ann, "between us")
        has_text(ann, "between us")
        bob.click("#open-rooms")
        bob.click("#direct-list button")
        has_text(bob, "between us")
        assert bob.js("return document.querySelector('#composer .send').innerText.trim()") == "Send"
        # A reload keeps what the server does not: words between two people.
        say(bob, "nobody else hears it")
        has_text(ann, "nobody else hears it")
        ann.click("#room-list button")
        say(bob, "are you there?")
        has_text(bob, "are you there?")  # else the reload makes it a message that may be lost
        ann.wait("one unread message", "return document.title.startsWith('(1)')")
        for page in ann, bob:
            page.reload()
            shown(page, "#state", "Connected")
        ann.wait("it is unread still", "return document.title.startsWith('(1)')")
        ann.click("#direct-list button")
        for page in ann, bob:
            shown(page, "#title", "bob" if page is ann else "ann")
            has_text(page, "are you there?")
            assert page.js(TEXTS) == ["between us", "nobody else hears it", "are you there?"]
        assert ann.js("return document.querySelectorAll('.conversation:not([hidden]) .own').length") == 1
        say(ann, "/msg ann to myself")
        has_text(ann, "to myself")
        ann.click("#room-list button")
        has_text(ann, "and again")
        ann.wait("no unread messages", "return document.title.startsWith('#general')")
        clean(ann, bob)


def test_nothing_is_lost_or_doubled_when_the_server_comes_back_or_the_page_is_reloaded():
    folder = tempfile.mkdtemp(prefix="edo-page-")
    database = os.path.join(folder, "chat.db")
    try:
        with browser.Driver() as driver, bounded.reserved() as place:
            with Web("--rate", "0", "--db", database, place=place) as server:
                ann, bob = (arrived(driver.page(server.url)) for _ in range(2))
                say(ann, "/nick ann")
                shown(ann, "#my-nick", "ann")
                for i in range(60):
                    say(ann, f"message {i}")
                has_text(bob, "message 59")
                # A reload: who one is, what was said, and older messages on the way up.
                ann.reload()
                arrived(ann)
                shown(ann, "#my-nick", "ann")
                has_text(ann, "message 59")
                to_top(ann)
                has_text(ann, "message 0")
                assert ann.js(TEXTS) == [f"message {i}" for i in range(60)], ann.js(TEXTS)
                # Behind the page's back, while its network is gone.
                say(bob, "before")
                has_text(ann, "before")
            shown(ann, "#state", "Offline")
            for i in range(3):
                say(ann, f"said to nobody {i}")
            shown(ann, ".pending .delivery", "Sending")
            bob.reload()  # there is nothing to load
            with Web("--rate", "0", "--db", database, place=place):
                arrived(ann)
                bob.go(server.url)
                arrived(bob)
                for page in ann, bob:
                    for i in range(3):
                        has_text(page, f"said to nobody {i}")
                    texts = page.js(TEXTS)
                    assert len(texts) == len(set(texts)), texts
                wanted = [f"message {i}" for i in range(60)] + ["before"] + \
                    [f"said to nobody {i}" for i in range(3)]
                assert ann.js(TEXTS) == wanted, ann.js(TEXTS)
                shown(ann, "#my-nick", "ann")
                say(bob, "after")
                has_text(ann, "after")
                clean(ann)
    finally:
        shutil.rmtree(folder)


# Gives a test the page's socket, so that it can say what the server says rarely.
SOCKET = """
const Real = window.WebSocket;
window.WebSocket = class extends Real {
  constructor(...all) {
    super(...all);
    window.socket = this;
    window.sent = [];
    window.heard = []; // of what types
    this.addEventListener("message", ({ data }) => window.heard.push(JSON.parse(data).type));
  }
  send(text) {
    const message = JSON.parse(text);
    // A page asks for the rooms after 25 s of silence, and gives the connection up without a reply.
    if (window.is_mute && message.type === "rooms")
      return setTimeout(() => this.onmessage({ data: '{ "type": "here" }' }));
    window.sent.push(message);
    if (!window.is_mute) super.send(text);
  }
};
"""


def with_socket(driver, url):
    """A page that has arrived, and whose socket is the test's, too."""
    page = driver.page("about:blank")
    page.devtools("Page.addScriptToEvaluateOnNewDocument", source=SOCKET)
    page.go(url)
    return arrived(page)


def told_at_once(page, *messages):
    """The page is told these, as if by the server and before it draws anything."""
    page.js("for (const one of arguments) window.socket.onmessage({ data: JSON.stringify(one) })",
            *messages)


def told(page, **message):
    told_at_once(page, message)


def comes_back(page):
    """Loses its connection, and is in its room again; returns what the page says first on the next one."""
    page.js("window.lost = window.socket; window.socket.close()")
    page.wait("the room", "return window.socket !== window.lost && window.heard.includes('welcome')")
    return page.js("return window.sent[0]")


def test_page_shows_what_was_missed_refused_or_taken_over():
    with Web("--rate", "0", "--history", "0") as server, browser.Driver() as driver:
        # Before the first message it says what it was told when it came.
        page = with_socket(driver, server.url)
        (room,) = comes_back(page)["rooms"]
        assert room["after"] == 0 and room["life"] > 0, room
        other = server.named("bob")
        other.send("one")
        has_text(page, "one")
        late = with_socket(driver, server.url)  # which the room shows nothing
        (again,) = comes_back(late)["rooms"]
        assert again == {**room, "after": 1}, again
        other.send("two")
        has_text(late, "two")
        has_text(page, "two")
        assert late.js(TEXTS) == ["two"] and page.js(TEXTS) == ["one", "two"]
        clean(page, late)
    with Web("--rate", "0") as server, browser.Driver() as driver:
        page = driver.page("about:blank")
        page.devtools("Page.addScriptToEvaluateOnNewDocument", source=SOCKET)
        page.go(server.url)
        arrived(page)
        other = server.named("bob")
        for i in range(5):
            other.send(f"message {i}")
        has_text(page, "message 4")
        # From here on the server hears nothing: what it would say comes at times of its own, and
        # would stand among what the test says.
        page.js("window.is_mute = true")
        # A lag, and what was missed fetched by its notice.
        told(page, type="message", room="general", number=9, time=1, **{"from": "eve"}, text="nine")
        told(page, type="lagged", room="general", missed=3, after=9, before=13)
        told(page, type="message", room="general", number=13, time=1, **{"from": "eve"}, text="13")
        shown(page, ".missed", "You missed 3 messages")
        page.click(".missed button")
        asked = page.js("return window.sent.at(-1)")
        ref = asked.pop("ref")
        assert asked == {"type": "history", "room": "general", "before": 13, "limit": 3}, asked
        told(page, type="history", room="general", more=True, ref=ref, messages=[
            {"from": "eve", "number": n, "time": 1, "text": str(n)} for n in (10, 11, 12)])
        has_text(page, "11")
        assert not page.js("return document.querySelector('.missed')")
        assert page.js(TEXTS)[-5:] == ["nine", "10", "11", "12", "13"], page.js(TEXTS)
        # One number is shown once, whoever sends it again.
        told(page, type="message", room="general", number=11, time=1, **{"from": "eve"}, text="11")
        assert page.js(TEXTS).count("11") == 1
        # A room of that name that begins anew has its numbers anew.
        told(page, type="joined", room="general", life=5, last=0, members=1,
             nick=page.js("return document.getElementById('my-nick').textContent"))
        told(page, type="message", room="general", number=1, time=1, **{"from": "eve"}, text="one")
        assert page.js(TEXTS)[-2:] == ["13", "one"], page.js(TEXTS)
        # A message that is refused, and tried again; one that came too fast is so by itself.
        say(page, "refuse me")
        ref = page.js("return window.sent.at(-1).ref")
        told(page, type="error", code="not_in_room", text="you are not in this room", ref=ref)
        shown(page, ".failed .delivery", "Not sent: you are not in this room")
        page.click(".failed .delivery button")
        again = page.js("return window.sent.at(-1)")
        assert again["ref"] == ref and again["text"] == "refuse me", again
        told(page, type="error", code="too_fast", text="too fast", ref=ref)
        page.wait("a third try", "return window.sent.filter((m) => m.ref === arguments[0]).length"
                  " === 3", ref)
        told(page, type="error", code="bad_text", text="no", ref=ref)
        page.js("document.querySelectorAll('.failed .delivery button')[1].click()")
        assert "refuse me" not in page.js(TEXTS)
        told(page, type="error", code="nick_taken", text="somebody else has this name")
        shown(page, "#alert", "Somebody else has this name.")
        # A room that one cannot join is not there.
        say(page, "/join full")
        shown(page, "#title", "#full")
        told(page, type="error", code="too_many_rooms", text="you are in many rooms",
             ref=page.js("return window.sent.findLast((m) => m.type === 'join').ref"))
        shown(page, "#title", "#general")
        # An unknown message is passed over.
        told(page, type="news_of_tomorrow", room="general")
        # Another tab has taken the session over: this one waits until it is wanted.
        page.js("window.first = window.socket; window.socket.onclose({ code: 4001 })")
        shown(page, "#state", "Open in another tab")
        page.js("window.is_mute = false")
        page.click("#state button")
        page.wait("a new connection", "return window.first === undefined && window.socket")
        shown(page, "#state", "Connected")
        clean(page)


def test_keyboard_is_enough_and_everything_has_a_name():
    with Web("--rate", "0") as server, browser.Driver() as driver:
        page = arrived(driver.page(server.url))
        other = server.named("bob")
        page.js("document.activeElement.blur()")
        page.press("Tab")
        focus = "return document.activeElement.id || document.activeElement.textContent"
        assert page.js(focus).startswith("Skip to the message"), page.js(focus)
        page.press("Enter")
        page.wait("the focus on the line", "return document.activeElement.id === 'text'")
        page.type("by keys")
        page.press("Enter")
        nick = page.js("return document.getElementById('my-nick').textContent")
        other.until(f"{nick}: by keys")
        # In order: the name, the rooms, a room to join, the members, the messages, the line.
        page.press("Shift+Tab", "Shift+Tab")
        seen = []
        for _ in range(12):
            page.press("Shift+Tab")
            seen.append(page.js(focus))
            if seen[-1] == "change-nick":
                break
        assert seen[-1] == "change-nick" and "join-name" in seen, seen
        page.press("Enter")
        page.wait("the dialog", "return document.getElementById('nick-dialog').open")
        page.press("Control+a")
        page.type("keys")
        page.press("Enter")
        other.until(f"* {nick} is now keys")
        page.wait("the focus where it was", "return document.activeElement.id === 'change-nick'")
        for key in ("Tab", "Tab"):  # the room, the name of another one
            page.press(key)
        assert page.js(focus) == "join-name", page.js(focus)
        page.type("tea")
        page.press("Enter")
        shown(page, "#title", "#tea")
        page.press("Alt+Up")
        shown(page, "#title", "#general")
        page.press("Alt+Up")
        shown(page, "#title", "#tea")
        # The page as a screen reader reads it.
        unnamed = page.js("""
            const name = (e) => e.getAttribute("aria-label") || e.textContent.trim() ||
                (e.labels && e.labels[0]?.textContent.trim());
            return [...document.querySelectorAll("button, input, [tabindex], nav, aside")]
                .filter((e) => !name(e) && !e.getAttribute("aria-labelledby")).map((e) => e.id)""")
        assert unnamed == [], unnamed
        assert page.js("return document.documentElement.lang") == "en"
        assert page.js("return document.querySelector('.conversation:not([hidden]) ol').parentNode.role") == "log"
        assert page.js("return document.getElementById('state').role") == "status"
        low = [scheme for scheme in ("light", "dark") for _ in [page.set_scheme(scheme)]
               for pair in page.js(CONTRAST) if pair[1] < 4.5]
        assert not low, low
        clean(page)


# The contrast (WCAG 2) of each text that is shown with what is behind it: [text, ratio].
CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function parts(colour) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
}
const light = (colour) => colour.slice(0, 3).map((c) => c / 255)
  .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
function behind(element) {
  for (let e = element; e; e = e.parentElement) {
    const colour = parts(getComputedStyle(e).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
}
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || !element.checkVisibility({ visibilityProperty: true })) continue;
  const a = light(parts(getComputedStyle(element).color)), b = light(behind(element));
  found.push([element.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
}
return found;
"""

if __name__ == "__main__":
    browser.begin()
    chat.main(browser.LIMIT)
