#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: a release build has nothing of the records of debug builds (src/records): neither tables nor calls.
# Method: compiles as a release build does, and reads the names and the machine code; then as a debug build does,
# to check that what must not be there would be found.
set -eu
cd "${EDO_SOURCE_DIR:?}"
cc=${CC:-cc}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Headers of other libraries, where those are.
others=$(pkg-config --cflags libpq 2>/dev/null || true)
# compile FLAGS SOURCE OBJECT
compile() {
    # shellcheck disable=SC2086 # a list of flags
    $cc -std=c17 -D_GNU_SOURCE -O1 $1 -Iinclude -Isrc $others -c "$2" -o "$3"
}
# defined DIRECTORY: the functions that its objects have for others, and all variables. clang takes a variable of one
# field out of its struct and appends the number of the field, "told.0".
defined() {
    ${NM:-nm} "$1"/*.o | awk 'NF == 3 && $2 ~ /[TDBbd]/ { sub(/\.[0-9]+$/, "", $3); print $3 }' |
        grep -v '^__func__' | sort -u
}
# calls OBJECT: names of the records that it needs
calls() { ${NM:-nm} -u "$1" | awk '{ print $2 }' | sort -u | comm -12 - "$dir/names"; }

mkdir "$dir/release" "$dir/debug"
for file in src/records/*.c; do
    case $file in *_test.c) continue ;; esac
    compile '' "$file" "$dir/release/$(basename "$file").o"
    compile -DEDO_DEBUG=1 "$file" "$dir/debug/$(basename "$file").o"
done
# Contracts are checked in a release build, too, and the flight recorder is told of a broken one.
defined "$dir/release" >"$dir/left"
if [ "$(paste -sd' ' "$dir/left")" != 'edoi_assert_failed edoi_misuse edoi_misuse_tell told' ]; then
    echo "FAILED: the records of a release build define: $(paste -sd' ' "$dir/left")"
    exit 1
fi
defined "$dir/debug" | comm -23 - "$dir/left" >"$dir/names"
for name in edoi_handle_enters edoi_held_add edoi_linked_add edoi_unfinished_cut table; do
    grep -qx "$name" "$dir/names" || { echo "FAILED: $name is not found in a debug build"; exit 1; }
done

n=0
grep -lrE '"(records/|base/held\.h)' src --include='*.c' | grep -vE '_test\.c$|^src/(ares|records)/' >"$dir/users"
while read -r file; do
    compile '' "$file" "$dir/user.o"
    found=$(calls "$dir/user.o")
    [ -z "$found" ] || { echo "FAILED: in a release build $file calls $found"; exit 1; }
    n=$((n + 1))
done <"$dir/users"
compile -DEDO_DEBUG=1 src/sync/channel/oneshot.c "$dir/user.o"
calls "$dir/user.o" | grep -qx edoi_handle_enters || { echo 'FAILED: a call is not found in a debug build'; exit 1; }
echo "ok: $n files call no records"

# code FUNCTION: its instructions, without addresses and without what pads it up to the next function
code() {
    objdump -d --no-show-raw-insn "$dir/probe.o" |
        awk -v "name=<$1>:" 'index($0, name) { in_it = 1; next } /^$/ { in_it = 0 } in_it && !/nop|data16|xchg +%ax,%ax/ { $1 = ""; print }'
}
compile '' tests/records/release/probe.c "$dir/probe.o"
code probe_with >"$dir/with"
code probe_without >"$dir/without"
[ -s "$dir/without" ] || { echo 'FAILED: no code of the probe'; exit 1; }
cmp "$dir/with" "$dir/without" || { cat "$dir/with"; exit 1; }
compile -DEDO_DEBUG=1 tests/records/release/probe.c "$dir/probe.o"
code probe_with >"$dir/with"
code probe_without >"$dir/without"
if cmp -s "$dir/with" "$dir/without"; then
    echo 'FAILED: a debug build has no calls either'
    exit 1
fi
echo 'ok: a function that calls the records has the code of one that does not'
