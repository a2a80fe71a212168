# SPDX-License-Identifier: MIT
# Asks the example grpc_greeter. A failure is told with its status and message.
set -eu
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkfifo "$dir/said"
"${1%ask}greeter" 127.0.0.1:0 >"$dir/said" &
server=$!
read -r url <"$dir/said"
"$1" "${url#http://}" Ann >"$dir/got"
diff "$dir/got" - <<'END'
Hello, Ann!
Ann, 1
Ann, 2
Ann, 3
Hello, Ann, Ann
Ann
END
if "$1" "${url#http://}" '' 2>"$dir/got"; then
    echo 'a call without a name has not failed'
    exit 1
fi
grep -q 'Greeter/Greet: a name is missing: INVALID_ARGUMENT' "$dir/got" || { cat "$dir/got"; exit 1; }
