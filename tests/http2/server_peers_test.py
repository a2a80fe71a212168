# SPDX-License-Identifier: MIT
"""The HTTP/2 server beside clients that others have written, in clear text and by TLS: nghttp, h2load, curl, Node and Go;
and nginx and h2o in front. A program that is missing skips its tests."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))

import served  # noqa: E402
from h2_others import GO_PEER, NODE_PEER, certificate, running  # noqa: E402
from served import WAIT, Server, need, run  # noqa: E402

NUMBERS = b"".join(b"%d" % n for n in range(1, 101))
BIG = bytes(range(256)) * 12000  # 3 MB


def tls(path):
    return Server("--tls-cert", f"{path}/cert.pem", "--tls-key", f"{path}/key.pem", "--tls-alpn", "h2,http/1.1")


def curl(*arguments, stdin=b""):
    return run("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", str(WAIT - 1), *arguments, input=stdin)[0]


def is_whole(body):
    """Not `assert body == BIG`: nobody wants to read that failure."""
    assert len(body) == len(BIG) and body == BIG, f"{len(body)} bytes, or others"


# A connection each: without TLS curl 7.88 fails at the second request of one, also with nghttpd.
def curl_gets_all(url, file, *options):
    version = "%{http_version}"
    for path, body in ("/", b"Hello, World!"), ("/user/42", b"42"), ("/16k.bin", file), ("/no", b"Not Found"):
        assert curl(*options, "--write-out", version, url + path) == body + b"2", path
    assert b"HTTP/2 404" in curl(*options, "--head", url + "/no")
    for sent in ("--data-binary", "@-"), ("--request", "POST", "--upload-file", "-"):
        for expect in "Expect:", "Expect: 100-continue":
            is_whole(curl(*options, *sent, "--header", expect, url + "/echo", stdin=BIG))


def test_curl_in_clear_text():
    need("curl")
    with Server() as server:
        curl_gets_all(server.url, server.file, "--http2-prior-knowledge")


def test_curl_by_tls():
    need("curl", "openssl")
    with certificate() as path, tls(path) as server:
        url, ca = f"https://127.0.0.1:{server.port}", ("--cacert", f"{path}/cert.pem")
        curl_gets_all(url, server.file, *ca)
        assert curl(*ca, f"{url}/user/[1-100]") == NUMBERS
        many = curl(*ca, "--parallel", "--parallel-max", "50", "--write-out", "%{http_code} %{http_version}\n",
                    "--output", "/dev/null", f"{url}/user/1", *["--output", "/dev/null", f"{url}/user/2"] * 100)
        assert many.splitlines() == [b"200 2"] * 101, many
        assert curl(*ca, "--http1.1", "--write-out", "%{http_version}", url + "/") == b"Hello, World!1.1"


def nghttp_gets_all(url, file, folder, *options):
    sent = pathlib.Path(folder, "sent")
    sent.write_bytes(BIG)
    assert run("nghttp", *options, url + "/16k.bin")[0] == file
    for more in (), ("-w", "10", "-W", "10"), ("-b", "100"), ("-c", "0"):
        is_whole(run("nghttp", *options, *more, "-d", str(sent), url + "/echo")[0])
    said = run("nghttp", *options, "-nv", "-m", "50", url + "/user/7")[0].decode()
    assert said.count(":status: 200") == 50, said[-2000:]
    tail = run("nghttp", *options, "-nv", "--trailer", "checksum: 5", "-d", str(sent), url + "/echo")[0].decode()
    assert ":status: 200" in tail and "RST_STREAM" not in tail, tail[-2000:]


def test_nghttp_in_clear_text():
    need("nghttp")
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        nghttp_gets_all(server.url, server.file, folder)


def test_nghttp_by_tls():
    need("nghttp", "openssl")
    with certificate() as path, tls(path) as server:
        nghttp_gets_all(f"https://127.0.0.1:{server.port}", server.file, path)


def h2load_gets_all(url):
    for streams in "1", "32":
        said = run("h2load", "-n3000", "-c30", "-m", streams, url + "/", url + "/16k.bin")[0].decode()
        assert "3000 succeeded, 0 failed, 0 errored, 0 timeout" in said, said
        assert "status codes: 3000 2xx, 0 3xx, 0 4xx, 0 5xx" in said, said


def test_h2load_in_clear_text():
    need("h2load")
    with Server() as server:
        before = server.descriptors()
        h2load_gets_all(server.url)
        server.has_only(before)


def test_h2load_by_tls():
    need("h2load", "openssl")
    with certificate() as path, tls(path) as server:
        h2load_gets_all(f"https://127.0.0.1:{server.port}")


def test_node_in_clear_text():
    need("node")
    with Server() as server:
        run("node", NODE_PEER, "client", server.url)
        server.serves()


def test_node_by_tls():
    need("node", "openssl")
    with certificate() as path, tls(path) as server:
        run("node", NODE_PEER, "client", f"https://127.0.0.1:{server.port}", f"{path}/cert.pem")


def test_go_by_tls():
    need("go", "openssl")
    with certificate() as path, tls(path) as server:
        subprocess.run(["go", "build", "-o", f"{path}/peer", GO_PEER], check=True, timeout=3 * WAIT)
        run(f"{path}/peer", "client", f"https://127.0.0.1:{server.port}", f"{path}/cert.pem")


# ---- In front --------------------------------------------------------------------------------------------------------


def passes_all(front, file):
    """What a client gets that comes by HTTP/1.1 and by HTTP/2."""
    assert curl(f"{front}/user/[1-100]") == NUMBERS
    for version in "--http1.1", "--http2-prior-knowledge":
        assert curl(version, front + "/16k.bin") == file
        for expect in "Expect:", "Expect: 100-continue":
            is_whole(curl(version, "--data-binary", "@-", "--header", expect, front + "/echo", stdin=BIG))


def test_nginx_in_front_asks_by_http_2():
    """As it asks servers of gRPC; otherwise it knows HTTP/1 alone."""
    need("nginx", "curl")
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        def argv(port):
            pathlib.Path(folder, "nginx.conf").write_text(f"""
