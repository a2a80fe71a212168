# SPDX-License-Identifier: MIT
# Two servers behind it: each gets the connections that ask for its name, with every byte that the client has sent,
# and its reply goes back; who asks for another name, for none, or speaks no TLS is not passed on. SIGTERM ends it.
exec python3 - "$@" <<'PY'
import socket, ssl, subprocess, sys


def hello(name):
    """The first message of a client that asks for `name`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    out = ssl.MemoryBIO()
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return out.read()


servers = {name: socket.create_server(("127.0.0.1", 0)) for name in ("shop.example", "blog.example")}
ways = ["%s=127.0.0.1:%d" % (name, s.getsockname()[1]) for name, s in servers.items()]
program = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0"] + ways, stdout=subprocess.PIPE, text=True)
address = ("127.0.0.1", int(program.stdout.readline().rsplit(":", 1)[1]))


def ask(data):
    client = socket.create_connection(address)
    client.settimeout(60)
    client.sendall(data)
    return client


for name, server in servers.items():
    server.settimeout(60)
    data = hello(name.upper()) + b"and more"
    with ask(data[:40]) as client:
        client.sendall(data[40:])
        client.shutdown(socket.SHUT_WR)
        peer, _ = server.accept()
        with peer, peer.makefile("rb") as got:
            assert got.read() == data, name
            peer.sendall(b"reply of " + name.encode())
        with client.makefile("rb") as back:
            assert back.read() == b"reply of " + name.encode()
for data in hello("other.example"), hello(None), b"GET / HTTP/1.1\r\n\r\n":
    with ask(data) as client:
        try:
            assert client.recv(1) == b"", data
        except ConnectionResetError:
            pass  # it has not read all of it
program.terminate()
assert program.wait(60) == 0, program.returncode
PY
