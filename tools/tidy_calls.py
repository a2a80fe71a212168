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
     "isupper", "isxdigit", "tolower", "toupper", "strcasecmp", "strncasecmp", "strcasestr", "strcoll", "strxfrm",
     "iswalnum", "iswalpha", "iswblank", "iswcntrl", "iswctype", "iswdigit", "iswgraph", "iswlower", "iswprint",
     "iswpunct", "iswspace", "iswupper", "iswxdigit", "towctrans", "towlower", "towupper", "wcscasecmp", "wcscoll",
     "wcsncasecmp", "wcsxfrm", "alphasort", "fnmatch", "regcomp", "strfmon", "strptime"],
    "base/text/ascii.h, or comparisons of the program's own")
LOCAL.update(dict.fromkeys(["strtod", "strtof", "strtold", "wcstod"], "value/text/number.h or edo_value_parse()"))
# A float that printf() prints, or scanf() reads, has the locale's decimal point, and "%'d" its thousands. What could be a
# byte of a URL, "%2f" or "%20f", is a float in a call of those only.
FLOAT = r"%[-+ #0']*(?:\*|\d+)?(?:\.(?:\*|\d*))?[lL]?[aAeEfFgG]|%[-+ #0]*'[-+ #0']*\d*l*[diu]"
URL_BYTE = r"%[0-9a-fA-F]{2}"
FORMATS = r"\b\w*(?:printf|scanf|_fail|_print)\s*\([^;{}]*$"
TIME_FORMATS = r"\bstrftime\s*\([^;{}]*$"
TIME_LOCAL = r"%[-_0^#]*\d*[EO]?[aAbBchpPrxX+]"  # names of days and months, and the order of a date
FOR_PEOPLE = "text for people"  # which may have the point that they use
NOT_LOCAL = {
    "src/value/text/number.c": "has the C locale meanwhile",
    "src/base/error/trail.c": FOR_PEOPLE, "src/test/fail.c": FOR_PEOPLE,
    "src/service/balance/balance.c": FOR_PEOPLE, "src/service/pool/lend.c": FOR_PEOPLE,
    "apps/curl/options.c": "stays in the C locale", "apps/curl/main.c": "stays in the C locale",
    "apps/grpcurl/options.c": "stays in the C locale",
    "examples/files/copy_file.c": FOR_PEOPLE, "examples/grpc/grpc_route_guide/client.c": FOR_PEOPLE,
    "examples/http/download.c": FOR_PEOPLE, "examples/sequences/readings.c": FOR_PEOPLE,
    "examples/watching/knobs.c": FOR_PEOPLE,
}


def banned(path, code):
    names = list(BANNED)
    if path.startswith("src/"):
        names += JUMPS
    for match in re.finditer(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(", code):
        yield match.start(), "banned", f"{match.group(1)}: use {BANNED.get(match.group(1), 'a fiber')}"


def local_format(words, before):
    """What depends on the locale in a string behind this code, or None."""
    words = words.replace("%%", "")
    if re.search(TIME_FORMATS, before):
        return "words of a time: use names of the program's own" if re.search(TIME_LOCAL, words) else None
    is_format = re.search(FORMATS, before)
    for match in re.finditer(FLOAT, words):
        if is_format or not re.match(URL_BYTE, words[match.start():]):
            return "a number in a format: use value/text/number.h"
    return None


def local(path, text, code):
    why = NOT_LOCAL.get(path)
    is_exempt = why and why != FOR_PEOPLE
    if is_exempt or path.endswith("_test.c") or not path.startswith(("src/", "include/", "apps/", "examples/")):
        return
    for match in re.finditer(r"(?<![\w.>])(" + "|".join(LOCAL) + r")\b(?!\s*=)", code):
        yield match.start(), "locale", f"{match.group(1)}: use {LOCAL[match.group(1)]}"
    for match in re.finditer(r'"(?:\\.|[^"\\\n])*"', text):
        is_comment = code[match.start()] != '"'
        said = None if is_comment or why else local_format(match.group(), code[:match.start()][-1000:])
        if said:
            yield match.start(), "locale", said


def calls_refused(path, text, code):
    """Yields (offset, rule, what to do) for each place of a source; `code` has no comments and empty strings."""
    yield from banned(path, code)
    yield from local(path, text, code)
