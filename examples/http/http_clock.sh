# SPDX-License-Identifier: MIT
# Each line comes in a chunk of its own, before the next is due; two clients have clocks of their own;
# SIGTERM ends the server while both listen, and both responses end whole.
exec python3 - "$@" <<'PY'
import atexit, socket, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", "50"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
clients = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(2)]
for client in clients:
    client.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
listened = [client.makefile("rb") for client in clients]
for lines in listened:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += lines.readline()
    assert b"transfer-encoding: chunked\r\n" in head, head
    for tick in 1, 2, 3:
        got = [lines.readline() for _ in range(3)]
        assert got == [b"7\r\n", b"tick %d\n" % tick, b"\r\n"], got
server.terminate()
for lines in listened:
    assert lines.read().endswith(b"0\r\n\r\n")  # and nothing else, where no other tick was due
assert server.wait(10) == 0, server.returncode
PY
