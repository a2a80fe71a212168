# SPDX-License-Identifier: MIT
# Starts the server, lets a hundred clients talk to it at once, one of whom leaves rudely, and ends
# it by SIGTERM: the status must be 0.
exec python3 - "$@" <<'PY'
import signal, socket, subprocess, sys, time

# Nobody else gets the port of this socket, which listens to nothing; the server is allowed to.
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
place.bind(("127.0.0.1", 0))
port = place.getsockname()[1]
server = subprocess.Popen(sys.argv[1:] + [f"127.0.0.1:{port}"])
try:
    clients = []
    for attempt in range(500):
        try:
            clients.append(socket.create_connection(("127.0.0.1", port), 10))
            break
        except ConnectionRefusedError:
            time.sleep(0.02)
    rude = socket.create_connection(("127.0.0.1", port), 10)
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    rude.sendall(b"x")
    rude.close()
    clients += [socket.create_connection(("127.0.0.1", port), 10) for _ in range(99)]
    for n, client in enumerate(clients):
        client.sendall(b"hello %d" % n * 300)
    for n, client in enumerate(clients):
        client.shutdown(socket.SHUT_WR)
        heard = b""
        while chunk := client.recv(65536):
            heard += chunk
        assert heard == b"hello %d" % n * 300, n
    server.send_signal(signal.SIGTERM)
    status = server.wait(20)
    assert status == 0, f"the server ended with {status}"
finally:
    server.kill()
PY
