#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""screenshots.py FOLDER: a picture of what the flight recorder has of the example `recorded`, in speedscope, for docs/images.
EDO_BIN_DIR and the like are as for tests. Needs what speedscope_peers_test.py needs."""
import os
import sys
import tempfile

import speedscope_peers_test as speedscope

WIDTH, HEIGHT = 1280, 190
SHOWN = "return window.drawn.some((text) => text.startsWith(arguments[0]))"


def main():
    folder = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        events = speedscope.written(made)
        workers = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
        slow = max((e for e in events if e["ph"] == "X" and e["name"] == speedscope.COOK), key=lambda e: e["dur"])
        with speedscope.Scope(made) as scope:
            scope.page.resize(WIDTH, HEIGHT)
            scope.open("trace.json", "time-ordered")
            while workers[slow["tid"]] not in scope.page.wait("a title", speedscope.TITLE):
                scope.page.press("n")
            scope.page.wait("the slow cook", SHOWN, "cook at ")
            scope.page.shot(os.path.join(folder, "recorder.png"))


if __name__ == "__main__":
    main()
