# SPDX-License-Identifier: MIT
# Asks by both versions, in clear text and by TLS. SIGTERM ends the server: the status must be 0.
# Without a curl that knows HTTP/2 it is skipped.
set -eu
curl --version 2>/dev/null | grep -q HTTP2 || { echo 'skipped: no curl with HTTP/2'; exit 77; }
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkfifo "$dir/said"

# begin PROGRAM...: starts it; $url is where it listens
begin() {
    "$@" >"$dir/said" &
    server=$!
    read -r url <"$dir/said"
}

# ask VERSION OPTION...
ask() {
    want=$1
    shift
    got=$(curl -sS --max-time 20 "$@" "$url/")
    [ "$got" = "$want" ] || { echo "got '$got', not '$want'" >&2; exit 1; }
}

end() {
    kill -TERM "$server"
    wait "$server"
    server=
}

begin "$1" 127.0.0.1:0
ask HTTP/1.1
ask HTTP/2 --http2-prior-knowledge
end

openssl req -x509 -newkey rsa:2048 -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 2>/dev/null
begin "$1" 127.0.0.1:0 "$dir/cert.pem" "$dir/key.pem"
ask HTTP/2 --cacert "$dir/cert.pem"
ask HTTP/1.1 --cacert "$dir/cert.pem" --http1.1
end
