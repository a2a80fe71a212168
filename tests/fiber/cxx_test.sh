#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: C++ exceptions and longjmp work inside a fiber, whatever the other fibers do.
# Method: a C++ program over two fibers that take turns, with the assembly and the portable switch.
set -eu
source=${EDO_SOURCE_DIR:?}
cc=${CC:-cc} cxx=${CXX:-c++}
if ! command -v "$cxx" >/dev/null; then
    echo "skipped: no C++ compiler"
    exit 77
fi
case $(uname -m) in
x86_64) switches='switch_x86_64.S switch_portable.c' ;;
aarch64) switches='switch_aarch64.S switch_portable.c' ;;
*) switches=switch_portable.c ;;
esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
here=$source/tests/fiber/cxx
for switch in $switches; do
    rm -f "$dir"/*.o
    for file in "$source"/src/fiber/*.c "$source"/src/base/*.c "$source"/src/base/*/*.c "$source"/src/stacks/*.c "$source"/src/records/*.c "$source"/src/memory/*.c "$source/src/fiber/$switch" \
        "$source/tests/fiber/alone/above.c" "$here/pair.c"; do
        case $file in *_test.c) continue ;; */switch_portable.c) [ "$switch" = switch_portable.c ] || continue ;; esac
        "$cc" -std=c17 -D_GNU_SOURCE -DEDO_DEBUG=1 -O2 -g -I"$source/include" -I"$source/src" \
            -c "$file" -o "$dir/$(basename "$file").o"
    done
    "$cxx" -std=c++17 -O2 -g -pthread -o "$dir/exceptions" "$here/exceptions.cc" "$dir"/*.o
    echo "$switch"
    "$dir/exceptions"
done
