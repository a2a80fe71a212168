#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: gdb shows the true backtrace of every parked fiber, live and from a core dump.
# Method: tools/edo-gdb.py in batch mode on a small program, at two levels of optimisation.
set -eu
source=${EDO_SOURCE_DIR:?}
cc=${CC:-cc}
skip() {
    echo "skipped: $*"
    exit 77
}
command -v gdb >/dev/null || skip "gdb is not installed"
gdb -batch -ex 'python print(gdb.VERSION)' 2>/dev/null | grep -q . || skip "gdb has no Python"
case $(uname -m) in
x86_64) switch=switch_x86_64.S ;;
aarch64) switch=switch_aarch64.S ;;
*) skip "no assembly switch for this machine" ;;
esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
files=$(ls "$source"/src/fiber/*.c "$source"/src/base/*.c "$source"/src/base/*/*.c "$source"/src/stacks/*.c "$source"/src/records/*.c "$source"/src/memory/*.c | grep -v -e '_test\.c$' -e switch_portable)

want() {
    grep -q "$1" "$dir/out" || { cat "$dir/out"; echo "FAILED: '$1' is missing"; exit 1; }
}
check() {
    want ' parked  the baker'
    want ' parked  the brewer'
    if grep -q 'the brief one' "$dir/out"; then echo "FAILED: an ended fiber is listed"; exit 1; fi
    # Each frame is called by the next one, down to the first of the fiber.
    tr '\n' ' ' <"$dir/out" >"$dir/joined"
    for chain in 'wait_for_bread.* bake.* baker.* fiber_main.* edoi_switch_begin' \
        'brew.* brewer.* fiber_main.* edoi_switch_begin'; do
        grep -q "in $chain" "$dir/joined" || { cat "$dir/out"; echo "FAILED: no $chain"; exit 1; }
    done
}

for level in -O0 -O2; do
    # shellcheck disable=SC2086 # a list of files
    $cc -std=c17 -D_GNU_SOURCE $level -g -pthread -I"$source/include" -I"$source/src" \
        -o "$dir/parked" $files "$source/src/fiber/$switch" "$source/tests/fiber/alone/above.c" "$source/tests/fiber/gdb/parked.c"
    gdb -batch -nx -iex 'set debuginfod enabled off' -ex 'break all_parked' -ex run \
        -ex "source $source/tools/edo-gdb.py" -ex 'edo fibers' -ex 'edo bt all' \
        -ex bt -ex continue "$dir/parked" >"$dir/out" 2>&1 || true
    if grep -qi 'ptrace: operation not permitted' "$dir/out"; then skip "no permission to trace"; fi
    check
    want '^all done'
    want '^#1 .* in main' # the thread's own backtrace is what it was
    echo "ok: live, $level"

    gdb -batch -nx -iex 'set debuginfod enabled off' -x "$source/tests/fiber/gdb/step.py" \
        "$dir/parked" >"$dir/out" 2>&1 || true
    want '^unwound at [1-9][0-9][0-9]* instructions, 0 wrong'
    echo "ok: each instruction of a switch, $level"

    rm -f "$dir"/core*
    (cd "$dir" && ulimit -c unlimited && ./parked dump) >/dev/null 2>&1 || true
    core=$(find "$dir" -name 'core*')
    if [ -z "$core" ]; then
        echo "skipped: core dump, the system writes none here"
        continue
    fi
    gdb -batch -nx -iex 'set debuginfod enabled off' -ex "source $source/tools/edo-gdb.py" \
        -ex 'edo fibers' -ex 'edo bt &fibers[0]' -ex 'edo bt &fibers[1]' \
        "$dir/parked" "$core" >"$dir/out" 2>&1
    check
    echo "ok: core dump, $level"
done
