# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# cxx.sh: for tests that compile C++ against the library of this build: sets source, build, cxx, sanitize,
# and dir, a folder that is removed at exit. Skips the test where there is no compiler or no library.
source=${EDO_SOURCE_DIR:?} build=${EDO_BUILD_DIR:?}
cached() {
    sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"
}
cxx=$(cached CMAKE_CXX_COMPILER)
cxx=${cxx:-${CXX:-c++}}
if ! command -v "$cxx" >/dev/null || [ ! -f "$build/libedo.a" ]; then
    echo "skipped: needs a C++ compiler and libedo.a"
    exit 77
fi
sanitize=$(cached EDO_SANITIZE)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# compile_cxx COMPILER ARGS...: as C++17, with this build's library and sanitizer.
compile_cxx() {
    "$@" -std=c++17 -g -pthread ${sanitize:+-fsanitize=$sanitize} -I"$source/include" \
        "$build/libedo.a" -lm
}
