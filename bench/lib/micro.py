# SPDX-License-Identifier: MIT
"""The micro benches: interleaved runs, ratios against Tokio, goals.

Every round runs each peer once, A B C A B C, so that drift of the machine hits all alike; a ratio
is the median of the ratios of the rounds. Time is nanoseconds an operation; where the promise is
memory (parked_mem), the ratio is of bytes; where it is efficiency (steal), there is a bound.
"""

import statistics
import sys

from programs import Absent, Failed

# Every bench, and its N with --quick; else each program takes its own default.
BENCHES = {
    "spawn_join": 100_000,
    "spawn_one": 100_000,
    "chained_spawn": 100_000,
    "yield_2": 500_000,
    "yield_1000": 500_000,
    "oneshot_pingpong": 100_000,
    "mpsc_pingpong": 100_000,
    "mpsc_1p": 200_000,
    "mpsc_8p": 200_000,
    "mpsc_unbounded": 200_000,
    "chan_8c": 200_000,
    "broadcast_100": 500_000,
    "broadcast_lossless_100": 500_000,
    "mutex_uncontended": 1_000_000,
    "rwlock_uncontended": 1_000_000,
    "mutex_1000": 100_000,
    "sem_1000": 100_000,
    "snapshot_get": 1_000_000,
    "keyed_mutex": 500_000,
    "barrier_10": 500_000,
    "select_2": 200_000,
    "set_10": 200_000,
    "set_10000": 200_000,
    "merge_one_2": 200_000,
    "merge_one_1000": 200_000,
    "merge_all_2": 200_000,
    "merge_all_1000": 200_000,
    "timer_churn": 100_000,
    "timer_churn_alone": 100_000,
    "timer_insert_cancel": 100_000,
    "timer_fire": 20_000,
    "parked_mem": 100_000,
    "steal": 20_000,
    "long_poll": 5,
    "long_burn_2": 5,
    "long_burn_4": 5,
    "long_block_2": 5,
    "long_child": 5,
    "ready_others": 200,
    "frames_64_fed": 500_000,
    "frames_64_sent": 500_000,
    "frames_16k": 20_000,
    "lines_80": 500_000,
    "counter_add": 2_000_000,
    "hist_record": 1_000_000,
    "hist_record_log": 1_000_000,
    "limiter_check": 1_000_000,
    "limiter_check_at": 2_000_000,
    "limiter_check_key": 500_000,
    "balance_pick": 1_000_000,
    "balance_ewma": 500_000,
    "balance_hash": 500_000,
    "pool_get": 1_000_000,
    "pool_crowd": 500_000,
    "cache_hit": 1_000_000,
    "generate_next": 200_000,
    "slab_get_put": 1_000_000,
    "malloc_free": 1_000_000,
}

# How many times better than Tokio, in state-machine form.
GOALS = {
    "spawn_join": 4,
    "spawn_one": 5,
    "chained_spawn": 4,
    "yield_2": 10,
    "yield_1000": 4,
    "oneshot_pingpong": 3,
    "mpsc_pingpong": 4,
    "mpsc_1p": 3,
    "mpsc_8p": 3,
    "mpsc_unbounded": 3,
    "broadcast_100": 4,
    "mutex_uncontended": 2.8,
    "mutex_1000": 5,
    "sem_1000": 4,
    "select_2": 1.2,
    "merge_one_2": 1.5,
    "merge_one_1000": 3.5,
    "merge_all_2": 1.2,
    "merge_all_1000": 4,
    "frames_64_fed": 3,
    "frames_64_sent": 3.4,
    "frames_16k": 1.55,
    "timer_churn": 3.5,
    "timer_insert_cancel": 10,
    "timer_fire": 5,
    "parked_mem": 1.7,
}
GOALS_T2 = {"spawn_join": 3}
FIBER_GOAL = 2
STEAL_EFFICIENCY = 0.85
ROUNDS_LEAST = {"steal": 10}
# A run is 20 operations of a fifth of a second and more, and of several workers only.
ONE_ROUND = {"long_burn_2", "long_burn_4", "long_block_2", "long_child"}
LONG_MOST_MS = {"long_burn_2": 215, "long_burn_4": 420, "long_block_2": 415, "long_child": 5}
MT_MOST = 1.15  # multi-thread runtime with one worker against the current-thread one
T2_MOST = 1.3  # two threads against one
BUDGET_LEAST = 3  # ready_others: p99 without the budget / with it, on one thread

