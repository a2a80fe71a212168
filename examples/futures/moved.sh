# SPDX-License-Identifier: MIT
# Two moves are fine; the third aborts by name (a debug build runs the tests).
set -eu
"$@" copy
"$@" box
ulimit -c 0
if said=$("$@" polled 2>&1); then
    echo "a moved future was not noticed" >&2
    exit 1
fi
case $said in
*"was moved after its first poll"*) ;;
*) echo "$said" >&2 && exit 1 ;;
esac
