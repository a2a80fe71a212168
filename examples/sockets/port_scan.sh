# SPDX-License-Identifier: MIT
# Of a thousand ports, three of which listen and one of which is bound but does not: the three are
# found, with 300 descriptors, and the other is not.
exec python3 - "$@" <<'PY'
import random, resource, socket, subprocess, sys

def bind(port):
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", port))
    except OSError:
        s.close()
        raise
    return s

for attempt in range(100):
    base, kept = random.randrange(10000, 30000), []
    try:
        for offset in (0, 300, 999, 500):
            kept.append(bind(base + offset))
        break
    except OSError:
        for s in kept:
            s.close()
for s in kept[:3]:
    s.listen()
done = subprocess.run(sys.argv[1:] + ["127.0.0.1", str(base), str(base + 999)],
                      capture_output=True, text=True, timeout=120,
                      preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300)))
assert done.returncode == 0, (done.returncode, done.stderr)
found = [int(line) - base for line in done.stdout.split()]
assert {0, 300, 999} <= set(found) and 500 not in found, found
assert found == sorted(found), found
PY
