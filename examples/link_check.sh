# SPDX-License-Identifier: MIT
# Links are found, resolved and asked for once each, one after the other at one host; those that are broken
# are named; and a page on this machine is not even asked for without --private.
exec python3 - "$@" <<'PY'
import collections, http.server, socket, subprocess, sys, threading, time

lock = threading.Lock()
now = most = 0
seen = collections.Counter()

class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def respond(self):
        global now, most
        with lock:
            now += 1
            most = max(most, now)
            seen[self.command, self.path] += 1
        where = self.path.split("?")[0]
        body, status = b"fine", 200
        if where == "/start":
            status = 302
        elif where == "/dir/page":
            body = pages
        elif where == "/gone" or self.path == "/ask?a=1&amp;b=2":
            status = 404
        elif where == "/get-only" and self.command == "HEAD":
            status = 405
        time.sleep(0.02)  # a second request at once would be seen
        with lock:
            now -= 1
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/dir/page")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = respond

    def log_message(self, *args):
        pass

with socket.socket() as s, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
    s.bind(("127.0.0.1", 0))  # it does not listen
    dead = "http://127.0.0.1:%d/" % s.getsockname()[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = "http://127.0.0.1:%d" % server.server_address[1]
    good = '<a href="near">x</a> <a href="/ask?a=1&amp;b=2">x</a> <a href="../far#part">x</a> <a href="/far">x</a>' \
           '<a href="mailto:a@b.example">x</a> <a href="/get-only">x</a>'
    bad = '<a href="/gone">x</a> <a href="%s">x</a> <a href="http://[1">x</a> <a href="cut' % dead

    def run(*args):
        return subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=100)

    pages = good.encode()
    done = run("--private", here + "/start")
    assert (done.returncode, done.stdout) == (0, "4 links, 0 broken\n"), done
    assert seen["HEAD", "/dir/near"] == 1 and seen["HEAD", "/far"] == 1, seen
    assert seen["HEAD", "/ask?a=1&b=2"] == 1, seen
    assert seen["HEAD", "/get-only"] == 1 and seen["GET", "/get-only"] == 1, seen
    assert most == 1, most

    pages = (good + bad).encode()
    done = run("--private", here + "/start")
    assert done.returncode == 1, done
    lines = sorted(done.stdout.splitlines())
    assert lines[0] == "6 links, 3 broken", done
    assert sorted(line.split(": ")[0] for line in lines[1:]) == sorted([here + "/gone", dead, "http://[1"]), done

    seen.clear()
    done = run(here + "/start")
    assert done.returncode == 1 and "EACCES" in done.stderr and not seen, (done, seen)
    server.shutdown()
PY
