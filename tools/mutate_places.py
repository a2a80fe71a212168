# SPDX-License-Identifier: MIT
"""The places of a source that tools/mutate can change, and the source with its changes. A change is a dict: `file`, `line`,
`kind` (drop, invert, weaken), `span` (where it stands in the source) and, of a memory order, `weak` and `args`."""

import re

# Not a statement to drop: it checks, says something to tools, or only makes things faster.
NOT_DROPPED = re.compile(r"EDO_ASSERT|EDO_INV\b|EDO_MISUSE|EDO_NEVER|EDOI_ENTERS|EDOI_PREFETCH|_Static_assert|EDOI_STATIC_ASSERT|ASAN_|EDOI_TSAN"
                         r"|EDOI_FORGET|EDOI_COMPILER_BARRIER|\(void\)\s*\w+$|edoi_\w*_check\(|edoi_sanitize_|EDOI_CPU_RELAX|break$|goto\b"
                         r"|continue$|return\b")
DECLARATION = re.compile(r"EDO_(?:SCOPE|DEADLINE|SHIELD|CANCEL|CONTEXT|SPAN|OTLP)\("
                         r"|(?:static|const|struct|enum|union|unsigned|extern|typedef)\b"
                         r"|[A-Za-z_]\w*(?:\s+[A-Za-z_]\w*)*[\s*]+\**[A-Za-z_]\w*\s*(?:=[^=]|\[|,|$)")
KEYWORD = re.compile(r"(if|while|for|switch|[A-Z]+_FOREACH(?:_SAFE)?)\b\s*\(|(else|do)\b|(?:case\b[^:?]*|default\s*|[A-Za-z_]\w*\s*):"
                     r"|(return)\b")
ORDER = re.compile(r"\bedoi_(load|store|swap|cas|add|sub|or|and)_(acq|rel|acqrel|seq)_(\w+)\s*\(")
WEAKER = {("load", "seq"): "acq", ("store", "seq"): "rel", ("cas", "seq"): "acqrel",
          ("add", "seq"): "acqrel", ("sub", "seq"): "acqrel", ("and", "seq"): "acqrel"}


def blanked(text):
    """The text without comments, strings and directives, every other character in its place."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*'
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group()), text, flags=re.S | re.M)


def closing(text, at):
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i
    return len(text)


def bodies(text):
    """(begin, end) of each function's body, between its braces."""
    for match in re.finditer(r"\)\s*\{\n", text):
        begin = match.end() - 2
        line = text.rfind("\n", 0, text.rfind("(", 0, begin)) + 1
        depth = text.count("{", 0, begin) - text.count("}", 0, begin)
        if depth == 0 and not text[line:line + 1].isspace():
            yield begin + 1, closing(text, begin)


def statement(text, begin, end):
    """A change that drops the statement, or None."""
    code = " ".join(text[begin:end].split())
    if NOT_DROPPED.search(code) or DECLARATION.match(code) or not re.search(r"[=(]|\+\+|--", code):
        return None
    return {"kind": "drop", "span": (begin, end + 1)}


TRUTH = re.compile(r"==|!=|<=|>=|\s[<>]\s|&&|\|\||^\s*!")


def outermost(code):
    """The code without what stands in brackets."""
    while (less := re.sub(r"[(\[{][^()\[\]{}]*[)\]}]", "@", code)) != code:
        code = less
    return code


def condition(text, begin, end):
    """What decides in `TYPE NAME = VALUE`, `PLACE = VALUE` or `return VALUE`: a change that inverts it,
    or None."""
    match = re.match(r"return\b\s*|(?P<bool>(?:const )?bool )?[^=(]*[^=!<>(+|&-]=(?!=)\s*", text[begin:end])
    if not match:
        return None
    begin += match.end()
    at = begin
    while at < end and text[at] != "?":
        at = closing(text, at) + 1 if text[at] in "([{" else at + 1
    value = text[begin:at].rstrip()
    if at == end and not match.group("bool") and not TRUTH.search(outermost(value)):
        return None
    if at == end and match.group() == "return" or value in ("", "true", "false") or value[0] == "{":
        return None
    return {"kind": "invert", "span": (begin, begin + len(value))}


def statements(text, begin, end):
    """The statements and conditions of a body."""
    at = begin
    while at < end:
        if text[at] in " \n\t{};":
            at += 1
            continue
        match = KEYWORD.match(text, at)
        if match and match.group(1):
            close = closing(text, match.end() - 1)
            if match.group(1) in ("if", "while"):
                yield {"kind": "invert", "span": (match.end(), close)}
            at = close + 1
            continue
        if match and not match.group(3):
            at = match.end()
            continue
        stop = at
        while stop < end and text[stop] != ";":
            stop = closing(text, stop) + 1 if text[stop] in "([{" else stop + 1
        for change in (statement(text, at, stop), condition(text, at, stop)):
            if change:
                yield change
        at = stop + 1


def places(path, source):
    """Every change that the file allows."""
    text = blanked(source)
    for begin, end in bodies(text):
        found = list(statements(text, begin, end))
        for match in ORDER.finditer(text, begin, end):
            verb, order, suffix = match.groups()
            weak = f"edoi_{verb}_{WEAKER.get((verb, order), 'rlx')}_{suffix}("
            close = closing(text, match.end() - 1)
            found.append({"kind": "weaken", "span": (match.start(), close + 1),
                          "weak": weak, "args": source[match.end():close + 1]})
        for change in found:
            change["file"] = path
            change["line"] = source.count("\n", 0, change["span"][0]) + 1
            yield change


def said(source, change):
    """What stands there, on one line: this knows a place again when lines have moved."""
    begin, end = change["span"]
    return flat(source[begin:end])


def changed(source, change):
    """The source with this change alone, to show it."""
    begin, end = change["span"]
    new = {"drop": lambda: ";", "invert": lambda: f"!({source[begin:end]})",
           "weaken": lambda: change["weak"] + change["args"]}[change["kind"]]()
    return source[:begin] + new + source[end:]


def with_questions(source, changes):
    """The source with each of the changes behind a question for its number."""
    inserts = []  # (place, outer ones first, text)
    for change in changes:
        begin, end = change["span"]
        asked = f"edoi_mutant_is({change['number']}u)"
        before, after = {
            "drop": lambda: (f"{{ if (!{asked}) ", " }"),
            "invert": lambda: (f"{asked} != !!(", ")"),
            "weaken": lambda: (f"({asked} ? {change['weak']}{flat(change['args'])} : ", ")"),
        }[change["kind"]]()
        inserts.append((begin, begin - end, before))
        inserts.append((end, end - begin + len(source), after))
    # At the same place closing goes before opening, inner ends before outer ones.
    out, at = [], 0
    for place, rank, text in sorted(inserts, key=lambda i: (i[0], i[1] < 0, i[1])):
        out += [source[at:place], text]
        at = place
    asks = "_Bool edoi_mutant_is(unsigned number); " if changes else ""
    return asks + "".join(out) + source[at:]


def flat(text):
    """On one line, so that all lines keep their numbers."""
    return " ".join(re.sub(r"//[^\n]*", "", text).split())
