# SPDX-License-Identifier: MIT
"""The modules of the chat's page in node, without a browser: page_dom.mjs has what they need of one. What
needs a real one is in browser_test.py and its neighbours."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import chat

HERE = pathlib.Path(__file__).resolve().parent
MODULES = "dom", "text", "composer", "conversation", "notices", "name_dialog", "sidebars", "memory"

MAIN = """
import { Element } from "./page_dom.mjs";
const page = { Element };
for (const name of %s) Object.assign(page, await import(`./${name}.js`));
const body = async (page, ...given) => { %s };
console.log(JSON.stringify(await body(page, ...%s) ?? null));
"""


def page(body, *given, zone="UTC"):
    """Runs the body of a function, to which `page` has all that the modules export and `given` these
    values, in that time zone; returns what it returns."""
    assets = pathlib.Path(os.environ["EDO_SOURCE_DIR"], "apps/chat/page/assets")
    with tempfile.TemporaryDirectory(prefix="edo-page-") as folder:
        for file in *assets.glob("*.js"), HERE / "page_dom.mjs":
            shutil.copy(file, folder)
        pathlib.Path(folder, "package.json").write_text('{ "type": "module" }', encoding="utf-8")
        main = pathlib.Path(folder, "main.mjs")
        main.write_text(MAIN % (json.dumps(MODULES), body, json.dumps(given)), encoding="utf-8")
        done = subprocess.run(["node", main], capture_output=True, timeout=chat.WAIT, check=False,
                              env={**os.environ, "TZ": zone, "LC_ALL": "en_US.UTF-8"})
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def equal(found, wanted):
    assert found == wanted, f"{wanted!r} was expected, not {found!r}"


def test_marks_of_direction_are_text_and_overrides_are_shown():
    found = page("""return given.map((text) => page.nodes_of(text, "").map((one) =>
        typeof one === "string" ? one : [one.className || one.tagName, one.textContent]));""",
                 "\u05e9\u05dc\u05d5\u05dd\u200f! \u200eok\u061c", "a\u202eb", "https://example.org/\u200fx")
    equal(found, [["\u05e9\u05dc\u05d5\u05dd\u200f! \u200eok\u061c"], ["a", ["control", "<U+202E>"], "b"],
                  [["A", "https://example.org/"], "\u200fx"]])


def test_address_ends_where_its_sentence_does():
    rows = (
        ("see https://example.org/a\u3002\u6b21\u306e\u6587", "https://example.org/a"),
        ("\uff08https://example.org/a\uff09\u3067\u3059", "https://example.org/a"),
        ("\u300chttps://example.org/\u65e5\u672c\u300d", "https://example.org/\u65e5\u672c"),
        ("https://example.org/a\uff0c\u597d", "https://example.org/a"),
        ("\u201chttps://example.org/a\u201d", "https://example.org/a"),
        ("https://example.org/a\u061f", "https://example.org/a"),
        ("https://example.org/a\u2026", "https://example.org/a"),
        ("(https://example.org/a_(b)).", "https://example.org/a_(b)"),
        ("https://example.org/a?b=1&c=2!", "https://example.org/a?b=1&c=2"),
    )
    found = page("""return given.map((text) => page.nodes_of(text, "").filter((one) => one.tagName === "A")
        .map((one) => one.href));""", *(text for text, _ in rows))
    equal(found, [[wanted] for _, wanted in rows])


def test_name_in_an_address_or_in_code_is_no_mention():
    rows = (
        ("Dana, look", True), ("x @dana: y", True), ("is it dana?", True),
        ("https://example.org/dana is down", False), ("run `dana --help`", False),
        ("```\nint dana;\n```", False), ("`x` for dana", True), ("mail dana@example.org", False),
        ("mail me@dana.example", False), ("danae", False), ("x-dana", False),
    )
    equal(page("return given.map((text) => page.mentions(text, \"dana\"));", *(text for text, _ in rows)),
          [wanted for _, wanted in rows])


def test_each_notice_of_a_room_is_told_and_cuts_no_character():
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    found = page("""
        const told = [];
        globalThis.Notification = class {
          static permission = "granted";
          constructor(title, options) { told.push([title, options.tag, options.renotify, options.body]); }
        };
        globalThis.localStorage = { getItem: () => "on", setItem() {} };
        document.hidden = true;
        const notices = new page.Notices(() => 0);
        for (const text of given) notices.tell("#tea", { from: "eve", text }, () => 0);
        return told;""", "one", 197 * "x" + family, 200 * "x", 198 * "x" + "\U0001f600\U0001f600")
    title = "eve in #tea"
    equal([one[:3] for one in found], 4 * [[title, "#tea", True]])
    equal([one[3] for one in found],
          ["one", 197 * "x" + "\u2026", 200 * "x", 198 * "x" + "\u2026"])


if __name__ == "__main__":
    if not shutil.which("node"):
        print("skipped: node is not here")
        sys.exit(77)
    os.environ.setdefault("EDO_SOURCE_DIR", str(HERE.parent.parent))
    os.environ["EDO_CHAT_THREADS"] = "1"  # there is no server
    chat.main()
