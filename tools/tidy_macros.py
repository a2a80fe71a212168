# SPDX-License-Identifier: MIT
"""For tools/tidy: macros of public headers whose result is not to be forgotten.

gcc passes over a call that a macro of a system header makes, also in the program's own line. So such
a header is none behind its line marker: see EDOI_IS_GCC in edo/compiler.h.
"""
import re

MARKER = ["#ifdef EDOI_IS_GCC", "#    pragma GCC system_header", "#     {} __FILE__", "#endif"]
RESULT = r"EDO_MUST_USE[^;{#]*?\b(edo\w+)\("
MACRO = r"^#[ \t]*define (edo_\w+)\((?:[^\\\n]*\\\n)*[^\n]*"


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def marker_of(text):
    """The number of the first line behind a good line marker; None: there is none."""
    lines = text.split("\n")
    for n in range(len(lines) - 3):
        if lines[n:n + 4] == [MARKER[0], MARKER[1], MARKER[2].format(n + 4), MARKER[3]]:
            return n + 4
    return None


def macros_without_marker(texts):
    """Yields (path, line, what is wrong) of the public headers among the texts."""
    headers = {path: text for path, text in texts.items() if path.startswith("include/")}
    results = set()
    for text in headers.values():
        results |= set(re.findall(RESULT, text))
    for path, text in headers.items():
        marker = marker_of(text)
        for macro in re.finditer(MACRO, text, re.M):
            line = line_of(text, macro.start())
            calls = set(re.findall(r"\b(edo_\w+)\(", macro.group())) - {macro.group(1)}
            if calls & results and (marker is None or line < marker):
                yield path, line, f"{macro.group(1)}() is before the header's line marker, or that has a wrong number"
