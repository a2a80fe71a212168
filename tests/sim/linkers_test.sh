#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a program with a world has the world's calls whichever linker and whichever sanitizer it is built with: a
# sanitizer's library has some of libc's names, too, and stands before libedo-sim.
# Method: an example, by each compiler and linker of this machine; gcc's sanitizers are shared libraries, clang's are
# archives. The shared libedo-sim once for each: there the loader decides, and not the linker.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
example=$source/examples/testing/sim_seats
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# Sanitizers of this age want the old address layout.
layout=
if setarch -R true 2>/dev/null; then layout='setarch -R'; fi
tried=0

links() { # COMPILER LINKER FLAG, its own words if it does not
    echo 'int main(void) { return 0; }' >"$dir/empty.c"
    "$1" "-fuse-ld=$2" "$3" "$dir/empty.c" -o "$dir/empty" 2>"$dir/why"
}

is_right() { # WHAT COMPILER FLAG LINKER LIBRARY...
    what=$1 compiler=$2 flag=$3 linker=$4
    shift 4
    if ! "$compiler" "$flag" "-fuse-ld=$linker" "$dir/program.o" -o "$dir/program" "$@" -pthread 2>"$dir/said"; then
        echo "$what: it is not linked" >&2
        cat "$dir/said" >&2
        exit 1
    fi
    if ! EDO_SIM_SEED=3 $layout "$dir/program" >"$dir/said" 2>&1 || ! cmp -s "$dir/said" "$example.expect"; then
        echo "$what: it says" >&2
        cat "$dir/said" >&2
        exit 1
    fi
    tried=$((tried + 1))
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for flag in -g -fsanitize=address,undefined -fsanitize=thread; do
        links $compiler bfd $flag || continue
        $compiler -std=c17 -D_GNU_SOURCE -DEDO_DEBUG=1 $flag "-I$source/include" -c "$example.c" -o "$dir/program.o"
        for linker in bfd gold lld mold; do
            links $compiler $linker $flag || continue
            is_right "$compiler $flag, static, $linker" $compiler $flag $linker "$build/libedo-sim.a" "$build/libedo.a"
        done
        is_right "$compiler $flag, shared" $compiler $flag bfd "-L$build" -ledo-sim -ledo "-Wl,-rpath,$build"
    done
done
echo "$tried programs"
[ $tried -ge 4 ] || { echo 'a compiler with no sanitizer, and no linker but one' >&2 && exit 1; }
