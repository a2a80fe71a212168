# SPDX-License-Identifier: MIT
# With a Redis of its own on a Unix socket; skipped where there is none.
set -eu
command -v redis-server >/dev/null || { echo 'skipped: no redis-server'; exit 77; }
dir=$(mktemp -d)
redis-server --port 0 --unixsocket "$dir/socket" --save '' --dir "$dir" >"$dir/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$dir"' EXIT
tries=0
until redis-cli -s "$dir/socket" ping >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { cat "$dir/log"; exit 1; }
    sleep 0.1
done
"$@" "unix://$dir/socket" >"$dir/said"
diff - "$dir/said" <<'END'
monday, made: 19:30 Hamlet
monday, kept: 19:30 Hamlet
sale 1
5 of 20 have a seat
given back: -1
5 tickets printed
1 programs
refused: WRONGTYPE
has no place here
END
