# SPDX-License-Identifier: MIT
"""tidy_clocks.py: the tests that pause the clock beside sockets, each with its reason. tools/tidy refuses others, and
those that no longer do; the list only shrinks. tests/README.md says why. What of a test runs while its clock stands, or
in a fiber, is what its words say: a pattern for each, and the functions of the file that are called from there."""
import re

# What pauses the clock of a test, and what makes a socket there.
PAUSED = r"\binside\(|\bstart_paused\b|\bedo_time_pause\(|\.paused = true"
PAUSES = r"\bstart_paused\b|\bedo_time_pause\("
PAUSED_TEST = r"^EDO_TEST\([^)]*\.paused = true[^)]*\) \{\n(.*?)^\}"
PAUSED_INSIDE = r"\binside\(([^();]*)"
SOCKETS = r"\bedo_(?:tcp|udp|unix|listen|connect)\w*\(|\bsocket(?:pair)?\("
FUNCTION = r"^[^\s#][^;{}]*?\b(\w+)\([^;{}]*\) \{\n(.*?)^\}"
# The function that a task is made of, by a call of edo or of the tests' support.
IN_A_FIBER = r"\b(?:inside\w*|in_fiber\w*|run(?:_(?:paused|each|one|inside))?|edo_run|edo_main\w*|edo_(?:\w+_)?spawn\w*)\(([^();]*)"
JUMPS_NOT = "sockets only under a clock that does not jump, as http_server.h asserts; helpers of both cases are shared"
PAUSED_BESIDE_SOCKETS = {
    "src/runtime/scheduler/stats_test.c": "the sockets are sources of drivers that belong to no runtime",
    "tests/chat/web_end_test.c": "the chat listens on TCP only, and a drain takes seconds; a request that has arrived is served before it ends",
    "tests/http/accept_test.c": JUMPS_NOT,
    "tests/http/broken_test.c": JUMPS_NOT,
    "tests/http/drain_test.c": JUMPS_NOT,
    "tests/http/half_close_test.c": JUMPS_NOT,
    "tests/http/metrics_test.c": JUMPS_NOT,
    "tests/http/options_test.c": JUMPS_NOT,
    "tests/http/patience_test.c": JUMPS_NOT,
    "tests/http/proxy_test.c": JUMPS_NOT,
    "tests/net/happy_eyeballs_test.c": "delays between attempts are exact; connect() of the test returns what the kernel has decided",
    "tests/runtime/fork_test.c": "the pause is refused in a child, which is what is tested",
    "tests/tls/http_test.c": "a drain takes a second; the clock stands when nothing is on its way any more",
    "tests/web/health_test.c": JUMPS_NOT,
    "tests/web/sse_handle_test.c": JUMPS_NOT,
    "tests/web/ws_farewell_test.c": JUMPS_NOT,
    "tests/web/ws_handler_test.c": JUMPS_NOT,
    "tests/web/ws_queue_test.c": JUMPS_NOT,
}


def functions_of(code):
    """The functions of a file: a match for each name, of which group 2 is the body."""
    return {m.group(1): m for m in re.finditer(FUNCTION, code, re.M | re.S)}


def reached_from(given, bodies):
    """Those of the functions that are named in the text `given`, and those that they call."""
    reached, left = set(), sorted(bodies.keys() & set(re.findall(r"\w+", given)))
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += bodies.keys() & set(re.findall(r"\b(\w+)\(", bodies[name].group(2)))
    return sorted(reached)


def paused_code(code):
    """What of a test may run while its clock is paused: what inside() runs, tests and functions that pause it, and what
    they call; all, where a table says so."""
    bodies = functions_of(code)
    begin = re.findall(PAUSED_INSIDE, code) + re.findall(PAUSED_TEST, code, re.M | re.S)
    begin += [name for name, m in bodies.items() if re.search(PAUSES, m.group(2))]
    if re.search(PAUSES, re.sub(FUNCTION, "", code, flags=re.M | re.S)):
        return code
    return "".join(bodies[name].group(2) for name in reached_from(" ".join(begin), bodies)) + " ".join(begin)
