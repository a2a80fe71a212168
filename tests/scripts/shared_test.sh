#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: tests that share a program do not change what their neighbours see, also those that were sorted before their
# source was changed. Method: the objects of the shared programs define nothing for others but the functions that the
# runner calls, and have no constructors; and a runner finds each of its tests by the name that it has for it.
set -eu
build=${EDO_BUILD_DIR:?}
[ -z "${EDO_TEST_SANITIZER-}" ] || { echo "skipped: a sanitizer has constructors of its own"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
grep -o '^    { "[^"]*"' "$build"/runners/*.c | sort | uniq -d >"$dir/faults"
[ ! -s "$dir/faults" ] || { cat "$dir/faults"; echo "one name for several tests: only the first one runs"; exit 1; }
cat "$build"/runners/*.c | grep -o 'edo_test_[a-z0-9_]*' | sort -u >"$dir/called"
for runner in "$build"/runners/*.c; do
    name=$(basename "$runner" .c) # whose objects another program may share, too
    find "$build/CMakeFiles/$name.dir" "$build/CMakeFiles/$name-objects.dir" -name '*_test.c.o' 2>/dev/null || true
done | sort >"$dir/objects"
# The object of a test that has moved to another program since is still there, but its function is not called.
xargs nm -A -g --defined-only <"$dir/objects" | sed 's/:\([^:]*\)$/ \1/' |
    awk 'NR == FNR { called[$1]; next }
        $4 in called { part[$1] }
        $4 !~ /^edo_test_/ && $3 != "D" && $3 != "R" { own[$1] = own[$1] " " $4 }
        END { for (o in part) { print o >objects; if (o in own) print o " defines" own[o] } }' \
        objects="$dir/parts" "$dir/called" - >"$dir/faults"
xargs objdump -h <"$dir/parts" |
    awk '/file format/ { object = $1 } / \.(init_array|ctors)/ { print object " has a constructor" }' >>"$dir/faults"
[ ! -s "$dir/faults" ] || { cat "$dir/faults"; echo "see edo_alone in cmake/EdoTests.cmake, and configure anew"; exit 1; }
found=$(wc -l <"$dir/parts")
[ "$found" -ge 300 ] || { echo "only $found objects: where are they?"; exit 1; }
echo "$found objects"
