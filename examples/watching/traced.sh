# SPDX-License-Identifier: MIT
# The first page is that of the tree, and the lines that it asks for have the whole of a request: what the shop did, the
# call of the stock, and its statement.
exec python3 - "$@" <<'PY'
import atexit, json, os, subprocess, sys, time, urllib.request

page = os.path.join(os.environ["EDO_SOURCE_DIR"], "docs", "tools", "trace.html")
env = {k: v for k, v in os.environ.items() if k != "EDO_LOG" and not k.lower().endswith("_proxy")}
server = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", page], stdout=subprocess.PIPE, text=True, env=env)
atexit.register(server.kill)
base = server.stdout.readline().strip()


def get(path):
    with urllib.request.urlopen(base + path, timeout=10) as response:
        return response.geturl(), response.read().decode()


def chains():
    """Of each span the names from the outermost one on, by trace."""
    lines = [json.loads(line) for line in get("/lines")[1].splitlines() if line.endswith("}")]
    spans = {line["ended"]["id"]: line for line in lines if "ended" in line}

    def chain(line):
        within = spans.get(line["ended"].get("parent"))
        assert not within or within["trace_id"] == line["trace_id"]
        return (chain(within) if within else "") + "/" + line["ended"]["name"]

    return [chain(line) for line in spans.values()]


assert get("/")[0] == base + "/trace?lines=/lines" and get("/")[1] == open(page, encoding="utf-8").read()
deepest = "/ask/fetch/request/ask/fetch/request/query"
until = time.monotonic() + 30
while chains().count(deepest) < 3:  # of 11, 12 and 13
    assert time.monotonic() < until, chains()
server.terminate()
assert server.wait(30) == 0, server.returncode
PY
