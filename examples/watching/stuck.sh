# SPDX-License-Identifier: MIT
# The dump names who waits for what, and where, if this build can look into fibers; the watchdog names who blocks.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
want() {
    grep -q "$1" "$dir/said" || { cat "$dir/said" >&2; echo "'$1' is missing" >&2; exit 1; }
}
want_circle() {
    want 'pay_you at .* for edo_mutex_lock'
    want 'pay_me at .* for edo_mutex_lock'
    # which of the functions between is not inlined is the compiler's choice
    if grep -q '      addr2line ' "$dir/said"; then
        echo "names are not looked for: there is no libdw here" >&2
        return
    fi
    ! grep -q '      #0 ' "$dir/said" || want ' \(pay\|pay_locked\|pay_you\|edo_mutex_lock\)+0x'
}
EDO_WATCH=locks "$@" circle >"$dir/said" 2>"$dir/told"
want_circle
grep -q '^edo: deadlock: 2 tasks wait for each other$' "$dir/told" || { cat "$dir/told" >&2; exit 1; }

env --default-signal=QUIT "$@" quit >"$dir/out" 2>"$dir/said" & # a shell ignores it for what is in the background
tries=0
while ! grep -q 'waiting' "$dir/out" && [ $((tries += 1)) -lt 300 ]; do sleep 0.1; done
kill -QUIT $!
tries=0
while ! grep -q '  [0-9]* tasks$' "$dir/said" && [ $((tries += 1)) -lt 300 ]; do sleep 0.1; done
kill -TERM $!
wait $!
want_circle

"$@" blocked 2>"$dir/said"
want 'report at .* keeps worker [0-9]* of runtime edo for .* waits in the kernel'
want 'report at .* kept worker [0-9]* of runtime edo for about'
