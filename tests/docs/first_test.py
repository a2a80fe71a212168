# SPDX-License-Identifier: MIT
"""The page of the functions that come first (docs/book/first.md): each of them is in a header, each line in an example, and together
they are most of all calls."""
import os
import subprocess
import sys

TREE = os.environ["EDO_SOURCE_DIR"]


def first(*arguments):
    return subprocess.run([sys.executable, "-B", os.path.join(TREE, "docs", "api", "first"), *arguments], capture_output=True, text=True,
                          check=False)


def test_names_are_in_headers_and_lines_in_examples():
    done = first("--check")
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    globals()[sys.argv[1]]()
