#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: Valgrind finds nothing in a web program over the debug library: its checks look at no byte that
# nobody has written.
# Method: the example `hello` under Valgrind, asked over several connections until its SIGTERM.
set -eu
build=${EDO_BUILD_DIR:?}
hello=$build/bin/examples/hello
if grep -qE '^(EDO_SANITIZE|CMAKE_TOOLCHAIN_FILE):[A-Z]*=.' "$build/CMakeCache.txt" || [ ! -x "$hello" ]; then
    echo "skipped: needs the example hello, neither sanitized nor cross-compiled"
    exit 77
fi
if ! command -v valgrind >/dev/null; then
    echo "skipped: no valgrind"
    exit 77
fi
exec python3 - "$hello" <<'PY'
import atexit, http.client, subprocess, sys

server = subprocess.Popen(["valgrind", "--quiet", "--error-exitcode=9", sys.argv[1], "127.0.0.1:0"],
                          stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
for _ in range(3):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for method, path, body in (("GET", "/", None), ("POST", "/none", b"x" * 9000), ("GET", "/", None)):
        client.request(method, path, body=body)
        client.getresponse().read()
    client.close()
server.terminate()
assert server.wait(60) == 0, server.returncode
PY
