# SPDX-License-Identifier: MIT
"""Goal: a terminal of a crowd takes what the server tells it for what it means.
Method: it hears lines, and its notes are looked at."""
import os
import random
import sys

import crowd

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import bounded  # noqa: E402


class Said:
    """Where its lines go."""
    transport = None

    def __init__(self):
        self.lines = []

    def send(self, line):
        self.lines.append(line)


def terminal():
    """One that is in the room, has seen up to 47 of it, and has said "one" and "two"; and its notes from here on."""
    notes = []
    it = crowd.Terminal(crowd.Crowd(None, random.Random(1), None, lambda **what: notes.append(what)), "t1", ["tea"])
    it.wire = Said()
    it.hear("#tea 47 12345")
    for text in ("one", "two"):
        it.pending[text] = "tea"
        it.send_said(text, "tea")
    return it, notes


def brief(notes):
    return [(n["what"], n["number"], n["text"]) for n in notes]


def test_number_of_a_confirmation_is_that_of_what_was_said():
    it, notes = terminal()
    it.hear("#tea 48")
    it.hear("#tea 49 t2: hello")
    it.hear("#tea 50")
    assert brief(notes) == [("sees", 48, "one"), ("acknowledged", 48, "one"), ("sees", 49, "hello"), ("sees", 50, "two"),
                            ("acknowledged", 50, "two")], notes
    assert not it.pending and it.last == 50


def test_confirmation_at_the_place_of_a_terminal_says_no_number():
    """Its place is kept, as the store cannot be read: both are said, and shown later with what stands before them."""
    it, notes = terminal()
    it.hear("#tea 47")
    it.hear("#tea 47")
    assert brief(notes) == [("acknowledged", None, "one"), ("acknowledged", None, "two")], notes
    assert not it.pending and it.last == 47
    notes.clear()
    for line in ("48 t2: hello", "49 t1: one", "50 t1: two", "50 12345"):
        it.hear(f"#tea {line}")
    assert brief(notes) == [("sees", 48, "hello"), ("sees", 49, "one"), ("sees", 50, "two")], notes
    assert it.last == 50


if __name__ == "__main__":
    bounded.run_one()
