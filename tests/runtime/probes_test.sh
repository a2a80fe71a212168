#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a build for which sys/sdt.h was there has the probes that docs/probes.md lists, and no other; the page has
# their arguments.
# Method: the notes of the shared library, as readelf shows them.
set -eu
source=${EDO_SOURCE_DIR:?}
build=${EDO_BUILD_DIR:?}
skip() {
    echo "skipped: $*"
    exit 77
}
grep -q '^EDO_HAS_SDT:INTERNAL=1' "$build/CMakeCache.txt" || skip "there was no sys/sdt.h for this build"
[ -e "$build/libedo.so" ] || skip "there is no libedo.so"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

readelf -n "$build/libedo.so" | awk '/Provider:/ { is_edo = $2 == "edo" }
    /Name:/ { name = $2 }
    /Arguments:/ { if (is_edo) print name, NF - 1 }' | sort -u >"$dir/has"
# A row is: | `name` | `first`, `second` | when |
sed -n 's/^| `\([a-z_]*\)` | \([^|]*\) |.*/\1 \2/p' "$source/docs/probes.md" |
    awk '{ print $1, gsub(/`/, "", $0) / 2 }' | sort >"$dir/says"
if ! diff "$dir/says" "$dir/has"; then
    echo "FAILED: < is in docs/probes.md, > in libedo.so: a probe and the number of its arguments"
    exit 1
fi
[ -s "$dir/has" ]
echo "ok: $(wc -l <"$dir/has") probes"
