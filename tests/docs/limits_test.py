# SPDX-License-Identifier: MIT
"""The page of limits (docs/book/limits.md) has each limit that servers and clients of HTTP, its protocols and gRPC take as an
option, and no other: the members of their structs are read from the headers. Where the header says a default as a number,
the row of a single limit says the same."""
import os
import re
import sys

TREE = os.environ["EDO_SOURCE_DIR"]
HEADERS = """http_server http2 web web_guard web_limits web_compress web_static web_proxy ws ws_client sse multipart grpc session
    http_client health tls""".split()
LIMIT = re.compile(r"_max$|_min$|(^|_)timeout$|^(keep_alive|limit|handshake|at_once|ttl|age_grace|rate_grace|\w+_window)$")
NO_LIMITS = {  # what has such a name and is none, by the reason
    "edo_compress_opts.bytes_min": "which bodies are worth it",
    "edo_compress_opts.at_once": "more go out as they are",
}
SPELT = {"KiB": 1024, "MiB": 1 << 20, "s": 1, "min": 60, "minutes": 60, "h": 3600}


def structs():
    """The members of each struct of options, with their comments."""
    for header in HEADERS:
        text = open(os.path.join(TREE, "include", "edo", header + ".h"), encoding="utf-8").read()
        for name, body in re.findall(r"typedef struct (edo_\w+_opts) \{\n(.*?)\n\}", text, re.S):
            yield name, re.findall(r"[\w *]+?[ *]((?:\w+, )*\w+);[ ]*(?:/\*(.*?)\*/)?", re.sub(r"\n\s+/\*(?:.(?!\*/))*.\*/\n", "\n", body, flags=re.S), re.S)


def limits():
    for struct, members in structs():
        for names, comment in members:
            for name in names.split(", "):
                full = f"{struct}.{name}"
                if LIMIT.search(name) and full not in NO_LIMITS and not name.startswith("version_"):
                    yield full, " ".join(comment.split())


def number(text):
    """The number that a text says, in bytes or seconds; None: another thing."""
    found = re.fullmatch(r"([\d,]+)(?: (KiB|MiB|s|min|minutes|h))?", text)
    return int(found[1].replace(",", "")) * SPELT.get(found[2], 1) if found else None


def rows():
    """The rows of the page, by the names of the options that they are about."""
    page = open(os.path.join(TREE, "docs", "book", "limits.md"), encoding="utf-8").read()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| ")]
    found = {}
    for row in cells:
        names, defaults = re.findall(r"`(edo_\w+_opts\.\w+)`", row[2]), row[1].split("; ")
        for i, name in enumerate(names):  # several defaults are those of the options, in their order
            found[name] = [row[0], defaults[i] if len(defaults) == len(names) else row[1]]
    return found


def test_page_has_each_limit_of_the_headers_and_no_other():
    told, known = rows(), dict(limits())
    assert len(known) > 60, f"the headers were not read: {sorted(known)}"
    missing, unknown = sorted(known.keys() - told.keys()), sorted(told.keys() - known.keys())
    assert not missing, f"docs/book/limits.md has no row for {missing}"
    assert not unknown, f"docs/book/limits.md has rows for what is no limit of the headers: {unknown}"


def test_page_says_the_defaults_of_the_headers():
    told, compared = rows(), 0
    for full, comment in limits():
        default = re.search(r"(?:^|[;.] )0: ([\d,]+(?: (?:KiB|MiB|s|min|minutes|h)\b)?)", comment)
        said = number(told[full][1])
        if default and said is not None:
            assert number(default[1]) == said, f"{full}: the header says {default[1]}, docs/book/limits.md {told[full][1]}"
            compared += 1
    assert compared > 35, f"only {compared} defaults were compared"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        globals()[name]()
