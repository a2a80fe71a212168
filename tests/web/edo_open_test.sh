#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: edo-open compares looks of one process only, says how much is in no row, a rate that is past all numbers is a
# number, and a name moves no cursor.
# Method: a server that serves looks made by hand, one after the other.
set -eu
[ -x "$EDO_BIN_DIR/edo-open" ] || { echo 'skipped: no edo-open'; exit 77; }
exec python3 - "$EDO_BIN_DIR/edo-open" <<'PY'
import http.server, json, subprocess, sys, threading

looks = []

class Looks(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(looks.pop(0)).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

def look(pid, at_ms, n, name="a at a.c:1", **more):
    return {"pid": pid, "at_ms": at_ms, "rows": [{"kind": "task", "name": name, "n": n}], **more}

def ask(before, now):
    looks[:] = [before, now]
    run = subprocess.run([sys.argv[1], "--wait", "1ms", url], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr

def check(is_so, got):
    if not is_so:
        sys.exit(f"got {got}")

server = http.server.HTTPServer(("127.0.0.1", 0), Looks)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/open"

got = ask(look(1, 1000, 5), look(1, 3000, 9))
check(got[0] == 1 and "+4        2.0/s            9  task a at a.c:1\n" in got[1], got)
got = ask(look(1, 1000, 5), look(2, 3000, 9))
check(got[0] == 2 and "two processes have answered: 1, 2" in got[2] and got[1] == "", got)
got = ask(look(1, 1000, 5), look(1, 3000, 5, rest=7))
check(got[0] == 0 and got[1].endswith("7 objects are in no row: too many kinds\nnothing has grown\n"), got)
got = ask(look(1, 1000, 5), look(1, 1001, 2**62))
check(got[0] == 1 and "+4611686018427387899 100000000000000000.0/s" in got[1], got)
got = ask(look(1, 1000, 5, "\x1b[2J\n"), look(1, 3000, 9, "\x1b[2J\n"))
check(got[0] == 1 and "  task ?[2J?\n" in got[1], got)
PY
