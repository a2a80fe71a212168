# SPDX-License-Identifier: MIT
# Calls one handler in each protocol: in JSON by paths, by Connect and by gRPC-Web with Python's http.client, by gRPC with
# grpcio, which is left out where Debian's python3-grpcio is missing. SIGTERM ends the server: the status must be 0.
set -eu
python=/usr/bin/python3
[ -x $python ] || python=python3
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkfifo "$dir/said"
"$1" 127.0.0.1:0 >"$dir/said" &
server=$!
read -r url <"$dir/said"
$python - "${url#http://}" >"$dir/got" <<'END'
import http.client
import sys

CALL = "/greeting.v1.Greeter/Greet"
ANN = b"\x0a\x03Ann"

def ask(what, method, path, kind=None, body=None):
    connection = http.client.HTTPConnection(sys.argv[1], timeout=30)
    connection.request(method, path, body, {"content-type": kind} if kind else {})
    response = connection.getresponse()
    print(what, response.status, response.read())
    connection.close()

ask("JSON:", "GET", "/v1/people/Ann/greeting")
ask("JSON:", "POST", "/v1/greetings", "application/json", '{"name":"Ann"}')
ask("JSON:", "POST", "/v1/greetings", "application/json", "{}")
ask("JSON lines:", "GET", "/v1/people/Ann/greetings?times=2")
ask("Connect:", "POST", CALL, "application/json", '{"name":"Ann"}')
ask("Connect:", "POST", CALL, "application/proto", ANN)
ask("Connect:", "POST", CALL, "application/json", "{}")
ask("Connect:", "GET", CALL + "?encoding=json&message=%7B%22name%22%3A%22Ann%22%7D")
ask("gRPC-Web:", "POST", CALL, "application/grpc-web+proto", b"\0\0\0\0\x05" + ANN)
try:
    import grpc
except ImportError:
    grpc = None
if grpc:
    with grpc.insecure_channel(sys.argv[1]) as channel:
        print("gRPC:", channel.unary_unary(CALL)(ANN, timeout=30))
END
cat >"$dir/want" <<'END'
JSON: 200 b'{"text":"Hello, Ann!"}'
JSON: 200 b'{"text":"Hello, Ann!"}'
JSON: 400 b'{"code":3,"message":"a name is missing"}'
JSON lines: 200 b'{"result":{"text":"Hello, Ann!"}}\n{"result":{"text":"Hello, Ann!"}}\n'
Connect: 200 b'{"text":"Hello, Ann!"}'
Connect: 200 b'\n\x0bHello, Ann!'
Connect: 400 b'{"code":"invalid_argument","message":"a name is missing"}'
Connect: 200 b'{"text":"Hello, Ann!"}'
gRPC-Web: 200 b'\x00\x00\x00\x00\r\n\x0bHello, Ann!\x80\x00\x00\x00\x10grpc-status: 0\r\n'
END
if grep -q '^gRPC:' "$dir/got"; then
    printf '%s\n' "gRPC: b'\\n\\x0bHello, Ann!'" >>"$dir/want"
else
    echo 'left out: gRPC, there is no python3-grpcio'
fi
diff "$dir/want" "$dir/got"
kill -TERM "$server"
wait "$server"
server=
