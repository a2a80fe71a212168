# SPDX-License-Identifier: MIT
"""For the drivers of programs that fetch: pages of a server that counts how many it is asked for at once."""
import contextlib
import http.server
import socket
import subprocess
import sys
import threading


class Pages(http.server.BaseHTTPRequestHandler):
    """Responds with status, body and fields that `page(command, path)` of a driver returns; `during(path)` runs while the request counts."""

    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    now = most = 0
    during = staticmethod(lambda path: None)

    def respond(self):
        with Pages.lock:
            Pages.now += 1
            Pages.most = max(Pages.most, Pages.now)
            status, body, fields = self.page(self.command, self.path)
        self.during(self.path)
        with Pages.lock:
            Pages.now -= 1
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = respond

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serving(page, during=Pages.during):
    """Yields the URL of a server with these pages, without a slash at its end, and one of a server that is not there."""
    Pages.page, Pages.during = staticmethod(page), staticmethod(during)
    with socket.socket() as s, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        s.bind(("127.0.0.1", 0))  # it does not listen
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "http://127.0.0.1:%d" % server.server_address[1], "http://127.0.0.1:%d" % s.getsockname()[1]
        server.shutdown()


def run(*args):
    """Runs the program that the driver was started for."""
    return subprocess.run(sys.argv[1:] + list(args), capture_output=True, text=True, timeout=100)
