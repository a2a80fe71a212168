#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a program with a world has the world's calls, and its sanitizer knows its threads, whichever linker it is built
# with. Sanitizers have functions of libc's names, too; gcc's are shared libraries, clang's are archives.
# Method: an example of a world, and a program with threads, by each compiler, sanitizer and linker that is here. With the
# shared libedo-sim the loader decides, so one linker is enough. Each file with such functions is in the table of next.c.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
example=$source/examples/testing/sim_seats
calls=$source/src/sim/calls
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
layout= # these sanitizers end a program whose addresses are more random than they expect
if setarch -R true 2>/dev/null; then layout='setarch -R'; fi
sanitized=0

for file in "$calls"/*.c "$calls"/*/*.c; do
    case $file in */next.c | */enter.c) continue ;; esac # they have no function of libc's name
    mark=$(sed -nE 's/^EDOI_SIM_CALLS\((\w+)\);$/\1/p' "$file")
    if [ -z "$mark" ] || ! grep -q "^    X($mark)" "$calls/next.c"; then
        echo "$file has no mark, EDOI_SIM_CALLS(), or next.c has none of it" >&2
        exit 1
    fi
done

can_link() { # COMPILER LINKER FLAG
    echo 'int main(void) { return 0; }' >"$dir/empty.c"
    "$1" "-fuse-ld=$2" "$3" "$dir/empty.c" -o "$dir/empty" 2>/dev/null && return
    echo "left out: $1 $3 by $2"
    return 1
}

fail() { # WHAT SAYS
    echo "$1: it says" >&2
    cat "$2" >&2
    exit 1
}

tries() { # COMPILER FLAG LINKER LIBRARY...
    compiler=$1 flag=$2 linker=$3
    shift 3
    for program in world threads; do
        what="$program by $compiler $flag -fuse-ld=$linker $*"
        "$compiler" "$flag" "-fuse-ld=$linker" "$dir/$program.o" -o "$dir/$program" "$@" -pthread 2>"$dir/said" ||
            fail "$what" "$dir/said"
        EDO_SIM_SEED=3 EDO_WORKERS=2 $layout "$dir/$program" >"$dir/said" 2>&1 || fail "$what" "$dir/said"
        cmp -s "$dir/said" "$dir/$program.expect" || fail "$what" "$dir/said"
    done
    case $flag in *sanitize*) sanitized=$((sanitized + 1)) ;; esac
}

cp "$example.expect" "$dir/world.expect"
echo 'written by 2' >"$dir/threads.expect"
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for flag in -g -fsanitize=address,undefined -fsanitize=thread; do
        can_link $compiler bfd $flag || continue
        includes="-std=c17 -D_GNU_SOURCE -DEDO_DEBUG=1 -I$source/include"
        # shellcheck disable=SC2086 # words
        $compiler $includes $flag -c "$example.c" -o "$dir/world.o"
        # shellcheck disable=SC2086 # words
        $compiler $includes $flag -c "$source/tests/sim/linkers/threads.c" -o "$dir/threads.o"
        for linker in bfd gold lld mold; do
            ! can_link $compiler $linker $flag || tries $compiler $flag $linker "$build/libedo-sim.a" "$build/libedo.a"
        done
        tries $compiler $flag bfd "-L$build" -ledo-sim -ledo "-Wl,-rpath,$build"
    done
done
if [ $sanitized -eq 0 ]; then
    echo 'skipped: no compiler here has a sanitizer'
    exit 77
fi
