# SPDX-License-Identifier: MIT
"""What tools/tidy says of the C in the README and the book."""
import collections
import os
import re


def flush(text):
    """Lines without their common indentation, which a page may drop from an excerpt."""
    lines = [line.rstrip() for line in text.strip("\n").split("\n")]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[indent:] for line in lines]


def excerpts_of_no_program(all_texts):
    """C and C++ in the README and the book is an excerpt of a program that is built, run and checked, and a
    page of the book links to that program."""
    programs = {}
    for path, text in all_texts.items():
        if path.startswith("examples/") and path.endswith(".c"):
            programs[path] = [line.rstrip() for line in text.split("\n")]
            program = path[:-2] if path.count("/") == 2 else os.path.dirname(path)
            if not any(program + end in all_texts for end in (".expect", ".sh")):
                yield path, 1, "examples", "neither .expect nor .sh beside it: nothing runs it"
        elif path.startswith("tests/docs/cxx/"):
            programs[path] = [line.rstrip() for line in text.split("\n")]
    starts = collections.defaultdict(list)  # where a line is, without its indentation
    for program, at, line in ((p, at, line) for p, lines in programs.items() for at, line in enumerate(lines)):
        starts[line.strip()].append((program, at))
    for path, text in all_texts.items():
        if path != "README.md" and not (path.startswith("docs/book/") and path.endswith(".md")):
            continue
        for block in re.finditer(r"^```c(pp)?\n(.*?)^```", text, re.M | re.S):
            wanted, is_cpp = flush(block.group(2)), block.group(1) is not None
            n, line = len(wanted), text.count("\n", 0, block.start()) + 1
            there = [program for program, at in starts[wanted[0].strip()] if program.endswith(".cc") == is_cpp
                     and flush("\n".join(programs[program][at:at + n])) == wanted]
            if not there:
                yield path, line, "book", ("this C++ is in no program of tests/docs/cxx/" if is_cpp
                                           else "this C is in no program of examples/")
            elif path != "README.md" and not any(f"](../../{place})" in text for program in there
                                                 for place in (program, os.path.dirname(program))):
                yield path, line, "book", f"no link to the whole program: [...](../../{there[0]})"
