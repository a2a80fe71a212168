# SPDX-License-Identifier: MIT
# Starts the service, sends it datagrams from several sockets, one of which is gone when the reply
# comes, and ends it by SIGTERM: the status must be 0.
exec python3 - "$@" <<'PY'
import signal, socket, subprocess, sys, time

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
server = subprocess.Popen(sys.argv[1:] + [f"127.0.0.1:{port}"])
try:
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(20)]
    for client in clients:
        client.connect(("127.0.0.1", port))
        client.settimeout(0.1)
    for attempt in range(200):  # until it has begun to receive
        try:
            clients[0].send(b"ready?")
            assert clients[0].recv(100) == b"ready?"
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
        except TimeoutError:
            pass
    else:
        sys.exit("the service does not reply")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.sendto(b"no reply wanted", ("127.0.0.1", port))
    for n, client in enumerate(clients):
        client.settimeout(10)
        client.send(b"x" * 3000)  # too long: no reply
        client.send(b"hello %d" % n)
        client.send(b"")
    for n, client in enumerate(clients):
        replies = [client.recv(100), client.recv(100)]
        while b"ready?" in replies:  # of an attempt that was slow
            replies.remove(b"ready?")
            replies.append(client.recv(100))
        assert replies == [b"hello %d" % n, b""], replies
    server.send_signal(signal.SIGTERM)
    status = server.wait(20)
    assert status == 0, f"the service ended with {status}"
finally:
    server.kill()
PY