# A parked fiber keeps a stack: its bytes are another promise than a state machine's.
BYTES = {"parked_mem"}
NOT_FOR_FIBERS = {"parked_mem", "steal"}

NAMES_MOST = 6  # benches named in one note

COMMON_KEYS = {"peer", "bench", "threads", "n", "ns_per_op", "rss_kb"}


class Cell:
    """All rounds of one peer at one bench."""

    def __init__(self):
        self.rounds = {}  # round number: the line of JSON
        self.note = None

    def values(self, key="ns_per_op"):
        return [line[key] for line in self.rounds.values() if key in line]

    def median(self, key="ns_per_op"):
        values = self.values(key)
        return statistics.median(values) if values else None

    def least(self, key="ns_per_op"):
        values = self.values(key)
        return min(values) if values else None

    def ratio_to(self, other, key="ns_per_op"):
        """Median over the rounds of other / self."""
        pairs = [
            other.rounds[r][key] / line[key]
            for r, line in self.rounds.items()
            if r in other.rounds and line.get(key) and key in other.rounds[r]
        ]
        return statistics.median(pairs) if pairs else None

    def least_ratio_to(self, other, key="ns_per_op"):
        """The least of other / the least of self."""
        ours, theirs = self.least(key), other.least(key)
        return theirs / ours if ours and theirs else None


def run_all(peers, benches, threads_list, rounds, quick):
    """Answers {(bench, threads): {peer name: Cell}}."""
    table = {
        (bench, threads): {peer.name: Cell() for peer in peers}
        for threads in threads_list
        for bench in benches
    }
    for bench in benches:
        n = BENCHES[bench] if quick else None
        # What spreads more is run more often.
        least = 1 if bench in ONE_ROUND else max(rounds, ROUNDS_LEAST.get(bench, 0))
        for number in range(least):
            for threads in threads_list:
                run_round(peers, table[(bench, threads)], bench, threads, number, n)
        print(f"  {bench}", file=sys.stderr, flush=True)
    return table


def run_round(peers, cells, bench, threads, number, n):
    for peer in peers:
        cell = cells[peer.name]
        if cell.note or (peer.one_worker and threads != 1):
            continue
        if threads == 1 and bench in ONE_ROUND:
            continue
        try:
            cell.rounds[number] = peer.run(bench, threads, n)
        except Absent as why:
            cell.note = str(why)
        except Failed as why:
            cell.note = f"failed: {why}"


def goal_of(bench, threads, peer):
    """How many times better than Tokio, or None where nothing is promised."""
    if bench == "steal" or bench not in GOALS:
        return None
    if threads == 1:
        goal = GOALS[bench]
    elif bench in GOALS_T2:
        goal = GOALS_T2[bench]
    else:
        return None
    if peer == "edo-fiber":
        if bench in NOT_FOR_FIBERS:
            return None
        goal = min(goal, FIBER_GOAL)
    return goal


def verdict(bench, threads, cells, peer):
    """Ratio against Tokio, goal and outcome of an edo column, as texts."""
    key = "bytes_per" if bench in BYTES else "ns_per_op"
    if bench == "steal" and threads == 2 and peer == "edo":
        return efficiency_verdict(cells[peer])
    if bench in LONG_MOST_MS:
        return long_verdict(cells[peer], LONG_MOST_MS[bench])
    if bench == "ready_others":
        return budget_verdict(cells[peer], threads)
    ratio = cells[peer].ratio_to(cells["tokio"], key)
    goal = goal_of(bench, threads, peer)
    if ratio is None:
        return "", f"{goal:g}x" if goal else "", ""
    unit = "x (bytes)" if key == "bytes_per" else "x"
    if goal is None:
        return f"{ratio:.2f}{unit}", "", ""
    return f"{ratio:.2f}{unit}", f"{goal:g}x", "pass" if ratio >= goal else "MISS"


def efficiency_verdict(cell):
    values = cell.values("efficiency")
    if not values:
        return "", f"eff {STEAL_EFFICIENCY}", ""
    median, worst = statistics.median(values), min(values)
    outcome = "pass" if median >= STEAL_EFFICIENCY else "MISS"
    return f"eff {median:.2f} (worst {worst:.2f})", f"eff {STEAL_EFFICIENCY}", outcome


