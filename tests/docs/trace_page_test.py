# SPDX-License-Identifier: MIT
"""docs/tools/trace.html draws the spans of a log as they were: in Chromium, with the lines of a real service and with lines that
are written here. Without Chromium or its driver the tests are skipped."""
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chat"))
import browser  # noqa: E402

PAGE = os.path.join(os.environ["EDO_SOURCE_DIR"], "docs", "tools", "trace.html")
SHOP = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "traced")
TOLD = "return document.getElementById('told').textContent"
HEADS = "return [...document.querySelectorAll('.trace')].map((head) => head.innerText.split('\\n')[0])"
# Of each row its name, how deep it is, where its bar begins and how long it is as shares of the whole, and what it says
# of the time.
ROWS = """
    return [...document.querySelectorAll(".row")].map((row) => {
        const all = row.querySelector(".bar").getBoundingClientRect();
        const bar = row.querySelector("i").getBoundingClientRect();
        return { name: row.querySelector(".name").firstChild.data, depth: Number(row.style.getPropertyValue("--depth")),
                 left: (bar.left - all.left) / all.width, width: bar.width / all.width, pixel: 1 / all.width,
                 indent: parseFloat(getComputedStyle(row.querySelector(".name")).paddingLeft),
                 took: row.querySelector(".took").textContent, isBad: row.classList.contains("bad") };
    });"""


def same(a, b):
    assert a == b, f"{a!r:.1000} is not {b!r:.1000}"


@contextlib.contextmanager
def opened(**options):
    """The page, and a function that chooses a file with that text in it."""
    with browser.Driver() as driver, tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        page = driver.page("file://" + PAGE, **options)

        def choose(text):
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()
            page.reload()
            before = page.js(TOLD)
            page.write("#file", file.name)
            page.wait("that the file is read", TOLD + " !== arguments[0]", before)

        yield page, choose
        same(page.log(), [])


@contextlib.contextmanager
def shop():
    """A shop that has been asked for goods; yields its URL, and the lines of the four requests."""
    env = {k: v for k, v in os.environ.items() if k != "EDO_LOG" and not k.lower().endswith("_proxy")}
    with subprocess.Popen([SHOP, "127.0.0.1:0", PAGE], stdout=subprocess.PIPE, text=True, env=env) as server:
        try:
            base = server.stdout.readline().strip()
            text = ""
            while sum(span["name"] == "ask" and not span.get("parent") for span in spans_of(text)) < 4:
                with urllib.request.urlopen(base + "/lines", timeout=browser.WAIT) as response:
                    text = response.read().decode()
            yield base, text
        finally:
            server.terminate()
            same(server.wait(browser.WAIT), 0)


def micros(began):
    """Of the day."""
    hours, minutes, seconds = began[11:-1].split(":")
    return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1e6)


def spans_of(text):
    lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    return [line["ended"] | {"at": micros(line["ended"]["began"]), "trace": line["trace_id"]}
            for line in lines if "ended" in line]


def tree(spans, parent=None, depth=0):
    """Those within `parent` with their depths, each before those that lie within it."""
    for span in sorted((s for s in spans if s.get("parent") == parent), key=lambda s: s["at"]):
        yield span, depth
        yield from tree(spans, span["id"], depth + 1)


def check_rows(rows, spans):
    wanted = list(tree(spans))
    same([(r["name"], r["depth"], r["isBad"]) for r in rows], [(s["name"], d, "error" in s) for s, d in wanted])
    first = min(s["at"] for s in spans)
    whole = max(s["at"] + s["took_us"] for s in spans) - first
    for row, (span, depth) in zip(rows, wanted):
        at, took = (span["at"] - first) / whole, span["took_us"] / whole
        assert abs(row["left"] - at) <= row["pixel"], (row, at)
        assert abs(row["width"] - max(took, 2 * row["pixel"])) <= row["pixel"], (row, took)
        same(row["indent"], 16 * depth)


def test_spans_of_a_service_are_drawn_as_they_were():
    with opened() as (page, choose), shop() as (base, text):
        choose(text)
        same(page.js(TOLD), "4 traces, the longest first")
        all_spans = spans_of(text)
        firsts = sorted((s for s in all_spans if not s.get("parent")), key=lambda s: -s["took_us"])
        for i, first in enumerate(firsts):
            page.js("document.querySelectorAll('.trace')[arguments[0]].click()", i)
            spans = [s for s in all_spans if s["trace"] == first["trace"]]
            check_rows(page.js(ROWS), spans)
            page.js("document.querySelectorAll('.trace')[arguments[0]].click()", i)
            same(page.js(ROWS), [])
        page.write("#find", "/stock/13")
        page.wait("the one that is found", TOLD + ".startsWith('1 trace,')")
        same([row["name"] for row in page.js(ROWS)], ["ask", "fetch", "request", "query"] * 2)
        page.js("document.querySelectorAll('.row')[2].click()")
        assert 'url.path = "/goods/13"' in page.js("return document.querySelector('pre').textContent")

        page.go(base)  # the same from the service itself, and from nowhere else
        page.wait("the lines of the service", TOLD + ".startsWith('4 traces')")
        page.go(base + "/trace?lines=" + base.replace("127.0.0.1", "localhost") + "/lines")
        page.wait("the refusal", TOLD + ".includes('they are not where this page is')")


