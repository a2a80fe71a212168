# SPDX-License-Identifier: MIT
# A text comes back in capitals while it is sent; a client that does not read is not read from; each
# response names its request; a SIGTERM ends the server with status 0.
exec python3 - "$@" <<'PY'
import atexit, http.client, re, socket, subprocess, sys, threading

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
names = set()
for path, status in ("/shout", 200), ("/shout", 200), ("/none", 404):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request("POST", path, b"Hello, World!")
    response = client.getresponse()
    assert response.status == status, response.status
    names.add(response.getheader("x-request-id"))
    body = response.read()
    assert status != 200 or body == b"HELLO, WORLD!"
    client.close()
assert len(names) == 3 and all(re.fullmatch(r"[0-9a-f-]{36}", n) for n in names), names

size = 16 << 20  # more than all buffers on the way: it only ends if it is read meanwhile
both = socket.socket()
both.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
both.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
both.settimeout(20)
both.connect(("127.0.0.1", port))
both.sendall(b"POST /shout HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % size)
sender = threading.Thread(target=lambda: [both.sendall(b"a" * 65536) for _ in range(size // 65536)])
sender.start()
sender.join(0.3)
assert sender.is_alive()  # nobody reads, so the sender has to wait
got = 0
while data := both.recv(1 << 20):
    got += data.count(b"A")
sender.join()
assert got == size, got
both.close()
server.terminate()
assert server.wait(20) == 0, server.returncode
PY
