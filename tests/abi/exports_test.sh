#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: libedo.so exports exactly the functions that the public headers declare.
# Method: compare the two lists of names. Names in edoi_ may be exported undeclared.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat "${EDO_SOURCE_DIR:?}"/include/edo/*.h |
    sed '/^EDO_API[^(]*$/{N;s/\n/ /}' | # a long one has its name on the next line
    grep -oE '^EDO_API[^;({]*\(' |
    sed 's/ *($//; s/.*[ *]//' | sort -u >"$dir/declared"
${NM:-nm} -D --defined-only "${EDO_BUILD_DIR:?}/libedo.so" | awk '{ print $3 }' |
    grep -vE '^(_init|_fini|__.*)$' | sort -u >"$dir/exported"
missing=$(comm -23 "$dir/declared" "$dir/exported")
strange=$(comm -13 "$dir/declared" "$dir/exported" | grep -v '^edoi_' || true)
[ -z "$missing" ] || printf 'declared, but not exported:\n%s\n' "$missing"
[ -z "$strange" ] || printf 'exported, but not declared:\n%s\n' "$strange"
[ -z "$missing$strange" ]
