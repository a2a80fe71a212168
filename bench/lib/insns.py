# SPDX-License-Identifier: MIT
"""Instructions an operation, counted by callgrind: exact where time is noise.

Each bench runs with two N; the difference of the counts divided by the difference of the operations
leaves out start and end. A tenth of N runs before as warm-up, except at the benches that have none.
"""

import re
import shutil
import subprocess
import tempfile

from programs import NO_SUCH_BENCH, Absent, Failed, last_line

# Bench: the two N, and whether a warm-up of N/10 belongs to them. Benches that depend on the clock
# (timer_fire, the ticker of timer_churn, steal) are not here, nor those that measure something else
# beside it in the same run (snapshot_get, generate_next).
COUNTS = {
    "spawn_join": (20_000, 40_000, True),
    "spawn_values": (20_000, 40_000, True),
    "spawn_one": (20_000, 40_000, True),
    "chained_spawn": (20_000, 40_000, True),
    "yield_2": (50_000, 100_000, True),
    "yield_1000": (50_000, 100_000, True),
    "oneshot_pingpong": (20_000, 40_000, True),
    "mpsc_pingpong": (20_000, 40_000, True),
    "mpsc_1p": (20_000, 40_000, True),
    "mpsc_8p": (16_000, 32_000, True),
    "mpsc_unbounded": (20_000, 40_000, True),
    "chan_8c": (20_000, 40_000, True),
    "broadcast_100": (100_000, 200_000, True),
    "broadcast_lossless_100": (100_000, 200_000, True),
    "mutex_uncontended": (50_000, 100_000, True),
    "rwlock_uncontended": (50_000, 100_000, True),
    "mutex_1000": (20_000, 40_000, True),
    "sem_1000": (20_000, 40_000, True),
    "keyed_mutex": (20_000, 40_000, True),
    "barrier_10": (20_000, 40_000, True),
    "select_2": (20_000, 40_000, True),
    "set_10": (20_000, 40_000, True),
    "set_10000": (100_000, 200_000, True),
    "merge_one_2": (20_000, 40_000, True),
    "merge_one_1000": (20_000, 40_000, True),
    "merge_all_2": (20_000, 40_000, True),
    "merge_all_1000": (100_000, 200_000, True),
    "timer_churn_alone": (20_000, 40_000, True),
    "timer_insert_cancel": (20_000, 40_000, False),
    "parked_mem": (5_000, 10_000, False),
    "frames_64_fed": (20_000, 40_000, True),
    "frames_64_sent": (20_000, 40_000, True),
    "slab_get_put": (50_000, 100_000, True),
    "counter_add": (50_000, 100_000, True),
    "hist_record": (50_000, 100_000, True),
    "hist_record_log": (50_000, 100_000, True),
    "limiter_check_at": (50_000, 100_000, True),
    "limiter_check_key": (100_000, 200_000, True),
}
# Of programs of their own, which have one form: the command line, and the two N.
OF_PROGRAMS = {
    "web_get": (["edo-bench-web", "get"], 2_000, 6_000),
    "web_get_parent": (["edo-bench-web", "get_parent"], 2_000, 6_000),
    "web_get_traced": (["edo-bench-web", "get_traced"], 2_000, 6_000),
    "web_get_traced_all": (["edo-bench-web", "get_traced_all"], 2_000, 6_000),
    "web_described": (["edo-bench-web-extract", "described"], 1_600, 6_400),
    "ws_echo_64": (["edo-bench-web", "ws"], 2_000, 10_000),
    "http2_get": (["edo-bench-web", "get2"], 2_048, 10_240),
    "log_line": (["edo-bench-log", "line"], 2_000, 10_000),
    "log_off": (["edo-bench-log", "off"], 1_000_000, 5_000_000),
}
# The look for memory of parked stacks, once a second, walks over tasks by the thousand. A run that
# meets one counts it, so of these benches the least of several runs is taken.
MANY_TASKS = {"spawn_join", "spawn_values", "parked_mem"}
MANY_RUNS = 4
FORMS = {"state": [], "fiber": ["--fiber"]}
RUN_MAX_S = 300

COLLECTED = re.compile(r"Collected\s*:\s*(\d+)")


def count(command_line, n):
    """Instructions of one whole run."""
    bench = command_line[1]
    with tempfile.TemporaryDirectory() as where:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={where}/out"]
        command += [*command_line, "-n", str(n)]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=RUN_MAX_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"{bench}: no end after {RUN_MAX_S} s") from None
    if done.returncode == NO_SUCH_BENCH:
        raise Absent("no such bench")
    found = COLLECTED.search(done.stderr)
    if done.returncode != 0 or not found:
        raise Failed(f"{bench}: exit {done.returncode} {last_line(done.stderr)}".rstrip())
    return int(found.group(1))


def per_op(program, bench, flags):
    low, high, warm = COUNTS[bench]
    runs = MANY_RUNS if bench in MANY_TASKS else 1
    command = [str(program), bench, "-t", "1", *flags]
    extra = min(count(command, high) for _ in range(runs))
    extra -= min(count(command, low) for _ in range(runs))
    operations = (high - low) * (1.1 if warm else 1.0)
    return round(extra / operations, 1)


def per_op_of(folder, bench):
    (name, *rest), low, high = OF_PROGRAMS[bench]
    if not (folder / name).exists():
        raise Absent("not built")
    command = [str(folder / name), *rest]
    return round((count(command, high) - count(command, low)) / (high - low), 1)


def wanted(program, benches):
    """Key and measurement of each row."""
    for bench in benches:
        if bench in OF_PROGRAMS:
            yield bench, lambda bench=bench: per_op_of(program.parent, bench)
            continue
        for form, flags in FORMS.items():
            yield f"{bench} {form}", lambda b=bench, f=flags: per_op(program, b, f)


def measure(program, benches):
    """Returns {"bench form": instructions}, and notes of what is missing or failed."""
    if not program.exists():
        return {}, ["edo-bench: not built"], False
    if not shutil.which("valgrind"):
        return {}, ["valgrind: not installed"], True
    values, absent, notes = {}, [], []
    for key, measured in wanted(program, benches):
        try:
            values[key] = measured()
        except Absent:
            absent.append(key)
        except Failed as why:
            notes.append(f"{key}: failed: {why}")
    if absent:
        return values, [*notes, f"no such bench: {', '.join(absent)}"], bool(notes)
    return values, notes, bool(notes)
