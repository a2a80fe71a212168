# SPDX-License-Identifier: MIT
"""edo-curl, and with it the client, against servers of HTTP/2 that others have written: nghttpd, nginx, h2o, Node and Go,
in clear text and by TLS. A server that is missing skips its tests."""
import contextlib
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))

import served  # noqa: E402
from h2_others import GO_PEER, NODE_PEER, certificate, running, says_its_port  # noqa: E402
from served import WAIT, need  # noqa: E402

BIG = bytes(range(256)) * 12000  # 3 MB


@contextlib.contextmanager
def folder():
    """Files to serve, and a certificate."""
    with certificate() as path:
        pathlib.Path(path, "big").write_bytes(BIG)
        pathlib.Path(path, "small").write_bytes(b"small\n")
        yield path


def fetch(*options):
    """What edo-curl writes to standard output, with the version behind it."""
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-curl")
    done = subprocess.run([program, "-s", "-f", "-m", str(WAIT), "-w", "%{http_version}", *options], check=False,
                          capture_output=True, timeout=2 * WAIT)
    assert done.returncode == 0, (done.returncode, done.stderr, options)
    return done.stdout


def fetch_all(url, *options):
    """Files small and large, many requests over one connection, and a head."""
    assert fetch(*options, f"{url}/small") == b"small\n2"
    assert fetch(*options, f"{url}/big") == BIG + b"2"
    assert fetch(*options, *[f"{url}/small"] * 50) == b"small\n2" * 50
    assert b"HTTP/2 200" in fetch(*options, "-I", f"{url}/big")


def nghttpd(path, *options):
    need("nghttpd", "openssl")
    return running(lambda port: ["nghttpd", "-d", path, "--echo-upload", *options, str(port),
                                 *([] if "--no-tls" in options else [f"{path}/key.pem", f"{path}/cert.pem"])])


def test_nghttpd_in_clear_text():
    with folder() as path, nghttpd(path, "--no-tls") as port:
        url = f"http://127.0.0.1:{port}"
        fetch_all(url, "--http2-prior-knowledge")
        sent = fetch("--http2-prior-knowledge", "--data-binary", f"@{path}/big", f"{url}/")
        assert sent == BIG + b"2", len(sent)
        sent = fetch("--http2-prior-knowledge", "-T", f"{path}/big", f"{url}/")
        assert sent == BIG + b"2", len(sent)


def test_nghttpd_with_small_windows_and_frames():
    with folder() as path, nghttpd(path, "--no-tls", "--window-bits=10", "--header-table-size=0",
                                   "--max-concurrent-streams=1") as port:
        url = f"http://127.0.0.1:{port}"
        fetch_all(url, "--http2-prior-knowledge")
        sent = fetch("--http2-prior-knowledge", "-T", f"{path}/big", f"{url}/")
        assert sent == BIG + b"2", len(sent)


def test_nghttpd_by_tls():
    with folder() as path, nghttpd(path) as port:
        fetch_all(f"https://127.0.0.1:{port}", "--cacert", f"{path}/cert.pem")


def nginx(path, listen, more=""):
    need("nginx", "openssl")

    def argv(port):
        pathlib.Path(path, "nginx.conf").write_text(f"""
daemon off; pid {path}/pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {path}/a; proxy_temp_path {path}/b; fastcgi_temp_path {path}/c;
    uwsgi_temp_path {path}/d; scgi_temp_path {path}/e;
    server {{ listen 127.0.0.1:{port} {listen}; root {path}; {more} }}
}}
""", encoding="ascii")
        return ["nginx", "-p", path, "-e", "stderr", "-c", f"{path}/nginx.conf"]
    return running(argv)


def test_nginx_in_clear_text():
    with folder() as path, nginx(path, "http2", "keepalive_requests 20;") as port:
        os.chmod(path, 0o755)
        fetch_all(f"http://127.0.0.1:{port}", "--http2-prior-knowledge")


