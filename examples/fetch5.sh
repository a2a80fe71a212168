# SPDX-License-Identifier: MIT
# Twelve pages and one server that is not there: five are asked for at once and never six, and the dead one
# has a line that names it, while the others come.
exec python3 - "$@" <<'PY'
import http.server, socket, subprocess, sys, threading, time

five = threading.Barrier(5)
lock = threading.Lock()
now = most = 0

class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        global now, most
        with lock:
            now += 1
            most = max(most, now)
        if self.path.startswith("/first"):
            five.wait(60)  # none of the first five ends before all have come
            time.sleep(0.3)  # a sixth at once would be seen
        with lock:
            now -= 1
        if self.path == "/missing":
            self.send_error(404)
            return
        body = self.path.encode() * 10
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

with socket.socket() as s, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
    s.bind(("127.0.0.1", 0))  # it does not listen
    dead = "http://127.0.0.1:%d/dead" % s.getsockname()[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = "http://127.0.0.1:%d" % server.server_address[1]
    first = ["%s/first%d" % (here, i) for i in range(5)]
    later = ["%s/later%d" % (here, i) for i in range(7)]
    run = lambda urls: subprocess.run(sys.argv[1:] + urls, capture_output=True, text=True, timeout=100)

    done = run(first + [dead, here + "/missing"] + later)
    assert done.returncode == 1, done
    lines = done.stdout.splitlines()
    assert sorted(lines[:-1]) == sorted("%d bytes from %s" % (10 * len(u[len(here):]), u) for u in first + later), done
    assert lines[-1] == "12 fetched, 2 failed", done
    errors = sorted(done.stderr.splitlines(), key=lambda line: "/dead" in line)
    assert len(errors) == 2, done
    assert "/missing" in errors[0] and "404" in errors[0], done
    assert dead in errors[1] and "ECONNREFUSED" in errors[1], done
    assert most == 5, most

    done = run(later)
    assert (done.returncode, done.stderr) == (0, ""), done
    server.shutdown()
PY
