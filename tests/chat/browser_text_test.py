# SPDX-License-Identifier: MIT
"""What the chat's page makes of words: links, code, lines, names and controls, and never markup. In
Chromium, as browser_test.py."""
import browser
import browser_test
import chat

NODES = "const p = [...document.querySelectorAll('.conversation:not([hidden]) .text')].at(-1);" \
        "return [...p.childNodes].map((n) => n.nodeType === 3 ? n.textContent :" \
        " [n.tagName.toLowerCase() + (n.className ? '.' + n.className : ''), n.textContent])"

# A text, and what it is on the page of somebody called dana.
ROWS = (
    ("see https://example.org/a?b=1&c=<2> now",
     ["see ", ["a", "https://example.org/a?b=1&c="], "<2> now"]),
    ("(https://example.org/a_(b)), http://example.org.",
     ["(", ["a", "https://example.org/a_(b)"], "), ", ["a", "http://example.org"], "."]),
    ("javascript:alert(1) data:text/html,x https:// http://\" ftp://x",
     ["javascript:alert(1) data:text/html,x https:// http://\" ftp://x"]),
    ("https://example.org/\u202egro", [["a", "https://example.org/"], ["span.control", "<U+202E>"], "gro"]),
    ("run `rm -rf <b>` and ` this", ["run ", ["code", "rm -rf <b>"], " and ` this"]),
    ("so:\n```\nint main(void)\n{\n```\nok", ["so:\n", ["code.block", "int main(void)\n{"], "\nok"]),
    ("DANA, dana's `dana` x-dana dana2 @dana",
     [["mark", "DANA"], ", ", ["mark", "dana"], "'s ", ["code", "dana"], " x-dana dana2 @",
      ["mark", "dana"]]),
    ("a\u202eb\u2066c", ["a", ["span.control", "<U+202E>"], "b", ["span.control", "<U+2066>"], "c"]),
    ("one\ntwo\n\nthree", ["one\ntwo\n\nthree"]),
    ("<img src=x onerror=alert(1)>&lt;<script>", ["<img src=x onerror=alert(1)>&lt;<script>"]),
)


def named(page, name):
    browser_test.arrived(page)
    browser_test.say(page, f"/nick {name}")
    browser_test.shown(page, "#my-nick", name)
    return page


def test_words_are_links_code_lines_and_names_and_nothing_else():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = driver.page("about:blank")
        page.devtools("Page.addScriptToEvaluateOnNewDocument", source=browser_test.SOCKET)
        page.go(server.url)
        named(page, "dana")
        page.js("window.is_mute = true")
        for n, (text, wanted) in enumerate(ROWS):
            browser_test.told(page, type="message", room="general", number=n + 1, time=1,
                              **{"from": "eve"}, text=text)
            assert page.js(NODES) == wanted, (page.js(NODES), wanted)
        links = page.js("return [...document.querySelectorAll('.text a')]"
                        ".map((a) => [a.rel, a.target, a.protocol])")
        assert len(links) == 4 and {(*link,) for link in links} <= {
            ("noopener noreferrer", "_blank", "https:"), ("noopener noreferrer", "_blank", "http:")}, links
        assert page.js("return document.querySelectorAll('.mentioned').length") == 1
        fetched = page.js("return performance.getEntriesByType('resource').map((e) => e.name)"
                          ".filter((n) => n.includes('example.org'))")
        assert fetched == [], fetched
        browser_test.clean(page)


def test_lines_are_kept_and_a_terminal_sees_whose_each_is():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = named(driver.page(server.url), "dana")
        bob = server.named("bob")
        page.click("#text")
        height = "return document.getElementById('text').offsetHeight"
        low = page.js(height)
        page.type("one")
        page.press("Shift+Enter")
        page.type("* two")
        assert page.js(height) > low
        page.press("Enter")
        browser_test.has_text(page, "one\n* two")
        bob.until("dana: one")
        bob.expect("dana: * two")
        bob.send("/numbers")
        assert page.js(height) == low and page.js("return document.getElementById('text').value") == ""
        browser_test.say(page, "/me waves")
        while not (line := bob.line()).endswith("dana waves"):
            pass
        browser_test.clean(page)


