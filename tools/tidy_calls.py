# SPDX-License-Identifier: MIT
"""tidy_calls.py: the functions of libc that tools/tidy refuses, each with what to use instead: those that are unsafe, and
those whose result depends on the locale."""
import re

BANNED = {
    "strcpy": "memcpy with a known length", "strcat": "memcpy with a known length",
    "sprintf": "snprintf", "vsprintf": "vsnprintf", "gets": "fgets", "atoi": "strtol",
    "atol": "strtol", "atof": "edo_value_parse()", "strtok": "strtok_r or a loop",
    "alloca": "a fixed array or the heap", "signal": "sigaction",
}
JUMPS = ["setjmp", "sigsetjmp", "longjmp", "siglongjmp"]  # in src: a fiber is the way to jump
# What these say depends on the locale that the program, or a user by its environment, has chosen.
LOCAL = dict.fromkeys(
    ["isalnum", "isalpha", "isblank", "iscntrl", "isdigit", "isgraph", "islower", "isprint", "ispunct", "isspace",
     "isupper", "isxdigit", "tolower", "toupper", "strcasecmp", "strncasecmp", "strcasestr", "strcoll", "strxfrm"],
    "base/text/ascii.h, or comparisons of the program's own")
LOCAL.update(dict.fromkeys(["strtod", "strtof", "strtold"], "value/text/number.h or edo_value_parse()"))
# A float that printf() prints has the locale's decimal point. "%20" in a URL is none.
FLOAT_PRINTED = r"%[-+ #0]*(?:\*|\d+)?\.(?:\*|\d+)[aAeEfFgG]|%[aAeEfFgG](?![0-9a-zA-Z])"
NOT_LOCAL = {
    "src/value/text/number.c": "has the C locale meanwhile",
    "src/base/error/trail.c": "text for people", "src/test/fail.c": "text for people",
    "src/service/balance/balance.c": "text for people", "src/service/pool/lend.c": "text for people",
    "apps/curl/options.c": "stays in the C locale", "apps/curl/main.c": "stays in the C locale",
    "apps/grpcurl/options.c": "stays in the C locale",
}


def banned(path, code):
    names = list(BANNED)
    if path.startswith("src/"):
        names += JUMPS
    for match in re.finditer(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(", code):
        yield match.start(), "banned", f"{match.group(1)}: use {BANNED.get(match.group(1), 'a fiber')}"


def local(path, text, code):
    if path in NOT_LOCAL or path.endswith("_test.c") or not path.startswith(("src/", "include/", "apps/")):
        return
    for match in re.finditer(r"(?<![\w.>])(" + "|".join(LOCAL) + r")\b(?!\s*=)", code):
        yield match.start(), "locale", f"{match.group(1)}: use {LOCAL[match.group(1)]}"
    for match in re.finditer(r'"(?:\\.|[^"\\\n])*"', text):
        is_comment = code[match.start()] != '"'
        if not is_comment and re.search(FLOAT_PRINTED, match.group().replace("%%", "")):
            yield match.start(), "locale", "a printed float: use value/text/number.h"


def calls_refused(path, text, code):
    """Yields (offset, rule, what to do) for each place of a source; `code` has no comments and empty strings."""
    yield from banned(path, code)
    yield from local(path, text, code)
