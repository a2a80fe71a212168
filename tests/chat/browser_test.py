# SPDX-License-Identifier: MIT
"""The chat's page, used in Chromium as people use it. Each test starts browsers, which takes its
time, so a test is a whole story. Run in a debug build and with the address sanitizer only: see
scripts/test.
"""
import os
import shutil
import signal
import sys
import tempfile

import browser
import chat

TEXTS = "return [...document.querySelectorAll('.conversation:not([hidden]) .text')]" \
        ".map((e) => e.textContent)"


class Web(chat.Server):
    """The server with its page, at `port` or at a free one."""

    def __init__(self, *options, port=None):
        at = ["--http", f"127.0.0.1:{port}"] if port else []
        super().__init__(*options, *at, web=True)
        self.port = self.web[1]
        self.url = f"http://127.0.0.1:{self.port}/"


def arrived(page):
    page.wait("the connection", "return document.getElementById('state').textContent"
              " === 'Connected' && document.querySelectorAll('#member-list li').length > 0")
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


def say(page, text):
    page.write("#text", text)
    page.press("Enter")


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
        # Who is typing.
        bob.write("#text", "I am")
        shown(ann, "#typing", "bob is typing")
        bob.press("Enter")
        has_text(ann, "I am")
        shown(ann, "#typing", "")
        # A room of its own; unread counts; a message to one person.
        ann.write("#join-name", "tea")
        ann.press("Enter")
        shown(ann, "#title", "#tea")
        say(bob, "still here")
        say(bob, "and again")
        ann.wait("two unread messages", "return document.querySelector('#room-list .badge')"
                 ".textContent === '2' && document.title.startsWith('(2)')")
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
        ann.click("#room-list button")
        has_text(ann, "and again")
        ann.wait("no unread messages", "return document.title.startsWith('#general')")
        clean(ann, bob)


def test_nothing_is_lost_or_doubled_when_the_server_comes_back_or_the_page_is_reloaded():
    folder = tempfile.mkdtemp(prefix="edo-page-")
    database = os.path.join(folder, "chat.db")
    try:
        with browser.Driver() as driver:
            with Web("--rate", "0", "--db", database) as server:
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
                ann.js("document.querySelector('.conversation:not([hidden])').scrollTop = 0")
                has_text(ann, "message 0")
                assert ann.js(TEXTS) == [f"message {i}" for i in range(60)], ann.js(TEXTS)
                # Behind the page's back, while its network is gone.
                say(bob, "before")
                has_text(ann, "before")
            shown(ann, "#state", "Connection lost")
            for i in range(3):
                say(ann, f"said to nobody {i}")
            shown(ann, ".pending .delivery", "Sending")
            bob.reload()  # there is nothing to load
            with Web("--rate", "0", "--db", database, port=server.port):
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


def test_keyboard_is_enough_and_everything_has_a_name():
    with Web("--rate", "0") as server, browser.Driver() as driver:
        page = arrived(driver.page(server.url))
        other = server.named("bob")
        page.js("document.activeElement.blur()")
        page.press("Tab")
        focus = "return document.activeElement.id || document.activeElement.textContent"
        assert page.js(focus).startswith("Skip to the message"), page.js(focus)
        page.press("Enter")
        assert page.js(focus) == "text", page.js(focus)
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
        # What a screen reader reads.
        unnamed = page.js("""
            const name = (e) => e.getAttribute("aria-label") || e.textContent.trim() ||
                (e.labels && e.labels[0]?.textContent.trim());
            return [...document.querySelectorAll("button, input, [tabindex], nav, aside")]
                .filter((e) => !name(e) && !e.getAttribute("aria-labelledby")).map((e) => e.id)""")
        assert unnamed == [], unnamed
        assert page.js("return document.documentElement.lang") == "en"
        assert page.js("return document.querySelector('.conversation:not([hidden]) ol').role") == "log"
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
    if browser.missing():
        print(f"skipped: {browser.missing()} is not here")
        sys.exit(77)
    os.environ.setdefault("EDO_CHAT_THREADS", "2")
    for end in signal.SIGALRM, signal.SIGTERM:  # so that no browser stays behind
        signal.signal(end, lambda number, _: sys.exit(f"ended by signal {number}"))
    chat.main()
