# SPDX-License-Identifier: MIT
# curl is told ticks with their numbers, goes on behind the last one that it says, and is told the end
# in order when the server drains.
command -v curl >/dev/null || { echo "skipped: curl is not installed"; exit 77; }
exec python3 - "$@" <<'PY'
import atexit, subprocess, sys, urllib.request

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", "20"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
base = server.stdout.readline().strip()


def curl(*args):
    return subprocess.Popen(["curl", "-sSN", *args, base + "/ticks"], stdout=subprocess.PIPE, text=True)


def event(client):
    lines = []
    while (line := client.stdout.readline()) not in ("\n", ""):
        lines.append(line.rstrip("\n"))
    return lines


first = curl()
assert event(first) == ["retry: 1000"]
assert event(first) == ["event: tick", "id: 1", "data: 1"]
assert event(first) == ["event: tick", "id: 2", "data: 2"]
first.kill()
first.wait()
second = curl("-H", "last-event-id: 41")
event(second)
assert event(second)[1] == "id: 42"
last = curl("-H", "last-event-id: 9223372036854775807")  # LONG_MAX
event(last)
assert event(last)[1] == "id: 9223372036854775808"
last.kill()
last.wait()
page = urllib.request.urlopen(base)
assert "default-src 'self'" in page.headers["content-security-policy"]
assert b"/ticker.js" in page.read()
server.terminate()
while event(second):
    pass
assert second.wait(10) == 0, second.returncode  # no broken transfer
assert server.wait(10) == 0, server.returncode
PY
