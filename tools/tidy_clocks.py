# SPDX-License-Identifier: MIT
"""tidy_clocks.py: the tests that pause the clock beside sockets, each with its reason. tools/tidy refuses others, and
those that no longer do; the list only shrinks. tests/README.md says why. What of a test runs while its clock stands, or
in a fiber, is found by words: a pattern for each, a function that hands its parameter on to one of those, and the
functions and tables of the file and of the headers of tests that are named from there."""
import re

# What pauses the clock of a test, and what makes a socket there.
PAUSED = r"\binside\w*\(|\bstart_paused\b|\bedo_time_pause\(|\.paused = true"
PAUSES = r"\bstart_paused\b|\bedo_time_pause\("
PAUSED_TEST = r"^EDO_TEST\((\w+)[^)]*\.paused = true"
TASK_TEST = r"^EDO_TEST\((\w+)"
SOCKETS = r"\bedo_(?:tcp|udp|unix|listen(?!er_)|listener_from|connect)\w*\(|\bsocket(?:pair)?\("
# So does a call of a client, unless the test makes its connections, in memory.
FETCHES = r"\bedo_(?:fetch|ws_connect)\w*\("
CONNECTS = r"\.connect = \w"
FUNCTION = r"^(?![\s#])[^;{}#]*?\b(?!__attribute__)(\w+)\(((?:(?!\)\n)[^;{}#])*)\) \{\n(.*?)^\}"
TABLE = r"^\w[^;{}()=]*?\b(\w+)(?:\[\w*\])* = \{([^;]*)\};"
# Those that make a task of a function, by a call of edo or of the tests' support.
IN_A_FIBER = r"inside\w*|in_fiber\w*|run(?:_(?:paused|each|one|inside))?|edo_run|edo_main\w*|edo_(?:\w+_)?spawn\w*"
PAUSED_BESIDE_SOCKETS = {
    "tests/chat/web_end_test.c": "the chat listens on TCP only, and a drain takes seconds; a request that has arrived is served before it ends",
    "tests/net/happy_eyeballs_test.c": "delays between attempts are exact; connect() of the test returns what the kernel has decided",
    "tests/tls/http_test.c": "a drain takes a second; the clock stands when nothing is on its way any more",
}


def functions_of(code):
    """The functions of a file, and what is named in its tables: name to (parameters, text, where that begins)."""
    found = {m.group(1): ("", m.group(2), m.start(2)) for m in re.finditer(TABLE, code, re.M)}
    for m in re.finditer(FUNCTION, code, re.M | re.S):
        name, params, text = m.groups()
        if name == "EDO_TEST":
            name, params = re.match(r"\w+", params).group(), "void **state"  # a test as the others
        found[name] = (params, text, m.start(3))
    return found


def reached_from(given, functions, but=()):
    """Those of the functions that are named in the text `given`, and those that they name, without any of `but`."""
    reached, left = set(), re.findall(r"\w+", given)
    while left:
        name = left.pop()
        if name in functions and name not in reached and name not in but:
            reached.add(name)
            left += re.findall(r"\w+", functions[name][1])
    return sorted(reached)


def calls_of(callees, functions):
    """A pattern for the calls of `callees`, itself one of names, or of functions that hand a parameter on to such a call;
    its group is the arguments."""
    while True:
        calls = rf"\b(?:{callees})\(([^();]*)"
        more = [name for name, (params, text, _) in functions.items() if not re.fullmatch(callees, name)
                and set(re.findall(r"\w+", " ".join(re.findall(calls, text)))) & set(re.findall(r"\w+(?=,|$)", params))]
        if not more:
            return calls
        callees = "|".join([callees, *more])


def pausing(functions):
    """Those of the functions that pause a clock: by themselves, by options of a table, or by one that they call."""
    found = {name for name, (_, text, _) in functions.items() if re.search(PAUSES, text)}
    while True:
        signs = [rf"\b{name}\b" for name in found if not functions[name][0]]
        signs += [rf"\b{name}\(" for name in found if re.search(r"\bedo_time_pause\(", functions[name][1])]
        more = {name for name, (_, text, _) in functions.items() if signs and re.search("|".join(signs), text)}
        if more <= found:
            return found
        found |= more


def sockets_under_a_paused_clock(code, near):
    """The functions that make sockets in what a test may run while its clock is paused: what it gives to inside() and to
    others that pause it, tests and functions that pause it, and what those name. `near`: the functions of its headers."""
    own = functions_of(code)
    functions = {**near, **own}
    pauses = pausing(functions)
    given = re.findall(calls_of("|".join(["inside", *sorted(pauses)]), functions), code) + sorted(pauses & own.keys())
    given += re.findall(PAUSED_TEST, code, re.M)
    if re.search(PAUSES, re.sub(TABLE, "", re.sub(FUNCTION, "", code, flags=re.M | re.S), flags=re.M)):
        given += sorted(own)  # a macro may pause anything
    # One that asks clock_jumps() makes its sockets under another clock only.
    asks = {name for name, (_, text, _) in functions.items() if "clock_jumps(" in text}
    reached = reached_from(" ".join(given), functions, asks)
    connects = any(re.search(CONNECTS, text) for _, text, _ in functions.values())
    sockets = SOCKETS if connects else f"{SOCKETS}|{FETCHES}"
    return [name for name in reached if re.search(sockets, functions[name][1])]
