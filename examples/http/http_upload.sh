# SPDX-License-Identifier: MIT
# A file with a length and one in chunks arrive whole; one that breaks off leaves nothing; a bad name is
# refused.
exec python3 - "$@" <<'PY'
import atexit, http.client, os, socket, subprocess, sys, tempfile, time

with tempfile.TemporaryDirectory() as folder:
    server = subprocess.Popen(sys.argv[1:] + [folder, "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    atexit.register(server.kill)
    port = int(server.stdout.readline().rsplit(":", 1)[1])
    data = os.urandom(3_000_001)

    def put(path, body, **more):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        client.request("PUT", path, body, **more)
        response = client.getresponse()
        return response.status, response.read()

    assert put("/whole", data) == (201, b"3000001 bytes\n")
    assert put("/chunks", (data[i:i + 70_000] for i in range(0, len(data), 70_000)),
               encode_chunked=True) == (201, b"3000001 bytes\n")
    for name in "whole", "chunks":
        with open(os.path.join(folder, name), "rb") as f:
            assert f.read() == data, name
    assert put("/../etc", b"x")[0] == 400
    half = socket.create_connection(("127.0.0.1", port), 10)
    half.sendall(b"PUT /half HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nnot all")
    half.close()
    server.terminate()
    assert server.wait(20) == 0, server.returncode
    assert sorted(os.listdir(folder)) == ["chunks", "whole"], os.listdir(folder)
PY
