#!/bin/sh
# SPDX-License-Identifier: MIT
# Goal: `edo` runs the tool that its first word names, names the package of one that is missing, lists the programs that
# can be asked, and is of libc alone.
# Method: the program as it lies in the build; a copy without tools; a program on edo that sleeps.
set -eu
edo=$EDO_BIN_DIR/edo
dir=$(mktemp -d)
asleep=
trap 'rm -rf "$dir"; [ -z "$asleep" ] || kill "$asleep" || true' EXIT
fail() {
    echo "edo_front_test: $1" >&2
    exit 1
}
for word in look console trace sim; do
    "$edo" $word --help | grep -q "^usage: edo $word" || fail "edo $word --help"
done
status=0
"$edo" look --no-such-option >"$dir/said" 2>&1 || status=$?
[ $status -eq 2 ] || fail "edo look --no-such-option ended with $status"

status=0
"$edo" nothing >"$dir/said" 2>&1 || status=$?
[ $status -eq 2 ] || fail "an unknown word ended with $status"
grep -q 'there is no word nothing' "$dir/said" || fail "an unknown word: $(cat "$dir/said")"
mkdir -p "$dir/bin"
cp "$edo" "$dir/bin/edo"
status=0
"$dir/bin/edo" trace x >"$dir/said" 2>&1 || status=$?
[ $status -eq 2 ] || fail "a missing tool ended with $status"
grep -q 'edo-tools' "$dir/said" || fail "a missing tool: $(cat "$dir/said")"

needed=$(readelf -d "$edo" | grep -c '(NEEDED)') || true
[ -n "${EDO_TEST_SANITIZER:-}" ] || [ "$needed" -eq 1 ] || fail "edo needs more than libc"

mkfifo "$dir/ready"
"$EDO_BIN_DIR/edo-chat" --tcp 127.0.0.1:0 --http none --db none >"$dir/ready" &
asleep=$!
exec 3<"$dir/ready"
line=
read -r line <&3 || true
[ -n "$line" ] || fail "edo-chat does not start"
"$edo" | grep -q "^ *$asleep  .*edo-chat" || fail "edo does not list edo-chat: $("$edo")"

bash -c '. "$1"; COMP_WORDS=(edo lo); COMP_CWORD=1; _edo; [ "${COMPREPLY[*]}" = look ]' bash "$EDO_SOURCE_DIR/completion/edo" ||
    fail "bash does not complete a word"
