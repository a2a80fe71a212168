# SPDX-License-Identifier: MIT
# Makes an authority by openssl, and certificates of a server and a client; each end names the other. A
# client of another authority is refused, and told so. SIGTERM ends the server: the status must be 0.
exec python3 - "$@" <<'PY'
import os, signal, socket, subprocess, sys, tempfile

# Nobody else gets the port of this socket, which listens to nothing; the server is allowed to.
place = socket.socket()
place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
place.bind(("127.0.0.1", 0))
address = "localhost:%d" % place.getsockname()[1]
program = sys.argv[1:]


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)


def authority(name):
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".pem",
            "-subj", "/CN=" + name)


def certificate(ca, name, names):
    """Of that authority; returns the arguments of the program."""
    with open(name + ".ext", "w") as ext:
        ext.write("subjectAltName=" + names)
    openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out", name + ".csr",
            "-subj", "/CN=" + name)
    openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key", "-CAcreateserial",
            "-extfile", name + ".ext", "-out", name + ".pem")
    return [name + ".pem", name + ".key"]


def ask(pair):
    return subprocess.run(program + ["ask", address, "ours.pem", *pair], capture_output=True, text=True)


with tempfile.TemporaryDirectory() as folder:
    program[0] = os.path.abspath(program[0])
    os.chdir(folder)
    authority("ours")
    authority("theirs")
    server = subprocess.Popen(program + ["serve", address, "ours.pem",
                                         *certificate("ours", "server", "DNS:localhost")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        robot = certificate("ours", "robot", "URI:spiffe://example/robot")
        assert server.stdout.readline() == f"listens at {address}\n"
        asked = ask(robot)
        assert asked.stdout == "served by CN=server, DNS:localhost\nreply: ping\n", asked
        assert server.stdout.readline() == "asked by CN=robot, URI:spiffe://example/robot\n"
        stranger = ask(certificate("theirs", "stranger", "DNS:stranger"))
        assert stranger.returncode == 1 and "reply" not in stranger.stdout, stranger
        refusal = next(line for line in server.stderr if line.startswith("refused: "))  # others are of a loaded machine
        assert "client certificate" in refusal, refusal
        server.send_signal(signal.SIGTERM)
        status = server.wait()
        assert status == 0, f"the server ended with {status}"
    finally:
        os.chdir("/")
        server.kill()
PY
