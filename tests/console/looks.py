# SPDX-License-Identifier: MIT
"""Recordings of edo console, made here from the numbers of its .proto: an Update as a dictionary by field numbers."""
import sys


def varint(n):
    out = b""
    while n > 0x7F:
        out += bytes([n & 0x7F | 0x80])
        n >>= 7
    return out + bytes([n])


def message(fields):
    """`fields`: number to an int, a text, a dictionary, or a list of these. A tuple (n,) is a sint32."""
    out = b""
    for number, value in sorted(fields.items()):
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, tuple):
                one = one[0] * 2 if one[0] >= 0 else -one[0] * 2 - 1
            if isinstance(one, int):
                out += varint(number << 3) + varint(one)
            else:
                body = message(one) if isinstance(one, dict) else one.encode()
                out += varint(number << 3 | 2) + varint(len(body)) + body
    return out


WAITS, RUNS, QUEUED, ENDED = range(4)


def task(id, name, state, age, wait, awaits, detail, place):
    return {1: id, 2: 1, 3: name, 4: state, 7: (age,), 8: (wait,), 9: awaits, 10: detail, 11: place, 12: (-1,)}


def site(name, n, waits, oldest, what, longest):
    return {1: name, 2: n, 3: waits, 4: n - waits, 8: (oldest,), 9: [{1: what, 3: waits, 4: (longest,)}]}


def edge(name, id, object, taken_at, tenths):
    return {1: name, 2: id, 3: "edo_mutex_lock", 4: 0, 5: object, 6: taken_at, 7: (tenths,)}


def lock(address, holder, holder_id, taken_at, waiter, waiter_id, tenths):
    return {1: address, 2: "edo_mutex_lock", 3: [{1: holder, 2: holder_id, 4: taken_at, 5: (tenths,)}], 4: 1,
            5: [{1: waiter, 2: waiter_id, 3: "edo_mutex_lock", 4: (tenths,)}]}


def look(number):
    """A bank in which two tasks wait for each other, and a queue that grows."""
    at_ms = 1000 * number
    worker = {1: 2, 2: "count at bank.c:70", 3: 4711, 4: 3, 5: 9, 6: 2, 8: 5000 * number, 9: 250000000 * number,
              10: 10 * number}
    return {
        1: number, 2: 4242, 3: "bank", 4: at_ms, 5: 1700000000000 + at_ms, 6: 900, 7: 1000,
        8: [{1: 1, 2: "main", 3: 1, 4: 40, 16: [worker, {1: 0, 8: 10}], 17: 2}],
        9: 40, 10: 1,
        11: [site("withdraw at bank.c:41", 30 + number, 30 + number, 900, "edo_mutex_lock", 40),
             site("listener", 1, 0, 1200, "edo_accept", 10)],
        13: [task(0xA1, "withdraw at bank.c:41", WAITS, 900, 30 + number, "edo_mutex_lock",
                  "edo_mutex_lock of 0x4060, held by deposit", "bank.c:24"),
             task(0xB2, "deposit at bank.c:52", WAITS, 800, 30 + number, "edo_mutex_lock",
                  "edo_mutex_lock of 0x4080, held by withdraw", "bank.c:33"),
             task(0xC3, "count at bank.c:70", RUNS, -1, -1, "", "", ""),
             task(0xD4, "größe", QUEUED, -1, -1, "", "", "")],
        14: 1,
        15: [lock("0x4060", "deposit at bank.c:52", 0xB2, "bank.c:31", "withdraw at bank.c:41", 0xA1, 33),
             lock("0x4080", "withdraw at bank.c:41", 0xA1, "bank.c:22", "deposit at bank.c:52", 0xB2, 32)],
        17: [{1: 2, 2: [edge("withdraw at bank.c:41", 0xA1, "0x4060", "bank.c:31", 33),
                        edge("deposit at bank.c:52", 0xB2, "0x4080", "bank.c:22", 32)]}],
        18: [{1: 1, 2: "mpsc", 3: "jobs", 5: 1, 6: 100 * number, 7: 100 * number, 8: 1000, 9: 1, 10: (-1,)},
             {1: 1, 2: "chan", 3: "full", 5: 1, 6: 8, 7: 8, 8: 8, 9: 3, 10: (-1,)},
             {1: 3, 2: "HTTP connection", 3: "127.0.0.1:8080", 4: "waits for a request", 5: 12, 10: (77,)},
             {1: 2, 2: "pool object", 3: "database", 4: "lent", 5: 4, 10: (15,)}],
        20: {1: 1},
    }


def recording_of(all_looks):
    out = b"edo-looks 1\n"
    for one in all_looks:
        body = message(one)
        out += varint(len(body)) + body
    return out


def recording(n):
    return recording_of(look(number) for number in range(1, n + 1))


def main(tests):
    """Runs the test that the command line names, or all."""
    for name in sys.argv[1:] or [name for name in tests if name.startswith("test_")]:
        tests[name]()
