# SPDX-License-Identifier: MIT
# A client talks to the server as redis-cli would; the server is killed, and another one has all that
# was answered. More is tested in tests/mini_redis.
exec python3 - "$@" <<'END'
import os, signal, socket, subprocess, sys, tempfile

def start(file):
    server = subprocess.Popen(sys.argv[1:] + ["--port", "0", "--aof", file],
                              stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    return server, socket.create_connection(("127.0.0.1", port), 30)

def talk(client, *lines_and_replies):
    for line, wanted in lines_and_replies:
        client.sendall(line + b"\r\n")
        got = b""
        while len(got) < len(wanted) and (part := client.recv(4096)):
            got += part
        assert got == wanted, f"{line!r}: wanted {wanted!r}, got {got!r}"

with tempfile.TemporaryDirectory() as folder:
    server, client = start(folder + "/log")
    talk(client, (b"PING", b"+PONG\r\n"), (b"SET a 1", b"+OK\r\n"), (b"INCR a", b":2\r\n"),
         (b"*3\r\n$5\r\nLPUSH\r\n$1\r\nl\r\n$3\r\nx y", b":1\r\n"), (b"DANCE", b"-ERR unknown command\r\n"))
    server.kill()
    server.wait(30)
    server, client = start(folder + "/log")
    talk(client, (b"GET a", b"$1\r\n2\r\n"), (b"LRANGE l 0 -1", b"*1\r\n$3\r\nx y\r\n"))
    server.send_signal(signal.SIGTERM)
    assert server.wait(10) == 0, f"status {server.returncode}"
END
