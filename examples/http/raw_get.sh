# SPDX-License-Identifier: MIT
# Its own server's reply; a page of Python's HTTP server; and the story of a server that has gone.
exec python3 - "$@" <<'PY'
import functools, http.server, os, subprocess, sys, tempfile, threading

# text: the ends of lines, \r\n, come as \n.
def run(*args):
    done = subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr

status, out, err = run()
assert status == 0, err
assert "> GET /greeting HTTP/1.1\n> Host: 127.0.0.1:" in out, out
assert out.endswith("\n\nhello, by hand\n"), out

class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

with tempfile.TemporaryDirectory() as folder:
    with open(os.path.join(folder, "page"), "w") as page:
        page.write("line of a page\n" * 5000)
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = "127.0.0.1:%d" % server.server_address[1]
        status, out, err = run(here, "/page")
        assert status == 0 and out.count("line of a page\n") == 5000, (status, err)
        status, out, err = run(here, "/none")
        assert status == 0 and " 404 " in out.splitlines()[0], (status, out)
        server.shutdown()
status, out, err = run(here, "/page")
assert status != 0 and "GET /page from " + here in err, (status, err)
PY
