# SPDX-License-Identifier: MIT
# The hang that a debug build can see is named; the other one ends by its limit.
set -eu
[ "$("$@" cured)" = "cured: done" ]
[ "$("$@" lost)" = "lost: ETIMEDOUT" ]
ulimit -c 0
if said=$("$@" no-waker 2>&1); then
    echo "a future without a waker was not noticed" >&2
    exit 1
fi
case $said in
*"returned pending and kept no waker"*) ;;
*) echo "$said" >&2 && exit 1 ;;
esac
