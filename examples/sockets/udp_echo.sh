# SPDX-License-Identifier: MIT
# Starts the service at a free port, sends it datagrams from several sockets, one of which is gone when the reply
# comes, and ends it by SIGTERM: the status must be 0.
exec python3 - "$@" <<'PY'
import os, signal, socket, subprocess, sys, time


def port_of(server):
    """The port of its socket, which the kernel has chosen; None so far."""
    folder = f"/proc/{server.pid}/fd"
    own = {os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder) if os.path.islink(f"{folder}/{fd}")}
    with open("/proc/net/udp") as rows:
        for row in map(str.split, rows):
            if f"socket:[{row[9]}]" in own:
                return int(row[1].split(":")[1], 16)
    return None


server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"])
try:
    end = time.monotonic() + 30
    while not (port := port_of(server)):
        assert time.monotonic() < end and server.poll() is None, "the service has no socket"
        time.sleep(0.01)
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
    for client in clients:
        client.connect(("127.0.0.1", port))
        client.settimeout(30)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.sendto(b"no reply wanted", ("127.0.0.1", port))
    for n, client in enumerate(clients):
        client.send(b"x" * 3000)  # too long: no reply
        client.send(b"hello %d" % n)
        client.send(b"")
    for n, client in enumerate(clients):
        replies = [client.recv(100), client.recv(100)]
        assert replies == [b"hello %d" % n, b""], replies
    server.send_signal(signal.SIGTERM)
    status = server.wait(20)
    assert status == 0, f"the service ended with {status}"
finally:
    server.kill()
PY
