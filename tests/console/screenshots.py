#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""screenshots.py FOLDER: pictures of the console for docs/images: edo console's tasks in a terminal, over a recording, and
the page's locks, of examples/watching/looked_at. EDO_BIN_DIR is as for tests. Needs tmux and what browser_live_test.py
needs."""
import html
import os
import pathlib
import re
import sys
import tempfile

from terminal_test import terminal  # before others, which find the chat's of the same name

import browser_live_test as live  # noqa: I001
from browser_page_test import show, shown

COLS, ROWS = 112, 10
COLOURS = ["#3b3f46", "#d9534f", "#6a9f3f", "#b58900", "#4a86c8", "#9a6fb0", "#3f9f9f", "#d6d8db"]
SGR = re.compile(r"\x1b\[([0-9;]*)m")
PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; display: inline-block; background: #15181c }}
pre {{ margin: 0; padding: 12px 16px; font: 14px/1.35 'DejaVu Sans Mono', monospace; color: #d6d8db }}
</style><pre>{}</pre>"""


class Style:
    """What a terminal's escape sequences have set."""

    def __init__(self):
        self.set([0])

    def set(self, numbers):
        for number in numbers:
            if number == 0:
                self.bold = self.dim = self.is_turned = self.is_underlined = False
                self.text, self.ground = "#d6d8db", "#15181c"
            elif number in (1, 2):
                self.bold, self.dim = self.bold or number == 1, self.dim or number == 2
            elif number in (4, 7):
                self.is_underlined, self.is_turned = self.is_underlined or number == 4, self.is_turned or number == 7
            elif 30 <= number <= 37:
                self.text = COLOURS[number - 30]
            elif 40 <= number <= 47:
                self.ground = COLOURS[number - 40]
            elif number == 39:
                self.text = "#d6d8db"
            elif number == 49:
                self.ground = "#15181c"
            elif number == 27:
                self.is_turned = False

    def css(self):
        text, ground = (self.ground, self.text) if self.is_turned else (self.text, self.ground)
        return (f"color:{text};background:{ground};font-weight:{700 if self.bold else 400};"
                f"opacity:{0.7 if self.dim else 1};text-decoration:{'underline' if self.is_underlined else 'none'}")


def page_of(screen):
    """A page that looks as the terminal does."""
    style, out = Style(), []
    for i, piece in enumerate(SGR.split(screen)):
        if i % 2 == 1:
            style.set([int(n or 0) for n in piece.split(";")])
        elif piece:
            out.append(f'<span style="{style.css()}">{html.escape(piece)}</span>')
    return PAGE.format("".join(out))


def shoot_terminal(driver, to):
    with terminal(COLS, ROWS) as t, tempfile.TemporaryDirectory() as folder:
        t.shows("bank 4242", "withdraw", "deadlock")
        t.keys("Space")
        t.shows("STOPPED")
        t.keys("Space")
        t.shows("RUN")
        made = pathlib.Path(folder, "terminal.html")
        made.write_text(page_of(t.tmux("capture-pane", "-e", "-p")), encoding="utf-8")
        page = driver.page(made.as_uri())
        page.resize(*page.js("const box = document.body.getBoundingClientRect(); return [Math.ceil(box.width), Math.ceil(box.height)]"))
        page.shot(to)


def shoot_page(driver, to):
    with live.looked_at(100000) as (_, url):
        page = live.live(driver.page(url + "/console/"))
        page.resize(1280, 800)
        show(page, "locks")
        shown(page, ".cycle li", "taken at looked_at.c:")  # once that is known
        page.frames()
        page.shot(to)


def main():
    folder = os.path.abspath(sys.argv[1])
    with live.browser.Driver() as driver:
        shoot_terminal(driver, os.path.join(folder, "console-terminal.png"))
        shoot_page(driver, os.path.join(folder, "console-page.png"))


if __name__ == "__main__":
    main()
