# SPDX-License-Identifier: MIT
# Each leak is named by edo look, which ends by itself, and nothing else is; and so is nothing, where nothing leaks.
set -eu
edo=$(dirname "$1")/../edo
dir=$(mktemp -d)
server=
trap 'rm -rf "$dir"; [ -z "$server" ] || kill "$server" 2>/dev/null' EXIT

# named WHAT STATUS PATTERN: the first row that has grown
named() {
    rm -f "$dir/url"
    "$program" "$1" >"$dir/url" 2>"$dir/err" &
    server=$!
    tries=0
    while [ ! -s "$dir/url" ] && [ $((tries += 1)) -lt 300 ]; do sleep 0.1; done
    status=0
    "$edo" look --wait 300ms "$(cat "$dir/url")" >"$dir/said" || status=$?
    kill -TERM "$server"
    wait "$server" || true
    server=
    [ "$status" = "$2" ] && sed -n 2p "$dir/said" | grep -q "$3" || { cat "$dir/said" "$dir/err"; echo "not '$3' with $2 but $status"; exit 1; }
}

program=$1
named tasks 1 ' task wait_for_ever at .*leaks.c:[0-9]*$'
named sockets 1 ' descriptor leak_sockets at .*leaks.c:[0-9]*, Unix$'
named values 1 ' values in mpsc .*leaks'
named nothing 0 '^nothing has grown$'
"$edo" look "http://127.0.0.1:1/open" 2>/dev/null && exit 1 || [ $? = 2 ]
"$edo" look --help | grep -q '^usage: edo look'
