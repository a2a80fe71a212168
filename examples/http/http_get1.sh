# SPDX-License-Identifier: MIT
# A page of a server, one that it does not have, and a server that is gone.
exec python3 - "$@" <<'PY'
import http.server, os, subprocess, sys, threading

def run(*args):
    done = subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr

class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"a page\n" * 9000
        self.send_response(200 if self.path == "/page" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = "127.0.0.1:%d" % server.server_address[1]
    assert run(here, "/page")[:2] == (0, "a page\n" * 9000) # a watchdog may say that the machine is slow
    status, out, err = run(here, "/none")
    assert status != 0 and out == "" and "/none: 404" in err, (status, out, err)
    server.shutdown()
status, out, err = run(here, "/page")
assert status != 0 and out == "", (status, out, err)
PY
