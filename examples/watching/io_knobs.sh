# SPDX-License-Identifier: MIT
# Counts of bytes in the kernel depend on the kernel: notsent_lowat bounds the bytes that are not
# sent, so fewer are taken with it; a receive buffer only has to take what was asked for. Where polls are
# slow the driver is looked at before 61 of them, so that the reader gets its turns earlier.
exec python3 - "$@" <<'PY'
import re, subprocess, sys

done = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=300)
assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)

def of(pattern):
    return [int(n) for n in re.findall(pattern, done.stdout)]

assert of(r"make (\d+) writes") + of(r"boundary 8192.*: (\d+)") == [1000, 3], done.stdout
lines = of(r"refused after (\d+)") + of(r"line_max 8192.*: (\d+)")
assert lines[0] < 1024 and 8192 < lines[1] < 10000, done.stdout
turns = of(r"(\d+) turns of its tasks") + of(r"64 KiB: (\d+)")
assert turns[0] > 20 * turns[1] > 0, done.stdout
kib = of(r"recv_buffer.*: (\d+) KiB") + of(r"lowat.*: (\d+) KiB") + of(r"neither.*: (\d+) KiB")
assert 16 <= kib[0] and 16 <= kib[1] < kib[2], done.stdout
assert of(r"connections (\d+) are") + of(r"0, the default: (\d+)") == [0, 10], done.stdout
assert of(r"wait (\d+) turns")[0] in range(99, 102 * 61), done.stdout
assert of(r"at once (\d+) are refused") + of(r"no bound.*: (\d+)") == [44, 0], done.stdout
PY
