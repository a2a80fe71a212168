#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: gdb lists every task of every runtime with its state, whichever worker made it, and unwinds a fiber by
# its task, lists the locks that are held, who waits, and deadlocks, and writes what the flight recorder has, with the
# library of this build, and with the same one stripped: no debug information is needed. A core will do.
# Method: tools/edo-gdb.py in batch mode on small programs.
set -eu
source=${EDO_SOURCE_DIR:?}
build=${EDO_BUILD_DIR:?}
cc=${CC:-cc}
skip() {
    echo "skipped: $*"
    exit 77
}
[ -z "${EDO_TEST_SANITIZER:-}" ] || skip "gdb and sanitizers do not go together"
command -v gdb >/dev/null || skip "gdb is not installed"
gdb -batch -ex 'python print(gdb.VERSION)' 2>/dev/null | grep -q . || skip "gdb has no Python"
nm "$build/libedo.a" 2>/dev/null | grep -q ' [Tt] edoi_switch_begin' || skip "no assembly switch in this build"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
    cat "$dir/out"
    echo "FAILED: $what: $*"
    exit 1
}
want() {
    grep -Eq "$1" "$dir/out" || fail "'$1' is missing"
}
want_n() {
    [ "$(grep -Ec "$2" "$dir/out")" = "$1" ] || fail "there are not $1 of '$2'"
}
cat >"$dir/look.py" <<'EOF'
gdb.execute("edo tasks")
for line in gdb.execute("edo tasks", to_string=True).splitlines():
    if "the idle one" in line or "listener" in line:
        try:
            gdb.execute("edo bt " + line.split()[0])
        except gdb.error as error:
            print(f"error: {error}")
EOF
cat >"$dir/look_by_name.py" <<'EOF'
hands = gdb.parse_and_eval("(long)(sizeof hands / sizeof hands[0][0])")
for i in range(int(hands)):
    try:
        bt = gdb.execute(f"edo bt hands[0][{i}]", to_string=True)
    except gdb.error as error:
        bt = f"no task, {error}"
    print(f"hand {bt}")
EOF
look_at() { # PROGRAM SCRIPT...
    program=$1
    shift
    gdb -batch -nx -iex 'set debuginfod enabled off' -ex run -ex "source $source/tools/edo-gdb.py" \
        "$@" -ex 'signal 0' "$program" >"$dir/out" 2>&1 || true
    if grep -qi 'ptrace: operation not permitted' "$dir/out"; then skip "no permission to trace"; fi
}
at='^  0x[0-9a-f]+'
check_tasks() {
    want '^runtime 1 \(the other\): 1 task$'
    want "$at queued    nothing at .*tasks.c:[0-9]+ \(fiber that has not begun\)$"
    want '^runtime 2 \(the crew\): 15 tasks$'
    want_n 12 "$at .*wait_for_gong at "
    want '^runtime 3 \(edo\): 9 tasks$'
    want "$at running   root of edo_main \(fiber 0x[0-9a-f]+\)$"
    want "$at idle      the idle one \(fiber 0x[0-9a-f]+, waits for edo_notify_wait\)$"
    want "$at idle      .*listener.* \(machine listener\)$"
    want "$at idle      the counted one \(machine listener\)$"
    want "$at idle      the boxed one \(machine edo_boxed\)$"
    want "$at done      the brief one \(machine\)$"
    want "$at done      nothing at .* \(fiber\)$"
    want "$at queued    wait_for_bell at .* \(fiber that has not begun, cancelled\)$"
    want '^0x[0-9a-f]+ parked  the idle one '
    want '^error: this task has no stack$'
    want 'all done$' # gdb writes to this file too, in the middle of a line
}

what=named
$cc -std=c17 -D_GNU_SOURCE -g -pthread -I"$source/include" -o "$dir/tasks" \
    "$source/tests/runtime/gdb/tasks.c" "$build/libedo.a"
look_at "$dir/tasks" -ex "edo recorder $dir/events"
cp "$dir/out" "$dir/no"
look_at "$dir/tasks" -x "$dir/look.py" -x "$dir/look_by_name.py"
check_tasks
want_n 12 '^hand 0x[0-9a-f]+ (parked|running) +wait_for_gong '
want '^#[0-9]+ .* in wait_for_bell '
echo "ok: $what"

grep -q '^the program has not started its recorder$' "$dir/no" || fail "there is a recorder"