def test_nginx_by_tls():
    with folder() as path:
        os.chmod(path, 0o755)
        tls = f"ssl_certificate {path}/cert.pem; ssl_certificate_key {path}/key.pem;"
        with nginx(path, "ssl http2", tls) as port:
            url = f"https://127.0.0.1:{port}"
            fetch_all(url, "--cacert", f"{path}/cert.pem")
            assert fetch("--cacert", f"{path}/cert.pem", "--http1.1", f"{url}/small") == b"small\n1.1"


def h2o(path, options=""):
    need("h2o", "openssl")

    def argv(port):
        pathlib.Path(path, "h2o.conf").write_text(f"""
listen: {{ host: 127.0.0.1, port: {port}{options} }}
num-threads: 1
hosts: {{ default: {{ paths: {{ "/": {{ file.dir: {path} }} }} }} }}
""", encoding="ascii")
        return ["h2o", "-c", f"{path}/h2o.conf"]
    return running(argv)


def test_h2o_in_clear_text():
    with folder() as path:
        os.chmod(path, 0o755)
        with h2o(path) as port:
            fetch_all(f"http://127.0.0.1:{port}", "--http2-prior-knowledge")


def test_h2o_by_tls():
    with folder() as path:
        os.chmod(path, 0o755)
        with h2o(path, f", ssl: {{ certificate-file: {path}/cert.pem, key-file: {path}/key.pem }}") as port:
            fetch_all(f"https://127.0.0.1:{port}", "--cacert", f"{path}/cert.pem")


def fetch_and_send_all(path, url, *options):
    fetch_all(url, *options)
    for how in ("--data-binary", f"@{path}/big"), ("-T", f"{path}/big"):
        sent = fetch(*options, *how, f"{url}/echo")
        assert sent == BIG + b"2", len(sent)


def test_node_in_clear_text():
    need("node", "openssl")
    with folder() as path, says_its_port("node", NODE_PEER, "server", path) as port:
        fetch_and_send_all(path, f"http://127.0.0.1:{port}", "--http2-prior-knowledge")


def test_node_by_tls():
    need("node", "openssl")
    with folder() as path, \
            says_its_port("node", NODE_PEER, "server", path, f"{path}/cert.pem", f"{path}/key.pem") as port:
        url = f"https://127.0.0.1:{port}"
        fetch_and_send_all(path, url, "--cacert", f"{path}/cert.pem")
        assert fetch("--cacert", f"{path}/cert.pem", "--http1.1", f"{url}/small") == b"small\n1.1"


def says(path, *options):
    """The example says texts to a WebSocket, which come back."""
    texts = ["hello", "", "x" * 100000]
    client = os.path.join(os.environ["EDO_BIN_DIR"], "examples", "ws_client")
    done = subprocess.run([client, *options, *texts], check=False, capture_output=True, timeout=2 * WAIT, text=True,
                          env={**os.environ, "SSL_CERT_FILE": f"{path}/cert.pem"})
    assert done.returncode == 0 and done.stdout == "".join(f"{text}\n" for text in texts), (done, options)


def test_websocket_of_node_over_http2():
    need("node", "openssl")
    with folder() as path, \
            says_its_port("node", NODE_PEER, "sockets", f"{path}/cert.pem", f"{path}/key.pem") as port:
        says(path, "-2", f"wss://127.0.0.1:{port}/by2")


def test_websocket_of_node_that_takes_none_over_http2():
    need("node", "openssl")
    with folder() as path, \
            says_its_port("node", NODE_PEER, "sockets", f"{path}/cert.pem", f"{path}/key.pem", "none") as port:
        says(path, "-2", f"wss://127.0.0.1:{port}/by1")


def test_go_by_tls():
    need("go", "openssl")
    with folder() as path:
        subprocess.run(["go", "build", "-o", f"{path}/peer", GO_PEER], check=True, timeout=3 * WAIT)
        with says_its_port(f"{path}/peer", "server", path, f"{path}/cert.pem", f"{path}/key.pem") as port:
            fetch_and_send_all(path, f"https://127.0.0.1:{port}", "--cacert", f"{path}/cert.pem")


if __name__ == "__main__":
    served.main("1")
