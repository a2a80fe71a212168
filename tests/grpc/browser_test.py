# SPDX-License-Identifier: MIT
"""A page in Chromium calls edo-grpc-interop-server by gRPC-Web, from another origin, with fetch() and nothing else. Without
Chromium or its driver the tests are skipped."""
import base64
import http.server
import os
import re
import sys
import threading

import peers
from peers import Program, same

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "chat"))
import browser  # noqa: E402

VECTORS = os.path.join(peers.SOURCE, "tests", "grpc", "vectors")
CALL = """
    const [url, type, body] = arguments;
    const isText = type.includes("-text");
    return fetch(url, { method: "POST", headers: { "content-type": type, "x-grpc-web": "1" },
                        body: isText ? body : Uint8Array.from(atob(body), c => c.charCodeAt(0)) })
        .then(r => r.arrayBuffer().then(b => ({
            status: r.headers.get("grpc-status"), message: r.headers.get("grpc-message"),
            body: btoa(String.fromCharCode(...new Uint8Array(b))) })));
"""


class Empty(http.server.BaseHTTPRequestHandler):
    """A page of another origin."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>page</title>")

    def log_message(self, *_):
        pass


class Caller:
    """A page, and the server that it calls. A context."""

    def __init__(self):
        if missing := browser.missing():
            print(f"skipped: no {missing}")
            sys.exit(77)
        self.server = Program("edo-grpc-interop-server", "grpc/testing/test.proto", "--port=0", folder=VECTORS)
        self.origin = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Empty)
        threading.Thread(target=self.origin.serve_forever, daemon=True).start()
        self.driver = browser.Driver()

    def __enter__(self):
        self.server.__enter__()
        self.page = self.driver.page(f"http://127.0.0.1:{self.origin.server_port}/")
        return self

    def __exit__(self, kind, *rest):
        self.driver.__exit__()
        self.origin.shutdown()
        self.origin.server_close()
        self.server.__exit__(kind, *rest)

    def call(self, form, method, request):
        """The frames of the response as (flags, bytes), and what its head says of the status."""
        message = request.SerializeToString()
        frame = base64.b64encode(b"\0" + len(message).to_bytes(4, "big") + message).decode()
        url = f"http://{self.server.address}/grpc.testing.TestService/{method}"
        said = self.page.js(CALL, url, "application/" + form, frame)
        body = base64.b64decode(said["body"])
        if "-text" in form:
            body = b"".join(base64.b64decode(piece) for piece in re.findall(rb"[^=]+=*", body))  # each is padded
        frames = []
        while body:
            n = 5 + int.from_bytes(body[1:5], "big")
            frames.append((body[0], body[5:n]))
            body = body[n:]
        return frames, said["status"], said["message"]


def calls_by(form):
    with Caller() as page:
        make = page.server.message
        request = make("grpc.testing.SimpleRequest", response_size=7)
        frames, status, _ = page.call(form, "UnaryCall", request)
        same((status, frames[-1]), (None, (128, b"grpc-status: 0\r\n")))
        same(page.server.types["grpc.testing.SimpleResponse"].FromString(frames[0][1]).payload.body, bytes(7))
        sizes = [make("grpc.testing.ResponseParameters", size=n) for n in (1, 20, 300)]
        stream = make("grpc.testing.StreamingOutputCallRequest", response_parameters=sizes)
        frames, _, _ = page.call(form, "StreamingOutputCall", stream)
        kind = page.server.types["grpc.testing.StreamingOutputCallResponse"]
        same([len(kind.FromString(m).payload.body) for flags, m in frames if flags == 0], [1, 20, 300])
        same(frames[-1], (128, b"grpc-status: 0\r\n"))
        request.response_status.code, request.response_status.message = 5, "no such thing"
        same(page.call(form, "UnaryCall", request), ([], "5", "no such thing"))


def test_page_calls_with_bytes():
    calls_by("grpc-web+proto")


def test_page_calls_with_text():
    calls_by("grpc-web-text")


peers.main(globals())
