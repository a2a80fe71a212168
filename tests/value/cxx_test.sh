#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: structs are described in C++17 as they are in C, without a warning.
# Method: a program over the library of this build, with every C++ compiler there is; and one that describes
# a member which no kind has, which must not compile.
set -eu
# shellcheck source=tests/support/cxx.sh
. "${EDO_SOURCE_DIR:?}/tests/support/cxx.sh"
compilers=$cxx
if [ -z "$sanitize$(cached CMAKE_TOOLCHAIN_FILE)" ]; then # the others' runtimes may differ
    for other in g++ clang++; do
        if command -v $other >/dev/null; then compilers="$compilers $other"; fi
    done
fi
debug=
if [ "$(cached EDO_DEBUG)" = ON ]; then debug=-DEDO_DEBUG=1; fi
for compiler in $compilers; do
    # shellcheck disable=SC2086 # a list, perhaps empty
    compile_cxx "$compiler" -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror $debug \
        -o "$dir/program" "$source/tests/value/cxx/describe.cc"
    said=$("$dir/program" 2>"$dir/log") || { cat "$dir/log"; echo "FAILED: $compiler"; exit 1; }
    [ "$said" = ok ] || { echo "FAILED: the program says '$said'"; exit 1; }
    printf '#include <edo/value.h>\nstruct s { void *p; };\nEDO_DESCRIBE(s, EDO_FIELD(s, p))\n' >"$dir/wrong.cc"
    if "$compiler" -std=c++17 -fsyntax-only -I"$source/include" "$dir/wrong.cc" 2>"$dir/said"; then
        echo "FAILED: $compiler takes a void *"
        exit 1
    fi
    grep -q edoi_kind_of "$dir/said" || { cat "$dir/said"; exit 1; }
    echo "$compiler"
done
