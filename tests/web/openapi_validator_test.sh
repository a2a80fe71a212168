#!/bin/sh
# SPDX-License-Identifier: MIT
# The documents that an example and the chat make of their routes are of OpenAPI 3.1, says a validator from npm; one
# that is not is refused, so the validator was asked. It is put into the build folder once. Only the plain build does
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

# get NAME PROGRAM OPTION...: the document of the program, which says where its web is.
get() {
    name=$1
    shift
    "$@" >"$tmp/$name.out" 2>"$tmp/$name.err" &
    server=$!
    until grep -q http "$tmp/$name.out"; do
        kill -0 "$server"
        sleep 0.05
    done
    base=$(sed -n 's,.*\(http://[0-9.:]*\).*,\1,p' "$tmp/$name.out")
    python3 -c 'import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.argv[1]).read())' \
        "$base/openapi.json" >"$tmp/$name.json"
    kill "$server"
    wait "$server"
    echo "$name:"
    "$validator" "$tmp/$name.json"
}

get example "$EDO_BIN_DIR/examples/web_openapi" 127.0.0.1:0
get chat "$EDO_BIN_DIR/edo-chat" --tcp 127.0.0.1:0 --http 127.0.0.1:0
sed 's/"responses":/"respons":/' "$tmp/example.json" >"$tmp/bad.json"
if "$validator" "$tmp/bad.json" >/dev/null; then
    echo "a document that is bad was not refused"
    exit 1
fi
