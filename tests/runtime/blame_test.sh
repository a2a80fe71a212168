#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a report of misuse shows the program's line with every compiler: gcc or clang, C or
# C++, with optimisation or without, with line tables of version 4 or 5.
# Method: blame_test.c, and a program in C++, over the library of this build.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cached() {
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}
if [ "$(cached EDO_DEBUG)" != ON ] || [ ! -f "$build/libedo.a" ]; then
    echo "skipped: needs a debug build, and libedo.a"
    exit 77
fi
compilers="$(cached CMAKE_C_COMPILER):$(cached CMAKE_CXX_COMPILER)"
sanitize=$(cached EDO_SANITIZE)
if [ -z "$sanitize$(cached CMAKE_TOOLCHAIN_FILE)" ]; then # the others' runtimes may differ
    compilers="gcc:g++ clang:clang++"
fi
portable=
if [ "$(cached EDO_FIBER_PORTABLE)" = ON ]; then portable=-DEDO_FIBER_PORTABLE=1; fi
cmocka_include=$(cached CMOCKA_INCLUDE) cmocka=$(cached CMOCKA_LIBRARY)
here=$source/tests/runtime
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ulimit -c 0

# compile COMPILER SOURCE OPTION...
compile() {
    compiler=$1 program=$2
    shift 2
    # shellcheck disable=SC2086 # lists, perhaps empty
    "$compiler" "$@" -pthread -D_GNU_SOURCE -DEDO_DEBUG=1 $portable \
        ${sanitize:+-fsanitize=$sanitize} -I"$source/include" -I"$source/tests/support" \
        -I"$cmocka_include" -o "$dir/program" "$program" "$build/libedo.a" "$cmocka" -lm
}

# names BREACH FUNCTION: the report has the line that the program printed. If it names a called
# function, that is FUNCTION.
names() {
    "$dir/program" "$1" >"$dir/said" 2>&1 || true
    line=$(sed -n 's/^line //p' "$dir/said")
    grep -q "^edo: misuse in .*/breach.cc:$line)\(, call of $2\)\{0,1\}: " "$dir/said" && return
    cat "$dir/said"
    echo "FAILED: $cxx $options: line $line of breach.cc, call of $2"
    exit 1
}

for pair in $compilers; do
    cc=${pair%:*} cxx=${pair#*:}
    for options in "-O0 -g" "-Og -gdwarf-4" "-O2 -g -DOPTIMISED" "-O3 -gdwarf-5 -DOPTIMISED"; do
        if command -v "$cc" >/dev/null; then
            # shellcheck disable=SC2086 # a list
            compile "$cc" "$here/blame_test.c" -std=c17 $options
            "$dir/program" >"$dir/said" 2>&1 || {
                cat "$dir/said" && echo "FAILED: $cc $options" && exit 1
            }
        fi
        if command -v "$cxx" >/dev/null; then
            # shellcheck disable=SC2086 # a list
            compile "$cxx" "$here/cxx/breach.cc" -std=c++17 $options
            names 0 edo_drop
            names 1 edo_future_result
            names 2 edo_select
            names 3 edo_join_with
        fi
    done
    echo "$pair"
done
