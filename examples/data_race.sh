# SPDX-License-Identifier: MIT
# With the lock the sum is right. Without it the thread sanitizer, where it is, names the line; elsewhere
# nobody does, and the sum is whatever came out.
set -eu
said=$("$@" careful 2>&1)
[ "$said" = 800 ] || { echo "$said" >&2; exit 1; }
if said=$("$@" careless 2>&1); then
    [ "${EDO_TEST_SANITIZER-}" != thread ] || { echo "the race was missed" >&2; exit 1; }
    exit 0
fi
case $said in
*'WARNING: ThreadSanitizer: data race'*'add_careless '*'data_race.c'*) ;;
*) echo "$said" >&2 && exit 1 ;;
esac
