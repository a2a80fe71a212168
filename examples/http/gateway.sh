# SPDX-License-Identifier: MIT
# Servers come and go behind a gateway while a customer asks: no request of his fails, also while the file of the gateway
# changes. A cache, a limit, a breaker and health checks do what the page says. A second gateway, by TLS in front and
# HTTP/2 behind, stands before the first one.
exec python3 - "$@" <<'PY'
import atexit, http.client, http.server, json, os, signal, socket, ssl, subprocess, sys, tempfile, threading, time

WAIT = 60
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)


def reserved():
    """A port that nobody else gets, also while no shop listens there."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", 0))
    return s


class Shop(http.server.ThreadingHTTPServer):
    """A server behind: `asked` are the paths that it was asked for."""
    daemon_threads = True

    def __init__(self, name, place=None):
        self.name, self.asked, self.is_well, self.held = name, [], True, threading.Event()
        self.place = place or reserved()
        super().__init__(self.place.getsockname(), Page)
        self.address = "127.0.0.1:%d" % self.server_port
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        shop = self.server
        shop.asked.append(self.path)
        status = 200
        if self.path == "/healthz":
            status = 200 if shop.is_well else 503
        elif self.path.startswith("/fails"):
            status = 500
        elif self.path.startswith("/busy"):
            status = 429
        elif self.path.startswith("/slow"):
            shop.held.wait(WAIT)
        body = shop.name.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

    def handle(self):
        try:
            super().handle()
        except ConnectionError:
            pass  # the gateway has left a connection


def write(name, text):
    with open(name + ".new", "w") as f:
        f.write(text)
    os.rename(name + ".new", name)


def lists(name, shops):
    write(name, "".join(s.address + "\n" for s in shops))


def start(file, config):
    write(file, json.dumps(config))
    process = subprocess.Popen(sys.argv[1:] + [file], stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    at = {}
    while len(at) < 2:
        name, _, url = process.stdout.readline().split()
        at[name] = url.split("://")[1]
    return process, at["gateway"], at["admin"]


def get(at, path, headers={}):
    client = http.client.HTTPConnection(at, timeout=WAIT)
    client.request("GET", path, headers=headers)
    response = client.getresponse()
    response.text = response.read().decode()
    client.close()
    return response


def until(look):
    end = time.monotonic() + WAIT
    while not look():
        assert time.monotonic() < end, "waited in vain: " + json.dumps(state(), indent=1)
        time.sleep(0.005)


def state():
    return json.loads(get(admin, "/state").text)


def states(route):
    return {r["address"]: r["state"] for r in state()["rows"] if r["route"] == route}


ann, ben, cid = shops = [Shop(n) for n in ("Ann", "Ben", "Cid")]
lists("shops.txt", [ann, ben])
lists("bad.txt", [cid])
SHOP = {"path": "/shop", "upstreams": "shops.txt", "strips": True, "check": "/healthz", "check_every": "20ms"}
BAD = {"path": "/bad", "upstreams": "bad.txt", "strips": True}
config = {"listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "routes": [SHOP, BAD]}
gateway, at, admin = start("gateway.json", config)

# ---- A customer, who asks all the time ----
seen, failed, done = set(), [], threading.Event()

def customer():
    client = http.client.HTTPConnection(at, timeout=WAIT)
    while not done.is_set():
        client.request("GET", "/shop/price")
        response = client.getresponse()
        name = response.read().decode()
        (seen.add if response.status == 200 else failed.append)(name)
    client.close()

def meets(names):
    seen.clear()
    until(lambda: failed or set(names) <= seen)
    assert not failed, failed[:3]

asks = threading.Thread(target=customer, daemon=True)
asks.start()
meets(["Ann", "Ben"])
lists("shops.txt", [ann, ben, cid])          # one comes
meets(["Cid"])
ben.is_well = False                          # one is ill
until(lambda: states("/shop")[ben.address] == "ill")
ben.is_well = True
until(lambda: states("/shop")[ben.address] == "ready")
meets(["Ann", "Ben", "Cid"])
ann.stop()                                   # one goes without a word, and comes again
until(lambda: states("/shop")[ann.address] != "ready")
meets(["Ben", "Cid"])
ann = Shop("Ann", ann.place)
lists("shops.txt", [ann, ben])               # one is left out
until(lambda: cid.address not in states("/shop"))

# ---- Other routes, while a response is under way ----
lists("slow.txt", [ben])
config["routes"] += [{"path": "/slow", "upstreams": "slow.txt"}]
write("gateway.json", json.dumps(config))
until(lambda: state()["plan"] == 2)
late = []
waits = threading.Thread(target=lambda: late.append(get(at, "/slow")), daemon=True)
waits.start()
until(lambda: "/slow" in ben.asked)
config["routes"][2:] = [{"path": "/kept", "upstreams": "shops.txt", "cache": "60s"},
                        {"path": "/open", "upstreams": "shops.txt", "cache": "60s", "anonymous": True},
                        {"path": "/few", "upstreams": "shops.txt", "rate": 2, "key": "x-key"}]
with open("gateway.json", "w") as f:
    f.write(json.dumps(config))
gateway.send_signal(signal.SIGHUP)
until(lambda: {r["route"] for r in state()["rows"]} == {"/shop", "/bad", "/kept", "/open", "/few"})
assert get(at, "/slow").status == 404
ben.held.set()
waits.join()
assert late[0].status == 200 and late[0].text == "Ben"
number = state()["plan"]
write("gateway.json", '{ "routes": [ { "path": "/shop" } ] }')
gateway.send_signal(signal.SIGHUP)           # it goes on as before
assert get(at, "/shop/price").status == 200 and state()["plan"] == number

# ---- A cache, a limit, a breaker ----
pages = [get(at, "/kept/page") for _ in range(5)]
assert len({p.text for p in pages}) == 1 and all(p.status == 200 for p in pages)
assert sum(s.asked.count("/kept/page") for s in (ann, ben)) == 1
assert get(at, "/kept/page", {"Authorization": "Basic eDp5"}).status == 200
assert sum(s.asked.count("/kept/page") for s in (ann, ben)) == 2
assert all(get(at, "/open/page", {"Cookie": "who=%d" % i}).status == 200 for i in range(5))
assert sum(s.asked.count("/open/page") for s in (ann, ben)) == 1  # one for all: nobody has seen a cookie
assert [get(at, "/few/x", {"X-Key": "1"}).status for _ in range(3)] == [200, 200, 429]
assert get(at, "/few/x", {"X-Key": "2"}).status == 200
assert {get(at, "/bad/busy").status for _ in range(40)} == {429}  # it is one client that asks too much
statuses = [get(at, "/bad/fails").status for _ in range(100)]
assert statuses[0] == 500 and statuses[-1] == 503, statuses
assert get(at, "/bad/fails").getheader("Retry-After")
breakers = {r["route"]: r["breaker"] for r in state()["rows"]}
assert breakers["/shop"] == "closed" and breakers["/bad"] == "open", breakers
assert not failed, failed[:3]
done.set()
asks.join()

# ---- TLS in front, HTTP/2 behind ----
subprocess.run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem "
               "-subj /CN=localhost -addext subjectAltName=DNS:localhost".split(), check=True, stderr=subprocess.DEVNULL)
write("first.txt", at + "\n")
second, edge, _ = start("second.json", {
    "listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "cert": "cert.pem", "key": "key.pem",
    "routes": [{"path": "/", "upstreams": "first.txt", "http2": True}]})
trust = ssl.create_default_context(cafile="cert.pem")
client = http.client.HTTPSConnection("localhost", int(edge.split(":")[1]), timeout=WAIT, context=trust)
client.request("GET", "/shop/price")
response = client.getresponse()
assert response.status == 200 and response.read().decode() in ("Ann", "Ben")
assert [via.split()[0] for via in response.getheader("Via").split(",")] == ["1.1", "2"], response.getheader("Via")
client.close()
trust.set_alpn_protocols(["h2"])
with trust.wrap_socket(socket.create_connection(("localhost", int(edge.split(":")[1])), WAIT),
                       server_hostname="localhost") as s:
    assert s.selected_alpn_protocol() == "h2"

# ---- For those who run it ----
assert "<title>Gateway</title>" in get(admin, "/").text
numbers = get(admin, "/metrics").text
for name in ("http_server_request_duration", "edo_breaker_state", "edo_balance_endpoints", "http_client_request_duration"):
    assert name in numbers, name
for process in (second, gateway):
    process.terminate()
    assert process.wait(WAIT) == 0, process.returncode
PY
