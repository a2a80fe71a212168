# SPDX-License-Identifier: MIT
# Makes a certificate by openssl, starts the server, and talks to it by `openssl s_client` and by Python
# with each version of TLS; a client that does not know the certificate refuses it. SIGTERM ends the
# server: the status must be 0.
exec python3 - "$@" <<'PY'
import os, signal, socket, ssl, subprocess, sys, tempfile, time

# Nobody else gets the port of this socket, which listens to nothing; the server is allowed to.
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
place.bind(("127.0.0.1", 0))
port = place.getsockname()[1]
with tempfile.TemporaryDirectory() as folder:
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, stderr=subprocess.DEVNULL)
    server = subprocess.Popen(sys.argv[1:] + [cert, key, f"127.0.0.1:{port}"])
    try:
        for attempt in range(500):
            try:
                socket.create_connection(("127.0.0.1", port), 10).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.02)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            trust = ssl.create_default_context(cafile=cert)
            trust.minimum_version = trust.maximum_version = version
            with trust.wrap_socket(socket.create_connection(("127.0.0.1", port), 10),
                                   server_hostname="localhost") as client:
                sent, heard = os.urandom(200_000), b""
                for at in range(0, len(sent), 10_000):
                    client.sendall(sent[at:at + 10_000])
                    while len(heard) < at + 10_000:
                        heard += client.recv(65536)
                assert heard == sent
                client.unwrap()  # the server says farewell, too
        try:
            ssl.create_default_context().wrap_socket(socket.create_connection(("127.0.0.1", port), 10),
                                                     server_hostname="localhost")
            raise AssertionError("a certificate that nobody trusts was taken")
        except ssl.SSLCertVerificationError:
            pass
        client = subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}", "-CAfile", cert,
                                   "-verify_return_error", "-servername", "localhost"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        client.stdin.write("hello\n")
        client.stdin.flush()
        assert client.stdout.readline() == "hello\n"
        client.kill()
        client.wait()
        server.send_signal(signal.SIGTERM)
        status = server.wait(20)
        assert status == 0, f"the server ended with {status}"
    finally:
        server.kill()
PY
