# SPDX-License-Identifier: MIT
# The example's client asks its server for a bit of everything, and edo-grpcurl asks, too, where it was built. SIGTERM ends
# the server: the status must be 0.
set -eu
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
mkfifo "$dir/said"
"$1" serve 127.0.0.1:0 "${EDO_SOURCE_DIR:?}/examples/grpc/grpc_route_guide/features.json" >"$dir/said" &
server=$!
read -r url <"$dir/said"
"$1" visit "${url#http://}" >"$dir/got"
diff - "$dir/got" <<'END'
The old mill at 47.95, 10.95
nothing at 47.90, 10.90
The old mill at 47.95, 10.95
Ferry landing at 47.96, 10.96
Hill with three oaks at 47.97, 10.95
Bridge of planks at 47.98, 10.98
3 points, 2 features, 1338 m
said before: closed on Mondays
said before: closed on Mondays
said before: open again
END
if [ -x "${EDO_BIN_DIR:?}/edo-grpcurl" ]; then
    "$EDO_BIN_DIR/edo-grpcurl" -plaintext -d '{"latitude": 481000000, "longitude": 112000000}' "${url#http://}" \
        routeguide.RouteGuide/GetFeature >"$dir/got"
    grep -q '"name": "Lighthouse"' "$dir/got" || { cat "$dir/got"; exit 1; }
fi
kill -TERM "$server"
wait "$server"
server=
if "$1" serve 127.0.0.1:0 "$dir/none.json" 2>"$dir/got"; then
    echo 'a server without its features has started'
    exit 1
fi
grep -q 'reading .*none.json' "$dir/got" || { cat "$dir/got"; exit 1; }
