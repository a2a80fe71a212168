# SPDX-License-Identifier: MIT
# Makes a certificate by openssl; a client that comes by HTTP is sent to HTTPS, where the file is, with
# HSTS. SIGTERM ends both servers: the status must be 0.
exec python3 - "$@" <<'PY'
import http.client, os, re, signal, socket, ssl, subprocess, sys, tempfile

def connect(port):  # a system may be without the name localhost
    return socket.create_connection(("127.0.0.1", port), 20)

with tempfile.TemporaryDirectory() as folder:
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, stderr=subprocess.DEVNULL)
    site = os.path.join(folder, "site")
    os.mkdir(site)
    with open(os.path.join(site, "a page.html"), "w") as page:
        page.write("<h1>a page</h1>")
    server = subprocess.Popen(sys.argv[1:] + [site, cert, key, "127.0.0.1:0", "127.0.0.1:0"],
                              stdout=subprocess.PIPE, text=True)
    try:
        ports = {}
        for _ in range(2):
            found = re.fullmatch(r".* on (https?)://127\.0\.0\.1:(\d+)\n", server.stdout.readline())
            ports[found[1]] = int(found[2])
        asked = http.client.HTTPConnection("localhost", ports["http"])
        asked.sock = connect(ports["http"])
        asked.request("POST", "/a%20page.html?x=1")
        got = asked.getresponse()
        assert got.status == 308, got.status
        assert got.getheader("Location") == "https://localhost/a%20page.html?x=1", got.getheaders()
        asked.close()
        asked = http.client.HTTPSConnection("localhost", ports["https"])
        context = ssl.create_default_context(cafile=cert)
        asked.sock = context.wrap_socket(connect(ports["https"]), server_hostname="localhost")
        asked.request("GET", "/a%20page.html?x=1")
        got = asked.getresponse()
        assert (got.status, got.read()) == (200, b"<h1>a page</h1>"), got.status
        assert got.getheader("Strict-Transport-Security") == "max-age=31536000; includeSubDomains", got.getheaders()
        asked.close()
        server.send_signal(signal.SIGTERM)
        status = server.wait(20)
        assert status == 0, f"the server ended with {status}"
    finally:
        server.kill()
PY
