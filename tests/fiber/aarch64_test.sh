#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the fiber floor keeps its promises on 64-bit ARM too.
# Method: cross-build it with a driver program and run that under qemu's user emulation, which also
# shows the fallback for guards (the emulator accepts the light ones and does nothing).
set -eu
source=${EDO_SOURCE_DIR:?}
cc=aarch64-linux-gnu-gcc
qemu=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
if ! command -v $cc >/dev/null || [ -z "$qemu" ]; then
    echo "skipped: needs $cc and qemu-aarch64"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# The address of a thread-local is computed anew after a switch: no register holds the thread's pointer in a
# function that has both inline. The mutant is the code for x86-64, where each access names the thread anew.
mkdir -p "$dir/mutant/edo"
sed 's/\(define EDOI_THREAD_LOCAL_ANEW\) 0/\1 1/' "$source/include/edo/compiler.h" \
    >"$dir/mutant/edo/compiler.h"
holds_thread() { # LEVEL [-I...]
    # shellcheck disable=SC2086 # flags
    $cc -std=c17 -D_GNU_SOURCE -DNDEBUG $1 ${2-} -I"$source/include" -I"$source/src" -S \
        -o "$dir/probe.s" "$source/tests/fiber/lto/probe.c"
    sed -n '/^probe_cache:/,/size.*probe_cache/p' "$dir/probe.s" >"$dir/probe_cache.s"
    grep -q edoi_fiber_switch "$dir/probe_cache.s" || { echo "FAILED: no probe_cache"; exit 1; }
    grep -q tpidr_el0 "$dir/probe_cache.s"
}
for level in -O2 -O3; do
    if holds_thread $level; then echo "FAILED: $level: probe_cache holds the thread"; exit 1; fi
    if ! holds_thread $level "-I$dir/mutant"; then echo "FAILED: $level: the mutant is not found"; exit 1; fi
    echo "the cache's lists are asked for anew with $level"
done
files=$(ls "$source"/src/fiber/*.c "$source"/src/base/*.c "$source"/src/base/*/*.c "$source"/src/stacks/*.c "$source"/src/records/*.c "$source"/src/memory/*.c | grep -v -e '_test\.c$' -e switch_portable)
for level in -Og -O3; do
    # shellcheck disable=SC2086 # a list of files
    $cc -std=c17 -D_GNU_SOURCE -DEDO_DEBUG=1 $level -g -pthread \
        -I"$source/include" -I"$source/src" -o "$dir/driver" \
        $files "$source/src/fiber/switch_aarch64.S" \
        "$source/tests/fiber/alone/above.c" "$source/tests/fiber/aarch64/driver.c" "$source/tests/fiber/aarch64/pattern.S" -lm
    echo "built with $level"
    "$qemu" -L /usr/aarch64-linux-gnu "$dir/driver" >"$dir/out" || { cat "$dir/out"; exit 1; }
    cat "$dir/out"
    grep -q '^guards are protected' "$dir/out" || { echo "FAILED: guards have no effect here"; exit 1; }
done
