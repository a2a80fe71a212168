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
SOCKETS = (r"\bedo_(?:tcp|udp|unix|listen(?!er_)|listener_from|connect)\w*\(|\bsocket(?:pair)?\("
           r"|\bedo_(?:vsock|tls|http1|http2|pg)_connect(?!_over)\w*\(|\bedo_ares_new\(")
# So does a client, unless its test makes the connections, in memory.
CLIENTS = r"\bedo_(?:fetch\w*|(?:ws|redis)_connect(?!_over)\w*|grpc_channel_new)\("
CONNECTS = r"\.connect = (?!NULL|true)\w"
ROW = r"\bcmocka_unit_test\w*\(([^()]*)\)"
FUNCTION = r"^(?![\s#])[^;{}#]*?\b(?!__attribute__)(\w+)\(((?:(?!\)\n)[^;{}#])*)\) \{\n(.*?)^\}"
TABLE = r"^\w[^;{}()=]*?\b(\w+)(?:\[\w*\])* = \{([^;]*)\};"
# Those that make a task of a function, by a call of edo or of the tests' support.
IN_A_FIBER = r"inside\w*|in_fiber\w*|run(?:_(?:paused|each|one|inside))?|edo_run|edo_main\w*|edo_(?:\w+_)?spawn\w*"
PAUSED_BESIDE_SOCKETS = {
    "src/net/socket_futures_test.c": "no thread drives its runtime, whose clock and driver move where the test moves them: nothing jumps",
    "tests/ares/ares_test.c": "the clock stands only while it is moved, between two questions, in a function that does not wait",
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


def pauses(text, functions):
    """Does the text pause a clock, by itself or by what it names? That of inside() is its task's only."""
    reached = reached_from(text, functions, ["inside"])
    return re.search(PAUSES, " ".join([text, *(functions[name][1] for name in reached)])) is not None


def sockets_under_a_paused_clock(code, near):
    """The functions that make sockets in what a test may run while its clock is paused: what it gives to inside(), tests
    and functions that pause it, and what those name; all of the file where a setup of its group or a macro pauses it.
    `near`: the functions of its headers."""
    own = functions_of(code)
    functions = {**near, **own}
    calls = calls_of("inside", functions)
    texts = [(name, text) for name, (params, text, _) in own.items() if params and name != "main"]
    texts += [(row, row) for row in re.findall(ROW, code)]
    rest = re.sub(TABLE, "", re.sub(FUNCTION, "", code, flags=re.M | re.S), flags=re.M)
    rest += re.sub(ROW, "", own["main"][1]) if "main" in own else ""
    # What runs while the clock is paused, and what that is called from.
    given = [(" ".join(re.findall(calls, text)), text) for _, text in [*texts, ("", rest)]]
    given += [(name, name) for name in re.findall(PAUSED_TEST, code, re.M)]
    given += [(name, name) for name, text in texts if pauses(text, functions)]
    if pauses(rest, functions):
        given = [(" ".join(own), code)]
    # One that asks clock_jumps() makes its sockets under another clock only.
    asks = {name for name, (_, text, _) in functions.items() if "clock_jumps(" in text}
    found = []
    for names, around in given:
        beside = " ".join([around, *(functions[name][1] for name in reached_from(around, functions))])
        sockets = SOCKETS if re.search(CONNECTS, beside) else f"{SOCKETS}|{CLIENTS}"
        found += [name for name in reached_from(names, functions, asks) if re.search(sockets, functions[name][1])]
    return found
