# SPDX-License-Identifier: MIT
# Calls each method by Python's grpcio, with messages of one text. SIGTERM ends the server: the status must be 0.
# Without Debian's python3-grpcio it is skipped.
set -eu
python=/usr/bin/python3
$python -c 'import grpc' 2>/dev/null || { echo 'skipped: no python3-grpcio'; exit 77; }
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkfifo "$dir/said"
"$1" 127.0.0.1:0 >"$dir/said" &
server=$!
read -r url <"$dir/said"
$python - "${url#http://}" >"$dir/got" <<'END'
import sys
import grpc

def message(text):
    return b"\x0a" + bytes([len(text)]) + text.encode()

with grpc.insecure_channel(sys.argv[1]) as channel:
    path, own = "/hello.v1.Greeter/", dict(request_serializer=message, response_deserializer=lambda m: m[2:].decode())
    print(channel.unary_unary(path + "Greet", **own)("Ann", timeout=30))
    try:
        channel.unary_unary(path + "Greet", **own)("", timeout=30)
    except grpc.RpcError as e:
        print(e.code().name, e.details())
    print(*channel.unary_stream(path + "Count", **own)("Ben", timeout=30), sep="; ")
    print(channel.stream_unary(path + "GreetAll", **own)(iter(["Ann", "Ben"]), timeout=30))
    print(*channel.stream_stream(path + "Chat", **own)(iter(["Ann", "Ben"]), timeout=30), sep="; ")
END
diff - "$dir/got" <<'END'
Hello, Ann!
INVALID_ARGUMENT a name is missing
Ben, 1; Ben, 2; Ben, 3
Hello, Ann, Ben
Ann; Ben
END
kill -TERM "$server"
wait "$server"
server=
