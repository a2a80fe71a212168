#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: with ccache, what one build has compiled is never taken for another that differs: objects of two presets that
# share a cache are those that the compiler makes. Method: the first sources of libedo, of both presets, twice
# with a cache of their own, the second time from it, and once compiled anew; debug information names the folder, so all
# are built in one.
set -eu
source=${EDO_SOURCE_DIR:?}
if ! command -v ccache >/dev/null 2>&1; then
    echo "skipped: ccache is not installed"
    exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CCACHE_DIR="$dir/cache"

# Prints the sums of the objects of `preset`, built anew in one folder.
objects() { # PRESET
    rm -rf "$dir/build"
    cmake --preset "$1" -S "$source" -B "$dir/build" -DEDO_TESTS=OFF -DEDO_PROGRAMS=OFF >"$dir/log"
    # shellcheck disable=SC2086 # names
    ninja -C "$dir/build" $files >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
    # shellcheck disable=SC2086 # names
    (cd "$dir/build" && sha256sum $files)
}
files=
for file in base/error/error base/text/uuid future/wait_list sync/mutex time/interval io/copy/pump; do
    files="$files CMakeFiles/edo_objects.dir/src/$file.c.o"
done
for preset in debug asan; do objects $preset >"$dir/$preset.first"; done
for preset in debug asan; do
    objects $preset >"$dir/$preset.cached"
    cmp "$dir/$preset.cached" "$dir/$preset.first"
    CCACHE_RECACHE=1 objects $preset >"$dir/$preset.anew"
    cmp "$dir/$preset.cached" "$dir/$preset.anew"
done
! cmp -s "$dir/debug.anew" "$dir/asan.anew" || { echo "the presets do not differ"; exit 1; }
hits=$(($(ccache --print-stats | sed -n 's/^\(direct\|preprocessed\)_cache_hit.//p' | paste -sd+)))
[ "$hits" -ge 6 ] || { echo "the cache was not used: $hits hits"; ccache --print-stats; exit 1; }
