# SPDX-License-Identifier: MIT
# Three requests on one connection; and on two, where the server closes the first one after a response.
exec python3 - "$@" <<'PY'
import http.server, subprocess, sys, threading

class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.path.encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/last":
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = "127.0.0.1:%d" % server.server_address[1]
    for targets, connections in (["/a", "/b", "/c"], 1), (["/a", "/last", "/c"], 2):
        done = subprocess.run(sys.argv[1:] + [here] + targets, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        assert done.stdout.split() == targets, done
        assert done.stderr.count("connected\n") == connections, done
    server.shutdown()
PY
