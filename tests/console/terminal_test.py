# SPDX-License-Identifier: MIT
"""edo console in a terminal, which tmux is, at 80x24 and 200x60, over a recording: each view is shown by its key, within
the size of the terminal, and q ends it."""
import contextlib
import tempfile

import looks
import tmux


@contextlib.contextmanager
def terminal(cols, rows, data=None):
    with tempfile.NamedTemporaryFile(suffix=".looks") as file:
        file.write(data or looks.recording(120))
        file.flush()
        t = tmux.Terminal(cols, rows, ["--replay", file.name])
        try:
            yield t
        finally:
            t.close()


def each_view(cols, rows):
    with terminal(cols, rows) as t:
        t.shows("bank 4242", "withdraw", "▶ RUN", "deadlock")
        t.keys("Space")
        t.shows("STOPPED")
        for key, words in (("s", ("Most wait for", "listener")), ("o", ("0x4060", "0x4080")),
                           ("c", ("jobs", "full")), ("n", ("HTTP connection", "pool object")), ("a", ("Kind", "mpsc")),
                           ("w", ("1 main", "polls")), ("t", ("Location", "deposit"))):
            t.keys(key)
            page = t.shows(*words)
            assert len(page.splitlines()) <= rows and max(map(len, page.splitlines())) <= cols, page
        t.keys("q")
        t.is_over()


def test_each_view_is_shown_in_80_columns():
    each_view(80, 24)


def test_each_view_is_shown_in_200_columns():
    each_view(200, 60)


def test_a_damaged_look_does_not_end_the_playback():
    one, three = looks.recording_of([looks.look(1)]), looks.recording_of([looks.look(3)])
    with terminal(100, 24, one + b"\x03\xff\xff\xff" + three[len(b"edo-looks 1\n"):]) as t:
        t.shows("look 3 of 3")
        t.keys(",")
        t.shows("damaged at look 2 of 3")
        t.keys(",")
        t.shows("look 1 of 3")
        t.keys("q")
        t.is_over()


def test_a_text_of_a_task_that_no_sentence_has_is_a_line():
    one = looks.look(1)
    one[13] = [{**one[13][0], 13: "asked"}]
    with terminal(100, 24, looks.recording_of([one])) as t:
        t.shows("withdraw")
        t.keys("Enter")
        t.shows("Task a1", "cause: asked")
        t.keys("Escape")
        t.shows("Location")
        t.keys("q")
        t.is_over()


if __name__ == "__main__":
    looks.main(globals())
