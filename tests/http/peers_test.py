# SPDX-License-Identifier: MIT
"""The HTTP/1.1 server beside programs that others have written: curl, wrk and h2load as clients, nginx
and haproxy in front. A program that is missing skips its tests."""
import os
import re
import socket
import tempfile

import served
from served import Server, need, run, started, until

BIG = os.urandom(3 << 20)


def curl(*arguments, stdin=b""):
    return run("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time",
               str(served.WAIT - 1), *arguments, input=stdin)


def is_whole(body):
    """Not `assert body == BIG`: nobody wants to read that failure."""
    assert len(body) == len(BIG) and body == BIG, f"{len(body)} bytes, or others"


# ---- Clients -----------------------------------------------------------------------------------


def test_curl_gets_every_route_by_its_contract():
    need("curl")
    with Server() as server:
        for path, status, body in (("/", 200, b"Hello, World!"), ("/user/42", 200, b"42"),
                                   ("/16k.bin", 200, server.file), ("/no", 404, b"Not Found"),
                                   ("/user/../etc", 200, b"../etc"), ("/%2e", 404, b"Not Found"),
                                   ("/?a=b", 200, b"Hello, World!"), ("/user/42?a", 200, b"42")):
            out, _ = curl("--path-as-is", "--write-out", "%{http_code}", server.url + path)
            assert out == body + b"%d" % status, (path, out[:200])
        out, _ = curl("--data", '{"a":1}', "--write-out", "%{http_code} %{content_type}",
                      server.url + "/user")
        assert out == b'{"a":1}200 application/json', out


def test_curl_gets_heads_without_bodies():
    need("curl")
    with Server() as server:
        for path, status, length in (("/", 200, 13), ("/16k.bin", 200, served.FILE_BYTES),
                                     ("/no", 404, 9)):
            out, _ = curl("--head", server.url + path, server.url + path)
            heads = out.lower().split(b"\r\n\r\n")
            assert len(heads) == 3 and heads[2] == b"", out
            for head in heads[:2]:
                assert head.startswith(b"http/1.1 %d " % status), out
                assert b"\r\ncontent-length: %d\r\n" % length in head + b"\r\n", out


def test_curl_uploads_chunks_and_gets_them_back():
    need("curl")
    with Server() as server:
        for options in (), ("--limit-rate", "20M"):
            out, _ = curl("--request", "POST", "--upload-file", "-", *options,
                          server.url + "/echo", stdin=BIG)
            is_whole(out)


def test_curl_of_http_1_0_gets_a_body_up_to_the_end_of_the_connection():
    need("curl")
    with Server() as server:
        out, _ = curl("--http1.0", "--data-binary", "@-", server.url + "/echo", stdin=BIG)
        is_whole(out)


def test_curl_waits_for_100_continue_before_a_big_body():
    need("curl")
    with Server() as server:
        # Without the 100 curl would wait for longer than its --max-time.
        out, log = curl("--verbose", "--header", "Expect: 100-continue", "--expect100-timeout",
                        str(2 * served.WAIT), "--data-binary", "@-", server.url + "/echo", stdin=BIG)
        is_whole(out)
        assert "< HTTP/1.1 100 Continue" in log, log[:2000]
        out, log = curl("--verbose", "--header", "Expect: 100-continue", "--expect100-timeout",
                        str(2 * served.WAIT), "--data-binary", "@-", server.url + "/no", stdin=BIG)
        assert out == b"Not Found" and "100 Continue" not in log, log[:2000]


def test_curl_keeps_one_connection_for_all_its_requests():
    need("curl")
    with Server() as server:
        urls = [server.url + path for path in ("/", "/user/1", "/16k.bin", "/no", "/user/2") * 10]
        wanted = ["--write-out", "%{num_connects}\n", "--output", "/dev/null"] + \
            ["--output", "/dev/null"] * (len(urls) - 1)
        out, _ = curl(*wanted, *urls)
        assert out.split() == [b"1"] + [b"0"] * (len(urls) - 1), out
        out, _ = curl("--http1.0", *wanted, *urls)
        assert out.split() == [b"1"] * len(urls), out


def test_wrk_sees_no_error():
    need("wrk")
    with Server() as server:
        descriptors = server.descriptors()
        out, _ = run("wrk", "-t1", "-c32", "-d2s", "--timeout", f"{served.WAIT}s", server.url + "/user/7")
        text = out.decode()
        assert "Socket errors" not in text and "Non-2xx" not in text, text
        assert int(re.search(r"(\d+) requests in", text).group(1)) > 32, text
        server.has_only(descriptors)


