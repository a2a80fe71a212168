# SPDX-License-Identifier: MIT
# A page that reads gets all that it is not told it has missed; one that does not read holds nobody up,
# and is told how much it has missed when it does; one that comes back is told what it lacks.
exec python3 - "$@" <<'PY'
import atexit, http.client, re, socket, subprocess, sys, threading

COUNT, BYTES = 200, 100000  # more than the socket of a page that does not read holds
server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(re.search(r":(\d+)", server.stdout.readline().rsplit("//", 1)[-1])[1])


class Page:
    def __init__(self, last="", receive_bytes=None):
        self.socket = socket.socket()
        self.socket.settimeout(30)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.connect(("127.0.0.1", port))
        last = f"Last-Event-ID: {last}\r\n" if last else ""
        self.socket.sendall(f"GET /news HTTP/1.1\r\nHost: x\r\n{last}\r\n".encode())
        self.lines = http.client.HTTPResponse(self.socket)
        self.lines.begin()
        while not self.lines.readline().startswith(b"retry:"):
            pass
        self.got, self.missed = [], 0

    def read_to(self, last):
        """Reads events, that number the last of them."""
        event = None
        while True:
            line = self.lines.readline()
            assert line, "the end came first"
            field, _, value = line.rstrip(b"\r\n").partition(b": ")
            if field == b"event":
                event = value
            elif field == b"id":
                self.got.append(int(value))
            elif field == b"data" and event == b"missed":
                self.missed += int(value)
                event = None
            elif field == b"data" and self.got[-1] == last:
                return


poster = http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def post(text):
    poster.request("POST", "/news", text)
    response = poster.getresponse()
    response.read()
    assert response.status == 204, response.status


fast, slow = Page(), Page(receive_bytes=4096)
reader = threading.Thread(target=fast.read_to, args=(COUNT,))
reader.start()
for n in range(COUNT):
    post(b"x" * BYTES)
reader.join(30)
assert fast.got and fast.got[-1] == COUNT, fast.got[-3:]
assert len(fast.got) + fast.missed == COUNT, (len(fast.got), fast.missed)
slow.read_to(COUNT)
assert slow.got == sorted(set(slow.got)) and slow.missed > 0, slow.missed
assert len(slow.got) + slow.missed == COUNT, (len(slow.got), slow.missed)
back = Page(last=str(COUNT - 10))
post(b"news")
back.read_to(COUNT + 1)
assert (back.got, back.missed) == ([COUNT + 1], 10), (back.got, back.missed)
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
