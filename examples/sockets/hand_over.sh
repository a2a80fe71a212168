# SPDX-License-Identifier: MIT
# Replaces the server while clients connect one after the other: none is refused, a client of the
# old server is served to its end, and the old server ends with status 0.
exec python3 - "$@" <<'PY'
import os, signal, socket, subprocess, sys

# Nobody else gets the port of this socket, which listens to nothing; the server is allowed to.
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
place.bind(("127.0.0.1", 0))
port = place.getsockname()[1]


def give_up(*_):
    sys.exit("not done after 60 s")  # by way of `finally`


signal.signal(signal.SIGALRM, give_up)
signal.alarm(60)


def talk(client, text):
    client.sendall(text)
    heard = b""
    while len(heard) < len(text):
        chunk = client.recv(100)
        assert chunk, "cut off"
        heard += chunk
    assert heard == text


def meet(text):
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        talk(client, text)


old = subprocess.Popen(sys.argv[1:] + [f"127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)
pids = [old.pid]
try:
    assert old.stdout.readline() == f"{old.pid} serves\n"
    early = socket.create_connection(("127.0.0.1", port), 10)
    talk(early, b"before")
    old.send_signal(signal.SIGHUP)
    for n in range(200):
        meet(b"%d" % n)
    pids.append(int(old.stdout.readline().split()[0]))
    for n in range(200):
        meet(b"%d" % n)
    assert old.poll() is None, "the old server left its client"
    talk(early, b"after")
    early.close()
    assert old.wait(20) == 0, f"the old server ended with {old.returncode}"
    meet(b"last")
finally:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
PY
