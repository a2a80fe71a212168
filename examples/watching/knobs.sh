# SPDX-License-Identifier: MIT
# The counts are exact; of times only those that differ by ten times or more are compared.
exec python3 - "$@" <<'PY'
import re, subprocess, sys

done = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=300)
assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)

def of(pattern):
    return [int(n) for n in re.findall(pattern, done.stdout)]

assert of(r"backlog \d+.*: (\d+) of 20") == [2, 20], done.stdout
assert of(r"delay.*: (\d+) us for a request") + of(r"no delay, the default: (\d+)"), done.stdout
writes = of(r"make (\d+)") + of(r"buf_bytes 8192, the default: (\d+)")
assert writes == [1000, 3], done.stdout
kib = of(r"send_buffer .*: (\d+) KiB")
assert 16 <= kib[0] < kib[1], done.stdout
jobs = of(r"one waited (\d+) ms")
assert jobs[0] >= 100, done.stdout
turns = of(r"wait for (\d+) turns") + of(r"the default: (\d+)\n(?=event_interval)")
assert turns[0] > 2 * turns[1] > 0, done.stdout
seen = of(r"input is seen after (\d+) turns")
assert len(seen) == 3 and seen[0] <= 1 and seen[1] <= 61 and seen[2] <= 1000, done.stdout
assert len(of(r"has touched (\d+)")) == 3 and len(of(r"(\d+) ns for a yield\n")) == 4, done.stdout
PY
