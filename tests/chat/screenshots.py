#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""screenshots.py FOLDER: pictures of the chat's page, at three widths and in both colour schemes, to
look at, and for docs/images. EDO_BIN_DIR is where edo-chat is. Needs what browser_test.py needs.
"""
import os
import sys

import browser
import browser_test
import chat

TALK = (
    ("ann", "Good morning! The new build is up on the test machine."),
    ("ann", "An idle connection needs 768 bytes now."),
    ("bob", "Nice. How does it do with a thousand people in one room?"),
    ("carla", "Measured yesterday: a message is encoded once, and everybody is sent the same bytes."),
    ("bob", "And if somebody does not read?"),
    ("carla", "Then nobody waits for them. They come back and get what they have missed, in order, "
              "without a gap and without a double."),
    ("carla", "That was the hard part."),
    ("ann", "/me opens the window"),
)
MORE = (
    ("bob", "dana: `make test` passes on both machines, see https://example.org/builds/41"),
)


def scene(server, driver):
    people = {name: server.named(name) for name in ("ann", "bob", "carla")}
    elsewhere = server.named("erik")
    elsewhere.join("releases")
    page = browser_test.arrived(driver.page(server.url))
    browser_test.say(page, "/nick dana")
    browser_test.shown(page, "#my-nick", "dana")
    for room in ("releases", "tea"):
        browser_test.say(page, f"/join {room}")
        browser_test.shown(page, "#title", f"#{room}")
    page.click("#room-list button")
    for name, text in TALK:
        people[name].send(text)
        people[name].settle()
    browser_test.has_text(page, "ann opens the window")
    browser_test.say(page, "Then let us ship it today, before somebody has another idea!")
    browser_test.has_text(page, "Then let us ship it today, before somebody has another idea!")
    for name, text in MORE:
        people[name].send(text)
    browser_test.has_text(page, MORE[-1][1].replace("`", ""))
    for text in ("0.1.0 is tagged.", "The packages are building.", "Done: they are there."):
        elsewhere.send(text)
    people["ann"].send("/msg dana Lunch at one?")
    page.wait("what is unread", "return [...document.querySelectorAll('.badge')]"
              ".map((e) => e.textContent).join() === ',3,,1'")
    return page


def main():
    folder = sys.argv[1]
    chat.Server.threads = 1
    with browser_test.Web("--rate", "0") as server, browser.Driver() as driver:
        page = scene(server, driver)
        for width, height in ((390, 780), (820, 720), (1280, 720)):
            page.resize(width, height, width < 760)
            for scheme in ("light", "dark"):
                page.set_scheme(scheme)
                page.js("document.activeElement.blur()")
                page.shot(os.path.join(folder, f"chat-{width}-{scheme}.png"))


if __name__ == "__main__":
    main()