daemon off; pid {folder}/pid; error_log stderr;
events {{ }}
http {{
    access_log off; client_max_body_size 0;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    upstream edo {{ server 127.0.0.1:{server.port}; keepalive 4; }}
    server {{ listen 127.0.0.1:{port} http2; location / {{ grpc_pass grpc://edo; }} }}
}}
""", encoding="ascii")
            return ["nginx", "-p", folder, "-e", "stderr", "-c", f"{folder}/nginx.conf"]
        with running(argv) as port:
            front = f"http://127.0.0.1:{port}"
            assert curl("--http2-prior-knowledge", front + "/16k.bin") == server.file
            for n in range(20):
                assert curl("--http2-prior-knowledge", f"{front}/user/{n}") == b"%d" % n
            is_whole(curl("--http2-prior-knowledge", "--data-binary", "@-", front + "/echo", stdin=BIG))


def test_h2o_in_front():
    """It asks by HTTP/1.1, on the port that speaks both."""
    need("h2o", "curl")
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        def argv(port):
            pathlib.Path(folder, "h2o.conf").write_text(f"""
listen: {{ host: 127.0.0.1, port: {port} }}
num-threads: 1
hosts: {{ default: {{ paths: {{ "/": {{ proxy.reverse.url: "http://127.0.0.1:{server.port}/" }} }} }} }}
""", encoding="ascii")
            return ["h2o", "-c", f"{folder}/h2o.conf"]
        with running(argv) as port:
            passes_all(f"http://127.0.0.1:{port}", server.file)


if __name__ == "__main__":
    served.main("1", *(["2"] if (os.cpu_count() or 1) > 1 else []))
