# SPDX-License-Identifier: MIT
# A client speaks through the proxy with a server that replies after the client's end of input; the
# bytes, a megabyte of them each way, must be the same, and SIGTERM ends the proxy with status 0.
exec python3 - "$@" <<'EOF'
import socket, subprocess, sys, threading

data = bytes(i * 7 % 251 for i in range(1 << 20))
server = socket.create_server(("127.0.0.1", 0))

def serve():
    peer, _ = server.accept()
    got = b""
    while part := peer.recv(65536):
        got += part
    assert got == data, "the request was changed"
    peer.sendall(data[::-1])
    peer.close()

thread = threading.Thread(target=serve)
thread.start()
proxy = subprocess.Popen(sys.argv[1:] + ["127.0.0.1:0", "127.0.0.1:%d" % server.getsockname()[1]],
                         stdout=subprocess.PIPE, text=True)
port = int(proxy.stdout.readline().rsplit(":", 1)[1])
client = socket.create_connection(("127.0.0.1", port))
client.sendall(data)
client.shutdown(socket.SHUT_WR)
reply = b""
while part := client.recv(65536):
    reply += part
assert reply == data[::-1], "the reply was changed"
thread.join()
proxy.terminate()
assert proxy.wait(10) == 0, "status %d" % proxy.returncode
EOF
