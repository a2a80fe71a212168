#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: the public macros, state machines above all, compile and run as C++17.
# Method: programs over the library of this build, with every C++ compiler there is, all warnings being
# errors; and programs that must not compile do not.
set -eu
# shellcheck source=tests/support/cxx.sh
. "${EDO_SOURCE_DIR:?}/tests/support/cxx.sh"
debug=
if [ "$(cached EDO_DEBUG)" = ON ]; then debug=-DEDO_DEBUG=1; fi
compilers=$cxx
if [ -z "$sanitize$(cached CMAKE_TOOLCHAIN_FILE)" ]; then # the others' runtimes may differ
    for other in g++ clang++; do
        if command -v $other >/dev/null; then compilers="$compilers $other"; fi
    done
fi
here=$source/tests/future/cxx

# refused COMPILER NAME: checks that a program from standard input does not compile.
refused() {
    cat >"$dir/$2.cc"
    if "$1" -std=c++17 -fsyntax-only -I"$source/include" "$dir/$2.cc" 2>"$dir/said"; then
        echo "FAILED: $1 takes $2"
        exit 1
    fi
    grep -q "$3" "$dir/said" || { cat "$dir/said"; echo "FAILED: $1 refuses $2 otherwise"; exit 1; }
}

for compiler in $compilers; do
    for program in machines macros brackets; do
        for level in -O0 -O2; do
            # shellcheck disable=SC2086 # a list, perhaps empty
            compile_cxx "$compiler" $level -Wall -Wextra -Wpedantic -Werror $debug \
                -o "$dir/program" "$here/$program.cc"
            said=$("$dir/program" 2>"$dir/log") || { cat "$dir/log"; echo "FAILED: $program"; exit 1; }
            [ "$said" = ok ] || { echo "FAILED: $program says '$said'"; exit 1; }
        done
    done
    refused "$compiler" await_in_switch 'case' <<'EOF'
#include <edo/async.h>
EDO_ASYNC(wrong, int kind; edo_ready_future f;) {
    EDO_BEGIN;
    switch (self->kind) {
    case 1: EDO_AWAIT(edo_ready_init(&self->f, 1)); break;
    default: break;
    }
    EDO_END;
}
EOF
    refused "$compiler" local_across_an_await 'initialization' <<'EOF'
#include <edo/async.h>
EDO_ASYNC(wrong, edo_ready_future f;) {
    EDO_BEGIN;
    int lost = 1;
    EDO_AWAIT(edo_ready_init(&self->f, lost));
    EDO_RETURN(lost);
    EDO_END;
}
EOF
    refused "$compiler" destructor_in_a_frame 'is moved as bytes' <<'EOF'
#include <edo/async.h>
#include <string>
EDO_ASYNC(wrong, std::string text;) {
    EDO_BEGIN;
    EDO_END;
}
EOF
    refused "$compiler" frame_too_large 'is larger than' <<'EOF'
#include <edo/async.h>
EDO_ASYNC(wrong, char text[100];) {
    EDO_BEGIN;
    EDO_END;
}
EDO_FRAME_MAX(wrong, 64);
EOF
    echo "$compiler"
done
