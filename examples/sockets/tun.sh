# SPDX-License-Identifier: MIT
# In a network of its own, where a user namespace allows one: pings to a host behind the interface
# return, with what was in them; SIGTERM ends the program with status 0.
unshare -rn true 2>/dev/null || { echo "skipped: no user and network namespace here"; exit 77; }
exec unshare -rn python3 - "$@" <<'PY'
import fcntl, socket, struct, subprocess, sys

SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, IFF_UP = 0x8914, 0x8916, 0x891C, 1

try:
    open("/dev/net/tun", "r+b", buffering=0).close()
except OSError as error:
    print("skipped:", error)
    sys.exit(77)


def set_address(request, text):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        addr = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(text))
        fcntl.ioctl(s, request, struct.pack("16s16s", b"edo0", addr))


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(s, number, text):
    body = struct.pack("!HH", 77, number) + text
    sent = b"\x08\0" + struct.pack("!H", checksum(b"\x08\0\0\0" + body)) + body
    s.sendto(sent, ("10.9.8.2", 0))
    while True:
        got = s.recv(2000)[20:]
        if got[0] == 0 and got[4:6] == body[0:2]:
            break
    assert got[4:] == body, (got, body)
    assert checksum(got) == 0, "a wrong checksum"


tun = subprocess.Popen(sys.argv[1:] + ["edo0"], stdout=subprocess.PIPE, text=True)
assert tun.stdout.readline() == "ready\n"
set_address(SIOCSIFADDR, "10.9.8.1")
set_address(SIOCSIFNETMASK, "255.255.255.0")
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh14x", b"edo0", IFF_UP))
with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as s:
    s.settimeout(60)
    for number in range(100):
        ping(s, number, bytes([number, 255 - number]) * (1 + number * 7))
tun.terminate()
assert tun.wait(20) == 0, tun.returncode
PY
