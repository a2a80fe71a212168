#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: libedo.so exports exactly the functions that the public headers declare; libedo-http.so and
# libedo-client.so and libedo-web.so those of their headers; libraries that are built where another one is there, those of theirs.
# Method: compare the two lists of names. Names in edoi_ may be exported undeclared.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}

libc_names=none # that the library has in libc's place

# check LIBRARY HEADER...
check() {
    library=$1
    shift
    cat "$@" |
        sed 's/^EDO_MUST_USE //; /^EDO_API[^(]*$/{N;s/\n/ /}' | # a long one: its name comes next
        grep -oE '^EDO_API([^;({]*\(| extern const [^;]*;)' |
        sed 's/ *[(;]$//; s/.*[ *]//' | sort -u >"$dir/declared"
    ${NM:-nm} -D --defined-only "$library" | awk '{ print $3 }' |
        grep -vE '^(_init|_fini|__.*)$' | sort -u >"$dir/exported"
    missing=$(comm -23 "$dir/declared" "$dir/exported")
    strange=$(comm -13 "$dir/declared" "$dir/exported" | grep -vE "^(edoi_.*|$libc_names)\$" || true)
    [ -z "$missing" ] || printf 'declared, but not exported:\n%s\n' "$missing"
    [ -z "$strange" ] || printf 'exported, but not declared:\n%s\n' "$strange"
    [ -z "$missing$strange" ]
}

# headers_of MODULE: the paths of its public headers, by the table of tools/tidy_floors.py
headers_of() {
    python3 - "$source" "$1" <<'PY'
import runpy, sys
tables = runpy.run_path(sys.argv[1] + "/tools/tidy_floors.py", run_name="tables")
for name in tables["HEADERS"][sys.argv[2]]:
    print(f"{sys.argv[1]}/include/edo/{name}.h")
PY
}
http_headers=$(headers_of http) client_headers=$(headers_of client) web_headers=$(headers_of web) grpc_headers=$(headers_of grpc)
optional='ares tls http2 otlp console pg redis sqlite sim'
groups=" $(echo "$http_headers $client_headers $web_headers $grpc_headers" | tr '\n' ' ') "
for group in $optional; do groups="$groups$(headers_of $group | tr '\n' ' ')"; done

set --
for header in "$source"/include/edo/*.h; do
    case $groups in
    *" $header "*) ;;
    *) set -- "$@" "$header" ;;
    esac
done
check "$build/libedo.so" "$@"
# shellcheck disable=SC2086 # a list
check "$build/libedo-http.so" $http_headers
# shellcheck disable=SC2086 # a list
check "$build/libedo-client.so" $client_headers
# shellcheck disable=SC2086 # a list
check "$build/libedo-web.so" $web_headers
# shellcheck disable=SC2086 # a list
[ ! -e "$build/libedo-grpc.so" ] || check "$build/libedo-grpc.so" $grpc_headers
for group in $optional; do
    libc_names=none
    [ $group != sim ] || libc_names=$(sed -nE 's/^[A-Za-z].*[ *]([a-z0-9_]+)\(.*\) \{$/\1/p; s/^[A-Za-z].*[ *]([a-z0-9_]+)\(.*,$/\1/p' \
        "$source"/src/sim/calls/*.c "$source"/src/sim/calls/*/*.c | tr '\n' '|' | sed 's/|$//')
    # shellcheck disable=SC2046 # a list
    [ ! -e "$build/libedo-$group.so" ] || check "$build/libedo-$group.so" $(headers_of $group)
done