def test_a_mention_is_counted_apart_and_a_notification_is_offered():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = driver.page("about:blank")
        page.devtools("Page.addScriptToEvaluateOnNewDocument", source="""
            window.told = [];
            window.Notification = class {
              static permission = "default";
              static async requestPermission() { return (this.permission = "granted"); }
              constructor(title, options) { window.told.push([title, options.body]); }
            };
            window.looks = true;
            Object.defineProperty(document, "hidden", { get: () => !window.looks });""")
        page.go(server.url)
        named(page, "dana")
        bob = server.named("bob")
        browser_test.say(page, "/join tea")
        browser_test.shown(page, "#title", "#tea")
        bob.send("hello, all")
        bob.send("Dana, are you there?")
        page.wait("the counts", "return document.title.startsWith('(2) @1 #tea') && "
                  "document.querySelector('#room-list .mentions').textContent === '@1'")
        page.click("#notify")
        page.wait("that it is on", "return document.getElementById('notify').ariaPressed === 'true'")
        # One is told while one does not look, and of one's name, or alone.
        page.js("window.looks = false")
        bob.send("nothing of interest")
        bob.send("dana: \u202ehello")
        bob.send("/msg dana psst")
        page.wait("the notices", "return window.told.length === 2")
        assert page.js("return window.told") == [["bob in #general", "dana: <U+202E>hello"],
                                                 ["bob", "psst"]], page.js("return window.told")
        page.js("window.looks = true")
        page.click("#room-list button")
        page.wait("that it is read", "return document.title.startsWith('(1) #general')")
        # A page that goes out of sight before its next frame tells what has come since the last one.
        page.js("window.requestAnimationFrame = () => 0")
        bob.send("/msg dana again")
        page.wait("the message", "return [...document.querySelectorAll('.text')].at(-1)"
                  ".textContent === 'again'")
        page.js("window.looks = false; document.dispatchEvent(new Event('visibilitychange'))")
        page.wait("the count", "return document.title.startsWith('(2) #general')")
        browser_test.clean(page)


def test_a_browser_that_refuses_a_notification_loses_nothing_by_it():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = driver.page("about:blank")
        page.devtools("Page.addScriptToEvaluateOnNewDocument", source="""
            window.Notification = class {
              static permission = "granted";
              static async requestPermission() { return "granted"; }
              constructor() { throw new TypeError("Illegal constructor"); }
            };
            Object.defineProperty(document, "hidden", { get: () => true });""")
        page.go(server.url)
        named(page, "dana")
        page.click("#notify")
        page.wait("that it is on", "return document.getElementById('notify').ariaPressed === 'true'")
        server.named("bob").send("/msg dana psst")
        page.wait("the count", "return document.title.startsWith('(1)')")
        page.wait("that it is off", "return document.getElementById('notify').ariaPressed === 'false'")
        page.reload()
        browser_test.arrived(page)
        page.wait("the count", "return document.title.startsWith('(1)')")
        browser_test.clean(page)


# Whether what is at the middle of an element is the element itself, or in it.
IS_FREE = """
const found = [];
for (const e of document.querySelectorAll(arguments[0])) {
  const r = e.getBoundingClientRect();
  const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
  found.push(e === top || e.contains(top));
}
return found;"""


def test_what_the_page_complains_of_covers_nothing():
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = driver.page("about:blank", width=390, height=600, is_phone=True)
        page.devtools("Page.addScriptToEvaluateOnNewDocument", source=browser_test.SOCKET)
        page.go(server.url)
        browser_test.arrived(page)
        bob = server.named("bob")
        for i in range(20):
            bob.send(f"message {i}")
        browser_test.has_text(page, "message 19")
        page.js("window.is_mute = true")
        browser_test.say(page, "refuse me")
        ref = page.js("return window.sent.at(-1).ref")
        browser_test.told(page, type="error", code="too_long", text="this text is too long", ref=ref)
        browser_test.shown(page, ".failed .delivery", "Not sent")
        # What comes in one frame with the complaint, which takes its room, has scrolled to the end.
        browser_test.told_at_once(
            page,
            {"type": "message", "room": "general", "number": 1000, "time": 1, "from": "bob", "text": "now"},
            {"type": "error", "code": "of_a_newer_server", "text": "this is a long complaint. " * 4})
        browser_test.shown(page, "#alert", "This is a long complaint.")
        page.frames()
        free = page.js(IS_FREE, ".failed .text, .failed .delivery button, #text, #composer .send")
        assert free == 5 * [True], free
        # Beside the banner the word for it is whole.
        page.resize(360, 640, True)
        browser_test.told(page, type="state", store=False, nodes=True)
        browser_test.shown(page, "#trouble", "database does not respond")
        page.frames()
        assert page.js("const e = document.getElementById('state'); return e.scrollWidth <= e.clientWidth")
        browser_test.clean(page)


if __name__ == "__main__":
    browser.begin()
    chat.main(browser.LIMIT)
