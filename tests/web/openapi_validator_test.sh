#!/bin/sh
# SPDX-License-Identifier: MIT
# The document that an example makes of its routes is one of OpenAPI 3.1, says a validator from npm; one that is not
# is refused, so the validator was asked. It is put into the build folder once. Only the plain build does
# it: the document is the same in all.
set -eu
package=@seriousme/openapi-schema-validator
version=2.11.0
case "$EDO_BUILD_DIR" in
*/debug) ;;
*)
    echo "skipped: the build in build/debug does it"
    exit 77
    ;;
esac
command -v npm >/dev/null || { echo "skipped: npm is not installed"; exit 77; }
dir=$EDO_BUILD_DIR/npm
validator=$dir/node_modules/.bin/validate-api
if [ ! -x "$validator" ]; then
    timeout 60 npm install --silent --no-audit --no-fund --prefix "$dir" $package@$version ||
        { echo "skipped: npm could not install $package"; exit 77; }
fi
tmp=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$tmp"' EXIT
"$EDO_BIN_DIR/examples/web_openapi" 127.0.0.1:0 >"$tmp/out" &
server=$!
until grep -q http "$tmp/out"; do
    kill -0 "$server"
    sleep 0.05
done
base=$(sed -n 's,.*\(http://[0-9.:]*\).*,\1,p' "$tmp/out")
python3 -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' \
    "$base/openapi.json" >"$tmp/openapi.json"
"$validator" "$tmp/openapi.json"
sed 's/"openapi":"3.1.0"/"openapi":"3.1.0","paths_":{}/; s/"responses":/"respons":/' "$tmp/openapi.json" >"$tmp/bad.json"
if "$validator" "$tmp/bad.json" >/dev/null; then
    echo "a document that is bad was not refused"
    exit 1
fi
