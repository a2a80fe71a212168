# SPDX-License-Identifier: MIT
# curl fetches a page, ranges, and a compressed file; what it has is not sent again; no path leads
# out of the directory; a SIGTERM ends the server with status 0.
if ! command -v curl >/dev/null; then
    echo "curl is not installed: not tested"
    exit 77
fi
exec python3 - "$@" <<'PY'
import atexit, gzip, os, shutil, subprocess, sys, tempfile

top = tempfile.mkdtemp()
atexit.register(shutil.rmtree, top)
site = os.path.join(top, "site")
os.makedirs(os.path.join(site, "docs"))
large = os.urandom(700_000)
for name, data in {"index.html": b"<h1>home</h1>", "docs/index.html": b"<h1>docs</h1>", ".env": b"secret",
                   "app.js": b"plain", "app.js.gz": gzip.compress(b"zipped"), "large.bin": large,
                   "../outside": b"secret"}.items():
    with open(os.path.join(site, name), "wb") as f:
        f.write(data)
os.symlink("../outside", os.path.join(site, "link"))
server = subprocess.Popen(sys.argv[1:] + [site, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
base = server.stdout.readline().strip()


def curl(path, *args):
    """Returns the status and the body."""
    got = subprocess.run(["curl", "-sS", "--path-as-is", "-m", "20", "-w", "%{http_code}", *args, base + path],
                         capture_output=True, check=True).stdout
    return int(got[-3:]), got[:-3]


assert curl("/") == (200, b"<h1>home</h1>")
assert curl("/docs", "-L") == (200, b"<h1>docs</h1>")
assert curl("/large.bin") == (200, large)
assert curl("/large.bin", "-r", "100-299999") == (206, large[100:300000])
assert curl("/large.bin", "-C", "699000") == (206, large[699000:])  # goes on with a download
assert curl("/app.js", "--compressed") == (200, b"zipped")
assert curl("/app.js") == (200, b"plain")
tag = os.path.join(top, "tag")
assert curl("/", "--etag-save", tag)[0] == 200
assert curl("/", "--etag-compare", tag) == (304, b"")
assert curl("/", "-z", "Fri, 01 Jan 2100 00:00:00 GMT") == (304, b"")
status, parts = curl("/large.bin", "-r", "0-3,10-13")
assert status == 206 and large[:4] in parts and large[10:14] in parts, parts
assert curl("/large.bin", "-r", "700000-")[0] == 416
for path in ["/../outside", "/..%2foutside", "/%2e%2e/outside", "/docs/../../outside", "/..%5coutside", "/.env",
             "/link", "//etc/passwd", "/%2fetc/passwd", "/index.html%00"]:
    status, body = curl(path)
    assert status in (400, 404) and b"secret" not in body and b"root:" not in body, (path, status, body)
assert b"Not here" in curl("/none")[1]
assert curl("/index.html", "-X", "DELETE")[0] == 405
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
