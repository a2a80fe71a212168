# SPDX-License-Identifier: MIT
# A log for machines, numbers and probes at an address of their own, a dump on SIGQUIT after which it serves on, an end in
# order. And with a socket that others have opened: a client that comes while the program is replaced is served by the next.
exec python3 - "$@" <<'PY'
import atexit, http.client, json, re, signal, socket, subprocess, sys

program = ["env", "--default-signal=QUIT"] + sys.argv[1:] + ["127.0.0.1:0", "127.0.0.1:0", "1"]


def start(command, fds=()):
    """The server, and the ports of its parts, which say where they are in any order: "probes on http://HOST:PORT"."""
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, pass_fds=fds)
    atexit.register(server.kill)
    lines = [server.stdout.readline() for _ in range(2)]
    return server, {line.split(" on http://")[0]: int(line.rsplit(":", 1)[1]) for line in lines}


def asked(port, path):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    client.request("GET", path)
    return client


def body_of(client):
    response = client.getresponse()
    body = response.read().decode()
    client.close()
    assert response.status == 200, response.status
    return body


def until(server, is_wanted):
    """What standard error says up to a line that is wanted."""
    said = ""
    for line in server.stderr:
        said += line
        if is_wanted(line):
            return said
    raise AssertionError("not among: " + said)


server, ports = start(program)
assert body_of(asked(ports["service"], "/")) == "Hello!\n"
seen = until(server, lambda line: line.startswith("{") and json.loads(line).get("route") == "/")
assert json.loads(seen.splitlines()[-1])["status"] == 200, seen
for path in "/livez", "/readyz":
    body_of(asked(ports["probes"], path))
numbers = body_of(asked(ports["probes"], "/metrics"))
for name in "http_server_request_duration_seconds_count", "edo_runtime_workers", "process_open_fds":
    assert name in numbers, (name, numbers)
server.send_signal(signal.SIGQUIT)
assert "root of edo_main" in until(server, lambda line: re.fullmatch(r"  \d+ tasks\n", line))
assert body_of(asked(ports["service"], "/")) == "Hello!\n"
server.terminate()
until(server, lambda line: line.startswith("{") and json.loads(line).get("target") == "drain")
assert server.wait(10) == 0, server.returncode

listener = socket.create_server(("127.0.0.1", 0))
shell = f'LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=service; export LISTEN_PID LISTEN_FDS LISTEN_FDNAMES; exec "$@" 3<&{listener.fileno()}'
activated = ["sh", "-c", shell, "sh"] + program
server, ports = start(activated, [listener.fileno()])
assert ports["service"] == listener.getsockname()[1], ports
assert body_of(asked(ports["service"], "/")) == "Hello!\n"
server.terminate()
assert server.wait(10) == 0, server.returncode
waits = asked(ports["service"], "/")  # nobody accepts yet
server, ports = start(activated, [listener.fileno()])
assert body_of(waits) == "Hello!\n"
server.terminate()
assert server.wait(10) == 0, server.returncode
PY
