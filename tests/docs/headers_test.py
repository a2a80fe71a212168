# SPDX-License-Identifier: MIT
"""Examples in comments of headers use what the headers have: each function that they call is there and gets as many
arguments as it takes, a text where it takes a text and an edo_str where it takes that; each option is a member; each
name of edo's is declared. They are excerpts, so no compiler can read them."""
import glob
import os
import re
import sys

TREE = os.environ["EDO_SOURCE_DIR"]


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def split(text):
    """Splits a list at its commas, but for those in parentheses, braces and texts."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        c = text[at]
        if c in "\"'":
            at += 1
            while at < len(text) and text[at] != c:
                at += 2 if text[at] == "\\" else 1
        depth += (c in "({[") - (c in ")}]")
        if c == "," and depth == 0:
            parts.append(text[start:at].strip())
            start = at + 1
        at += 1
    last = text[start:].strip()
    return parts + [last] if last or parts else []


def inside(text, at):
    """Returns what is between the bracket at `at` and its end; None: there is none."""
    depth, i = 0, at
    while i < len(text):
        c = text[i]
        if c in "\"'":
            i += 1
            while i < len(text) and text[i] != c:
                i += 2 if text[i] == "\\" else 1
        depth += (c in "({[") - (c in ")}]")
        if depth == 0:
            return text[at + 1:i]
        i += 1
    return None


class Declared:
    """What all headers declare."""

    def __init__(self, paths):
        self.functions, self.members, self.names, rows = {}, {}, set(), set()
        for path in paths:
            text = without_comments(open(path, encoding="utf-8").read())
            self.names |= set(re.findall(r"\b(?:edo|EDO)_\w+", text))
            rows |= set(re.findall(r"\bX\((\w+)", text))
            for found in re.finditer(r"\b(edo_\w+)\(", text):
                before = text[:found.start()].rstrip()
                args = inside(text, found.end() - 1)
                after = text[found.end() + len(args or "") + 1:].lstrip()[:1]
                is_declared = re.search(r"[\w*]$", before) and not re.search(r"\b(return|else|define)$", before)
                if args is not None and is_declared and after in (";", "{", "E"):
                    self.functions.setdefault(found.group(1), split(args) if args.strip() != "void" else [])
            for found in re.finditer(r"\b(?:typedef )?struct (edo_\w+) \{", text):
                body = inside(text, found.end() - 1) or ""
                self.members.setdefault(found.group(1), set()).update(re.findall(r"\b([a-z_]\w*)(?:\[[^\]]*\])*(?= *[;,:)])", body))
            for macro in re.findall(r"# *define (edo_\w+)\(", text):
                self.functions[macro] = None  # which may take any number
        self.rows = tuple("_" + row for row in rows)  # of tables: EDO_STATUS_OK

    def has(self, name):
        return name in self.names or name.endswith(self.rows)


def examples(path):
    """The examples of a header, as (line, text): lines of comments that are indented by five columns."""
    lines = open(path, encoding="utf-8").read().split("\n")
    block, start = [], 0
    for i, line in enumerate(lines + [""]):
        code = re.match(r" \* {5}(.*)", line)
        if code:
            start = start if block else i + 1
            block.append(code.group(1))
        elif block and line.strip() == "*":
            block.append("")
        elif block:
            text = "\n".join(block)
            block = []
            # what errors are, and tables, are no code
            if re.search(r"^[^ -].*[;{](?: *(?://|/\*).*)?$", text, flags=re.M) or re.search(r"^edo_\w+\(", text, flags=re.M):
                yield start, text


def faults_of(text, declared):
    code = re.sub(r"^….*", "", without_comments(text), flags=re.M)  # a sentence
    own = set(re.findall(r"\b(?:static|int|void|typedef struct) \*?(edo_\w+)", code))
    for name in sorted(set(re.findall(r"\b(?:edo|EDO)_\w+", code)) - own):
        if not declared.has(name):
            yield f"{name} is in no header"
    for found in re.finditer(r"\b(edo_\w+)\(", code):
        takes, given = declared.functions.get(found.group(1)), inside(code, found.end() - 1)
        if takes is None or given is None or "…" in given or "..." in given:
            continue
        given = split(given)
        is_open = bool(takes) and takes[-1] == "..."
        if len(given) < len(takes) - is_open or (len(given) > len(takes) and not is_open):
            yield f"{found.group(1)}() takes {len(takes)} arguments, and gets {len(given)}"
        for taken, arg in zip(takes, given):
            if re.match(r"(const )?edo_str \w+$", taken) and re.match(r'"', arg):
                yield f"{found.group(1)}() takes an edo_str, and gets {arg}"
            if re.match(r"const char \*\w+$", taken) and re.match(r"EDO_STR\(", arg):
                yield f"{found.group(1)}() takes a text, and gets {arg}"
    for found in re.finditer(r"\((?:const )?(edo_\w+)\)\{|\b(edo_\w+) \w+ = \{", code):
        name = found.group(1) or found.group(2)
        body = inside(code, found.end() - 1)
        if name not in declared.members or body is None:
            continue
        for member in [m.group(1) for part in split(body) if (m := re.match(r"\.(\w+)", part))]:
            if member not in declared.members[name]:
                yield f"{name} has no member {member}"


def test_examples_use_what_the_headers_have():
    paths = sorted(glob.glob(os.path.join(TREE, "include/edo/*.h")))
    declared = Declared(paths)
    assert len(declared.functions) > 1000 and len(declared.members) > 200, "headers are not understood any more"
    n, wrong = 0, []
    for path in paths:
        for line, text in examples(path):
            n += 1
            wrong += [f"{os.path.relpath(path, TREE)}:{line}: {fault}" for fault in faults_of(text, declared)]
    assert not wrong, "\n".join(wrong)
    assert n > 100, f"only {n} examples: where are they?"


def test_what_is_wrong_is_found():
    declared = Declared(sorted(glob.glob(os.path.join(TREE, "include/edo/*.h"))))
    for text, fault in [
            ('edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, "/");', "takes an edo_str"),
            ("edo_close(a, b);", "takes 1 arguments, and gets 2"),
            ("edo_no_such(a);", "is in no header"),
            ("edo_tcp_listen(&l, EDO_STR(\"x\"), NULL);", "takes a text"),
            ("edo_web_serve(r, &(edo_web_opts){ .listens = a });", "has no member listens")]:
        assert any(fault in f for f in faults_of(text, declared)), text
    assert not list(faults_of('edo_tcp_listen(&l, "a, (b", &(edo_tcp_opts){ .backlog = 1 });', declared))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        globals()[name]()
