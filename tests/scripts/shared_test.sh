#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: tests that share a program do not change what their neighbours see. Method: the objects of the shared programs
# define nothing for others but the functions that the runner calls, and have no constructors.
set -eu
build=${EDO_BUILD_DIR:?}
[ -z "${EDO_TEST_SANITIZER-}" ] || { echo "skipped: a sanitizer has constructors of its own"; exit 77; }
found=0
for runner in "$build"/runners/*.c; do
    name=$(basename "$runner" .c)
    for object in $(find "$build/CMakeFiles/$name.dir" -name '*_test.c.o'); do
        found=$((found + 1))
        own=$(nm -g --defined-only "$object" | awk '$3 !~ /^edo_test_/ && $2 != "D" && $2 != "R" { print $3 }')
        [ -z "$own" ] || { echo "$object defines $own: see edo_alone in cmake/EdoTests.cmake"; exit 1; }
        ! objdump -h "$object" | grep -q '\.init_array\|\.ctors' || { echo "$object has a constructor"; exit 1; }
    done
done
[ $found -ge 300 ] || { echo "only $found objects: where are they?"; exit 1; }
echo "$found objects"
