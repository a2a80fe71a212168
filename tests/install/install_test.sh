#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: what "make install" leaves is enough for an outside program.
# Method: install into a staging directory, then build consumer/ against it in every way that the
# manual names: pkg-config and CMake, shared and static, C17 and C++17; and run each.
set -eu
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cc=${CC:-cc} cxx=${CXX:-c++}
if grep -qE '^(EDO_SANITIZE:STRING|CMAKE_TOOLCHAIN_FILE:[A-Z]+)=.' "$build/CMakeCache.txt"; then
    echo "a sanitized or cross-compiled library is not for outside programs"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
DESTDIR=$dir/stage cmake --install "$build" --prefix /opt/edo >"$dir/log" ||
    { cat "$dir/log"; exit 1; }
tree=$dir/stage/opt/edo
pc=$(find "$tree" -name edo.pc)
lib=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH="${pc%/*}"
want=$(sed -n 's/.*EDO_ECLOSED, *"\([^"]*\)".*/\1/p' "$source/include/edo/error.h" | head -n 1)

fail() {
    echo "FAILED: $*"
    exit 1
}

# check PROGRAM yes|no: it runs, says what it should, and needs libedo.so or not.
check() {
    said=$("$1") || fail "$1 does not run"
    [ -n "$said" ] || fail "$1 says nothing"
    [ -z "$want" ] || [ "$said" = "$want" ] || fail "$1 says '$said', not '$want'"
    needs=no
    if readelf -d "$1" | grep -q 'NEEDED.*libedo\.so\.0\.1\]'; then needs=yes; fi
    [ "$needs" = "$2" ] || fail "$1 needs libedo.so: $needs"
    echo "ok: ${1##*/}"
}

# Nothing but edo's own names leaves the library.
strangers=$(nm -D --defined-only "$lib/libedo.so" | awk '$3 !~ /^edoi?_/ { print $3 }')
[ -z "$strangers" ] || fail "libedo.so exports $strangers"

strict='-Wall -Wextra -Wpedantic -Werror'
program=$source/tests/install/consumer/consumer.c
# shellcheck disable=SC2046,SC2086 # lists of flags
{
    flags=$(pkg-config --cflags edo)
    shared="$(pkg-config --libs edo) -Wl,-rpath,$lib"
    static="-Wl,-Bstatic $(pkg-config --static --libs edo) -Wl,-Bdynamic"
    $cc -std=c17 $strict $flags "$program" $shared -o "$dir/pc_c_shared"
    $cc -std=c17 $strict $flags "$program" $static -o "$dir/pc_c_static"
    check "$dir/pc_c_shared" yes
    check "$dir/pc_c_static" no
    if [ -n "$cxx" ]; then
        $cxx -x c++ -std=c++17 $strict $flags "$program" -x none $shared -o "$dir/pc_cxx_shared"
        $cxx -x c++ -std=c++17 $strict $flags "$program" -x none $static -o "$dir/pc_cxx_static"
        check "$dir/pc_cxx_shared" yes
        check "$dir/pc_cxx_static" no
    fi
}
[ -n "$cxx" ] || exit 0

cmake -G Ninja -S "$source/tests/install/consumer" -B "$dir/cmake" -DCMAKE_PREFIX_PATH="$tree" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" >"$dir/log" 2>&1 ||
    { cat "$dir/log"; fail "find_package(edo)"; }
cmake --build "$dir/cmake" >"$dir/log" 2>&1 || { cat "$dir/log"; fail "build with CMake"; }
for language in c cxx; do
    check "$dir/cmake/${language}_edo" yes
    check "$dir/cmake/${language}_edo_static" no
done
