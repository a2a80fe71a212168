# SPDX-License-Identifier: MIT
# With the lock the sum is right. Without it the thread sanitizer, where it is, names the line; elsewhere
# nobody does, and the sum is whatever came out. The sanitizer sees the race if the two tasks run at the same
# time, which they do nearly always, but not on a machine that has other work: so there are some tries.
set -eu
said=$("$@" careful 2>&1)
[ "$said" = 800 ] || { echo "$said" >&2; exit 1; }
for try in 1 2 3 4 5 6 7 8 9 10; do
    said=$("$@" careless 2>&1) || {
        case $said in
        *'WARNING: ThreadSanitizer: data race'*'add_careless '*'data_race.c'*) exit 0 ;;
        *) echo "$said" >&2 && exit 1 ;;
        esac
    }
    [ "${EDO_TEST_SANITIZER-}" = thread ] || exit 0
done
echo "the race was missed $try times" >&2
exit 1
