#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the state of C++ exceptions belongs to the fiber, across awaits and across threads.
# Method: a C++ program over the library of this build, with its compiler and sanitizer.
set -eu
# shellcheck source=tests/support/cxx.sh
. "${EDO_SOURCE_DIR:?}/tests/support/cxx.sh"
for level in -O0 -O2; do
    compile_cxx "$cxx" $level -o "$dir/awaits" "$source/tests/fiber/cxx/awaits.cc"
    "$dir/awaits"
done
