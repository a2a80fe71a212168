# SPDX-License-Identifier: MIT
# Twenty clients at once each get the file, both ways; one of them leaves early. SIGTERM ends the
# server with status 0.
exec python3 - "$@" <<'PY'
import os, signal, socket, subprocess, sys, tempfile

def get(client):
    heard = b""
    while chunk := client.recv(1 << 20):
        heard += chunk
    return heard

with tempfile.NamedTemporaryFile() as f:
    data = os.urandom((1 << 20) + 12345)
    f.write(data)
    f.flush()
    for way, want in (([], data), (["whole"], b"whole\n" + data)):
        server = subprocess.Popen(sys.argv[1:] + [f.name, "127.0.0.1:0"] + way,
                                  stdout=subprocess.PIPE, text=True)
        try:
            port = int(server.stdout.readline().rsplit(":", 1)[1])
            clients = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(20)]
            clients[0].recv(1)
            clients.pop(0).close()
            for n, client in enumerate(clients):
                assert get(client) == want, (way, n)
            server.send_signal(signal.SIGTERM)
            assert server.wait(20) == 0, server.returncode
        finally:
            server.kill()
    missing = subprocess.run(sys.argv[1:] + [f.name + "none", "127.0.0.1:0"], capture_output=True,
                             text=True, timeout=20)
    assert missing.returncode == 1 and "ENOENT" in missing.stderr, missing
PY
