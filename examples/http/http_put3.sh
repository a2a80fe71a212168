# SPDX-License-Identifier: MIT
# A file arrives whole; where the server refuses the name, none of it is sent.
exec python3 - "$@" <<'PY'
import http.server, os, subprocess, sys, tempfile, threading

class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    got = b""

    def handle_expect_100(self):
        if self.path == "/refused":
            self.send_response(403)
            self.send_header("Content-Length", "3")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"no\n")
            self.close_connection = True
            return False
        return super().handle_expect_100()

    def do_PUT(self):
        Store.got = b""
        while (n := int(self.rfile.readline(), 16)) > 0:
            Store.got += self.rfile.read(n)
            self.rfile.readline()
        self.rfile.readline()
        self.send_response(201)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"kept\n")

    def log_message(self, *args):
        pass

with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store) as server, tempfile.TemporaryDirectory() as folder:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = "127.0.0.1:%d" % server.server_address[1]
    path = os.path.join(folder, "data")
    data = os.urandom(1_000_001)
    with open(path, "wb") as f:
        f.write(data)

    def put(target):
        done = subprocess.run(sys.argv[1:] + [here, target, path], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    assert put("/kept")[:2] == (0, "kept\n") # a watchdog may say that the machine is slow
    assert Store.got == data
    Store.got = b""
    status, out, err = put("/refused")
    assert status != 0 and out == "no\n" and "/refused: 403" in err, (status, out, err)
    assert Store.got == b""
    server.shutdown()
PY
