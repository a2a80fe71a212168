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
cat >"$dir/wanted" <<'END'
alert.fire: out, all of you
heard by 0
heard by 1
heard by 1
room.general: hello
END
# Two connections: which comes first is up to the server.
LC_ALL=C sort "$dir/said" | diff "$dir/wanted" -
