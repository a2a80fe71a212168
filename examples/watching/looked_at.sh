# SPDX-License-Identifier: MIT
# The page is there, and what it asks for: the two that have locked each other out, among all that wait.
set -eu
EDO_WATCH=locks python3 - "$@" <<'PY'
import http.client, json, os, struct, subprocess, sys
program = subprocess.Popen([*sys.argv[1:], "127.0.0.1:0", "1000"], stdout=subprocess.PIPE, text=True)
try:
    at = http.client.HTTPConnection(program.stdout.readline().strip().rpartition("//")[2], timeout=50)
    at.request("GET", "/console/")
    got = at.getresponse()
    page = got.read()
    assert got.status == 200 and b"edo console" in page, got.status
    assert "script-src 'sha256-" in got.headers["Content-Security-Policy"]
    wanted = json.dumps({"everyMs": 100}).encode()
    at.request("POST", "/console/edo.console.v1.Look/Watch", struct.pack(">BI", 0, len(wanted)) + wanted,
               {"Content-Type": "application/connect+json"})
    got = at.getresponse()
    assert got.status == 200, got.status
    while True:
        flags, n = struct.unpack(">BI", got.read(5))
        look = json.loads(got.read(n))
        assert flags == 0, look
        if look.get("cycles") and int(look["tasksAll"]) >= 1003:
            break
    edges = look["cycles"][0]["edges"]
    assert sorted(edge["name"].split()[0] for edge in edges) == ["pay_me", "pay_you"], edges
    assert any(site["name"].startswith("visitor") and int(site["n"]) == 1000 for site in look["sites"]), look["sites"]
    assert any(site["name"] == "<img src=x onerror=alert(1)>" for site in look["sites"]), look["sites"]
    at.close()
finally:
    program.terminate()
assert program.wait(50) == 0, program.returncode
PY
