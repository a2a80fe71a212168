# SPDX-License-Identifier: MIT
"""The console's page in Chromium, over looks at a program that is not there (sample.py)."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", folder) for folder in ("chat", "support")]
import browser  # noqa: E402
import bounded  # noqa: E402
import sample  # noqa: E402
from sample import HOSTILE, Server, cycle, look  # noqa: E402

VIEWS = "tasks", "locks", "workers", "open", "faults"
WIDTHS = (360, 780), (800, 900), (1600, 1000)

# The least contrast of the colours of texts to those that can be behind them.
CONTRAST = """
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const light = (name) => {
        canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => v / 255)
            .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
    return Math.min(...["--ground", "--side", "--hover", "--chosen"].map((b) => ratio("--text", b)),
        ...["--ground", "--side", "--hover"].flatMap((b) => ["--soft", "--accent", "--warn"].map((t) => ratio(t, b))),
        ratio("--warn", "--warn-ground"));
"""

# What has the focus: its text, and whether that is seen.
FOCUSED = """
    const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
    const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return { text: e.id || e.textContent, is_seen: style.outlineStyle !== "none" && (e === there || e.contains(there)),
             is_body: e === document.body };
"""


def live(page):
    page.wait("the first look", "return document.getElementById('state').textContent === 'Live'"
              " && document.querySelectorAll('#summary dd').length > 0")
    return page


def show(page, view):
    page.js("location.hash = '#' + arguments[0]", view)
    page.wait(f"view {view}", "return !document.getElementById('view-' + arguments[0]).hidden", view)
    page.frames()


def shown(page, css, text):
    page.wait(f"{text!r} in {css}", "return [...document.querySelectorAll(arguments[0])]"
              ".some((e) => e.checkVisibility() && e.textContent.includes(arguments[1]))", css, text)


def clean(page):
    wrong = [line for line in page.log() if "ERR_CONNECTION_REFUSED" not in line and "401" not in line
             and "ERR_INCOMPLETE_CHUNKED" not in line]
    assert not wrong, wrong


def stuck(number):
    return look(number, cycles=[cycle(2), cycle(5, ("LOCK", "JOIN", "SCOPE", "PEER", "PERMITS")), cycle(1)])


def test_page_fits_three_widths_in_both_schemes():
    with Server(stuck) as server, browser.Driver() as driver:
        page = live(driver.page(server.url))
        for scheme in "light", "dark":
            page.set_scheme(scheme)
            contrast = page.js(CONTRAST)
            assert contrast >= 4.5, (scheme, contrast)
            for width, height in WIDTHS:
                page.resize(width, height)
                for view in VIEWS:
                    show(page, view)
                    wide = page.js("return document.documentElement.scrollWidth")
                    assert wide <= width, (view, width, wide)
                show(page, "tasks")
                out = page.js("return [...document.querySelectorAll('.scroll')].filter((e) => e.checkVisibility()"
                              " && e.scrollWidth > e.clientWidth).length")
                assert out == 0, f"a table is wider than {width}"
        clean(page)


def tour(page, most=80):
    """Presses Tab until it has been round; returns what had the focus, each of which was seen."""
    seen = []
    for _ in range(most):
        page.press("Tab")
        now = page.js(FOCUSED)
        if now["is_body"] or now["text"] in seen:
            return seen
        assert now["is_seen"], now
        seen.append(now["text"])
    raise AssertionError(f"Tab does not come round: {seen}")


def test_page_is_used_by_keyboard_alone():
    with Server(stuck) as server, browser.Driver() as driver:
        page = live(driver.page(server.url))
        stops = tour(page)
        for wanted in "skip", "pause", "Tasks", "Faults", "search", "by-task":
            assert wanted in stops, (wanted, stops)
        assert len(stops) < 40, "Tab goes through the rows of a table"
        page.js("document.activeElement.blur()")
        page.press("/")
        page.type("expire")
        shown(page, "#tasks-note", "1 row matches")
        # A table is one stop; arrows move in it, Enter opens.
        page.js("document.getElementById('search').value = ''")
        page.press("x", "Backspace")
        page.wait("all rows", "return document.querySelectorAll('#tasks-table tbody tr').length > 9")
        while "button" not in (page.js("return document.activeElement.closest('td') ? 'button' : ''"),):
            page.press("Tab")
        page.press("Home")
        first = page.js("return document.activeElement.textContent")
        assert first == page.js("return document.querySelector('#tasks-table td').textContent")
        page.press("Down")
        second = page.js("return document.activeElement.textContent")
        assert first != second
        page.press("Enter")
        shown(page, "#details h2", second)
        page.press("Escape")
        page.wait("the focus to come back", "return !document.getElementById('details').open"
                  " && document.activeElement.textContent === arguments[0]", second)
        page.press("Home")
        assert page.js("return document.activeElement.textContent") == first
        # Looks go on, and the focus stays where it is.
        number = page.js("return newest.number")
        page.wait("further looks", "return Number(newest.number) > Number(arguments[0]) + 3", number)
        assert page.js("return document.activeElement.textContent") == first
        page.press("p")
        shown(page, "#state", "Paused")
        page.press("p")
        live(page)
        clean(page)


def test_views_are_links_and_sorting_is_said():
    with Server() as server, browser.Driver() as driver:
        page = live(driver.page(server.url))
        page.click("nav a[href='#workers']")
        shown(page, "#workers-table td", "main 2")
        assert page.js("return document.querySelector('nav [aria-current]').textContent") == "Workers"
        page.wait("shares of time", "return document.querySelectorAll('.spark path')[3].getAttribute('d').length > 20")
        page.click("nav a[href='#tasks']")
        page.click("#tasks-table th:nth-child(1) button")
        assert page.js("return document.querySelector('#tasks-table [aria-sort]').ariaSort") == "ascending"
        shown(page, "#tasks-table tbody tr:nth-child(1)", "/srv/shop/src/site_003.c")
        page.click("#tasks-table th:nth-child(1) button")
        shown(page, "#tasks-table tbody tr:nth-child(1)", "serve_conn")
        clean(page)


def test_names_of_the_program_are_text():
    with Server(stuck) as server, browser.Driver() as driver:
        page = live(driver.page(server.url))
        page.click("#by-task")
        for view, css in ("tasks", "td button"), ("locks", "td"), ("locks", ".cycle li"), ("open", "td"):
            show(page, view)
            shown(page, css, HOSTILE)
        show(page, "tasks")
        page.js("[...document.querySelectorAll('#tasks-table td button')].find((b) => b.textContent === arguments[0]"
                " && b.checkVisibility()).click()", HOSTILE)
        shown(page, "#details dt", "Cause")
        page.click("#details-more button")
        shown(page, ".stack p", HOSTILE)
        shown(page, ".stack li", "conn.c:101")
        assert server.asked[-1] == (sample.SERVICE + "Stacks", {"task": "102"})
        page.click("#details-close")
        show(page, "faults")
        page.click("#look-faults")
        shown(page, "#faults li", HOSTILE)
        assert page.js("return document.title") == "shop: edo console"
        assert not page.js("return document.querySelector('main img, main script, main b, dialog img')")
        clean(page)


def test_cycle_is_drawn():
    with Server(stuck) as server, browser.Driver() as driver:
        page = live(driver.page(server.url))
        shown(page, "#alarm", "3 groups of tasks wait for each other.")
        page.click("#alarm a")
        shown(page, ".cycle h3", "5 tasks wait for each other")
        shown(page, ".cycle h3", "1 task waits for itself")
        drawn = page.js("return [...document.querySelectorAll('.cycle svg')].map((e) =>"
                        " [e.querySelectorAll('circle').length, e.querySelectorAll('path[marker-end]').length])")
        assert drawn == [[2, 2], [5, 5], [1, 1]], drawn
        shown(page, ".cycle li", "transfer (task 12c) has waited for 3.1 s in edo_mutex_lock() for 0x55d0c0ffe000,"
              " which 2 holds, taken at bank.c:40")
        clean(page)


def test_a_cycle_that_is_too_long_ends_at_a_task_that_is_not_drawn():
    with Server(lambda n: look(n, cycles=[{**cycle(16), "n": 20}])) as server, browser.Driver() as driver:
        page = live(driver.page(server.url + "#token=%"))
        page.click("#alarm a")
        shown(page, ".cycle h3", "20 tasks wait for each other")
        shown(page, ".cycle li", "which a task that is not drawn holds")
        drawn = page.js("const e = document.querySelector('.cycle svg');"
                        "return [e.querySelectorAll('circle').length, e.querySelectorAll('path[marker-end]').length]")
        assert drawn == [16, 15], drawn
        clean(page)


def test_only_a_part_of_many_rows_is_drawn():
    with Server(lambda n: look(n, sites=512, tasks=500, tasks_all=100000)) as server, browser.Driver() as driver:
        page = live(driver.page(server.url))
        rows = "return document.querySelectorAll('#tasks-table tbody tr').length"
        shown(page, ".more", "312 rows are left out")
        assert page.js(rows) == 200, page.js(rows)
        # A look later the rows are the same elements, and nothing was made anew.
        page.js("document.querySelectorAll('#tasks-table tbody tr').forEach((e) => { e.marked = true; })")
        number = page.js("return newest.number")
        page.wait("further looks", "return Number(newest.number) > Number(arguments[0]) + 2", number)
        page.frames()
        assert page.js("return [...document.querySelectorAll('#tasks-table tbody tr')].every((e) => e.marked)")
        page.click(".more")
        page.wait("more rows", rows + " === 400")
        page.js("scrollTo(0, 0)")
        page.click("#by-task")
        shown(page, "#tasks-note", "The oldest 500 of 100,000 tasks are here.")
        clean(page)


def test_program_that_ends_and_comes_back_is_shown_again():
    with bounded.reserved() as place, browser.Driver() as driver:
        port = place.getsockname()[1]
        with Server(port=port) as server:
            page = live(driver.page(server.url))
        shown(page, "#state", "Lost")
        shown(page, "#summary dd", "400")  # what was seen last stays
        with Server(lambda n: look(n, pid="4712", tasks_all=77), port=port):
            live(page)
            shown(page, "#program", "4712")
            shown(page, "#summary dd", "77")
        clean(page)


def test_token_opens_the_page():
    with Server(token="let me in/+") as server, browser.Driver() as driver:
        page = driver.page(server.url)
        page.wait("the door", "return document.activeElement.id === 'token'")
        page.type("something else")
        page.press("Enter")
        shown(page, "#refused", "The token is not right.")
        page.type("let me in/+")
        page.press("Enter")
        live(page)
        # By a link, which does not stay in the address, and in this tab for good.
        other = live(driver.page(server.url + "#token=let%20me%20in%2F%2B"))
        assert other.js("return location.href") == server.url + "#tasks"
        other.reload()
        live(other)
        clean(other)


def test_policy_allows_this_style_and_this_script():
    html, policy = sample.page_made()
    wanted = (f"default-src 'none'; style-src {sample.hash_of(html, b'style')}; script-src {sample.hash_of(html, b'script')}; "
              "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    assert policy == wanted, policy


def test_stream_is_read_however_it_is_cut():
    with Server() as server, browser.Driver() as driver:
        page = live(driver.page(server.url))
        ends = page.js("""
            const one = framed({ number: "1", program: "µ" }), two = framed({}), all = new Uint8Array(one.length + two.length);
            all.set(one), all.set(two, one.length);
            const read = (cuts) => {
                const messages = new Messages(), seen = [];
                cuts.reduce((from, to) => {
                    messages.push(all.subarray(from, to));
                    for (let m; (m = messages.next()) !== undefined;) seen.push(JSON.stringify(m));
                    return to;
                }, 0);
                return seen.join();
            };
            const ways = new Set();
            for (let i = 1; i < all.length; i++) for (let j = i; j < all.length; j++) ways.add(read([i, j, all.length]));
            ways.add(read([...all.keys()].map((i) => i + 1)));
            return [...ways];
        """)
        assert ends == ['[0,{"number":"1","program":"µ"}],[0,{}]'], ends


if __name__ == "__main__":
    browser.begin()
    bounded.run_one()
