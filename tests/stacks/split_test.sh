#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a program whose debug information was split off has functions, files and lines in its reports.
# Method: a program that misuses a mutex, over the debug library of this build; its debug information is
# in it, nowhere, and in a file beside it.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cached() {
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}
if [ "$(cached EDO_DEBUG)" != ON ] || [ ! -f "$build/libedo.a" ] || [ -n "$(cached CMAKE_TOOLCHAIN_FILE)" ]; then
    echo "skipped: needs a debug build for this machine, and libedo.a"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
ulimit -c 0
cat >"$dir/breach.c" <<'END'
#include <edo/mutex.h>

static edo_mutex mutex = EDO_MUTEX_INIT;

int main(void) {
    edo_mutex_unlock(&mutex);
    return 0;
}
END
sanitize=$(cached EDO_SANITIZE)
"$(cached CMAKE_C_COMPILER)" -std=c17 -O0 -g -pthread ${sanitize:+"-fsanitize=$sanitize"} -I"$source/include" \
    -o "$dir/breach" "$dir/breach.c" "$build/libedo.a" -lm

# Has the report of the program its function and line?
is_told() {
    "$dir/breach" >"$dir/said" 2>&1 || true
    grep -q "^edo: misuse in main (.*breach.c:6), call of edo_mutex_unlock: " "$dir/said"
}

is_told || { echo "skipped: there is no libdw"; exit 77; }
objcopy --only-keep-debug "$dir/breach" "$dir/breach.debug"
strip "$dir/breach"
if is_told; then
    echo "the line was found without the file: where?"
    exit 1
fi
objcopy --add-gnu-debuglink="$dir/breach.debug" "$dir/breach"
is_told || { cat "$dir/said"; exit 1; }
