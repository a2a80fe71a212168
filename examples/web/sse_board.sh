# SPDX-License-Identifier: MIT
# Each page gets each note, in order; the end of the server ends the events in order.
exec python3 - "$@" <<'PY'
import atexit, http.client, re, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(re.search(r":(\d+)", server.stdout.readline().rsplit("//", 1)[-1])[1])


def look_on():
    page = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    page.request("GET", "/board")
    response = page.getresponse()
    assert response.status == 200, response.status
    assert response.readline() == b"retry: 1000\n" and response.readline() == b"\n"
    return response


def write(text):
    writer = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    writer.request("POST", "/board", text)
    assert writer.getresponse().status == 204


pages = [look_on() for _ in range(20)]
for note in ("it rains", "it still rains"):
    write(note)
server.terminate()
for page in pages:
    assert page.read() == b"data: it rains\n\ndata: it still rains\n\n"
assert server.wait(10) == 0, server.returncode
PY
