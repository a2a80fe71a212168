# SPDX-License-Identifier: MIT
"""The pages where a reader begins name all that there is: docs/api/main.md each public header, edo.7
and docs/libraries.md each library, docs/design/map.md each folder of src and apps, and nothing that is not there. A header
says which library it is in. The head of a file that names a file names its own."""
import os
import re

from tidy_floors import HEADERS

MAP = "docs/design/map.md"


def headers_and_libraries(all_texts):
    for path in all_texts:
        if match := re.fullmatch(r"include/(edo/\w+\.h)", path):
            pages = {"docs/api/main.md": re.escape(match.group(1))}
        elif match := re.fullmatch(r"cmake/(edo[-\w]*)\.pc\.in", path):
            pages = {"docs/man/edo.7": "^" + re.escape(".B " + match.group(1).replace("-", "\\-")) + "$",
                     "docs/libraries.md": f"`{match.group(1)}`"}
        else:
            continue
        for page, name in pages.items():
            if page in all_texts and not re.search(name, all_texts[page], re.M):
                yield path, 1, "doors", f"{page} does not name {match.group(1)}"


def headers_without_library(all_texts):
    """A header whose functions are in a library beside libedo says so in its first paragraph."""
    for module, headers in HEADERS.items():
        for header in headers if f"cmake/edo-{module}.pc.in" in all_texts else ():
            path = f"include/edo/{header}.h"
            head = re.search(r"^/\* edo/.*?(?:^ \*$|\*/)", all_texts.get(path, ""), re.M | re.S)
            if head and not re.search(rf"\blibedo-{module}\b", head.group()):
                yield path, 1, "doors", f"its first paragraph does not say that it is in libedo-{module}"


def folders(all_texts):
    page = all_texts.get(MAP)
    if page is None:
        return
    named = {found.group(1): found.start() for found in re.finditer(r"`((?:src|apps)/[\w/-]+)`", page)}
    there = {os.path.dirname(path) for path in all_texts if path.startswith(("src/", "apps/")) and path.endswith((".c", ".h", ".S"))}
    there |= {folder[:at.start()] for folder in there for at in re.finditer("/", folder)} - {"src", "apps"}
    for folder in sorted(there - named.keys()):
        yield folder, 1, "map", f"{MAP} does not name it"
    for folder in sorted(named.keys() - there):
        yield MAP, page.count("\n", 0, named[folder]) + 1, "map", f"no such folder: {folder}"


def heads_of_others(all_texts):
    for path, text in all_texts.items():
        head = re.match(r"/\* SPDX[^\n]*\n/\* ([\w./-]+\.[ch])[:.]", text) if path.endswith((".c", ".h")) else None
        if head and not f"/{path}".endswith(f"/{head.group(1)}"):
            yield path, 2, "doors", f"its head names {head.group(1)}"


def doors_without_names(all_texts):
    return [*headers_and_libraries(all_texts), *headers_without_library(all_texts), *folders(all_texts),
            *heads_of_others(all_texts)]
