#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the address of a thread-local is computed anew after a switch, however much the optimiser sees:
# a fiber may go on with another thread. Method: links probe.c and the files of the library that switch,
# with link-time optimisation, and reads the calls in the machine code; then again with an accessor that is
# merely not inlined, to check that this would be found. With EDO_LTO_ARCHIVE, a release's libedo.a of the
# same compiler, also a whole program.
set -eu
source=${EDO_SOURCE_DIR:?}
case $(uname -m) in
x86_64) call='call\|jmp' pointer='%fs:0x0,' ;;
aarch64) call='bl\|b' pointer='tpidr_el0' ;;
*)
    echo "skipped: calls of this machine are not known here"
    exit 77
    ;;
esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/mutant/edo"
sed -e 's/__attribute__((noipa))/__attribute__((noinline))/' \
    -e 's/\(# *define EDOI_COMPILER_BARRIER()\).*/\1 ((void)0)/' \
    "$source/include/edo/compiler.h" >"$dir/mutant/edo/compiler.h"
files=
for file in runtime/scheduler/scheduler.c runtime/thread/await.c runtime/scheduler/fiber_run.c runtime/worker/wake.c runtime/scope/ctx.c fiber/fiber.c \
    base/memory/cache.c memory/slab.c; do
    files="$files $source/src/$file"
done
flags='-std=c17 -D_GNU_SOURCE -DNDEBUG -fvisibility=hidden -flto'

# build PROGRAM LEVEL LINKER INCLUDE: undefined symbols stay undefined, the program is never run.
build() {
    # shellcheck disable=SC2086 # lists
    for file in $files "$source/tests/fiber/lto/probe.c"; do
        "$cc" $flags $2 $4 -I"$source/include" -I"$source/src" -c "$file" \
            -o "$dir/$(basename "$file").o" || return 1
    done
    # shellcheck disable=SC2086
    "$cc" $flags $2 $3 -nostartfiles -nostdlib -static -Wl,--unresolved-symbols=ignore-all \
        -Wl,-e,probe_worker -o "$dir/$1" "$dir"/*.o
}

# code PROGRAM FUNCTION: its instructions.
code() {
    objdump -d --no-show-raw-insn "$dir/$1" | awk -v "name=<$2>:" '
        index($0, name) { in_it = 1; next } /^$/ { in_it = 0 } in_it'
}

# calls PROGRAM FUNCTION: the functions that it calls, in order of the code.
calls() {
    code "$1" "$2" |
        sed -n "s/.*[[:space:]]\($call\)[[:space:]].*<\([a-z_]*\)[^+]*>.*/\2/p" | tr '\n' ' '
}

# asks_twice PROGRAM: 0 if the accessors stand on both sides of the switch.
asks_twice() {
    worker=$(calls "$1" probe_worker)
    thread=$(calls "$1" probe_thread)
    address=$(calls "$1" probe_address)
    yield=$(calls "$1" probe_yield)
    [ "$worker" = 'edoi_worker_here edoi_fiber_switch edoi_worker_here ' ] &&
        [ "$thread" = 'edoi_thread_here edoi_fiber_switch edoi_thread_here ' ] &&
        [ "$address" = 'probe_own edoi_fiber_switch probe_own ' ] &&
        case $yield in
        edoi_worker_here\ *edo*edoi_worker_here\ *) true ;;
        *) false ;;
        esac
}

# keeps_thread PROGRAM FUNCTION: 0 if a register gets the address of the thread, which would outlive a switch.
keeps_thread() {
    if ! code "$1" "$2" | grep -q edoi_fiber_switch; then
        echo "FAILED: $1: $2 does not switch"
        exit 1
    fi
    code "$1" "$2" | grep -q "$pointer"
}

check() { # PROGRAM
    for function in probe_cache probe_slab; do
        if keeps_thread "$1" $function; then
            echo "FAILED: $1: $function keeps the thread's address over a switch"
            exit 1
        fi
    done
    if asks_twice "$1"; then
        echo "ok: $1"
        return
    fi
    echo "FAILED: $1: probe_worker calls $worker; probe_thread calls $thread; probe_address calls $address; probe_yield calls $yield"
    exit 1
}

known=0
for cc in gcc clang; do
    linker=
    if [ $cc = clang ]; then linker=-fuse-ld=lld; fi
    printf 'int main(void) { return 0; }\n' >"$dir/try.c"
    # shellcheck disable=SC2086
    "$cc" -flto $linker -o "$dir/try" "$dir/try.c" 2>/dev/null || {
        echo "left out: no $cc with link-time optimisation"
        continue
    }
    known=$((known + 1))
    for level in -O2 -O3; do
        build "$cc$level" $level "$linker" ''
        check "$cc$level"
        build "$cc$level-mutant" $level "$linker" "-I$dir/mutant"
        if asks_twice "$cc$level-mutant"; then
            echo "FAILED: $cc $level: an accessor that the optimiser may look into is not found"
            exit 1
        fi
        echo "ok: the mutant of $cc $level is found: probe_address calls $address"
    done
done
if [ -n "${EDO_LTO_ARCHIVE-}" ]; then
    cc=${CC:-gcc}
    printf '%s\n' '#include <edo/edo.h>' 'static int root(void *arg) { (void)arg; return edo_yield(); }' \
        'int main(void) { return edo_main(root, 0); }' >"$dir/main.c"
    # shellcheck disable=SC2086
    "$cc" $flags -O2 -I"$source/include" -I"$source/src" -o "$dir/whole" "$dir/main.c" \
        "$source/tests/fiber/lto/probe.c" "$EDO_LTO_ARCHIVE" -pthread -lm
    "$dir/whole"
    check whole
fi
if [ $known -eq 0 ] && [ -z "${EDO_LTO_ARCHIVE-}" ]; then exit 77; fi