def line(span_id, parent=None, at=0, took=100, trace="t", name="step", **more):
    ended = {"name": name, "id": span_id, "began": f"2026-01-02T03:04:{at / 1e6:09.6f}Z", "took_us": took}
    ended |= {"parent": parent} if parent else {}
    return json.dumps({"target": "shop", "trace_id": trace, "ended": ended,
                       "spans": [{"name": name, "fields": more}]}) + "\n"


def test_lines_that_are_broken_are_counted_and_the_others_drawn():
    with opened() as (page, choose):
        choose("")
        same(page.js(TOLD), "No span in these lines")
        choose("no JSON\n")
        same(page.js(TOLD), "No span in these lines; 1 line could not be read")
        broken = ["{}", "17", "null", '{"trace_id":"t","ended":5}', '{"trace_id":"t","ended":{"id":"x"},"spans":[{}]}']
        choose("\n".join(broken) + "\n\n" + line("a", took=200) + line("b", "a", at=50) + line("c", "a", at=20)[:-9])
        same(page.js(TOLD), "1 trace, the longest first; 4 lines could not be read")
        same([(r["name"], r["depth"], r["width"]) for r in page.js(ROWS)], [("step", 0, 1), ("step", 1, 0.5)])
        choose(line("a", "b") + line("b", "a") + line("c", "c") + line("d", "lost"))  # within each other, and of elsewhere
        same([r["depth"] for r in page.js(ROWS)], [0, 0, 1, 0])
        choose(line("a", name="<img src=x onerror=alert(1)>", what="<b>", order={"id": 7}))
        same(page.js("return document.querySelector('.row .name').textContent"),
             '<img src=x onerror=alert(1)> <b> {"id":7}')


def test_ten_thousand_lines_are_drawn():
    n = 10000
    with opened() as (page, choose):
        choose(line("0", took=n) + "".join(line(str(i), "0", at=i, took=1) for i in range(1, n)))
        rows = page.js(ROWS)
        same(len(rows), n)
        same({r["depth"] for r in rows[1:]}, {1})
        same([r["left"] for r in rows], sorted(r["left"] for r in rows))
        choose("".join(line(str(i), i and str(i - 1), at=i, took=n - i) for i in range(n)))  # each in the one before it
        same([r["depth"] for r in page.js(ROWS)], list(range(n)))
        choose("".join(line("a", took=i + 1, trace=str(i), number=i) for i in range(n)))
        same(page.js(TOLD), f"{n} traces, the longest first, of which 500 are shown")
        same(page.js(HEADS), [f"step {i}" for i in range(n - 1, n - 501, -1)])


def test_keyboard_is_enough():
    focus = "return document.activeElement.innerText.split('\\n')[0]"
    with opened() as (page, choose):
        choose(line("a", took=900, name="long") + line("b", "a", name="part", number=12) + line("c", trace="u", name="short"))
        page.js("document.getElementById('find').focus()")
        page.press("Tab")
        same(page.js(focus), "long")
        page.press("Tab")
        same(page.js(focus), "short")
        page.press("Up", "Enter", "Down", "Down")
        same(page.js(focus), "part 12")
        page.press(" ")
        assert "number = 12" in page.js("return document.activeElement.nextSibling.textContent")
        same(page.js("return document.activeElement.ariaExpanded"), "true")
        page.press(" ", "Up", "Up", "Enter")
        same(page.js("return [document.querySelectorAll('pre, .row').length, document.activeElement.ariaExpanded]"),
             [0, "false"])
        page.press("Up", "Up")  # there is none above the first one
        same(page.js(focus), "long")


def test_page_fits_a_phone_and_a_wide_screen():
    outside = """
        return [...document.querySelectorAll("label, input, #told, .trace, .row, .name, .spans, .took, .bar, pre")]
            .filter((e) => { const r = e.getBoundingClientRect(); return r.left < 0 || r.right > innerWidth || !r.width; })
            .map((e) => e.outerHTML);"""
    deep = "".join(line(str(i), i and str(i - 1), at=i, took=100 - i, name="a name " + "that is long " * 20, url="x" * 400)
                   for i in range(60))
    with opened() as (page, choose):
        for width in 360, 1920:
            page.resize(width, 740, width == 360)
            choose(deep)
            page.js("document.querySelectorAll('.row')[59].click()")
            same(page.js("return document.documentElement.scrollWidth"), width)
            same(page.js(outside), [])
            shares = page.js("""
                return [...document.querySelectorAll(".row")].map((row) => {
                    const name = row.querySelector(".name"), indent = parseFloat(getComputedStyle(name).paddingLeft);
                    return [(name.clientWidth - indent) / name.clientWidth, row.querySelector(".bar").clientWidth];
                });""")
            assert min(share for share, _ in shares) >= 0.4, shares  # a name can be read however deep it is
            assert min(bar for _, bar in shares) >= 300, shares


browser.begin()
globals()[sys.argv[1]]()
