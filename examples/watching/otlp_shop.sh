# SPDX-License-Identifier: MIT
# Two requests are exported to a collector, which is as simple as can be; without one the service does the same.
exec python3 - "$@" <<'PY'
import atexit, http.server, os, subprocess, sys, threading, urllib.error, urllib.request

taken = {}


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        taken[self.path] = taken.get(self.path, b"") + self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def ask(port, number):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/goods/{number}", timeout=10).status
    except urllib.error.HTTPError as e:
        return e.code


def run(env):
    server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              text=True, env=env)
    atexit.register(server.kill)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    assert (ask(port, 12), ask(port, 13)) == (200, 404)
    server.terminate()
    assert server.wait(10) == 0, server.returncode


collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
threading.Thread(target=collector.serve_forever, daemon=True).start()
mine = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
run(mine)
assert taken == {}, taken.keys()
run(dict(mine, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_address[1]}"))
assert b"GET /goods/{number}" in taken["/v1/traces"] and b"find" in taken["/v1/traces"], taken
assert b"ENOENT" in taken["/v1/traces"] and b"nothing is there" in taken["/v1/logs"], taken
assert b"shop.looks" in taken["/v1/metrics"], taken
PY
