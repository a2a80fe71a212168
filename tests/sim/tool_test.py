# SPDX-License-Identifier: MIT
"""edo sim runs a program with many seeds, says with which it fails, finds the faults that are needed for that, and runs one again;
two runs of a seed that differ are told. Programs are the example, whose --wrong has a lost update, and scripts that end as they are
told."""
import os
import re
import subprocess
import sys
import tempfile

BIN = os.environ["EDO_BIN_DIR"]
EDO_SIM = [os.path.join(BIN, "edo"), "sim"]
SEATS = os.path.join(BIN, "examples", "sim_seats")


def sim(*args, status, **how):
    done = subprocess.run([*EDO_SIM, *args], capture_output=True, text=True, timeout=120, check=False, **how)
    assert done.returncode == status, (args, done)
    return done.stdout


def script(folder, text):
    path = os.path.join(folder, "program")
    with open(path, "w", encoding="utf-8") as to:
        to.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def test_program_that_is_right_fails_with_no_seed():
    assert re.match(r"20 seeds, 0 fail, \d+ events, [\d.]+ s\n$", sim("--seeds", "1..20", "-j2", SEATS, status=0))


def test_two_runs_of_a_seed_are_equal():
    assert sim("--twice", SEATS, "--seeds", "1..20", status=0).startswith("20 seeds, 0 fail")


def test_faults_that_are_needed_are_found_and_the_run_comes_again():
    out = sim("--failures", "1", "-j1", SEATS, "--", "--wrong", status=1)
    assert re.search(r"^seed \d+ fails: status 1, after \d+ events\n  \| 1\d of 10 seats sold, \d left\n"
                     r"  of its \d faults these are needed:\n    fault \d", out), out
    all_n = int(re.search(r"of its (\d) faults", out)[1])
    needed = set(re.findall(r"^    fault (\d)", out, re.M))
    assert 0 < len(needed) < all_n, out
    again = re.search(r"^  again: edo sim (.*)$", out, re.M)[1].split(" ")
    told = sim(*again, status=1)
    assert set(re.findall(r"^fault (\d)", told, re.M)) == needed, told
    # Without these, too, it sells what it has.
    skip = again.index("--skip") + 1
    sim(*again[:skip], f"1-{all_n}", *again[skip + 1:], status=0)


def test_history_that_no_register_has_is_found():
    register = os.path.join(BIN, "examples", "sim_register")
    assert sim("--seeds", "1..10", register, status=0).startswith("10 seeds, 0 fail")
    out = sim("--failures", "1", "--seeds", "1..2000", "-j2", "--no-shrink", register, "--", "--wrong", status=1)
    assert re.search(r"^  \| register x: operation \d+, read of .*, fits nowhere: ", out, re.M), out


def test_replay_prints_what_hosts_log_with_the_numbers_of_events():
    done = subprocess.run([*EDO_SIM, "--replay", "7", SEATS], capture_output=True, text=True, timeout=60, check=True)
    assert re.search(r"^#\d+ \d+\.\d{6} house  INFO sim_seats: a seat was asked for sold=1 left=9 ", done.stderr, re.M), done
    assert re.search(r"^seed 7 succeeds: status 0, \d+ events, digest [0-9a-f]{16}$", done.stdout, re.M), done
    with tempfile.TemporaryDirectory(prefix="edo-sim-") as folder:
        trace = os.path.join(folder, "trace")
        out = sim("--replay", "7", "--trace", trace, "--log", "error", SEATS, status=0)
        with open(trace, encoding="utf-8") as lines:
            events_n = sum(1 for _ in lines)
        assert events_n >= int(re.search(r"(\d+) events", out)[1]) > 0


def test_each_end_that_is_no_success_is_told():
    with tempfile.TemporaryDirectory(prefix="edo-sim-") as folder:
        ends = (("kill -ABRT $$", "signal 6"), ("sleep 100", "it did not end in time"), ("echo no; exit 3", "status 3\n  | no"))
        for text, words in ends:
            out = sim("--seeds", "5", "--most", "1", script(folder, text), status=1)
            assert out.startswith(f"seed 5 fails: {words}"), out
            assert "\n  again: edo sim --replay 5 " in out, out


def test_runs_that_differ_are_told_with_the_first_event_that_does():
    with tempfile.TemporaryDirectory(prefix="edo-sim-") as folder:
        program = script(folder, "echo \"end 2 events digest $$ after 1.000 s with 0\" > $EDO_SIM_REPORT\n"
                                 "[ -z \"$EDO_SIM_TRACE\" ] || printf '1 alike\\n2 by %s\\n' $$ > $EDO_SIM_TRACE\n")
        out = sim("--twice", "--seeds", "1", program, status=1)
        assert re.match(r"seed 1 fails: two runs of it differ\n  once:  2 by (\d+)\n  again: 2 by (?!\1\n)\d+\n", out), out


def test_what_cannot_be_run_is_told():
    done = subprocess.run([*EDO_SIM, "/nowhere/program"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "/nowhere/program" in done.stderr, done
    for args in (["--seeds", "3..1", "true"], ["--seeds", "x", "true"], ["-j0", "true"], ["--replay", "-1", "true"], []):
        sim(*args, status=2)


def test_debugger_stops_at_an_event():
    if subprocess.run(["sh", "-c", "command -v gdb"], capture_output=True, check=False).returncode != 0:
        print("skipped: gdb is not here")
        sys.exit(77)
    out = sim("--replay", "1", "--stop", "40", SEATS, status=0, input="bt 2\nkill\nquit\n")
    assert "edo_sim_stop" in out and "note_event" in out, out


if __name__ == "__main__":
    for name in sys.argv[1:] or [one for one in dict(globals()) if one.startswith("test_")]:
        globals()[name]()
