# SPDX-License-Identifier: MIT
# Each layer shows: in the heads of all responses, in what is refused, and in the log; curl reads what is compressed.
exec python3 - "$@" <<'PY'
import atexit, http.client, shutil, subprocess, sys, zlib

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
numbers = b"".join(b"%d\n" % i for i in range(1, 1001))


def ask(method, path, body=None, **fields):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request(method, path, body, {name.replace("_", "-"): value for name, value in fields.items()})
    response = client.getresponse()
    text = response.read()
    client.close()
    # What a guard of the server refuses meets no layer.
    assert response.status == 403 or len(response.headers["x-request-id"]) == 36, response.headers
    assert response.headers["x-content-type-options"] == "nosniff", response.headers
    return response.status, response.headers, text


status, head, text = ask("GET", "/numbers/", origin="https://app.example")
assert (status, text) == (200, numbers) and head["access-control-allow-origin"] == "https://app.example"
status, head, text = ask("GET", "/numbers", accept_encoding="gzip")
has_gzip = head["content-encoding"] == "gzip"  # the build may lack zlib
assert (zlib.decompress(text, 31) if has_gzip else text) == numbers
if has_gzip:
    packed = zlib.compressobj(wbits=31)
    packed = packed.compress(numbers) + packed.flush()
    assert ask("POST", "/count", packed, content_encoding="gzip")[::2] == (200, b"3893\n")
    bomb = zlib.compressobj(9, wbits=31)
    bomb = bomb.compress(bytes(10 << 20)) + bomb.flush()
    assert ask("POST", "/count", bomb, content_encoding="gzip")[0] == 413
    for coding in ["gzip", "br", "zstd"] if shutil.which("curl") else []:
        got = subprocess.run(["curl", "-s", "--compressed", "-H", "accept-encoding: " + coding,
                              f"http://127.0.0.1:{port}/numbers"], capture_output=True)
        assert got.stdout == numbers or got.returncode == 61, (coding, got)  # 61: this curl lacks it
assert ask("POST", "/count", "x" * 65537)[0] == 413
assert ask("POST", "/count", "x", sec_fetch_site="cross-site")[0] == 403
assert ask("GET", "/admin/whoami")[0] == 401
assert ask("GET", "/admin/whoami", authorization="Basic YWRhOmxvdmVsYWNl")[2] == b"ada"
status, head, text = ask("GET", "/broken")
assert status == 500 and b"secrets" not in text
assert ask("GET", "/nowhere", x_forwarded_for="192.0.2.7")[0] == 404
while ask("GET", "/nowhere", x_forwarded_for="192.0.2.8")[0] != 429:
    pass
server.terminate()
log = server.communicate(timeout=10)[1]
assert server.returncode == 0, server.returncode
assert '\n192.0.2.7 - - [' in log and '"GET /nowhere HTTP/1.1" 404 ' in log, log
assert '127.0.0.1 - ada [' in log, log
PY
