#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the state of C++ exceptions belongs to the fiber, across awaits and across threads.
# Method: a C++ program over the library of this build, with its compiler and sanitizer.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cached() {
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}
cxx=$(cached CMAKE_CXX_COMPILER)
cxx=${cxx:-${CXX:-c++}}
if ! command -v "$cxx" >/dev/null || [ ! -f "$build/libedo.a" ]; then
    echo "skipped: needs a C++ compiler and libedo.a"
    exit 77
fi
sanitize=$(cached EDO_SANITIZE)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for level in -O0 -O2; do
    # shellcheck disable=SC2086 # a list, perhaps empty
    "$cxx" -std=c++17 $level -g -pthread ${sanitize:+-fsanitize=$sanitize} -I"$source/include" \
        -o "$dir/awaits" "$source/tests/fiber/cxx/awaits.cc" "$build/libedo.a" -lm
    "$dir/awaits"
done
