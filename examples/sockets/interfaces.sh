# SPDX-License-Identifier: MIT
# In a network of its own, where a user namespace allows one: the loopback is listed, and its changes
# are told; SIGTERM ends the program with status 0.
unshare -rn true 2>/dev/null || { echo "skipped: no user and network namespace here"; exit 77; }
exec unshare -rn python3 - "$@" <<'PY'
import fcntl, socket, struct, subprocess, sys

SIOCSIFFLAGS, IFF_UP = 0x8914, 1


def set_loopback(flags):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))


def read_until(line):
    while (got := watch.stdout.readline()) != line:
        assert got.endswith(("up\n", "down\n")), got


once = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True, timeout=60)
assert once.returncode == 0 and "lo down\n" in once.stdout, once
watch = subprocess.Popen(sys.argv[1:] + ["watch"], stdout=subprocess.PIPE, text=True)
read_until("lo down\n")
set_loopback(IFF_UP)
read_until("lo up\n")
set_loopback(0)
read_until("lo down\n")
watch.terminate()
assert watch.wait(20) == 0, watch.returncode
PY
