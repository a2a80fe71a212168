# SPDX-License-Identifier: MIT
"""The console's page in Chromium, of programs that run: examples/watching/looked_at, and the chat."""
import contextlib
import http.client
import json
import os
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", folder) for folder in ("chat", "support")]
import browser  # noqa: E402
import bounded  # noqa: E402
from browser_page_test import clean, live, show, shown  # noqa: E402

BIN = os.environ["EDO_BIN_DIR"]
MARKUP = "<img src=x onerror=alert(1)>"
WATCH = "/console/edo.console.v1.Look/Watch"


@contextlib.contextmanager
def started(program, *arguments, begins, env=()):
    """A program, and the rest of its line that begins with these words."""
    path = os.path.join(BIN, program)
    if not os.path.exists(path):
        print(f"skipped: {program} is not built here")
        sys.exit(77)
    process = subprocess.Popen([path, *arguments], stdout=subprocess.PIPE, env={**os.environ, "EDO_WATCH": "locks", **dict(env)})
    try:
        while not (line := bounded.line_of(process.stdout, begins)).startswith(begins):
            assert line, f"there is no line {begins!r}"
        yield process, line[len(begins):].strip()
        process.terminate()
        assert bounded.ended(process) == 0
    finally:
        process.kill()
        process.stdout.close()


def looked_at(visitors, at="127.0.0.1:0"):
    return started("examples/looked_at", at, str(visitors), begins="looked at on ")


def test_a_hundred_thousand_tasks_are_shown():
    with looked_at(100000) as (_, url), browser.Driver() as driver:
        page = live(driver.page(url + "/console/"))
        shown(page, "#summary dd", "100,0")
        page.wait("the visitors", "return [...document.querySelectorAll('#tasks-table tr')].some((e) =>"
                  " e.textContent.startsWith('visitor') && e.textContent.includes('100,000'))")
        page.press("/")
        page.type("visitor")
        shown(page, "#tasks-note", "1 row matches")
        page.click("#by-task")
        shown(page, "#tasks-note", "are here")
        assert page.js("return document.querySelectorAll('#tasks-table tbody tr').length") <= 400
        page.click("#search")
        page.js("document.getElementById('search').value = ''")
        for view in "locks", "workers", "open", "faults", "tasks":
            show(page, view)
        number = page.js("return newest.number")
        page.wait("further looks", "return Number(newest.number) > Number(arguments[0]) + 1", number)
        clean(page)


def test_a_deadlock_is_a_cycle_and_markup_is_text():
    with looked_at(10) as (_, url), browser.Driver() as driver:
        page = live(driver.page(url + "/console/"))
        shown(page, "#tasks-table td", MARKUP)
        assert not page.js("return document.querySelector('main img')")
        shown(page, "#alarm", "1 group of tasks waits for each other.")
        page.click("#alarm a")
        shown(page, ".cycle li", "pay_you")
        shown(page, ".cycle li", "looked_at.c:")
        drawn = page.js("const e = document.querySelector('.cycle svg');"
                        "return [e.querySelectorAll('circle').length, e.querySelectorAll('path[marker-end]').length]")
        assert drawn == [2, 2], drawn
        page.wait("two locks with who has them", "return [...document.querySelectorAll('#locks-table tbody tr')]"
                  ".filter((e) => e.textContent.includes('pay_')).length === 2")
        show(page, "tasks")
        page.js("[...document.querySelectorAll('#tasks-table td button')].find((b) => b.textContent.startsWith('pay_you')).click()")
        page.js("[...document.querySelectorAll('#details-more button')].find((b) => b.textContent === 'Show stacks').click()")
        shown(page, ".stack p", "pay_you")
        page.click("#details-close")
        show(page, "workers")
        page.wait("a worker", "return document.querySelectorAll('#workers-table tbody tr').length > 0")
        show(page, "open")
        shown(page, "#open-tables td", "HTTP connection")
        show(page, "faults")
        shown(page, "#found", "1 deadlock")
        page.click("#look-faults")
        shown(page, "#faults li", "pay_")
        clean(page)


def test_program_that_is_started_again_is_shown_again():
    with bounded.reserved() as place, browser.Driver() as driver:
        at = "127.0.0.1:%d" % place.getsockname()[1]
        with looked_at(10, at) as (process, url):
            page = live(driver.page(url + "/console/"))
            shown(page, "#program", f"({process.pid})")
        shown(page, "#state", "Lost")
        with looked_at(20, at) as (process, _):
            live(page)
            shown(page, "#program", f"({process.pid})")
        clean(page)


def status_of(url, **fields):
    """What a program says to somebody that a proxy has sent, as far as it can tell."""
    host, _, path = url.partition("//")[2].partition("/")
    connection = http.client.HTTPConnection(host, timeout=bounded.WAIT)
    body = json.dumps({}).encode()
    with contextlib.closing(connection):
        connection.request("POST", "/" + path, struct.pack(">BI", 0, len(body)) + body,
                           {"Content-Type": "application/connect+json", **{k.replace("_", "-"): v for k, v in fields.items()}})
        response = connection.getresponse()
        flags, n = struct.unpack(">BI", response.read(5))
        return json.loads(response.read(n)).get("error", {}).get("code", "ok") if flags == 2 else "ok"


def test_chat_has_the_page_and_prints_its_token():
    chat = started("edo-chat", "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", begins="console on ",
                   env={"EDO_CONSOLE": "1", "EDO_CONSOLE_BIND": "127.0.0.1:0"})
    with chat as (_, link), browser.Driver() as driver:
        base, _, token = link.partition("/console/#token=")
        assert len(token) == 32, link
        page = live(driver.page(link))
        assert page.js("return location.href") == base + "/console/#tasks"
        shown(page, "#program", "edo-chat")
        clean(page)
        assert status_of(base + WATCH, X_Forwarded_For="192.0.2.1") == "unauthenticated"
        assert status_of(base + WATCH, X_Forwarded_For="192.0.2.1", Authorization=f"Bearer {token}") == "ok"
        assert status_of(base + WATCH) == "ok"


if __name__ == "__main__":
    browser.begin()
    bounded.run_one()
