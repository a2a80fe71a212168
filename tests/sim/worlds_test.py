# SPDX-License-Identifier: MIT
"""Each world of tests/sim holds with many seeds: 100, or EDO_SIM_MANY; 10 where a sanitizer makes each ten times as long.
edo sim runs it, a process for each seed, and prints for a failure which of its faults are needed. Two runs of a seed are
equal."""
import glob
import os
import re
import subprocess

SOURCE = os.environ["EDO_SOURCE_DIR"]
BUILD = os.environ["EDO_BUILD_DIR"]
BIN = os.environ["EDO_BIN_DIR"]
MANY = int(os.environ.get("EDO_SIM_MANY", "10" if os.environ.get("EDO_TEST_SANITIZER") else "100"))


def worlds():
    """The commands behind edo sim's options, by the name of each world."""
    found = {name: [os.path.join(BIN, "examples", name)] for name in ("sim_seats", "sim_register")}
    found["sim_register alone"] = [*found["sim_register"], "--", "--alone"]
    found["sim_register split"] = [*found["sim_register"], "--", "--split"]
    for source in sorted(glob.glob(os.path.join(SOURCE, "tests", "sim", "*_test.c"))):
        with open(source, encoding="utf-8") as text:
            if "run_seeds(" not in text.read():
                continue
        name = os.path.basename(source).removesuffix("_test.c")
        own = os.path.join(BUILD, "tests", f"integration-sim-{name}")
        found[name] = [own] if os.path.exists(own) else [os.path.join(BUILD, "tests", "integration-sim"), "--", name]
    return found


def run(options, seeds_n):
    """Runs all worlds with that many seeds each, and says how long each took."""
    failed = []
    for name, command in worlds().items():
        seeds_of_it = 4 * seeds_n if name == "chat" else seeds_n  # it has four worlds, of which a seed has one
        done = subprocess.run([os.path.join(BIN, "edo"), "sim", *options, "--seeds", f"1..{seeds_of_it}", *command], capture_output=True,
                              text=True, check=False)
        print(f"{name}: {done.stdout}{done.stderr if done.returncode != 0 else ''}", flush=True)
        if done.returncode != 0 or not re.search(rf"^{seeds_of_it} seeds, 0 fail, ", done.stdout, re.M):
            failed.append(name)
    assert not failed, failed


def test_worlds_hold_with_many_seeds_each():
    run([], MANY)


def test_two_runs_of_a_seed_are_equal_in_each_world():
    run(["--twice"], max(10, MANY // 10))


if __name__ == "__main__":
    import sys
    for promise in sys.argv[1:] or [one for one in dict(globals()) if one.startswith("test_")]:
        globals()[promise]()
