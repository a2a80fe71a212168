# SPDX-License-Identifier: MIT
# Probes and numbers have an address of their own; after SIGTERM the program is not ready but serves on, then it ends.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, subprocess, sys, time


def start(pre_stop_ms):
    """The program, and the ports of its probes and of its links."""
    server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", "127.0.0.1:0", pre_stop_ms], stdout=subprocess.PIPE,
                              text=True)
    atexit.register(server.kill)
    lines = [server.stdout.readline() for _ in range(2)]  # "probes on http://HOST:PORT", in any order
    ports = {line.split(" on http://")[0]: int(line.rsplit(":", 1)[1]) for line in lines}
    return server, ports["probes"], ports["links"]


def ask(port, path, method="GET"):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request(method, path)
    response = client.getresponse()
    body = response.read().decode()
    client.close()
    return response.status, body


server, probes, links = start("600000")
assert ask(probes, "/livez")[0] == 200 and ask(probes, "/readyz")[0] == 200
health = json.loads(ask(probes, "/healthz")[1])
assert health["status"] == "healthy" and health["dependencies"][0]["name"] == "room", health
assert ask(links, "/7")[0] == 404 and ask(links, "/links", "POST")[0] == 401
numbers = ask(probes, "/metrics")[1]
assert 'http_route="/{key}"' in numbers and "process_cpu_seconds_total" in numbers, numbers
server.terminate()
end = time.monotonic() + 30
while ask(probes, "/readyz")[0] == 200:
    assert time.monotonic() < end, "it is ready still"
    time.sleep(0.01)
assert ask(probes, "/livez")[0] == 200 and ask(links, "/7")[0] == 404  # until those minutes are over
server.kill()

server, probes, links = start("100")
assert ask(links, "/7")[0] == 404
server.terminate()
assert server.wait(20) == 0, server.returncode
PY
