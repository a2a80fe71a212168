#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a function's page in the reference, and its man page, have what the head of its header says
# once for all functions, what its own comment says, and what edo/future.h says of all futures.
# Method: three functions, as docs/api/reference prints them; each text is looked for in its part.
exec python3 - "${EDO_SOURCE_DIR:-$(dirname "$0")/../..}" <<'PY'
import os
import re
import subprocess
import sys
import tempfile

ROOT = sys.argv[1]
TOOL = os.path.join(ROOT, "docs/api/reference")
PAGES = {
    # name: (header, {part: the beginning of its text})
    "edo_mpsc_recv": ("mpsc.h", {
        "Owns": "borrows rx; the value is", "Errors": "-EDO_ECLOSED", "Cancel": "safe: nothing is lost",
        "Threads": "any, one at a time", "Waits": "for a value",
        "Future": "what edo_mpsc_recv_init() makes is ready with", "Since": "0.1"}),
    "edo_notify_one": ("notify.h", {
        "Owns": "borrows", "Threads": "any", "Waits": "never", "Since": "0.1"}),
    "edo_str_equal": ("bytes.h", {"Threads": "any, at once", "Waits": "never", "Since": "0.1"}),
}
TITLES = {"Owns": "OWNERSHIP", "Errors": "ERRORS", "Cancel": "CANCELLATION", "Threads": "THREADS",
          "Waits": "WAITING", "Future": "AS A FUTURE", "Since": "VERSIONS"}


def plain(text):
    text = re.sub(r"\\f[BR]|`|^\.(TP|PP|B)\b ?", "", text, flags=re.M)
    return " ".join(text.replace("\\-", "-").replace("- -", "-").split())


def parts(text, mark):
    """{title: text} of what stands behind lines that begin with `mark`."""
    pieces = re.split(rf"^{re.escape(mark)} (.*)$", text, flags=re.M)
    return {title: plain(part) for title, part in zip(pieces[1::2], pieces[2::2])}


def comment_above(text, name):
    """The last comment of doxygen's input before the declaration of `name`."""
    at = re.search(rf"^EDO.*\b{name}\(", text, re.M).start()
    return text[text.rfind("/**", 0, at):at]


failed = 0
with tempfile.TemporaryDirectory() as out:
    headers = [os.path.join(ROOT, "include/edo", header) for header, _ in PAGES.values()]
    subprocess.run([sys.executable, TOOL, "man", out, *headers], check=True)
    for name, (header, wanted) in PAGES.items():
        with open(os.path.join(out, "man3", name + ".3"), encoding="utf-8") as file:
            man = parts(file.read(), ".SH")
        html = subprocess.run([sys.executable, TOOL, "filter", os.path.join(ROOT, "include/edo", header)],
                              check=True, capture_output=True, text=True).stdout
        html = parts(comment_above(html, name), "@par")
        for part, text in wanted.items():
            for kind, is_text in (("man page", man.get(TITLES[part], "")), ("reference", html.get(part, ""))):
                if not is_text.removeprefix("- ").startswith(text):
                    print(f"{name}: {part} of the {kind} is {is_text!r}, not {text!r}…")
                    failed += 1
sys.exit(failed != 0)
PY
