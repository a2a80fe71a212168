# SPDX-License-Identifier: MIT
# An event comes in spite of a server that is busy and one that breaks off, each time by the same key; what
# will not change is tried once; and nobody on this machine is told anything without --private.
exec python3 - "$@" <<'PY'
import http.server, json, subprocess, sys, threading

class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen.append((self.path, self.headers["Idempotency-Key"], json.loads(body), self.headers["Content-Type"]))
        what = plan.pop(0)
        if what == "cut":
            self.close_connection = True
            return
        self.send_response(what)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass

with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://127.0.0.1:%d/hook" % server.server_address[1]

    def run(steps, *first):
        global plan, seen
        plan, seen = list(steps), []
        return subprocess.run(sys.argv[1:] + list(first) + [url, "paid", "42"],
                              capture_output=True, text=True, timeout=100)

    done = run([503, "cut", 204], "--private")
    assert (done.returncode, done.stdout) == (0, "delivered\n"), done
    assert len(seen) == 3 and len({key for _, key, _, _ in seen}) == 1 and len(seen[0][1]) == 36, seen
    assert all(s[0] == "/hook" and s[2] == {"kind": "paid", "number": 42} for s in seen), seen
    assert seen[0][3].startswith("application/json"), seen
    key = seen[0][1]
    for status in 400, 410, 307:
        done = run([status], "--private")
        assert done.returncode == 1 and str(status) in done.stderr and len(seen) == 1, (done, seen)
        assert seen[0][1] != key, seen
    done = run([500] * 4, "--private")
    assert done.returncode == 1 and "500" in done.stderr and len(seen) == 4, (done, seen)
    done = run([])
    assert done.returncode == 1 and "EACCES" in done.stderr and not seen, (done, seen)
    server.shutdown()
PY
