# SPDX-License-Identifier: MIT
# Two requests on one connection, a method that is not allowed, and a SIGTERM that ends the server with
# status 0 while a client is connected.
exec python3 - "$@" <<'PY'
import atexit, http.client, subprocess, sys

server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
atexit.register(server.kill)
port = int(server.stdout.readline().rsplit(":", 1)[1])
client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
for name in "Ann", "Bob":
    client.request("GET", "/" + name)
    response = client.getresponse()
    assert response.status == 200 and response.read().decode() == f"Hello, {name}!\n"
client.request("PUT", "/x", b"body")
response = client.getresponse()
assert response.status == 405 and response.read() == b"only GET\n"
server.terminate()
assert server.wait(10) == 0, server.returncode
with open("/dev/full", "w") as full:  # nobody would learn its port
    assert subprocess.run(sys.argv[1:] + ["127.0.0.1:0"], stdout=full, stderr=full, timeout=10).returncode != 0
PY