def long_verdict(cell, most):
    """Of the median of the run's operations; the worst is told beside it."""
    median = cell.median("median_ms")
    if median is None:
        return "", "", ""
    outcome = "pass" if median <= most else "MISS"
    return f"{median:.1f} ms (worst {cell.median('worst_ms'):.0f})", f"{most} ms", outcome


def budget_verdict(cell, threads):
    """On two threads the other one serves whoever waits, with the budget or without."""
    ratio = cell.median("ratio")
    if ratio is None:
        return "", "", ""
    text = f"p99 {ratio:.1f}x less"
    return (text, f"{BUDGET_LEAST}x", "pass" if ratio >= BUDGET_LEAST else "MISS") if threads == 1 else (text, "", "")


def number(value):
    """Three digits that say something."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def rows(table, peers):
    """Header and rows of the table: min / median of each peer, then edo against Tokio."""
    names = [peer.name for peer in peers]
    head = ["bench", "t", *names]
    head += ["tokio/edo", "goal", "", "tokio/fiber", "goal", ""]
    body = []
    for (bench, threads), cells in table.items():
        row = [bench, str(threads)]
        for name in names:
            cell = cells[name]
            row.append(f"{number(cell.least())} / {number(cell.median())}" if cell.rounds else "")
        row += verdict(bench, threads, cells, "edo")
        row += verdict(bench, threads, cells, "edo-fiber")
        body.append(row)
    return head, body


def extras_rows(table, peers):
    head = ["bench", "peer", "t", "extras (median)"]
    body = []
    for (bench, threads), cells in table.items():
        for peer in peers:
            lines = list(cells[peer.name].rounds.values())
            keys = [key for key in (lines[0] if lines else {}) if key not in COMMON_KEYS]
            if keys:
                text = ", ".join(f"{k} {number(cells[peer.name].median(k))}" for k in keys)
                body.append([bench, peer.name, str(threads), text])
    return head, body


def promise_rows(table):
    """The two promises that compare edo with itself: --mt against current-thread, t2 against t1.

    --mt is of the least of all rounds: the same instructions run, and what differs from run to run is what the
    machine does beside it, which only ever slows a run down, by half and more where a core is shared.
    On two workers runs differ by themselves too, so there the median counts.
    """
    head = ["bench", "promise", "ratio", "most", ""]
    body = []
    for (bench, threads), cells in table.items():
        pairs = []
        if threads == 1 and "edo-mt" in cells:
            pairs.append(("--mt / current-thread", cells["edo"].least_ratio_to(cells["edo-mt"]), MT_MOST))
        if threads == 2 and (bench, 1) in table and bench != "steal":
            for name in ("edo", "edo-fiber"):
                t1 = table[(bench, 1)][name]
                pairs.append((f"{name}: t2 / t1", t1.ratio_to(cells[name]), T2_MOST))
        for text, ratio, most in pairs:
            if ratio is not None:
                outcome = "pass" if ratio <= most else "MISS"
                body.append([bench, text, f"{ratio:.2f}", f"{most:g}", outcome])
    return head, body


def notes(table, peers):
    """Who was left out where, one line for each peer and reason."""
    found = {}
    for (bench, threads), cells in table.items():
        for peer in peers:
            why = cells[peer.name].note
            if why:
                found.setdefault((peer.name, why), []).append(f"{bench} t{threads}")
    lines = []
    for (name, why), where in found.items():
        text = ", ".join(where)
        if len(where) > NAMES_MOST:
            text = f"{len(where)} of {len(table)} benches"
        lines.append(f"{name}: {why}: {text}")
    return lines


def failed(table):
    notes_all = [cell.note or "" for cells in table.values() for cell in cells.values()]
    return any(note.startswith("failed") for note in notes_all)


def as_data(table):
    """What is kept under build/bench-results."""
    return [
        {
            "bench": bench,
            "threads": threads,
            "peer": name,
            "note": cell.note,
            "rounds": list(cell.rounds.values()),
        }
        for (bench, threads), cells in table.items()
        for name, cell in cells.items()
    ]
