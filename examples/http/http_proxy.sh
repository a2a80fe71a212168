# SPDX-License-Identifier: MIT
# Bodies of many megabytes go both ways at once, in little memory; HEAD, 404 and an upstream that breaks
# off or is not there come through as what they are.
exec python3 - "$@" <<'PY'
import atexit, http.client, http.server, os, socket, subprocess, sys, threading
sys.path.insert(0, os.environ["EDO_SOURCE_DIR"] + "/tests/support")
import bounded

class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self):  # sends each part back before it reads the next one
        self.send_response(200)
        self.send_header("Content-Length", self.headers["X-Length"])
        self.send_header("Connection", "x-mine")
        self.send_header("Connection", "x-mine-too")
        self.send_header("X-Mine", "not for the client")
        self.send_header("X-Mine-Too", "neither")
        self.end_headers()
        for part in self.parts():
            self.wfile.write(part)

    def parts(self):
        if "Content-Length" in self.headers:
            left = int(self.headers["Content-Length"])
            while left > 0:
                part = self.rfile.read(min(left, 65536))
                left -= len(part)
                yield part
        else:
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", "123")
        self.end_headers()

    def do_GET(self):
        if self.path == "/breaks":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"not all")
            self.close_connection = True
        else:
            self.send_error(404, "not here")

    def log_message(self, *args):
        pass

upstream = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
upstream.daemon_threads = True
threading.Thread(target=upstream.serve_forever, daemon=True).start()
held = bounded.Held()
proxy = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", "127.0.0.1:%d" % upstream.server_port],
                         stdout=subprocess.PIPE, text=True, env=held.env)
atexit.register(proxy.kill)
port = int(proxy.stdout.readline().rsplit(":", 1)[1])

def ask(method, path, body=None, **more):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request(method, path, body, **more)
    response = client.getresponse()
    return response, client

def put(data, chunked):
    # One thread sends while this one reads, since the response comes before the request has ended.
    client = socket.create_connection(("127.0.0.1", port), 20)
    framing = "transfer-encoding: chunked" if chunked else "content-length: %d" % len(data)
    head = "PUT / HTTP/1.1\r\nhost: x\r\nx-length: %d\r\n%s\r\n\r\n" % (len(data), framing)
    def send():
        client.sendall(head.encode())
        for i in range(0, len(data), 70_000):
            part = data[i:i + 70_000]
            client.sendall(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        if chunked:
            client.sendall(b"0\r\n\r\n")
    sender = threading.Thread(target=send)
    sender.start()
    response = http.client.HTTPResponse(client)
    response.begin()
    assert response.status == 200, response.status
    assert response.getheader("x-mine") is None
    assert response.getheader("x-mine-too") is None
    assert response.read() == data
    sender.join()
    client.close()

put(b"small", False)
held.begin()
data = os.urandom(16 << 20)
put(data, False)
put(data, True)
assert held.grown() < 4 << 20, held.grown()
response, client = ask("HEAD", "/")
assert (response.status, response.getheader("content-length"), response.read()) == (200, "123", b"")
response, client = ask("GET", "/missing")
assert response.status == 404 and b"not here" in response.read()
response, client = ask("GET", "/breaks")
try:
    response.read()
    raise SystemExit("a part was taken for the whole")
except (http.client.IncompleteRead, ConnectionResetError):
    pass
upstream.shutdown()
upstream.server_close()
response, client = ask("GET", "/")
assert (response.status, response.read()) == (502, b"no upstream\n")
client.close()
proxy.terminate()
assert proxy.wait(20) == 0, proxy.returncode
PY
