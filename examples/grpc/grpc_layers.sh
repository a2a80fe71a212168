# SPDX-License-Identifier: MIT
# Asks the example grpc_greeter: what is known is not asked again, and what the client has done wrong does not count
# against the server. Without a server three calls fail, and the others are not made.
set -eu
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkfifo "$dir/said"
"${1%layers}greeter" 127.0.0.1:0 >"$dir/said" &
server=$!
read -r url <"$dir/said"
"$1" "${url#http://}" Ann Ben Ann '' '' '' '' Ann >"$dir/got"
diff "$dir/got" - <<'END'
Hello, Ann!
Hello, Ben!
Hello, Ann!
INVALID_ARGUMENT
INVALID_ARGUMENT
INVALID_ARGUMENT
INVALID_ARGUMENT
Hello, Ann!
6 calls made
END
kill "$server"
wait "$server" || true
server=
"$1" "${url#http://}" Ann Ann Ann Ann Ann >"$dir/got"
diff "$dir/got" - <<'END'
UNAVAILABLE
UNAVAILABLE
UNAVAILABLE
left alone
left alone
5 calls made
END
