#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: futures, state machines and combinators stand without edo's runtime.
# Method: a program with an executor of its own is linked with libedo.a; only
# future and base may come in from there. A leaf that needs a runtime returns that there is none.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cc=${CC:-cc}
if grep -qE '^(EDO_SANITIZE:STRING|CMAKE_TOOLCHAIN_FILE:[A-Z]+)=.' \
    "$build/CMakeCache.txt"; then
    echo "needs a plain library for this machine"
    exit 77
fi
debug=
if grep -q '^EDO_DEBUG:BOOL=ON' "$build/CMakeCache.txt"; then debug=-DEDO_DEBUG=1; fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# build NAME: compiles and links alone/NAME.c as an outsider would.
build() {
    # shellcheck disable=SC2086 # no or one word
    $cc -std=c17 -Wall -Wextra -Werror $debug -I"$source/include" -o "$dir/$1" \
        "$source/tests/future/alone/$1.c" "$build/libedo.a" -pthread
}

build executor
said=$("$dir/executor") || fail "the executor does not run"
[ "$said" = "3 ended: 14, 1, 7" ] || fail "the executor says '$said'"
in=$(nm "$dir/executor" | awk '$2 ~ /[TtDdBb]/ { print $3 }')
for name in edo_await edo_spawn_at edo_runtime_new edoi_scheduler_run edoi_worker_here \
    edoi_wheel_insert edoi_driver_new edoi_fiber_start edo_mpsc_new; do
    if echo "$in" | grep -qx "$name"; then fail "$name was linked in"; fi
done
echo "$in" | grep -qx edo_select_init || fail "nm shows nothing"

build sleeper
said=$("$dir/sleeper" | sort -u) || fail "the sleeper does not run"
[ "$said" = EDO_ENORUNTIME ] || fail "the sleeper says '$said'"
