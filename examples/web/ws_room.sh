# SPDX-License-Identifier: MIT
# A message of one comes to all, in the same order; one that leaves is missed by nobody; SIGTERM tells all.
exec python3 - "$@" <<'PY'
import atexit, os, socket, struct, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])


class Page:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.sendall(b"GET /room HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        self.stream = self.socket.makefile("rb")
        assert b" 101 " in self.stream.readline()
        while self.stream.readline() != b"\r\n":
            pass

    def send(self, opcode, payload):
        mask = os.urandom(4)
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        length = bytes([0x80 | len(payload)]) if len(payload) < 126 else struct.pack(">BH", 0xfe, len(payload))
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + body)

    def receive(self):
        first, length = self.stream.read(2)
        return first & 15, self.stream.read(length)


def echoed(page, text):
    page.send(1, text)
    assert page.receive() == (1, text)


pages = []
for _ in range(5):
    pages.append(Page())
    echoed(pages[-1], b"here")  # it is in the room now
    for page in pages[:-1]:
        assert page.receive() == (1, b"here")
pages[0].send(1, b"one")
pages[0].send(1, b"two")
for page in pages:
    assert page.receive() == (1, b"one") and page.receive() == (1, b"two")
pages.pop().socket.close()
left = pages.pop()
left.send(8, struct.pack(">H", 1000))
assert left.receive() == (8, struct.pack(">H", 1000)) and left.stream.read() == b""
pages[1].send(1, b"still here")
for page in pages:
    assert page.receive() == (1, b"still here")
long = pages.pop()
long.send(1, b"x" * 5000)
opcode, payload = long.receive()
assert opcode == 8 and struct.unpack(">H", payload[:2])[0] == 1009, payload
long.stream.close()
long.socket.close()
server.terminate()
for page in pages:
    opcode, payload = page.receive()
    assert opcode == 8 and struct.unpack(">H", payload[:2])[0] == 1001, payload
    page.send(8, payload[:2])
assert server.wait(10) == 0, server.returncode
PY
