#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: edo-curl speaks HTTP/2 where it is told to, or where TLS agrees on it, and HTTP/1.1 elsewhere.
# Method: against the example http2_versions, whose response says what it was asked by.
set -eu
server=$EDO_BIN_DIR/examples/http2_versions
[ -x "$server" ] && command -v openssl >/dev/null || { echo 'skipped: no example http2_versions, or no openssl'; exit 77; }
dir=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkfifo "$dir/said"

# begin ARGUMENT...: starts it; $url is where it listens
begin() {
    "$server" "$@" >"$dir/said" &
    pid=$!
    read -r url <"$dir/said"
}

# ask VERSION OPTION...
ask() {
    want="HTTP/$1
$1"
    shift
    got=$("$EDO_BIN_DIR/edo-curl" -s -m 20 -w '%{http_version}' "$@" "$url/")
    [ "$got" = "$want" ] || { echo "got '$got', not '$want'" >&2; exit 1; }
}

end() {
    kill -TERM "$pid"
    wait "$pid"
    pid=
}

begin 127.0.0.1:0
ask 1.1
ask 1.1 --http2
ask 2 --http2-prior-knowledge
ask 1.1 --http2-prior-knowledge --http1.1
head=$("$EDO_BIN_DIR/edo-curl" -s -i --http2-prior-knowledge "$url/" | head -n 1 | tr -d '\r')
[ "$head" = 'HTTP/2 200 ' ] || { echo "the head is '$head'" >&2; exit 1; }
end

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" \
    -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 2>/dev/null
begin 127.0.0.1:0 "$dir/cert.pem" "$dir/key.pem"
ask 2 --cacert "$dir/cert.pem"
ask 2 --cacert "$dir/cert.pem" --http2
ask 2 --cacert "$dir/cert.pem" --http2-prior-knowledge
ask 1.1 --cacert "$dir/cert.pem" --http1.1
end
