# SPDX-License-Identifier: MIT
"""docs/benchmarks.md: its beginning is that of bench/run, each other script writes one section, and some are by hand."""

import os
import re

from programs import TOP, first_line

# The beginnings of the titles that bench/run writes.
FIRST = ("Micro: ", "Extras", "edo against itself", "Echo, ", "I/O: ", "Left out")
# Where a section goes that was not there before: behind the last one of these that stands before it here.
SECTIONS = ("HTTP/1.1", "HTTP/1.1: the ladder", "HTTP client", "Gateway", "gRPC", "TLS", "Web", "JSON CRUD", "WebSockets",
            "Server-sent events", "A blog", "Chat: pages", "Chat: 100,000 pages", "Chat", "Chat: nodes",
            "A thread for each connection", "io_uring", "The log", "The flight recorder", "Traced requests")
LOAD = os.getloadavg()[0]  # when the script began: what else ran then


def split(text):
    """What bench/run has written, and the other sections: title and text of each, in order."""
    parts = re.split(r"(?m)^(?=## )", text)
    titled = [(part[3:].partition("\n")[0] if part.startswith("## ") else "", part) for part in parts]
    first = "".join(part for title, part in titled if not title or title.startswith(FIRST))
    return first, [(title, part) for title, part in titled if title and not title.startswith(FIRST)]


def write(path, first, sections):
    parts = [first, *(part for _, part in sections)]
    path.write_text("\n\n".join(part.strip("\n") for part in parts) + "\n")


def write_first(path, first):
    _, sections = split(path.read_text() if path.exists() else "")
    write(path, first, sections)


def place_of(title, titles):
    """Where in the list a section that is not there belongs."""
    before = SECTIONS[:SECTIONS.index(title)]
    return max((i + 1 for i, other in enumerate(titles) if other in before), default=0)


def write_section(path, title, script, rounds, intro, lines):
    """`lines` are Markdown, as they were printed."""
    first, sections = split(path.read_text())
    edo = first_line(["git", "-C", str(TOP), "describe", "--always", "--dirty"])
    made = (f"Written by `bench/{script} --md docs/benchmarks.md`: {rounds} rounds, edo {edo}, load average of the "
            f"machine {LOAD:.1f} when it began.")
    section = (title, f"## {title}\n\n{made}\n{intro.strip()}\n\n" + "\n".join(lines))
    titles = [other for other, _ in sections]
    if title in titles:
        sections[titles.index(title)] = section
    else:
        sections.insert(place_of(title, titles), section)
    write(path, first, sections)
