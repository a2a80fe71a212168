#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the warnings that the book names find a local that does not survive an await, and are silent about
# examples/futures/locals.c.
# Method: machines with such a local and both compilers, each with its warning.
set -eu
source=${EDO_SOURCE_DIR:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/initialised.c" <<'C'
#include <edo/async.h>
int use(int n);
EDO_ASYNC(machine, edo_yield_future yield;) {
    EDO_BEGIN;
    int n = use(1);
    EDO_AWAIT(edo_yield_init(&self->yield));
    EDO_RETURN(use(n));
    EDO_END;
}
C
sed 's/    int n = use(1);/    int n; n = use(1);/' "$dir/initialised.c" >"$dir/assigned.c"

# warns COMPILER WARNING FILE yes|no
warns() {
    if ! command -v "$1" >/dev/null; then return; fi
    said=$("$1" -std=c17 -O1 -Wall -Wextra "-W$2" -I"$source/include" -c "$3" -o "$dir/o" 2>&1) ||
        { echo "$said"; exit 1; }
    found=no
    case $said in *"[-W$2]"*) found=yes ;; esac
    [ $found = "$4" ] || { echo "FAILED: $1, ${3##*/}: found: $found"; echo "$said"; exit 1; }
}
warns gcc jump-misses-init "$dir/initialised.c" yes
warns gcc jump-misses-init "$dir/assigned.c" no # as in the book
warns clang conditional-uninitialized "$dir/initialised.c" yes
warns clang conditional-uninitialized "$dir/assigned.c" yes
warns gcc jump-misses-init "$source/examples/futures/locals.c" no
warns clang conditional-uninitialized "$source/examples/futures/locals.c" no
echo ok
