# SPDX-License-Identifier: MIT
"""For tools/tidy: each environment variable that a file reads has a row in the one table of them."""
import re

PAGE = "docs/environment.md"
# Functions that read a variable by the name they are given, with the file of each. A file that calls getenv() with
# anything but a literal is one of these. None: the names are those of the program, or of a test.
BY_NAME = {
    "src/client/proxy/proxy_list.c": "proxy_list_variable",
    "src/config/env.c": None,
    "src/net/tcp/inherit.c": "inherit_number_of",
    "src/otlp/settings/env.c": "edoi_otlp_env",
    "src/pg/conn/target.c": "target_env",
    "src/runtime/control/cpu_count.c": "edoi_cpu_count_wanted",
    "src/sim/world/events.c": "edoi_sim_file",
    "tests/runtime/stress_test.c": "number",
}
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
GETENV = r"\b(?:secure_)?getenv\(\s*([^)]*?)\s*\)"
READ_BY = {
    (".py", "python"): [r"\bos\.(?:environ(?:\.get|\.setdefault|\.pop)?[\[(]|getenv\()\s*\"(" + NAME + ")\"",
                        r"\"(" + NAME + r")\" (?:not )?in os\.environ"],
    (".rs", "rust"): [r"\benv::var(?:_os)?\(\"(" + NAME + r")\"\)"],
    (".go", "go"): [r"\bos\.(?:Getenv|LookupEnv)\(\"(" + NAME + r")\"\)"],
    (".js", "node"): [r"\bprocess\.env\.(" + NAME + ")"],
    (".cmake", "cmake"): [r"\$ENV\{(" + NAME + r")\}"],
}
FROM_A_LIST = r"os\.environ\[name\] for name in \(([^()]*)\)"
IN_SHELL = r"\$\{?([A-Z][A-Z0-9_]+)\b(:?[-?=+])?"
SET_BY_THE_SHELL = {"PWD"}
SET_IN_SHELL = r"(?:^|[\s;({]|\bfor )([A-Z][A-Z0-9_]+)(?:=| in\b)|\bread (?:-r )?([A-Z][A-Z0-9_]+)"


def in_c(path, text):
    """Yields (offset, name) of what C reads; name None: by a variable, in a file that BY_NAME does not have."""
    for found in re.finditer(GETENV, text):
        given = found.group(1)
        named = re.search(r'^#define ' + re.escape(given) + r' "(' + NAME + ')"', text, re.M)
        literal = named or re.fullmatch(r'"(' + NAME + ')"', given)
        if literal:
            yield found.start(), literal.group(1)
        elif path not in BY_NAME and re.fullmatch(NAME, given):
            yield found.start(), None
    for home, function in BY_NAME.items():
        if not function or path.endswith("_test.c") and path != home:
            continue
        for call in re.finditer(r"\b" + function + r"\(((?:[^()]|\([^()]*\))*)\)", text):
            for name in re.findall(r'"(' + NAME + ')"', call.group(1)):
                yield call.start(), name


def reads_of(path, text):
    """Yields (offset, name) of the variables of the environment that a file reads."""
    first = text[:text.find("\n") + 1] if text.startswith("#!") else ""
    if path.endswith((".c", ".h", ".cc")) or path == "tools/mutate":
        yield from in_c(path, text)
    for (suffix, word), patterns in READ_BY.items():
        embedded = suffix == ".py" and path.endswith(".sh")
        if not (path.endswith(suffix) or word in first or embedded):
            continue
        for pattern in patterns:
            for found in re.finditer(pattern, text):
                yield found.start(), found.group(1)
        for found in re.finditer(FROM_A_LIST, text) if suffix == ".py" else ():
            for name in re.findall(r'"(' + NAME + ')"', found.group(1)):
                yield found.start(), name
    if path.endswith(".sh") or "sh" in first.split("/")[-1].split():
        code = re.sub(r"(?m)(?:^|(?<=\s))#.*", blank, text)
        own = SET_BY_THE_SHELL | {name for pair in re.findall(SET_IN_SHELL, code, re.M) for name in pair}
        for found in re.finditer(IN_SHELL, re.sub(r"(?m)'[^'\n]*'", blank, code)):
            if found.group(1) not in own or found.group(2):
                yield found.start(), found.group(1)


def blank(match):
    return " " * len(match.group())


def environment_without_rows(all_texts):
    """Yields (path, offset, text) for what the table lacks, and for rows of edo's own that nothing reads."""
    page = all_texts.get(PAGE)
    if page is None:
        return
    rows = {}
    for row in re.finditer(r"^\| (`[^|]*) \|", page, re.M):
        for name in re.findall(r"`(" + NAME + ")`", row.group(1)):
            rows.setdefault(name, row.start())
    read = set()
    for path, text in sorted(all_texts.items()):
        for offset, name in reads_of(path, text):
            read.add(name)
            if name is None:
                yield path, offset, "getenv() of a name that is no literal: enter its function in tools/tidy_environment.py"
            elif name not in rows:
                yield path, offset, f"{name} has no row in {PAGE}"
    for name, offset in sorted(rows.items()):
        if name.startswith("EDO_") and name not in read:
            yield PAGE, offset, f"nothing reads {name}"
