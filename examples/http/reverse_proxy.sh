# SPDX-License-Identifier: MIT
# Bodies of many megabytes go both ways at once, in little memory; the server behind is told who asks; an upgraded
# connection passes; a response that breaks off, and a server that is not there, come through as what they are.
exec python3 - "$@" <<'PY'
import atexit, http.client, http.server, os, socket, subprocess, sys, threading
sys.path.insert(0, os.environ["EDO_SOURCE_DIR"] + "/tests/support")
import bounded

class Behind(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heads = []

    def do_PUT(self):  # sends each part back before it reads the next one
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            part = self.rfile.read(size)
            self.rfile.readline()
            self.wfile.write(b"%x\r\n%s\r\n" % (size, part))
        self.rfile.readline()
        self.wfile.write(b"0\r\n\r\n")

    def do_GET(self):
        self.heads.append((self.path, self.headers))
        if self.path == "/breaks":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"not all")
            self.close_connection = True
        elif self.headers.get("Upgrade") == "echo":
            self.send_response(101)
            self.send_header("Connection", "upgrade")
            self.send_header("Upgrade", "echo")
            self.end_headers()
            while line := self.rfile.readline():
                self.wfile.write(line)
            self.close_connection = True
        else:
            self.send_error(404, "not here")

    def log_message(self, *args):
        pass

behind = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind)
behind.daemon_threads = True
threading.Thread(target=behind.serve_forever, daemon=True).start()
held = bounded.Held()
proxy = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", "http://127.0.0.1:%d" % behind.server_port],
                         stdout=subprocess.PIPE, text=True, env=held.env)
atexit.register(proxy.kill)
port = int(proxy.stdout.readline().rsplit(":", 1)[1])

def ask(path, **more):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    client.request("GET", path, **more)
    return client.getresponse()

def put(data):
    # One thread sends while this one reads, since the response comes before the request has ended.
    client = socket.create_connection(("127.0.0.1", port), 30)
    def send():
        client.sendall(b"PUT /api/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        for i in range(0, len(data), 70_000):
            part = data[i:i + 70_000]
            client.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        client.sendall(b"0\r\n\r\n")
    sender = threading.Thread(target=send)
    sender.start()
    response = http.client.HTTPResponse(client)
    response.begin()
    assert response.status == 200, response.status
    assert response.read() == data
    sender.join()
    client.close()

assert ask("/").read() == b"the rest is below /api\n"
put(b"small")
held.begin()
put(os.urandom(16 << 20))
assert held.grown() < 4 << 20, held.grown()
response = ask("/api/missing?q=1", headers={"X-Forwarded-For": "6.6.6.6", "Host": "shop.example"})
assert response.status == 404 and b"not here" in response.read()
path, head = Behind.heads[-1]
assert path == "/missing?q=1", path
assert head["X-Forwarded-For"] == "127.0.0.1" and head["Host"] == "shop.example", head
assert head["Forwarded"] == "for=127.0.0.1; host=shop.example; proto=http", head["Forwarded"]
response = ask("/api/breaks")
try:
    response.read()
    assert response.status == 502, "a part was taken for the whole"
except (http.client.IncompleteRead, ConnectionResetError):
    pass
with socket.create_connection(("127.0.0.1", port), 30) as client:
    client.sendall(b"GET /api/up HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nto and fro\n")
    lines = client.makefile("rb")
    assert lines.readline().startswith(b"HTTP/1.1 101 ")
    while lines.readline() != b"\r\n":
        pass
    assert lines.readline() == b"to and fro\n"
    lines.close()
behind.shutdown()
behind.server_close()
response = ask("/api/x")
assert response.status == 502, response.status
proxy.terminate()
assert proxy.wait(30) == 0, proxy.returncode
PY
