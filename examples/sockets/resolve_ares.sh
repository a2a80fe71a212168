# SPDX-License-Identifier: MIT
# Three names by a name server of Python's: one has two addresses, one is unknown, one is a number.
exec python3 - "$@" <<'PY'
import socket, struct, subprocess, sys, threading

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 0))
here = "127.0.0.1:%d" % server.getsockname()[1]
known = {b"\4good\7example\0": [b"\x0a\0\0\1", b"\x0a\0\0\2"]}

def serve():
    while True:
        bytes, sender = server.recvfrom(512)
        end = bytes.index(b"\0", 12) + 1
        kind, = struct.unpack(">H", bytes[end:end + 2])
        addrs = known.get(bytes[12:end])
        records = [b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + a for a in addrs or [] if kind == 1]
        flags = 0x8180 | (0 if addrs else 3)
        header = bytes[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0)
        server.sendto(header + bytes[12:end + 4] + b"".join(records), sender)

threading.Thread(target=serve, daemon=True).start()

def run(*args):
    done = subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr

status, out, err = run(here, "good.example", "bad.example.", "192.0.2.1")
assert status == 0, err
lines = out.splitlines()
assert sorted(lines[:2]) == ["good.example: 10.0.0.1:443", "good.example: 10.0.0.2:443"], out
assert lines[2].startswith("bad.example.: ") and lines[3] == "192.0.2.1: 192.0.2.1:443", out
assert len(lines) == 4, out
status, out, err = run("no address", "good.example")
assert status == 1 and err.startswith("no address: "), err
PY
