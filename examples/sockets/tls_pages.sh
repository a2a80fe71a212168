# SPDX-License-Identifier: MIT
# Makes a certificate by openssl, starts the server, reads its page by Python, renews the certificate,
# and waits until a new connection is shown the new one. SIGTERM ends the server: the status must be 0.
exec python3 - "$@" <<'PY'
import os, signal, socket, ssl, subprocess, sys, tempfile, time

# Nobody else gets the port of this socket, which listens to nothing; the server is allowed to.
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
place.bind(("127.0.0.1", 0))
port = place.getsockname()[1]


def make(folder, name):
    new = [os.path.join(folder, "new." + part) for part in ("cert", "key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", new[1], "-out", new[0],
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, stderr=subprocess.DEVNULL)
    os.rename(new[1], os.path.join(folder, "key.pem"))
    os.rename(new[0], os.path.join(folder, "cert.pem"))


def ask(cert):
    """The page, and the name in the certificate that is shown."""
    trust = ssl.create_default_context(cafile=cert)
    with trust.wrap_socket(socket.create_connection(("127.0.0.1", port), 10), server_hostname="localhost") as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        heard = b""
        while part := s.recv(4096):
            heard += part
        return heard, dict(p[0] for p in s.getpeercert()["subject"])["commonName"]


with tempfile.TemporaryDirectory() as folder:
    cert = os.path.join(folder, "cert.pem")
    make(folder, "first")
    server = subprocess.Popen(sys.argv[1:] + [cert, os.path.join(folder, "key.pem"), f"127.0.0.1:{port}"])
    try:
        for attempt in range(500):
            try:
                socket.create_connection(("127.0.0.1", port), 10).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        heard, name = ask(cert)
        assert b"TLS_AES_" in heard and name == "first", (heard, name)
        make(folder, "second")
        for attempt in range(500):
            try:
                if ask(cert)[1] == "second":
                    break
            except ssl.SSLCertVerificationError:
                pass  # still the first, which is not in the file any more
            time.sleep(0.05)
        else:
            raise AssertionError("the renewed certificate is not used")
        server.send_signal(signal.SIGTERM)
        status = server.wait(20)
        assert status == 0, f"the server ended with {status}"
    finally:
        server.kill()
PY
