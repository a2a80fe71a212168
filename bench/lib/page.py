# SPDX-License-Identifier: MIT
"""docs/benchmarks.md: its beginning is that of bench/run, and each other script writes one section of it."""

import os
import re

from programs import TOP, first_line

SECTIONS = ("HTTP/1.1", "HTTP/2", "HTTP client", "Gateway", "gRPC", "TLS", "Web", "JSON CRUD", "WebSockets",
            "Server-sent events", "A blog", "Chat: pages", "Chat", "JSON, metrics, services", "The log", "The flight recorder",
            "Orders: an outage")
# By hand: HTTP/2, that of JSON, and the last one.
LOAD = os.getloadavg()[0]  # when the script began: what else ran then


def split(text):
    """What bench/run has written, and the sections of the other scripts by title."""
    parts = re.split(r"(?m)^(?=## )", text)
    titles = [part[3:].partition("\n")[0] if part.startswith("## ") else "" for part in parts]
    first = "".join(part for part, title in zip(parts, titles) if title not in SECTIONS)
    return first, {title: part for part, title in zip(parts, titles) if title in SECTIONS}


def write(path, first, sections):
    parts = [first, *(sections[title] for title in SECTIONS if title in sections)]
    path.write_text("\n\n".join(part.strip("\n") for part in parts) + "\n")


def write_first(path, first):
    _, sections = split(path.read_text() if path.exists() else "")
    write(path, first, sections)


def write_section(path, title, script, rounds, intro, lines):
    """`lines` are Markdown, as they were printed."""
    first, sections = split(path.read_text())
    edo = first_line(["git", "-C", str(TOP), "describe", "--always", "--dirty"])
    made = (f"Written by `bench/{script} --md docs/benchmarks.md`: {rounds} rounds, edo {edo}, load average of the "
            f"machine {LOAD:.1f} when it began.")
    sections[title] = f"## {title}\n\n{made}\n{intro.strip()}\n\n" + "\n".join(lines)
    write(path, first, sections)
