#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a program under the address sanitizer, over a library without it, ends with its own status: what
# edo keeps to the end is no leak.
# Method: programs that do next to nothing, over the library of this build, with each compiler.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cached() {
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}
if [ -n "$(cached EDO_SANITIZE)$(cached CMAKE_TOOLCHAIN_FILE)" ] || [ ! -f "$build/libedo.a" ]; then
    echo "skipped: needs libedo.a, neither sanitized nor cross-compiled"
    exit 77
fi
fixed_layout=
if setarch -R true 2>/dev/null; then fixed_layout='setarch -R'; fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/program.c" <<'END'
#include <edo/edo.h>

static int root(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(1));
}

int main(void) {
    return edo_main(root, NULL);
}
END

for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    $compiler -fsanitize=address -g -pthread -I"$source/include" -o "$dir/program" "$dir/program.c" \
        "$build/libedo.a" -lm
    $fixed_layout "$dir/program" >"$dir/said" 2>&1 || {
        cat "$dir/said"
        echo "FAILED: with $compiler the program ends with another status than 0"
        exit 1
    }
    # Where fibers are switched by ucontext the sanitizer says that it does not know all of it.
    ! grep -v 'makecontext/swapcontext' "$dir/said" || exit 1
    echo "ok: $compiler"
done
