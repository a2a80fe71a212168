# SPDX-License-Identifier: MIT
# A message comes back; SIGTERM closes the socket with 1001 and ends the server with status 0.
exec python3 - "$@" <<'PY'
import atexit, os, socket, struct, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
client = socket.create_connection(("127.0.0.1", port), timeout=10)
client.sendall(b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
stream = client.makefile("rb")
assert b" 101 " in stream.readline()
while stream.readline() != b"\r\n":
    pass


def send(opcode, payload):
    mask = os.urandom(4)
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    client.sendall(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + body)


def receive():
    first, length = stream.read(2)
    return first & 15, stream.read(length)


send(1, "héllo".encode())
assert receive() == (1, "héllo".encode())
server.terminate()
opcode, payload = receive()
assert opcode == 8 and struct.unpack(">H", payload[:2])[0] == 1001, payload
send(8, payload[:2])
assert stream.read() == b"" and server.wait(10) == 0, server.returncode
PY
