# SPDX-License-Identifier: MIT
# One request; a SIGTERM that ends the server with status 0.
exec python3 - "$@" <<'PY'
import atexit, subprocess, sys, urllib.request

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as response:
    assert response.status == 200 and response.read() == b"Hello!\n"
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
