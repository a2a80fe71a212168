# SPDX-License-Identifier: MIT
"""The page of benchmarks: a script that writes its section leaves those of the others as they are."""
import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["EDO_SOURCE_DIR"], "bench", "lib"))

import page  # noqa: E402

PAGE = "# Benchmarks\n\n- edo: x\n\n## Micro: spawn\n\n1\n\n## Chat\n\nold\n\n## Left out\n\n- y\n\n## A blog\n\n2\n"


def written(text, write):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "page.md"
        path.write_text(text)
        write(path)
        return path.read_text()


def add(title, line):
    return lambda path: page.write_section(path, title, "x", 3, "", [line])


def test_only_its_own_section_is_replaced():
    text = written(PAGE, add("Chat", "new"))
    assert "old" not in text and text.count("## Chat\n") == 1, text
    first, sections = page.split(text)
    was_first, was = page.split(PAGE)
    assert first.strip() == was_first.strip(), first
    assert [title for title, _ in sections] == ["Chat", "A blog"], sections
    assert sections[1][1].strip() == was[1][1].strip() and "\nnew\n" in sections[0][1], sections
    again = written(text, add("Chat", "new"))
    assert again == text, again


def test_new_section_comes_in_its_place():
    text = written(PAGE, add("WebSockets", "4"))
    titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert titles == ["Micro: spawn", "Left out", "WebSockets", "Chat", "A blog"], titles
    assert "old" in text and "\n2\n" in text, text


def test_first_tables_are_replaced_and_the_sections_stay():
    text = written(PAGE, lambda path: page.write_first(path, "# Benchmarks\n\n## Echo, t1\n\n5\n"))
    assert text == "# Benchmarks\n\n## Echo, t1\n\n5\n\n## Chat\n\nold\n\n## A blog\n\n2\n", text


if __name__ == "__main__":
    for name in sys.argv[1:] or [name for name in dict(globals()) if name.startswith("test_")]:
        globals()[name]()
