# SPDX-License-Identifier: MIT
# Goal: docs/book/misuse.md has every text of EDO_MISUSE in the source, with cause and cure, and no
# text that is no longer in the source; and that the misuse tests beside this file provoke each.
# Method: the last argument of each EDO_MISUSE, or the format of the snprintf before it, against the
# first column of the page's tables; %s in a format stands as X on the page.
exec python3 - "${EDO_SOURCE_DIR:-$(dirname "$0")/../..}" <<'PY'
import os
import re
import sys

STRING = r'"((?:\\.|[^"\\\n])*)"'
root = sys.argv[1]


def arguments(text, start):
    """The text between the parenthesis at `start` and its partner."""
    depth, at = 1, start
    while depth:
        string = re.compile(STRING).match(text, at)
        if string:
            at = string.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


said = {}
for top in ("src", "include"):
    for directory, _, names in os.walk(os.path.join(root, top)):
        for name in names:
            if not name.endswith((".c", ".h")) or name.endswith("_test.c"):
                continue
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                text = re.sub(r"(?m)^#define EDO_MISUSE.*", "", file.read())
            for call in re.finditer(r"\bEDO_MISUSE\(", text):
                if text.rfind("/*", 0, call.start()) > text.rfind("*/", 0, call.start()):
                    continue
                last = re.search(r"(?:" + STRING + r"\s*)+$", arguments(text, call.end()))
                if last:
                    words = "".join(re.findall(STRING, last.group()))
                else:
                    formats = re.findall(r"snprintf\([^\"]*" + STRING, text[:call.start()])
                    words = formats[-1].replace("%s", "X")
                said[words] = os.path.relpath(path, root)

with open(os.path.join(root, "docs/book/misuse.md"), encoding="utf-8") as file:
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (.+?) \|$", file.read(), re.M)
page = {words for words, _, _ in rows}
bad = [f"{path}: the page lacks: {words}" for words, path in said.items() if words not in page]
bad += [f"docs/book/misuse.md: nobody says: {words}" for words in sorted(page - set(said))]
provoked = set()
for name in os.listdir(os.path.join(root, "tests/docs")):
    if not re.fullmatch(r"misuse_(\w+_)?test\.c", name):
        continue
    with open(os.path.join(root, "tests/docs", name), encoding="utf-8") as file:
        found = re.findall(r"(?m)^    \{ ((?:" + STRING + r"\s*)+),", file.read())
    provoked |= {"".join(re.findall(STRING, row[0])) for row in found}
bad += [f"tests/docs/misuse_test.c: provokes no: {words}" for words in sorted(page)
        if re.sub("^future X ", "", words) not in provoked]
print("\n".join(bad) or f"{len(said)} texts, all explained")
sys.exit(1 if bad or len(said) < 20 else 0)
PY
