# SPDX-License-Identifier: MIT
# What a program did is in its file; edo trace says it of one task, in sums, and as folded stacks.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
want() {
    grep -q "$1" "$dir/said" || { cat "$dir/said" >&2; echo "'$1' is missing" >&2; exit 1; }
}
"$@" >"$dir/said"
want '^served$'
EDO_RECORDER="all:$dir/kitchen.rec" "$@" >"$dir/said"
want '^served, and recorded$'
[ -x "${EDO_BIN_DIR:-}/edo" ] || exit 0
trace() {
    "$EDO_BIN_DIR/edo" trace "$@" "$dir/kitchen.rec" >"$dir/said"
}
trace --task cook
want 'is spawned: cook at '
want ': waits for edo_mutex_lock$'
want ': waits for edo_sleep$'
want ': ended$'
trace --about
want '^recorded, process [0-9]*'
want '  cook at '
trace --folded
want '^worker [0-9]* of edo;cook at .* \([2-9][0-9]\{4\}\|[0-9]\{6,\}\)$' # 20 ms or more
trace --waits
want '^cook at .*;edo_mutex_lock [0-9]*$'