what=stripped
strip -o "$dir/stripped" "$dir/tasks"
export EDO_RECORDER=all
look_at "$dir/stripped" -x "$dir/look.py" -ex "edo recorder $dir/events"
unset EDO_RECORDER
check_tasks
want '^#3 ' # the frames have no names
if [ -x "$build/bin/edo" ]; then
    "$build/bin/edo" trace --about "$dir/events" >"$dir/out" 2>&1 || fail "the recorder's memory is no recording"
    want ' the idle one$'
fi
echo "ok: $what"

check_locks() { # SUFFIX of a line that has an age
    want "^0x[0-9a-f]+: held by deposit \\(task 0x[0-9a-f]+\\)$1, taken at .*"
    want "^0x[0-9a-f]+: held by withdraw \\(task 0x[0-9a-f]+\\)$1, taken at .*"
    want "^0x[0-9a-f]+: held by reader \\(task 0x[0-9a-f]+\\)$1, taken at .*"
    want "^0x[0-9a-f]+: awaited by deposit \\(task 0x[0-9a-f]+\\)$1\$"
    want "^0x[0-9a-f]+: awaited by look \\(task 0x[0-9a-f]+\\)$1\$"
    want '^deadlock: 2 tasks wait for each other$'
    want '^  withdraw \(task 0x[0-9a-f]+\) waits for edo_mutex_lock of 0x[0-9a-f]+$'
    want_n 1 '^deadlock: '
    want '^reported so far: deadlocks 1\b'
}
what=locks
$cc -std=c17 -D_GNU_SOURCE -g -pthread -I"$source/include" -o "$dir/locks" \
    "$source/tests/runtime/gdb/locks.c" "$build/libedo.a"
look_at "$dir/locks" -ex 'edo locks'
check_locks ' for [0-9.]+ s'
want_n 3 'taken at .*locks.c:[0-9]+$'
echo "ok: $what"

what='locks, stripped'
strip -o "$dir/stripped_locks" "$dir/locks"
look_at "$dir/stripped_locks" -ex 'edo locks'
check_locks ' for [0-9.]+ s'
echo "ok: $what"

what='locks, core'
(cd "$dir" && ulimit -c unlimited && ./locks >/dev/null 2>&1) || true
for core in "$dir"/core*; do
    [ -e "$core" ] || continue # the kernel gives cores to a program here
    gdb -batch -nx -iex 'set debuginfod enabled off' -ex "source $source/tools/edo-gdb.py" -ex 'edo locks' \
        "$dir/locks" "$core" >"$dir/out" 2>&1 || true
    check_locks ''
    rm -f "$core"
    echo "ok: $what"
done
# From a core, where the kernel leaves it beside the program.
what=core
if [ "$(cat /proc/sys/kernel/core_pattern)" = core ] && [ -x "$build/bin/edo" ]; then
    mkdir "$dir/core"
    (cd "$dir/core" && ulimit -c unlimited && EDO_RECORDER=all exec "$dir/stripped") >"$dir/out" 2>&1 || true
    core=$(find "$dir/core" -name 'core*' -type f)
    [ -n "$core" ] || fail "there is no core"
    gdb -batch -nx -iex 'set debuginfod enabled off' -ex "source $source/tools/edo-gdb.py" \
        -ex "edo recorder $dir/events" "$dir/stripped" "$core" >"$dir/out" 2>&1
    "$build/bin/edo" trace --about "$dir/events" >>"$dir/out" 2>&1 || fail "a core has no recording"
    want ' the idle one$'
    echo "ok: $what"
fi

# As distributions install it.
what=shared
if [ -e "$build/libedo.so" ]; then
    strip --strip-unneeded -o "$dir/libedo.so" "$build/libedo.so"
    ln -s libedo.so "$dir/$(objdump -p "$dir/libedo.so" | sed -n 's/.*SONAME *//p')"
    $cc -std=c17 -D_GNU_SOURCE -pthread -I"$source/include" -o "$dir/shared" \
        "$source/tests/runtime/gdb/tasks.c" -L"$dir" -ledo -Wl,-rpath,"$dir"
    look_at "$dir/shared" -x "$dir/look.py"
    check_tasks
    want '^#[0-9]+ .* in edo_notify_wait'
    want '^#[0-9]+ .* in wait_for_bell'
    echo "ok: $what"
fi