def test_h2load_sees_no_error():
    need("h2load")
    with Server() as server:
        out, _ = run("h2load", "--h1", "-n3000", "-c30", "-m10", server.url + "/", server.url + "/16k.bin")
        text = out.decode()
        assert "3000 succeeded, 0 failed, 0 errored, 0 timeout" in text, text
        assert "status codes: 3000 2xx, 0 3xx, 0 4xx, 0 5xx" in text, text


# ---- Proxies in front --------------------------------------------------------------------------


def settled_sockets(server):
    """Its sockets, but for one that a proxy's check of the server's health has for a moment."""
    seen = []

    def settle():
        seen.append(server.sockets())
        return len(seen) > 1 and seen[-1] == seen[-2] and seen[-1]
    return until("its sockets stay", settle)


def passes_all(server, front, page="echo", body=BIG):
    """All of the contract, through the proxy; requests that follow each other share a connection."""
    def through(*arguments, stdin=b""):
        return curl("--unix-socket", front, *arguments, stdin=stdin)[0]
    assert through("http://h/16k.bin") == server.file
    before = settled_sockets(server)
    assert through(*["http://h/user/[1-100]"]) == b"".join(b"%d" % n for n in range(1, 101))
    assert settled_sockets(server) == before, "the proxy had to connect anew"
    assert through("--data", "{}", "http://h/user") == b"{}"
    assert through("--output", "/dev/null", "--write-out", "%{http_code}", "http://h/no") == b"404"
    assert b" 200 " in through("--head", "http://h/")
    for sent in ("--data-binary", "@-"), ("--request", "POST", "--upload-file", "-"):
        for expect in "Expect:", "Expect: 100-continue":
            assert through(*sent, "--header", expect, "http://h/" + page, stdin=body) == body, "not whole"


NGINX = """
daemon off; master_process off; pid nginx.pid; error_log stderr warn;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    client_max_body_size 0;
    upstream edo { server 127.0.0.1:%d; keepalive 1; }
    server {
        listen unix:%s;
        location / {
            proxy_pass http://edo; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_request_buffering off; proxy_buffering off;
        }
    }
}
"""


def test_nginx_in_front_passes_all_on_kept_connections():
    need("nginx", "curl")
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        front = os.path.join(folder, "front")
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as out:
            out.write(NGINX % (server.port, front))
        with started(front, folder, "nginx", "-p", folder, "-e", "stderr", "-c", "nginx.conf"):
            passes_all(server, front)


HAPROXY = """
global
    stats socket unix@%(folder)s/stats
defaults
    mode http
    timeout connect %(wait)ds
    timeout check %(wait)ds
    timeout client %(wait)ds
    timeout server %(wait)ds
    option httpchk GET /user/7
    http-check expect string 7
    http-reuse always
frontend front
    bind unix@%(front)s
    default_backend edo
backend edo
    server edo 127.0.0.1:%(port)d check inter 100ms fall 1000 %(words)s
"""


def check_of(stats):
    """What haproxy's last check of the server has found; it asks the statistics socket."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(served.WAIT)
        s.connect(stats)
        s.sendall(b"show stat\n")
        text = b"".join(iter(lambda: s.recv(1 << 16), b"")).decode()
    names, *rows = [line.split(",") for line in text.lstrip("# ").splitlines() if line]
    return [row[names.index("check_status")] for row in rows if row[:2] == ["edo", "edo"]][0]


def passes_through_haproxy(words, *options):
    """`words` are of haproxy's configuration, `options` of the server."""
    need("haproxy", "curl")
    with Server(*options) as server, tempfile.TemporaryDirectory() as folder:
        front, config = os.path.join(folder, "front"), os.path.join(folder, "haproxy.cfg")
        with open(config, "w", encoding="ascii") as out:
            out.write(HAPROXY % {"front": front, "port": server.port, "folder": folder,
                                 "wait": served.WAIT, "words": words})
        with started(front, folder, "haproxy", "-db", "-f", config):
            until("the check passes", lambda: check_of(f"{folder}/stats") == "L7OK")
            # haproxy 2.6 sometimes stops for good while a body goes both ways at once: it reads neither
            # side any more, with a megabyte of the server's in its socket. So the one follows the other.
            passes_all(server, front, "user", BIG[:1000000])


def test_haproxy_in_front_checks_and_passes_all():
    passes_through_haproxy("")


def test_haproxy_in_front_tells_its_clients_by_the_proxy_protocol():
    for version in "send-proxy", "send-proxy-v2":
        passes_through_haproxy(version + " check-send-proxy", "--proxy-protocol")


def test_curl_tells_its_address_by_the_proxy_protocol():
    need("curl")
    with Server("--proxy-protocol") as server:
        out, _ = curl("--haproxy-protocol", server.url + "/", server.url + "/user/7")
        assert out == b"Hello, World!7", out
        run("curl", "--silent", "--noproxy", "*", server.url, status=52)  # an empty response


if __name__ == "__main__":
    served.main("2")
