# SPDX-License-Identifier: MIT
"""HTTPS: edo-bench-http with a certificate, beside clients that others have written: curl, openssl s_client, h2load,
Python; nginx in front, which connects by TLS, and behind; haproxy, which passes TLS through. A program that is missing skips its tests."""
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "http"))
import served  # noqa: E402
from served import Server, need, run, until  # noqa: E402

BIG = os.urandom(3_000_000)


class Pair:
    """A certificate for `localhost`, signed by itself, and its key, in files."""

    def __init__(self, name="localhost", kind=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        self.folder = tempfile.TemporaryDirectory()
        self.cert = os.path.join(self.folder.name, "cert.pem")
        self.key = os.path.join(self.folder.name, "key.pem")
        self.make(name, kind)

    def make(self, name="localhost", kind=("ec", "-pkeyopt", "ec_paramgen_curve:P-256")):
        new = [os.path.join(self.folder.name, "new." + part) for part in ("cert", "key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-keyout", new[1], "-out", new[0],
                        "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                       check=True, stderr=subprocess.DEVNULL)
        os.rename(new[1], self.key)
        os.rename(new[0], self.cert)


def https(pair, *options):
    return Server("--tls-cert", pair.cert, "--tls-key", pair.key, *options)


def curl(server, pair, *arguments, stdin=b""):
    return run("curl", "--silent", "--show-error", "--max-time", str(served.WAIT), "--cacert", pair.cert,
               *[a.replace("URL", f"https://localhost:{server.port}") for a in arguments], input=stdin)[0]


def test_curl_gets_and_posts_with_each_version():
    need("curl", "openssl")
    pair = Pair()
    with https(pair) as server:
        for version in ("--tlsv1.2", "--tls-max", "1.2"), ("--tlsv1.3",):
            assert curl(server, pair, *version, "URL/") == b"Hello, World!"
            assert curl(server, pair, *version, "URL/16k.bin") == server.file
            assert curl(server, pair, *version, "--data-binary", "@-", "URL/echo", stdin=BIG) == BIG
        shown = curl(server, pair, "--write-out", "%{http_code} %{http_version} %{num_connects}\\n", "--output", "/dev/null",
                     "URL/no")
        assert shown == b"404 1.1 1\n", shown


def test_plain_http_gets_a_plain_400():
    need("curl", "openssl")
    pair = Pair()
    with https(pair) as server:
        out, _ = run("curl", "--silent", "--write-out", " %{http_code}", server.url + "/")
        assert out == b"This port speaks HTTPS, but got plain HTTP.\n 400", out
        with socket.create_connection(("127.0.0.1", server.port), served.WAIT) as other:
            other.sendall(b"SSH-2.0-x\r\n")
            assert b"HTTP" not in other.makefile("rb").read()
        assert curl(server, pair, "URL/") == b"Hello, World!"


def test_rsa_and_old_suites_are_as_they_should_be():
    need("openssl")
    pair = Pair(kind=("rsa:2048",))
    with https(pair) as server:
        def client(*options):
            done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-CAfile", pair.cert,
                                   *options], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=served.WAIT)
            return done.returncode, done.stdout
        assert client("-verify_return_error", "-verify_hostname", "localhost")[0] == 0
        assert "ECDHE-RSA-AES" in client("-tls1_2")[1]
        for group in "X25519", "P-256", "P-384", "P-521":
            assert client("-groups", group)[0] == 0, group
        for old in ("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"), ("-tls1_2", "-cipher", "AES128-SHA"), \
                ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"), ("-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"), ("-tls1_3", "-groups", "ffdhe2048"), \
                ("-tls1_3", "-groups", "ffdhe8192"):
            code, said = client(*old)
            assert code != 0 and "Cipher is (NONE)" in said, (old, said)


def test_h2load_sees_no_error():
    need("h2load", "openssl")
    pair = Pair()
    with https(pair) as server:
        base = f"https://127.0.0.1:{server.port}"
        out, _ = run("h2load", "--h1", "-n3000", "-c30", "-m10", base + "/", base + "/16k.bin")
        text = out.decode()
        assert "3000 succeeded, 0 failed, 0 errored, 0 timeout" in text, text


NGINX = """
daemon off; master_process off; pid {dir}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
    uwsgi_temp_path {dir}; scgi_temp_path {dir};
    client_max_body_size 10m;
    upstream edo {{ server 127.0.0.1:{port}; keepalive 8; }}
    server {{
        listen unix:{dir}/front;
        location / {{
            proxy_pass https://edo; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_ssl_verify on; proxy_ssl_trusted_certificate {cert}; proxy_ssl_name localhost;
        }}
    }}
}}
"""


def listens(path):
    """The file of a socket is there before its server listens."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


HAPROXY = """
defaults
    mode tcp
    timeout connect %(wait)ss
    timeout client %(wait)ss
    timeout server %(wait)ss
listen front
    bind unix@%(front)s
    server edo 127.0.0.1:%(port)d send-proxy-v2
"""


def test_haproxy_in_front_passes_tls_through_and_tells_its_client():
    need("haproxy", "curl", "openssl")
    pair = Pair()
    with https(pair, "--proxy-protocol") as server, tempfile.TemporaryDirectory() as folder:
        front, config = os.path.join(folder, "front"), os.path.join(folder, "haproxy.cfg")
        with open(config, "w", encoding="ascii") as out:
            out.write(HAPROXY % {"front": front, "port": server.port, "wait": served.WAIT})
        with served.started(front, folder, "haproxy", "-db", "-f", config):
            through = ["--unix-socket", front]
            assert curl(server, pair, *through, "URL/") == b"Hello, World!"
            assert curl(server, pair, *through, "--data-binary", "@-", "URL/echo", stdin=BIG) == BIG


def test_nginx_in_front_speaks_tls_to_it():
    need("nginx", "curl", "openssl")
    pair = Pair()
    with https(pair) as server, tempfile.TemporaryDirectory() as folder:
        conf = os.path.join(folder, "conf")
        with open(conf, "w", encoding="ascii") as out:
            out.write(NGINX.format(dir=folder, port=server.port, cert=pair.cert))
        front = os.path.join(folder, "front")
        env = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
        with subprocess.Popen(["nginx", "-p", folder, "-e", "stderr", "-c", conf], env=env) as nginx:
            try:
                until("nginx listens", lambda: listens(front))
                for _ in range(3):
                    out, _ = run("curl", "--silent", "--show-error", "--unix-socket", front, "--data-binary", "@-",
                                 "http://localhost/echo", input=BIG)
                    assert out == BIG
                out, _ = run("curl", "--silent", "--unix-socket", front, "http://localhost/user/[1-50]")
                assert out == b"".join(b"%d" % n for n in range(1, 51))
            finally:
                nginx.terminate()


NGINX_BEHIND = """
daemon off; master_process off; pid {dir}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
    uwsgi_temp_path {dir}; scgi_temp_path {dir};
    server {{
        listen unix:{dir}/front ssl;
        ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols {version};
        location / {{ root {dir}; }}
    }}
}}
"""


def test_client_speaks_with_nginx():
    need("nginx", "openssl")
    pair = Pair()
    program = os.path.join(os.environ["EDO_BIN_DIR"], "edo-curl")
    for version in "TLSv1.2", "TLSv1.3":
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            pathlib.Path(folder, "conf").write_text(
                NGINX_BEHIND.format(dir=folder, cert=pair.cert, key=pair.key, version=version), encoding="ascii")
            pathlib.Path(folder, "big").write_bytes(BIG)
            env = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"}
            front = os.path.join(folder, "front")
            with subprocess.Popen(["nginx", "-p", folder, "-e", "stderr", "-c", os.path.join(folder, "conf")],
                                  env=env) as nginx:
                try:
                    until("nginx listens", lambda: listens(front))
                    out, _ = run(program, "-s", "--cacert", pair.cert, "--unix-socket", front, "https://localhost/big")
                    assert out == BIG
                finally:
                    nginx.terminate()


def subject_shown(server, pair):
    """The name in the certificate that a new connection is shown."""
    trust = ssl.create_default_context(cafile=pair.cert)
    with socket.create_connection(("127.0.0.1", server.port), served.WAIT) as plain, \
            trust.wrap_socket(plain, server_hostname="localhost") as s:
        return dict(part[0] for part in s.getpeercert()["subject"])["commonName"]


def test_hup_reads_the_pair_again_and_connections_go_on():
    need("openssl")
    pair = Pair(name="first")
    with https(pair) as server:
        trust = ssl.create_default_context(cafile=pair.cert)
        with socket.create_connection(("127.0.0.1", server.port), served.WAIT) as plain, \
                trust.wrap_socket(plain, server_hostname="localhost") as old:
            old.sendall(served.HELLO)
            assert b"Hello, World!" in old.recv(4096)
            pair.make(name="second")
            server.process.send_signal(signal.SIGHUP)

            def is_new():
                try:
                    return subject_shown(server, pair) == "second"
                except ssl.SSLCertVerificationError:
                    return False  # still the first, which this file does not have any more
            until("the second certificate is shown", is_new)
            old.sendall(served.HELLO)
            assert b"Hello, World!" in old.recv(4096)
        with open(pair.cert, "w", encoding="ascii") as out:
            out.write("no certificate\n")
        server.process.send_signal(signal.SIGHUP)
        until("it says what is wrong", lambda: "cert.pem" in server.errors())
        with open(pair.cert, "w", encoding="ascii"):
            pass
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", server.port), served.WAIT) as plain, \
                anybody.wrap_socket(plain) as still:
            still.sendall(served.HELLO)
            assert b"Hello, World!" in still.recv(4096)


class Visitor(threading.Thread):
    """Gets "/" again and again: on a connection each, or on one that it keeps."""

    def __init__(self, server, keeps):
        super().__init__()
        self.server, self.keeps = server, keeps
        self.done, self.failures, self.is_over = 0, [], False
        self.start()

    def visit(self, trust):
        with socket.create_connection(("127.0.0.1", self.server.port), served.WAIT) as plain, \
                trust.wrap_socket(plain, server_hostname="localhost") as s:
            while not self.is_over:
                s.sendall(served.HELLO)
                got = b""
                while b"Hello, World!" not in got:
                    more = s.recv(4096)
                    assert more, got
                    got += more
                self.done += 1
                if not self.keeps:
                    return

    def run(self):
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        while not self.is_over:
            try:
                self.visit(trust)
            except (AssertionError, OSError) as why:
                self.failures.append(repr(why))

    def end(self):
        self.is_over = True
        self.join()


def fingerprint_shown(server):
    anybody = ssl.create_default_context()
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.port), served.WAIT) as plain, anybody.wrap_socket(plain) as s:
        return s.getpeercert(binary_form=True)


def test_reload_under_load_loses_no_request():
    need("openssl")
    pair = Pair()
    with https(pair, "--mt", "-t", "2") as server:
        visitors = [Visitor(server, keeps) for keeps in (False, False, True, True)]
        try:
            for _ in range(10):
                before = fingerprint_shown(server)
                counts = [v.done for v in visitors]
                pair.make()
                server.process.send_signal(signal.SIGHUP)
                until("the new pair is shown", lambda: fingerprint_shown(server) != before)
                until("all go on", lambda: all(v.done > n for v, n in zip(visitors, counts)))
        finally:
            for v in visitors:
                v.end()
        assert not any(v.failures for v in visitors), [v.failures for v in visitors]


def test_key_that_others_may_read_is_named():
    need("openssl")
    pair = Pair()
    os.chmod(pair.key, 0o644)
    with https(pair) as server:
        until("it warns", lambda: f"{pair.key}: everybody on this machine may read this key" in server.errors())
        os.chmod(pair.key, 0o640)
        pair.make(name="second")
        server.process.send_signal(signal.SIGHUP)
        until("the second certificate is shown", lambda: b"second" in fingerprint_shown(server))
        assert server.errors().count("everybody") == 1, server.errors()


def test_silent_and_broken_clients_leave_nothing():
    need("openssl")
    pair = Pair()
    with https(pair) as server:
        assert curl(server, pair, "URL/") == b"Hello, World!"  # so all is there that it opens once
        before = server.descriptors()
        silent = [socket.create_connection(("127.0.0.1", server.port), served.WAIT) for _ in range(20)]
        for n, s in enumerate(silent):
            s.sendall(b"\x16\x03\x01\x02\x00"[:n % 6])
        trust = ssl.create_default_context(cafile=pair.cert)
        for _ in range(20):
            plain = socket.create_connection(("127.0.0.1", server.port), served.WAIT)
            s = trust.wrap_socket(plain, server_hostname="localhost")
            s.sendall(b"GET /16k.bin HTTP/1.1\r\nHost: h\r\n\r\n")
            s.close()  # without close_notify, and without reading
        assert curl(server, pair, "URL/") == b"Hello, World!"
        for s in silent:
            s.close()
        server.has_only(before)


if __name__ == "__main__":
    served.main("1", "2")
